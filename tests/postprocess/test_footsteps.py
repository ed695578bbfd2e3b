"""A body that keys send elsewhere walks there: feet stand or swing, the rest keeps every bit."""

import numpy as np
import pytest

from exges_core.control.masks import Key, from_keys, home_of_keys
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip
from exges_core.motion.kinematics import velocity_m_per_s
from exges_core.motion.planting import lowest_sole_m
from exges_core.motion.rotations import quat_from_yaw, quat_multiply, yaw_of
from exges_core.motion.skeleton import LEGS, joint_index
from exges_core.postprocess.finish import finish, without
from exges_core.postprocess.footsteps import walk
from tests.motion.conftest import standing_clip

FRAMES = 180
BALLS = [joint_index("left_foot"), joint_index("right_foot")]
NOBODY = np.zeros((FRAMES, 2), bool)
EVERYWHERE = np.ones(FRAMES, bool)


def sent(way_m: tuple[float, float], turn_rad: float = 0.0) -> MotionClip:
    """Return a stiff body that glides to another place and heading between its 1st and 5th second."""
    clip = standing_clip(FRAMES)
    share = np.clip((np.arange(FRAMES) - 30) / 120, 0, 1)
    share = share**3 * (share * (6 * share - 15) + 10)
    quats = clip.local_quat_wxyz.copy()
    quats[:, 0] = quat_multiply(quat_from_yaw(turn_rad * share), quats[:, 0])
    root = clip.root_position_m + share[:, None] * np.array([way_m[0], 0.0, way_m[1]])
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=30.0)


def gliding_frames(clip: MotionClip) -> int:
    """Return in how many frames both feet slide over the ground, faster than 0.1 m/s."""
    balls = clip.positions_m()[:, BALLS]
    speed = np.linalg.norm(velocity_m_per_s(balls, 30.0)[..., [0, 2]], axis=-1)
    is_low = balls[..., 1] < np.percentile(balls[..., 1], 5) + 0.03
    return int(((speed > 0.1) & is_low).all(axis=1).sum())


@pytest.mark.parametrize(("way_m", "turn_rad"), [((0.0, 1.5), 0.0), ((0.8, 0.0), 0.0), ((0.5, -0.5), 1.2)])
def test_a_body_that_glides_walks_instead(way_m: tuple[float, float], turn_rad: float) -> None:
    clip = sent(way_m, turn_rad)
    found = walk(clip, EVERYWHERE, NOBODY)
    assert gliding_frames(clip) > 60
    assert gliding_frames(found) == 0
    np.testing.assert_array_equal(found.root_position_m, clip.root_position_m)
    others = [joint for joint in range(55) if joint not in LEGS]
    np.testing.assert_array_equal(found.local_quat_wxyz[:, others], clip.local_quat_wxyz[:, others])
    balls, wanted = found.positions_m()[:, BALLS], clip.positions_m()[:, BALLS]
    np.testing.assert_allclose(balls[[0, -1]], wanted[[0, -1]], atol=1e-3)
    assert np.linalg.norm(np.diff(balls, axis=0), axis=-1).max() * 30 < 3.5
    pose = found.pose()
    assert min(lowest_sole_m(pose, side).min() for side in ("left", "right")) > -0.02


def test_feet_turn_in_the_air_alone() -> None:
    found = walk(sent((0.0, 0.0), 1.5), EVERYWHERE, NOBODY).pose()
    heading = np.unwrap(yaw_of(found.world_quat_wxyz[:, joint_index("left_ankle")]))
    height = found.positions_m[:, joint_index("left_foot"), 1]
    is_low = height[1:] < height.min() + 0.005
    assert abs(heading[-1] - heading[0] - 1.5) < 0.05
    assert np.abs(np.diff(heading))[is_low].max() * 30 < 0.6


def test_who_stands_or_is_not_sent_is_left_alone() -> None:
    standing, moved = sent((0.0, 0.0)), sent((0.0, 1.0))
    assert walk(standing, EVERYWHERE, NOBODY) is standing
    assert walk(moved, ~EVERYWHERE, NOBODY) is moved


def test_a_given_leg_keeps_its_pose() -> None:
    clip, is_held = sent((0.0, 1.5)), NOBODY.copy()
    is_held[90, 0] = True
    found = walk(clip, EVERYWHERE, is_held)
    np.testing.assert_array_equal(found.local_quat_wxyz[90, 1], clip.local_quat_wxyz[90, 1])
    assert np.abs(found.local_quat_wxyz[90, 2] - clip.local_quat_wxyz[90, 2]).max() > 1e-3


def test_the_finish_walks_to_a_far_key_and_meets_it() -> None:
    standing = standing_clip(FRAMES)
    height = float(standing.root_position_m[0, 1])
    places = {1.0: (0.0, height, 0.0), 5.0: (0.6, height, 1.0), 5.9: (0.6, height, 1.0)}
    keys = [Key(time_s=time_s, root_position_m=place) for time_s, place in places.items()]
    observed = from_keys(keys, FRAMES, anchor=home_of_keys(keys))
    features = features_from_clip(standing, observed.anchor)
    walked, glided = finish(features, observed), finish(features, observed, without(["feet"]))
    for time_s, place in places.items():
        np.testing.assert_allclose(walked.root_position_m[round(30 * time_s)], place, atol=1e-4)
    assert gliding_frames(glided) > 40
    assert gliding_frames(walked) == 0
