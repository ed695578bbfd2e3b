from pathlib import Path

import numpy as np
import pytest

from exges_core.metrics.contact import physical_report
from exges_core.motion.clip import MotionClip
from exges_core.motion.footlock import lock_feet
from exges_core.motion.kinematics import angular_speed_rad_per_s
from exges_core.motion.npz import read_npz
from exges_core.motion.planting import FootLockConfig, lowest_sole_m, planted
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import JOINTS, LEGS, joint_index
from tests.motion.conftest import standing_clip

UPPER = [joint for joint in range(JOINTS) if joint not in LEGS]
BALLS = [joint_index("left_foot"), joint_index("right_foot")]


def drifting_clip(frames: int = 150, seed: int = 0) -> MotionClip:
    """A person who stands while pelvis and feet drift slowly, as a network's output does."""
    generator = np.random.default_rng(seed)
    clip = standing_clip(frames)
    time_s = np.arange(frames)[:, None] / 30.0
    root = clip.root_position_m + np.array([0.03, 0.01, 0.03]) * np.sin(time_s * generator.uniform(0.8, 1.6, 3))
    sway = quat_from_rotvec(0.04 * np.sin(time_s * generator.uniform(0.5, 2, 3)))
    quats = clip.local_quat_wxyz.copy()
    quats[:, 0] = sway
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=30.0)


def stepping_clip() -> MotionClip:
    """The left foot lifts, swings forward and lands; the pelvis follows a little."""
    clip = standing_clip(120)
    swing = np.zeros(120)
    swing[45:66] = np.hanning(21)
    rotvec = np.zeros((120, JOINTS, 3))
    hip, knee, ankle = (joint_index(f"left_{name}") for name in ("hip", "knee", "ankle"))
    rotvec[:, hip, 0], rotvec[:, knee, 0], rotvec[:, ankle, 0] = -0.25 - 0.6 * swing, 0.5 + 0.6 * swing, -0.25
    quats = clip.local_quat_wxyz.copy()
    quats[:, [hip, knee, ankle]] = quat_from_rotvec(rotvec[:, [hip, knee, ankle]])
    root = clip.root_position_m.copy()
    root[:, 0] += 0.02 * np.sin(np.arange(120) / 20.0)
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=30.0)


@pytest.mark.parametrize("make", [drifting_clip, stepping_clip])
def test_planted_feet_stand_still_and_nothing_else_changes(make: type) -> None:
    clip = make()
    locked = lock_feet(clip)
    is_planted = planted(clip.positions_m(), 30.0)
    assert is_planted.mean() > 0.7
    steps = np.linalg.norm(np.diff(locked.positions_m()[:, BALLS], axis=0), axis=-1)
    both = is_planted[1:] & is_planted[:-1]
    assert steps[both].max() < 1e-6
    np.testing.assert_allclose(locked.local_quat_wxyz[:, UPPER], clip.local_quat_wxyz[:, UPPER], atol=1e-12)
    np.testing.assert_array_equal(locked.root_position_m[:, [0, 2]], clip.root_position_m[:, [0, 2]])
    assert (locked.root_position_m[:, 1] <= clip.root_position_m[:, 1] + 1e-12).all()


@pytest.mark.parametrize("make", [drifting_clip, stepping_clip])
def test_nothing_pops_and_no_foot_sinks(make: type) -> None:
    clip = make()
    before, after = physical_report(clip), physical_report(lock_feet(clip))
    assert after["glitch_share"] <= before["glitch_share"]
    assert after["ground_penetration_max_mm"] < 1.0
    legs = angular_speed_rad_per_s(lock_feet(clip).local_quat_wxyz, 30.0)[:, LEGS]
    assert np.degrees(legs).max() < max(
        250.0, 1.5 * np.degrees(angular_speed_rad_per_s(clip.local_quat_wxyz, 30.0)[:, LEGS]).max()
    )
    assert after["foot_slide_p95_m_per_s"] < 0.3 * max(before["foot_slide_p95_m_per_s"], 0.02)


def hurrying_at_the_end(speed_m_per_s: float) -> MotionClip:
    """A person who drifts slowly, and in the last three frames faster."""
    clip = drifting_clip(seed=2)
    root = clip.root_position_m.copy()
    root[-3:, 2] += speed_m_per_s / 30.0 * np.arange(1, 4)
    return MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)


def ball_steps_m(clip: MotionClip) -> np.ndarray:
    return np.linalg.norm(np.diff(clip.positions_m()[:, BALLS], axis=0), axis=-1)


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_foot_that_stays_until_the_end_is_pinned_until_the_end(is_turned: bool) -> None:
    clip = hurrying_at_the_end(0.14)  # slower than a foot that leaves, faster than one that comes
    turned = slice(None, None, -1) if is_turned else slice(None)
    clip = MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz[turned], root_position_m=clip.root_position_m[turned], frame_rate_hz=30.0
    )
    assert ball_steps_m(clip)[turned][-2:].min() > 0.004
    assert planted(clip.positions_m(), 30.0).all()
    assert ball_steps_m(lock_feet(clip)).max() < 1e-6


def test_a_foot_that_leaves_at_the_end_does_not_make_up_for_its_drift() -> None:
    clip = hurrying_at_the_end(0.5)
    is_planted = planted(clip.positions_m(), 30.0)
    assert is_planted[:-4].all()
    assert not is_planted[-1].any()
    pinned_m = np.linalg.norm(lock_feet(clip).positions_m() - clip.positions_m(), axis=-1)[-6, BALLS].max()
    assert pinned_m > 0.02  # what would be made up for in three frames
    more_m = ball_steps_m(lock_feet(clip)) - ball_steps_m(clip)
    assert more_m[-4:].max() < FootLockConfig().blend_m_per_s / 30.0


@pytest.mark.parametrize(("probability", "is_pinned"), [(1.0, True), (0.7, False)])
def test_a_foot_that_surely_stands_is_pinned_while_the_body_drifts_fast(probability: float, is_pinned: bool) -> None:
    clip = standing_clip(150)
    root = clip.root_position_m.copy()
    root[:, 2] += 0.03 * np.clip((np.arange(150) - 70.0) / 3.0, -1.0, 1.0)  # 6 cm in 6 frames: 0.3 m/s
    clip = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)
    contacts = np.full((150, 4), probability)
    is_planted = planted(clip.positions_m(), 30.0, contacts=contacts)
    assert is_planted.all() == is_pinned
    travel_m = np.ptp(lock_feet(clip, contacts).positions_m()[:, BALLS], axis=0).max()
    assert (travel_m < 1e-6) == is_pinned


def test_a_clip_that_stands_still_is_left_alone() -> None:
    clip = standing_clip(60)
    locked = lock_feet(clip)
    np.testing.assert_allclose(locked.positions_m(), clip.positions_m(), atol=1e-6)


def test_contact_channels_can_forbid_a_plant() -> None:
    clip = drifting_clip()
    contacts = np.ones((150, 4))
    contacts[:, [0, 2]] = 0.0
    is_planted = planted(clip.positions_m(), 30.0, None, contacts)
    assert not is_planted[:, 0].any()
    assert is_planted[:, 1].any()


def test_a_walker_is_not_nailed_down() -> None:
    clip = standing_clip(60, slide_m_per_s=0.5)
    assert not planted(clip.positions_m(), 30.0).any()
    np.testing.assert_allclose(lock_feet(clip).positions_m(), clip.positions_m(), atol=1e-6)


def test_a_sunken_clip_is_lifted_at_the_feet() -> None:
    clip = standing_clip(60)
    sunken = MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz,
        root_position_m=clip.root_position_m - np.array([0, 0.03, 0]),
        frame_rate_hz=30.0,
    )
    pose = lock_feet(sunken).pose()
    for side in ("left", "right"):
        assert lowest_sole_m(pose, side).min() > -1e-6


def test_legs_never_straighten_beyond_the_limit() -> None:
    config = FootLockConfig()
    clip = drifting_clip()
    high = MotionClip(
        local_quat_wxyz=standing_clip(150, flex_rad=0.12).local_quat_wxyz,
        root_position_m=clip.root_position_m + np.array([0, 0.012, 0]),
        frame_rate_hz=30.0,
    )
    positions = lock_feet(high, config=config).positions_m()
    for side in ("left", "right"):
        hip, knee, ankle = (positions[:, joint_index(f"{side}_{name}")] for name in ("hip", "knee", "ankle"))
        length = np.linalg.norm(knee - hip, axis=1) + np.linalg.norm(ankle - knee, axis=1)
        assert (np.linalg.norm(ankle - hip, axis=1) / length).max() < config.max_extension + 1e-3


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_shortest_clips_pass_through(frames: int) -> None:
    clip = standing_clip(frames)
    assert lock_feet(clip).frames == frames


def test_a_real_take_gets_stiller_feet_without_pops(real_clip_folder: Path) -> None:
    clip = read_npz(real_clip_folder / "2_scott_0_1_1.npz")
    before, after = physical_report(clip), physical_report(lock_feet(clip))
    assert after["foot_slide_p50_m_per_s"] < 0.2 * before["foot_slide_p50_m_per_s"]
    assert after["ground_penetration_max_mm"] < 1.0
    assert after["glitch_share"] < 0.003
    assert after["wrist_jerk_p99_m_per_s3"] < 1.05 * before["wrist_jerk_p99_m_per_s3"]
