"""What pinned entries differ from the network's motion fades away: exact, smooth, local."""

import numpy as np

from exges_core.control.masks import GROUPS, ROOT_GROUP, Observed, channels_of_groups
from exges_core.motion.features import MOTION_CHANNELS, ROOT_CHANNELS, ROTATION_CHANNELS, joint_channels
from exges_core.motion.rotations import (
    quat_angle,
    quat_from_rot6d,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    rot6d_from_quat,
    rotvec_from_quat,
)
from exges_core.postprocess.residual import REACH_FRAMES, ease_about, spread_residual, steady_trunk

FRAMES = 120
HZ = np.full(FRAMES, 2.0)


def still(rotvec: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    features = np.zeros((FRAMES, MOTION_CHANNELS), np.float32)
    features[:, :ROTATION_CHANNELS] = np.tile(rot6d_from_quat(quat_from_rotvec(np.array(rotvec, float))), 55)
    return features


def pin(target: np.ndarray, frames: list[int] | slice, groups: list[int]) -> Observed:
    is_group = np.zeros((FRAMES, GROUPS), bool)
    for group in groups:
        is_group[frames, group] = True
    is_observed = channels_of_groups(is_group)
    return Observed(is_observed=is_observed, target=target, is_hard=is_observed, confidence=np.ones(FRAMES, np.float32))


def angles(features: np.ndarray, joint: int) -> np.ndarray:
    quats = quat_from_rot6d(features[:, joint_channels(joint)].astype(np.float64))
    return np.rad2deg(quat_angle(quat_multiply(quat_inverse(quats[0]), quats)))


def test_nothing_pinned_changes_nothing() -> None:
    motion = still((0.1, 0.2, 0.3))
    np.testing.assert_array_equal(spread_residual(motion, pin(motion, [], [])), motion)


def test_no_residual_changes_nothing_by_more_than_rounding() -> None:
    motion = still((0.1, 0.2, 0.3))
    np.testing.assert_allclose(spread_residual(motion, pin(motion, [10, 60], list(range(GROUPS)))), motion, atol=1e-6)


def test_a_key_is_exact_and_local_and_other_joints_stay() -> None:
    motion, target = still(), still((0, 0, 1.2))
    found = spread_residual(motion, pin(target, [60], [18]))
    np.testing.assert_array_equal(found[60, joint_channels(18)], target[60, joint_channels(18)])
    far = np.abs(np.arange(FRAMES) - 60) >= REACH_FRAMES
    np.testing.assert_array_equal(found[far], motion[far])
    others = np.ones(MOTION_CHANNELS, bool)
    others[joint_channels(18)] = False
    np.testing.assert_array_equal(found[:, others], motion[:, others])
    course = angles(found, 18)
    assert np.all(np.diff(course[60 - REACH_FRAMES : 61]) >= -1e-4)
    assert np.all(np.diff(course[60 : 60 + REACH_FRAMES]) <= 1e-4)


def test_a_large_residual_takes_its_time() -> None:
    """A body that is to be a metre away walks there; a small residual elsewhere keeps its own short reach."""
    target = still()
    target[60, ROOT_CHANNELS], target[10, ROOT_CHANNELS] = (0.8, 0.0, 0.0), (0.01, 0.0, 0.0)
    place = spread_residual(still(), pin(target, [10, 60], [ROOT_GROUP]))[:, ROOT_CHANNELS][:, 0]
    assert place[60] == np.float32(0.8)
    assert np.abs(np.diff(place[60:])).max() * 30 < 0.45
    assert np.all(np.diff(place[60:]) <= 0)
    found = spread_residual(still(), pin(still((0, 0, 2.5)), [60], [18]))
    assert np.abs(np.diff(angles(found, 18))).max() * 30 < 175


def test_a_key_does_not_pop() -> None:
    """The correction moves no faster, and accelerates no more, than the smoothest step of that size must."""
    found = spread_residual(still(), pin(still((0, 0, 1.0)), [60], [18]))
    course = angles(found, 18)
    size = np.rad2deg(1.0)
    assert np.abs(np.diff(course)).max() < 1.95 * size / REACH_FRAMES
    assert np.abs(np.diff(course, 2)).max() < 6.0 * size / REACH_FRAMES**2


def test_two_near_keys_are_both_exact_with_a_course_between() -> None:
    target = still()
    target[60:, ROOT_CHANNELS] = 1.0
    found = spread_residual(still(), pin(target, [50, 60], [ROOT_GROUP]))[:, ROOT_CHANNELS][:, 0]
    assert (found[50], found[60]) == (0.0, 1.0)
    assert np.all((found[50:61] >= -1e-6) & (found[50:61] <= 1 + 1e-6))


def test_a_frozen_stretch_joins_without_a_kink() -> None:
    target = still()
    target[:, ROOT_CHANNELS] = 0.01 * np.arange(FRAMES)[:, None]
    found = spread_residual(still(), pin(target, slice(0, 61), [ROOT_GROUP]))[:, ROOT_CHANNELS][:, 0]
    speed = np.diff(found)
    assert abs(speed[60] - speed[59]) < 0.0015


def hurried(frame: int, size_rad: float = 1.0, width: int = 5) -> np.ndarray:
    """Return a still body whose left arm hurries to another pose and back around a frame."""
    motion = still()
    course = np.zeros(FRAMES)
    course[frame - width : frame + width + 1] = size_rad * np.hanning(2 * width + 1)
    rotvecs = course[:, None] * np.array([0.0, 0.0, 1.0])
    for joint in (16, 18):
        motion[:, joint_channels(joint)] = rot6d_from_quat(quat_from_rotvec(rotvecs))
    return motion


def jerk(features: np.ndarray, joint: int) -> float:
    turns = rotvec_from_quat(quat_from_rot6d(features[:, joint_channels(joint)].astype(np.float64)))
    return float(np.linalg.norm(np.diff(turns, 3, axis=0), axis=-1).max())


def test_the_way_to_a_key_becomes_smooth_and_the_key_stays() -> None:
    """The keyed joint and the rest of its limb; other limbs and far frames keep every bit."""
    motion = hurried(60)
    found = ease_about(motion, pin(motion, [60], [18]), HZ)
    np.testing.assert_array_equal(found[60, joint_channels(18)], motion[60, joint_channels(18)])
    for joint in (16, 18):
        assert jerk(found, joint) < 0.6 * jerk(motion, joint)
    far = np.abs(np.arange(FRAMES) - 60) >= REACH_FRAMES
    np.testing.assert_array_equal(found[far], motion[far])
    arm = np.zeros(MOTION_CHANNELS, bool)
    for joint in (13, 16, 18, 20):
        arm[joint_channels(joint)] = True
    np.testing.assert_array_equal(found[:, ~arm], motion[:, ~arm])


def trembling() -> np.ndarray:
    """Return a still body whose pelvis trembles at 6 Hz."""
    motion = still()
    turns = 0.03 * np.sin(2 * np.pi * 6.0 * np.arange(FRAMES) / 30)[:, None] * np.array([1.0, 0.0, 0.3])
    motion[:, joint_channels(0)] = rot6d_from_quat(quat_from_rotvec(turns))
    return motion


def trunk_jerk(features: np.ndarray) -> np.ndarray:
    pelvis, spine = (quat_from_rot6d(features[:, joint_channels(each)].astype(np.float64)) for each in (0, 3))
    turns = rotvec_from_quat(quat_multiply(pelvis, spine))
    return np.linalg.norm(np.diff(turns, 3, axis=0), axis=-1)


def test_the_trunk_takes_up_a_keyed_pelvis_tremor_where_it_is_told_to() -> None:
    motion, is_hurried = trembling(), np.zeros(FRAMES, bool)
    is_hurried[55:66] = True
    found = steady_trunk(motion, pin(motion, slice(0, FRAMES), [0]), is_hurried)
    assert trunk_jerk(found)[55:62].max() < 0.1 * trunk_jerk(motion)[55:62].max()
    far = np.ones(FRAMES, bool)
    far[55 - REACH_FRAMES : 66 + REACH_FRAMES] = False
    np.testing.assert_array_equal(found[far], motion[far])
    spine = np.zeros(MOTION_CHANNELS, bool)
    spine[joint_channels(3)] = True
    np.testing.assert_array_equal(found[:, ~spine], motion[:, ~spine])


def test_a_keyed_spine_steadies_nothing() -> None:
    motion = trembling()
    observed = pin(motion, slice(0, FRAMES), [0])
    spine_too = pin(motion, [40, 80], [3])
    both = Observed(
        is_observed=observed.is_observed | spine_too.is_observed,
        target=motion,
        is_hard=observed.is_hard | spine_too.is_hard,
        confidence=np.ones(FRAMES, np.float32),
    )
    found = steady_trunk(motion, both, np.ones(FRAMES, bool))
    np.testing.assert_array_equal(found[[40, 80]], motion[[40, 80]])
    step = np.abs(np.diff(found[:, joint_channels(3)], axis=0)).max()
    assert step <= np.abs(np.diff(steady_trunk(motion, observed, np.ones(FRAMES, bool)), axis=0)).max() + 1e-6
    whole = pin(motion, slice(0, FRAMES), [0, 3])
    np.testing.assert_array_equal(steady_trunk(motion, whole, np.ones(FRAMES, bool)), motion)


def test_what_is_smooth_already_stays() -> None:
    motion = still()
    motion[:, ROOT_CHANNELS] = 1e-4 * (np.arange(FRAMES)[:, None] - 50.0) ** 2
    found = ease_about(motion, pin(motion, [30, 70], [ROOT_GROUP]), HZ)
    np.testing.assert_allclose(found, motion, atol=1e-5)


def test_long_runs_of_keys_are_smoothed_at_their_ends_alone() -> None:
    """A joint that is keyed throughout does not slow the limb that goes with it."""
    motion = hurried(60)
    throughout = pin(motion, slice(0, FRAMES), [20])
    np.testing.assert_array_equal(ease_about(motion, throughout, HZ), motion)
    half = ease_about(motion, pin(motion, slice(60, FRAMES), [18]), HZ)
    np.testing.assert_array_equal(half[60:, joint_channels(18)], motion[60:, joint_channels(18)])
    assert np.abs(half[50:60, joint_channels(18)] - motion[50:60, joint_channels(18)]).max() > 1e-3


def test_takes_too_short_to_smooth_are_left_alone() -> None:
    for frames in (1, 2, 4):
        motion = still()[:frames]
        is_observed = np.ones_like(motion, bool)
        whole = Observed(is_observed=is_observed, target=motion, is_hard=is_observed, confidence=np.ones(frames))
        np.testing.assert_array_equal(ease_about(motion, whole, HZ[:frames]), motion)
