import numpy as np
import pytest

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply, rotvec_from_quat
from exges_core.motion.smooth import low_pass, smooth_clip
from tests.motion.conftest import moving_clip
from tests.motion.test_clip import turned_by


def turning_clip(frequency_hz: float, size_rad: float = 0.3) -> MotionClip:
    clip = moving_clip(frames=300)
    rotvec = np.zeros((300, 55, 3))
    rotvec[:, 18, 1] = size_rad * np.sin(2 * np.pi * frequency_hz * np.arange(300) / 30.0)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=clip.root_position_m, frame_rate_hz=30.0
    )


@pytest.mark.parametrize(("frequency_hz", "kept"), [(0.5, 1.0), (6.0, 0.5), (13.0, 0.0)])
def test_slow_turns_pass_and_tremor_goes_without_delay(frequency_hz: float, kept: float) -> None:
    before = turning_clip(frequency_hz)
    smooth = rotvec_from_quat(smooth_clip(before, cutoff_hz=6.0).local_quat_wxyz)[60:240, 18, 1]
    original = rotvec_from_quat(before.local_quat_wxyz)[60:240, 18, 1]
    # The projection on the original is the gain at zero delay.
    assert np.dot(smooth, original) / np.dot(original, original) == pytest.approx(kept, abs=0.03)


def test_signs_of_quaternions_do_not_matter() -> None:
    clip = moving_clip()
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (90, 55, 1))
    flipped = MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz * signs, root_position_m=clip.root_position_m, frame_rate_hz=30.0
    )
    assert turned_by(smooth_clip(flipped, cutoff_hz=5.0), smooth_clip(clip, cutoff_hz=5.0)) < 1e-9


def test_constant_motion_and_unchosen_joints_stay() -> None:
    clip = moving_clip()
    some = smooth_clip(clip, cutoff_hz=2.0, joints=(18, 19))
    others = [joint for joint in range(55) if joint not in (18, 19)]
    np.testing.assert_array_equal(some.local_quat_wxyz[:, others], clip.local_quat_wxyz[:, others])
    np.testing.assert_array_equal(some.root_position_m, clip.root_position_m)
    change = quat_multiply(quat_inverse(some.local_quat_wxyz[:, 18]), clip.local_quat_wxyz[:, 18])
    assert quat_angle(change).max() > 1e-4
    np.testing.assert_allclose(low_pass(np.full((50, 2), 3.0), rate_hz=30.0, cutoff_hz=4.0), 3.0, atol=1e-9)


@pytest.mark.parametrize("frames", [1, 3, 4, 7, 12])
def test_short_clips_are_not_a_problem(frames: int) -> None:
    smooth = smooth_clip(moving_clip(frames=frames), cutoff_hz=6.0)
    assert smooth.frames == frames
    np.testing.assert_allclose(np.linalg.norm(smooth.local_quat_wxyz, axis=-1), 1.0, atol=1e-9)


def test_a_cutoff_above_half_the_rate_changes_nothing() -> None:
    clip = moving_clip()
    assert turned_by(smooth_clip(clip, cutoff_hz=15.0), clip) < 1e-9
