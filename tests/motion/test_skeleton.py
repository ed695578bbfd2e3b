from pathlib import Path

import numpy as np
import pytest
from smplx.joint_names import JOINT_NAMES as SMPLX_NAMES

from exges_core.errors import SkeletonError
from exges_core.motion import skeleton as s
from exges_core.motion.smplx_body import smplx_rest_joints_m, smplx_skeleton


def test_names_and_order_are_smplx_own() -> None:
    assert tuple(SMPLX_NAMES[:55]) == s.JOINT_NAMES


def test_the_body_is_symmetric() -> None:
    rest = s.DEFAULT_SKELETON.rest_positions_m()
    np.testing.assert_allclose(rest[list(s.MIRRORED_JOINTS)] * [-1, 1, 1], rest, atol=1e-9)
    assert rest[s.joint_index("left_wrist"), 0] > 0.5


def test_standing_height_puts_the_soles_on_the_ground() -> None:
    ball = s.STANDING_PELVIS_HEIGHT_M + s.DEFAULT_SKELETON.rest_positions_m()[s.joint_index("left_foot"), 1]
    assert ball == pytest.approx(0.015, abs=1e-9)


def test_groups_cover_every_joint_once() -> None:
    assert sorted((*s.BODY, *s.FACE, *s.HANDS)) == list(range(55))
    assert sorted((*s.LOWER_BODY, *s.UPPER_BODY)) == list(s.BODY)
    assert all(s.PARENTS[joint] in (20, *s.LEFT_HAND) for joint in s.LEFT_HAND)


def test_an_unknown_joint_names_its_neighbours() -> None:
    with pytest.raises(SkeletonError, match="left_wrist"):
        s.joint_index("LeftWrist")
    assert [s.joint_index(name) for name in s.JOINT_NAMES] == list(range(55))


def test_a_skeleton_whose_children_come_first_is_refused() -> None:
    with pytest.raises(SkeletonError, match="parents"):
        s.Skeleton(names=("a", "b"), parents=(1, -1), rest_offsets_m=np.zeros((2, 3)))


def tiny_model(path: Path, **changes: np.ndarray) -> Path:
    """A model file whose vertices are the joints themselves, two vertices for each."""
    generator = np.random.default_rng(0)
    template = np.repeat(s.DEFAULT_SKELETON.rest_positions_m() + np.array([0.003, -0.351, 0.012]), 2, axis=0)
    template[::2] += [0.01, 0, 0]
    template[1::2] -= [0.01, 0, 0]
    arrays = {
        "v_template": template.astype(np.float32),
        "J_regressor": np.repeat(np.eye(55), 2, axis=1) / 2,
        "shapedirs": generator.normal(size=(110, 3, 10)),
        "dropped_pickle": np.array([{"never": "read"}], dtype=object),
        **changes,
    }
    np.savez(path, **arrays)
    return path


def test_a_users_smplx_file_gives_its_own_rest_joints(tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "SMPLX_NEUTRAL.npz")
    np.testing.assert_allclose(smplx_skeleton(path).rest_offsets_m, s.REST_OFFSETS_M, atol=1e-6)
    np.testing.assert_allclose(smplx_rest_joints_m(path)[0], [0.003, -0.351, 0.012], atol=1e-6)
    shaped = smplx_rest_joints_m(path, np.array([0.5, -1.0]))
    with np.load(path) as file:
        moved = file["J_regressor"] @ (file["v_template"] + file["shapedirs"][..., :2] @ [0.5, -1.0])
    np.testing.assert_allclose(shaped, moved, atol=1e-6)


def test_a_file_that_is_no_smplx_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkeletonError, match="J_regressor"):
        smplx_skeleton(tiny_model(tmp_path / "a.npz", J_regressor=np.eye(24)))
    with pytest.raises(SkeletonError, match="plain arrays"):
        smplx_skeleton(tiny_model(tmp_path / "b.npz", J_regressor=np.array([{}], dtype=object)))
    with pytest.raises(SkeletonError, match="betas"):
        smplx_skeleton(tiny_model(tmp_path / "c.npz"), np.zeros(11))
    with pytest.raises(SkeletonError, match="nothing"):
        smplx_skeleton(tmp_path / "absent.npz")
