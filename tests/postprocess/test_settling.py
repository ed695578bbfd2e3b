"""Arms come to rest: slow wandering goes, strokes and everything else stay."""

import numpy as np
import pytest

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply
from exges_core.motion.skeleton import LEFT_ARM, LEFT_HAND, RIGHT_ARM, RIGHT_HAND, joint_index
from exges_core.postprocess.settling import hold_arms, rest_arms, settle_arms

RATE_HZ, FRAMES = 30.0, 300
SHOULDER = joint_index("left_shoulder")
ARMS = [*LEFT_ARM, *LEFT_HAND, *RIGHT_ARM, *RIGHT_HAND]


def swinging(angle_rad: np.ndarray) -> MotionClip:
    """Return a clip whose left shoulder turns by these angles and whose other joints drift."""
    quats = np.zeros((FRAMES, 55, 4))
    quats[..., 0] = 1.0
    drift = quat_from_rotvec(np.stack([0.001 * np.sin(np.arange(FRAMES) / 9.0)] * 3, axis=-1))
    quats = quat_multiply(drift[:, None], quats)
    quats[:, SHOULDER] = quat_from_rotvec(np.column_stack([np.zeros((FRAMES, 2)), angle_rad]))
    return MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((FRAMES, 3)), frame_rate_hz=RATE_HZ)


def wrist_speed(clip: MotionClip) -> np.ndarray:
    """Return the left wrist's speed per frame, m/s."""
    return np.linalg.norm(np.diff(clip.pose().positions_m[:, joint_index("left_wrist")], axis=0), axis=-1) * RATE_HZ


def test_wandering_goes_and_a_stroke_stays() -> None:
    time_s = np.arange(FRAMES) / RATE_HZ
    wandering = 0.02 * np.sin(2 * np.pi * 2.5 * time_s)
    stroke = 1.2 * np.exp(-(((time_s - 5.0) / 0.25) ** 2))
    before = swinging(wandering + stroke)
    after = settle_arms(before)
    is_stroke = np.abs(time_s[1:] - 5.0) < 0.4
    is_rest = np.abs(time_s[1:] - 5.0) > 1.5
    assert np.median(wrist_speed(after)[is_rest]) < 0.4 * np.median(wrist_speed(before)[is_rest])
    assert wrist_speed(after)[is_stroke].max() == pytest.approx(wrist_speed(before)[is_stroke].max(), rel=0.01)
    jumps = np.abs(np.diff(wrist_speed(after)))
    assert jumps.max() <= 1.02 * np.abs(np.diff(wrist_speed(before))).max()


def test_all_but_the_arms_is_untouched_bit_for_bit() -> None:
    clip = swinging(np.linspace(0.0, 1.0, FRAMES))
    after = settle_arms(clip)
    others = [joint for joint in range(55) if joint not in ARMS]
    assert np.array_equal(after.local_quat_wxyz[:, others], clip.local_quat_wxyz[:, others])
    assert np.array_equal(after.root_position_m, clip.root_position_m)
    assert not np.array_equal(after.local_quat_wxyz[:, RIGHT_ARM], clip.local_quat_wxyz[:, RIGHT_ARM])


def test_an_arm_in_motion_is_untouched() -> None:
    clip = swinging(4.0 * np.arange(FRAMES) / RATE_HZ)
    after = settle_arms(clip)
    assert np.array_equal(after.local_quat_wxyz[30:-30, SHOULDER], clip.local_quat_wxyz[30:-30, SHOULDER])


def test_a_single_frame_stays() -> None:
    clip = swinging(np.zeros(FRAMES)).cut(0, 1)
    assert np.allclose(settle_arms(clip).local_quat_wxyz, clip.local_quat_wxyz)


def test_a_resting_arm_is_at_peace_and_the_other_one_stays(generator: np.random.Generator) -> None:
    quats = quat_from_rotvec(0.1 * generator.standard_normal((300, 55, 3)))
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((300, 3)), frame_rate_hz=30.0)
    is_resting = np.zeros((300, 2), bool)
    is_resting[100:250, 0] = True
    found = rest_arms(clip, is_resting).local_quat_wxyz
    left, right = joint_index("left_elbow"), joint_index("right_elbow")
    assert np.array_equal(found[:, right], quats[:, right])
    assert np.array_equal(found[:100, left], quats[:100, left])

    def trembles(part: np.ndarray) -> float:
        return float(np.abs(np.diff(part, axis=0)).mean())

    assert trembles(found[130:220, left]) < 0.1 * trembles(quats[130:220, left])


def test_a_holding_arm_is_steadier_than_it_was_and_at_its_ends_as_it_was(generator: np.random.Generator) -> None:
    quats = quat_from_rotvec(0.1 * generator.standard_normal((120, 55, 3)))
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((120, 3)), frame_rate_hz=30.0)
    is_holding = np.zeros((120, 2), bool)
    is_holding[40:70, 1] = True
    found, right = hold_arms(clip, is_holding).local_quat_wxyz, joint_index("right_elbow")
    assert np.array_equal(found[:40], quats[:40])
    assert np.array_equal(found[70:], quats[70:])
    assert np.array_equal(found[:, joint_index("left_elbow")], quats[:, joint_index("left_elbow")])
    steps = [np.abs(np.diff(part[47:63, right], axis=0)).mean() for part in (found, quats)]
    assert steps[0] < 0.2 * steps[1]


def test_who_never_rests_is_left_alone(generator: np.random.Generator) -> None:
    quats = quat_from_rotvec(0.1 * generator.standard_normal((60, 55, 3)))
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((60, 3)), frame_rate_hz=30.0)
    assert rest_arms(clip, np.zeros((60, 2), bool)) is clip
    assert np.isfinite(rest_arms(clip, np.ones((60, 2), bool)).local_quat_wxyz).all()
