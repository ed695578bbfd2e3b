"""A user's own SMPL-X file gives the joints of the shape that a motion file says."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.errors import SkeletonError
from exges_core.motion import skeleton as s
from exges_core.motion.npz import write_npz
from exges_core.motion.smplx_body import MEAN_SHAPE, Shape, read_shape, read_smplx
from tests.motion.conftest import moving_clip
from tests.motion.smplx_files import PELVIS_M, write_model


def person(*betas: float, gender: str = "neutral") -> Shape:
    return Shape(betas=np.array(betas), gender=gender, where="clip.npz")


def test_the_mean_shape_has_the_files_own_joints(tmp_path: Path) -> None:
    model = read_smplx(write_model(tmp_path / "SMPLX_NEUTRAL_2020.npz"))
    np.testing.assert_allclose(model.skeleton().rest_offsets_m, s.REST_OFFSETS_M, atol=1e-9)
    np.testing.assert_allclose(model.rest_joints_m(MEAN_SHAPE)[0], PELVIS_M, atol=1e-9)
    assert (model.gender, model.directions.shape[2]) == ("neutral", 300)


def test_betas_move_joints_as_the_formula_says(tmp_path: Path) -> None:
    path = write_model(tmp_path / "SMPLX_NEUTRAL_2020.npz")
    rest = read_smplx(path).rest_joints_m(person(0.5, -1.0, 0.0, 0.0))
    with np.load(path) as file:
        by_hand = file["J_regressor"] @ (file["v_template"] + file["shapedirs"][..., :2] @ [0.5, -1.0])
    np.testing.assert_allclose(rest, by_hand, atol=1e-12)
    assert np.abs(rest - read_smplx(path).rest_joints_m()).max() > 0.005


def test_joints_of_a_posed_shape_are_those_of_a_chain_multiplied_by_hand(tmp_path: Path) -> None:
    """Global matrices, one joint after another, as the model's paper has them."""
    from scipy.spatial.transform import Rotation

    model, shape, clip = read_smplx(write_model(tmp_path / "model.npz")), person(2.0, 1.0), moving_clip(frames=3)
    rest = model.rest_joints_m(shape)
    turns = Rotation.from_quat(clip.local_quat_wxyz.reshape(-1, 4), scalar_first=True).as_matrix().reshape(3, 55, 3, 3)
    for frame, positions in enumerate(clip.positions_m(model.skeleton(shape))):
        world: list[np.ndarray] = []
        for joint, parent in enumerate(s.PARENTS):
            own = np.eye(4)
            own[:3, :3] = turns[frame, joint]
            own[:3, 3] = clip.root_position_m[frame] if parent < 0 else rest[joint] - rest[parent]
            world.append(own if parent < 0 else world[parent] @ own)
        np.testing.assert_allclose(positions, [matrix[:3, 3] for matrix in world], atol=1e-9)


def test_a_motion_file_says_whose_body_it_is_of(tmp_path: Path) -> None:
    path = tmp_path / "clip.npz"
    write_npz(path, moving_clip(frames=2), extra={"betas": np.arange(300.0), "gender": np.array(b"Female")})
    shape = read_shape(path)
    assert (shape.gender, shape.where) == ("female", str(path))
    np.testing.assert_array_equal(shape.betas, np.arange(300.0))
    write_npz(path, moving_clip(frames=2), extra={"betas": np.tile([1.0, 2.0], (2, 1))})
    np.testing.assert_array_equal(read_shape(path).betas, [1.0, 2.0])


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ({"betas": np.zeros(0)}, "expected one set of betas, got none"),
        ({"betas": np.eye(2)}, "one set of betas"),
        ({"surface_model_type": np.array("smplh")}, "expected betas of SMPL-X, got of smplh"),
    ],
    ids=["no betas", "a shape that changes", "SMPL+H"],
)
def test_a_motion_file_without_a_smplx_shape_is_refused(
    tmp_path: Path, stored: dict[str, np.ndarray], reason: str
) -> None:
    write_npz(tmp_path / "clip.npz", moving_clip(frames=2), extra=stored)
    with pytest.raises(SkeletonError, match=reason):
        read_shape(tmp_path / "clip.npz")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"J_regressor": np.eye(24)}, "expected v_template"),
        ({"v_template": np.zeros(3)}, "expected v_template"),
        ({"J_regressor": np.array([{}], dtype=object)}, "plain arrays"),
    ],
    ids=["SMPL's joints", "no vertices", "a pickle"],
)
def test_a_file_that_is_no_smplx_model_is_refused(tmp_path: Path, changes: dict[str, np.ndarray], reason: str) -> None:
    with pytest.raises(SkeletonError, match=reason):
        read_smplx(write_model(tmp_path / "model.npz", **changes))


def test_a_file_that_is_something_else_or_nothing_is_refused(tmp_path: Path) -> None:
    write_npz(tmp_path / "clip.npz", moving_clip(frames=2))
    with pytest.raises(SkeletonError, match=r"no v_template, J_regressor, shapedirs.*SMPLX_NEUTRAL_2020"):
        read_smplx(tmp_path / "clip.npz")
    with pytest.raises(SkeletonError, match="nothing"):
        read_smplx(tmp_path / "absent.npz")


def test_more_betas_than_the_model_has_are_refused_unless_they_are_zero(tmp_path: Path) -> None:
    """A small file has 10 directions of shape and 10 of expression, which betas must not reach."""
    model = read_smplx(write_model(tmp_path / "model.npz", shapes=20))
    assert model.betas_of(person(*[1.0] * 10, *[0.0] * 290)).tolist() == [1.0] * 10
    with pytest.raises(SkeletonError, match=r"clip\.npz: expected at most 10 betas.*got 11.*2020"):
        model.skeleton(person(*[1.0] * 11))


def test_the_gender_of_clip_and_model_must_agree(tmp_path: Path) -> None:
    female = read_smplx(write_model(tmp_path / "SMPLX_FEMALE.npz"))
    assert female.skeleton(person(1.0, gender="female"))
    with pytest.raises(SkeletonError, match=r"expected a neutral SMPL-X model.*a female one.*SMPLX_NEUTRAL"):
        female.skeleton(person(1.0))
    assert read_smplx(write_model(tmp_path / "model.npz")).skeleton(person(1.0, gender="male"))
