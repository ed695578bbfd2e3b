"""Other frame rates: exact time, no drift, frames that coincide keep every bit, movement keeps its smoothness."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.errors import InputError, SkeletonError
from exges_core.motion.clip import MotionClip
from exges_core.motion.resample import change_rate
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.timeline import exact_rate

RATES = ["24", "25", "30", "50", "60", "23.976", "29.97", "59.94"]


def swinging(frames: int) -> MotionClip:
    """Every joint swings at a pace of its own, the root walks a curve: known at every instant."""
    return swung(np.arange(frames) / 30, 30.0)


def swung(time_s: np.ndarray, rate_hz: float) -> MotionClip:
    pace = np.linspace(0.3, 1.5, 55)
    angle = 0.8 * np.sin(2 * np.pi * pace * time_s[:, None])
    axis = np.random.default_rng(1).normal(size=(55, 3))
    rotvecs = angle[..., None] * axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    root = np.stack([np.sin(time_s), np.cos(2 * time_s), 0.1 * time_s], axis=-1)
    return MotionClip(local_quat_wxyz=quat_from_rotvec(rotvecs), root_position_m=root, frame_rate_hz=rate_hz)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (24, Fraction(24)),
        ("25", Fraction(25)),
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        (12.5, Fraction(25, 2)),
        (1, Fraction(1)),
    ],
)
def test_a_rate_is_the_fraction_that_is_meant(written: str | float, meant: Fraction) -> None:
    assert exact_rate(written) == meant


@pytest.mark.parametrize("wrong", ["fast", "", "0", -24, 1000, "1/0", "nan", "inf"])
def test_a_wrong_rate_is_refused(wrong: str | float) -> None:
    with pytest.raises(InputError, match="frame rate"):
        exact_rate(wrong)


@pytest.mark.parametrize("rate", RATES)
def test_motion_is_where_it_is_at_every_instant(rate: str) -> None:
    exact = exact_rate(rate)
    clip = swinging(300)
    moved = change_rate(clip, exact)
    assert moved.frame_rate_hz == float(exact)
    assert (moved.frames - 1) / exact <= Fraction(299, 30) < moved.frames / exact
    truth = swung(np.array([float(k / exact) for k in range(moved.frames)]), 1.0)
    inner = slice(8, -8)
    error = quat_angle(quat_multiply(quat_inverse(truth.local_quat_wxyz), moved.local_quat_wxyz))
    assert np.degrees(error[inner]).max() < 0.02
    assert np.degrees(error).max() < 0.3
    np.testing.assert_allclose(moved.root_position_m[inner], truth.root_position_m[inner], atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(rate=st.sampled_from(RATES), frames=st.integers(1, 400))
def test_frames_that_coincide_keep_every_bit(rate: str, frames: int) -> None:
    clip, exact = swinging(frames), exact_rate(rate)
    moved = change_rate(clip, exact)
    for k in range(moved.frames):
        place = 30 * k / exact
        if place.denominator == 1:
            np.testing.assert_array_equal(moved.local_quat_wxyz[k], clip.local_quat_wxyz[int(place)])
            np.testing.assert_array_equal(moved.root_position_m[k], clip.root_position_m[int(place)])


def test_an_hour_does_not_drift() -> None:
    """The root is a clock: where it is says which instant a frame shows."""
    frames = 108_001
    root = np.zeros((frames, 3))
    root[:, 0] = np.arange(frames) / 30
    quats = np.zeros((frames, 55, 4))
    quats[..., 0] = 1
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=30.0)
    exact = exact_rate("23.976")
    moved = change_rate(clip, exact)
    last = moved.frames - 1
    assert last / exact <= 3600 < (last + 1) / exact
    truth = np.arange(moved.frames) * exact.denominator / exact.numerator
    np.testing.assert_allclose(moved.root_position_m[:, 0], truth, atol=1e-9)


def test_blocks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = swinging(700)
    whole = change_rate(clip, Fraction(24))
    monkeypatch.setattr("exges_core.motion.resample._BLOCK", 50)
    np.testing.assert_allclose(change_rate(clip, Fraction(24)).local_quat_wxyz, whole.local_quat_wxyz, atol=1e-12)


def test_a_finer_rate_is_no_rougher() -> None:
    """Slerp makes a corner on every old frame: its jerk at 60 fps is several times the motion's own."""
    clip = swinging(300)

    def jerk(moved: MotionClip) -> float:
        step = quat_multiply(quat_inverse(moved.local_quat_wxyz[:-1]), moved.local_quat_wxyz[1:])
        return float(np.abs(np.diff(step[10:-10, :, 1:], n=2, axis=0)).mean() * moved.frame_rate_hz**3)

    assert jerk(change_rate(clip, Fraction(60))) < 1.1 * jerk(clip)
    assert jerk(clip.resample(60)) > 2 * jerk(clip)


def test_the_same_rate_is_the_same_clip_and_none_is_refused() -> None:
    clip = swinging(5)
    assert change_rate(clip, Fraction(30)) is clip
    with pytest.raises(SkeletonError, match="positive rate"):
        change_rate(clip, Fraction(0))
