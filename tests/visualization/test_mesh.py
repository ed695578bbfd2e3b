"""The mesh of a user's SMPL-X file, skinned by the `smplx` package and painted where the mannequin would be."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from exges_core.errors import InputError, SkeletonError
from exges_core.motion import skeleton as s
from exges_core.motion.npz import PELVIS_REST_M
from exges_core.motion.smplx_body import MEAN_SHAPE, Shape, read_smplx
from exges_core.visualization import figures
from exges_core.visualization.mesh import Skin
from tests.motion.conftest import moving_clip, standing_clip
from tests.motion.smplx_files import write_model
from tests.visualization.test_figures import centre_of

needs_smplx = pytest.mark.skipif(
    importlib.util.find_spec("smplx") is None,
    reason="the package smplx (for research alone) is not installed: pip install 'exges[smplx]'",
)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    return write_model(tmp_path / "SMPLX_NEUTRAL_2020.npz")


@needs_smplx
def test_our_names_and_their_order_are_smplx_own() -> None:
    from smplx.joint_names import JOINT_NAMES

    assert tuple(JOINT_NAMES[:55]) == s.JOINT_NAMES


@needs_smplx
def test_the_middle_of_each_joints_vertices_is_where_forward_kinematics_has_the_joint(model_file: Path) -> None:
    """Two independent ways: smplx skins vertices; ours turns bones whose rest joints come of the same betas."""
    model, clip = read_smplx(model_file), moving_clip(frames=4)
    shape = Shape(betas=np.array([1.0, -2.0, 0.5]), gender="neutral", where="clip")
    skin, positions = Skin(model=model, shape=shape), clip.positions_m(model.skeleton(shape))
    own_m = model.rest_joints_m(shape)[0] - PELVIS_REST_M
    for frame in range(clip.frames):
        middles = skin.vertices_m(clip, frame).reshape(55, 2, 3).mean(axis=1)
        np.testing.assert_allclose(middles, positions[frame] + own_m, atol=1e-6)
    assert np.abs(positions - clip.positions_m()).max() > 0.01


@needs_smplx
def test_pose_correctives_move_the_skin_and_not_the_rest_pose(model_file: Path) -> None:
    correctives = np.full((110, 3, 486), 1e-3)
    plain = Skin(model=read_smplx(model_file), shape=MEAN_SHAPE)
    bent = Skin(model=read_smplx(write_model(model_file.with_name("b.npz"), posedirs=correctives)), shape=MEAN_SHAPE)
    clip = moving_clip(frames=1)
    assert np.abs(bent.vertices_m(clip, 0) - plain.vertices_m(clip, 0)).max() > 1e-3


@needs_smplx
def test_a_strip_shows_the_mesh_its_left_blue_and_lit_from_above(tmp_path: Path) -> None:
    """Each joint is a small tetrahedron here, so that all of them face every side."""
    corners = 0.05 * np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]])
    rest = s.DEFAULT_SKELETON.rest_positions_m() + PELVIS_REST_M
    faces = np.array([[0, 1, 3], [0, 2, 1], [0, 3, 2], [1, 2, 3]])
    model = write_model(
        tmp_path / "model.npz",
        v_template=(rest[:, None] + corners).reshape(-1, 3),
        J_regressor=np.repeat(np.eye(55), 4, axis=1) / 4,
        shapedirs=np.zeros((220, 3, 10)),
        posedirs=np.zeros((220, 3, 486)),
        weights=np.repeat(np.eye(55), 4, axis=0),
        f=(4 * np.arange(55)[:, None, None] + faces).reshape(-1, 3),
    )
    skin = Skin(model=read_smplx(model), shape=MEAN_SHAPE)
    cell = figures.Cell(width=200, height=300, has_trails=False)
    picture = figures.strip_of(standing_clip(2), [0.0], cell=cell, skin=skin)
    assert centre_of(picture, "left") > centre_of(picture, "right")
    assert picture.tobytes() != figures.strip_of(standing_clip(2), [0.0], cell=cell).tobytes()
    shades = {colour for _, colour in picture.getcolors(1 << 16) if colour[2] - colour[0] > 50}
    assert len({sum(colour) // 60 for colour in shades}) > 2


@needs_smplx
def test_a_model_without_a_mesh_is_refused(model_file: Path) -> None:
    half = write_model(model_file.with_name("half.npz"), weights=np.eye(24))
    with pytest.raises(SkeletonError, match=r"half\.npz: expected weights of shape \(110, 55\), got \(24, 24\)"):
        Skin(model=read_smplx(half), shape=MEAN_SHAPE).vertices_m(moving_clip(frames=1), 0)


def test_without_the_package_the_message_names_the_extra(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smplx", None)  # as Python marks a module that is not there
    with pytest.raises(InputError, match=r"pip install 'exges\[smplx\]'.*research"):
        Skin(model=read_smplx(model_file), shape=MEAN_SHAPE).vertices_m(moving_clip(frames=1), 0)


def test_nothing_imports_the_package_unless_a_mesh_is_asked_for() -> None:
    code = "import sys, exges_core.visualization.mesh, exges_core.motion.smplx_body; sys.exit('smplx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
