import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.errors import SkeletonError
from exges_core.motion.clip import MotionClip, concatenate
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply, slerp
from tests.motion.conftest import moving_clip


def turned_by(left: MotionClip, right: MotionClip) -> float:
    """The largest angle between two clips, radians."""
    return float(quat_angle(quat_multiply(quat_inverse(left.local_quat_wxyz), right.local_quat_wxyz)).max())


@settings(max_examples=20)
@given(st.integers(1, 40), st.sampled_from([24.0, 25.0, 29.97, 30.0, 60.0, 120.0]), st.sampled_from([15.0, 30.0, 48.0]))
def test_resampled_instants_lie_inside_the_take_and_on_its_arcs(frames: int, rate: float, new_rate: float) -> None:
    clip = moving_clip(frames=frames, rate_hz=rate)
    moved = clip.resample(new_rate)
    last_s = (frames - 1) / rate
    assert (moved.frames - 1) / new_rate <= last_s + 1e-6 < moved.frames / new_rate + 2e-6
    assert moved.frame_rate_hz == new_rate
    for frame in range(moved.frames):
        place = frame / new_rate * rate
        before = min(int(place + 1e-9), frames - 1)
        after = min(before + 1, frames - 1)
        naive = slerp(clip.local_quat_wxyz[before], clip.local_quat_wxyz[after], max(place - before, 0.0))
        assert quat_angle(quat_multiply(quat_inverse(naive), moved.local_quat_wxyz[frame])).max() < 1e-6


def test_doubling_the_rate_and_back_is_exact() -> None:
    clip = moving_clip()
    again = clip.resample(60.0).resample(30.0)
    assert again.frames == clip.frames
    assert turned_by(again, clip) < 1e-9
    np.testing.assert_allclose(again.root_position_m, clip.root_position_m, atol=1e-12)
    assert clip.resample(30.0) is clip


def test_cut_and_concatenate_are_inverse() -> None:
    clip = moving_clip()
    joined = concatenate([clip.cut(0, 31), clip.cut(31, 90)])
    np.testing.assert_array_equal(joined.local_quat_wxyz, clip.local_quat_wxyz)
    np.testing.assert_array_equal(joined.root_position_m, clip.root_position_m)
    assert clip.duration_s == 3.0


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 5), (0, 91)])
def test_a_cut_outside_is_refused(start: int, stop: int) -> None:
    with pytest.raises(SkeletonError, match="start < stop"):
        moving_clip().cut(start, stop)


def test_clips_of_different_rates_or_none_are_not_joined() -> None:
    with pytest.raises(SkeletonError, match="one frame rate"):
        concatenate([moving_clip(), moving_clip(rate_hz=25.0)])
    with pytest.raises(SkeletonError, match="one frame rate"):
        concatenate([])


def test_what_enters_is_checked() -> None:
    good = moving_clip(frames=4)
    quats, root = good.local_quat_wxyz, good.root_position_m
    nan, long, far = quats.copy(), quats.copy(), root.copy()
    nan[2, 3, 1] = np.nan
    long[1, 7] *= 1.1
    far[3, 0] = np.inf
    for problem, rotations, roots, rate in (
        ("55", quats[:, :24], root, 30.0),
        ("at least one frame", quats[:0], root[:0], 30.0),
        ("root positions of shape", quats, root[:3], 30.0),
        ("frame rate", quats, root, 0.0),
        ("frame rate", quats, root, float("nan")),
        ("first in frame 2", nan, root, 30.0),
        ("first in frame 3", quats, far, 30.0),
        ("frame 1, joint 7", long, root, 30.0),
    ):
        with pytest.raises(SkeletonError, match=problem):
            MotionClip.checked(local_quat_wxyz=rotations, root_position_m=roots, frame_rate_hz=rate)
    accepted = MotionClip.checked(local_quat_wxyz=quats * 1.0005, root_position_m=root, frame_rate_hz=30)
    np.testing.assert_allclose(np.linalg.norm(accepted.local_quat_wxyz, axis=-1), 1.0, atol=1e-12)
    with pytest.raises(SkeletonError, match="positive rate"):
        good.resample(0.0)
