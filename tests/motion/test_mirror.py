"""The mirror image of a motion: joints change sides, places go to the other side of x = 0."""

import numpy as np
import pytest

from exges_core.motion.clip import MotionClip
from exges_core.motion.mirror import SWAPPED, mirrored
from exges_core.motion.planting import planted
from exges_core.motion.rotations import quat_normalise
from exges_core.motion.skeleton import FACE, JOINT_NAMES, LEFT_HAND, RIGHT_HAND, joint_index


@pytest.fixture
def clip(generator: np.random.Generator) -> MotionClip:
    """Return 20 frames in which every joint, jaw and eyes too, turns about every axis."""
    quats = quat_normalise(np.array([1.0, 0, 0, 0]) + 0.4 * generator.standard_normal((20, 55, 4)))
    root = np.array([0.5, 0.9, 1.0]) + 0.1 * generator.standard_normal((20, 3))
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=24.0)


def test_mirrored_twice_is_the_motion_itself(clip: MotionClip) -> None:
    again = mirrored(mirrored(clip))
    np.testing.assert_array_equal(again.local_quat_wxyz, clip.local_quat_wxyz)
    np.testing.assert_array_equal(again.root_position_m, clip.root_position_m)
    assert again.frame_rate_hz == 24.0


def test_every_joint_is_where_the_mirror_shows_the_other_sides(clip: MotionClip) -> None:
    places = clip.positions_m()[:, SWAPPED] * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(mirrored(clip).positions_m(), places, atol=1e-12)


def test_hands_and_eyes_change_sides_and_the_middle_stays() -> None:
    assert [SWAPPED[joint] for joint in LEFT_HAND] == list(RIGHT_HAND)
    assert SWAPPED[joint_index("left_eye_smplhf")] == joint_index("right_eye_smplhf")
    middle = [name for joint, name in enumerate(JOINT_NAMES) if SWAPPED[joint] == joint]
    assert middle == ["pelvis", "spine1", "spine2", "spine3", "neck", "head", "jaw"]
    assert set(SWAPPED) == set(range(55))
    assert joint_index("jaw") in FACE


def test_a_planted_foot_is_planted_on_the_other_side() -> None:
    quats = np.tile([1.0, 0, 0, 0], (60, 55, 1))
    lifted = np.sin(np.linspace(0.0, np.pi, 60)) * 0.5
    quats[:, joint_index("left_hip")] = np.stack([np.cos(lifted), -np.sin(lifted), 0 * lifted, 0 * lifted], axis=-1)
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.tile([0.0, 0.95, 0.0], (60, 1)), frame_rate_hz=30.0)
    own, image = (planted(each.positions_m(), 30.0) for each in (clip, mirrored(clip)))
    assert own[:, 1].all()
    assert not own[:, 0].all()
    np.testing.assert_array_equal(image, own[:, ::-1])
