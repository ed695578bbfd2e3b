import numpy as np
import pytest

from exges_core.errors import SkeletonError
from exges_core.motion import skeleton as s
from tests.motion.conftest import MIRRORED_JOINTS


def test_the_body_is_symmetric() -> None:
    rest = s.DEFAULT_SKELETON.rest_positions_m()
    np.testing.assert_allclose(rest[MIRRORED_JOINTS] * [-1, 1, 1], rest, atol=1e-9)
    assert rest[s.joint_index("left_wrist"), 0] > 0.5


def test_standing_height_puts_the_soles_on_the_ground() -> None:
    ball = s.STANDING_PELVIS_HEIGHT_M + s.DEFAULT_SKELETON.rest_positions_m()[s.joint_index("left_foot"), 1]
    assert ball == pytest.approx(0.015, abs=1e-9)


def test_groups_cover_every_joint_once() -> None:
    assert sorted((*s.BODY, *s.FACE, *s.HANDS)) == list(range(55))
    assert sorted((0, *s.LEGS, *s.UPPER_BODY)) == list(s.BODY)
    assert all(s.PARENTS[joint] in (20, *s.LEFT_HAND) for joint in s.LEFT_HAND)


def test_an_unknown_joint_names_its_neighbours() -> None:
    with pytest.raises(SkeletonError, match="left_wrist"):
        s.joint_index("LeftWrist")
    assert [s.joint_index(name) for name in s.JOINT_NAMES] == list(range(55))


def test_a_skeleton_whose_children_come_first_is_refused() -> None:
    with pytest.raises(SkeletonError, match="parents"):
        s.Skeleton(names=("a", "b"), parents=(1, -1), rest_offsets_m=np.zeros((2, 3)))
