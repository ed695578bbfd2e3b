from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exges_core.timeline import cover, frame_at, frames_in, time_of


@given(st.integers(0, 10**7), st.sampled_from([24.0, 23.976, 25.0, 30.0, 50.0, 60.0]))
def test_a_frames_time_leads_back_to_the_frame(frame: int, rate_hz: float) -> None:
    assert frame_at(time_of(frame, rate_hz), rate_hz) == frame


def test_an_instant_still_has_a_frame() -> None:
    assert frames_in(0.001) == 1


@given(st.integers(1, 5000), st.integers(8, 200), st.data())
def test_windows_cover_every_frame_and_overlap(frames: int, window: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, window // 2))
    windows = cover(frames, window=window, overlap=overlap)
    assert windows[0].start == 0
    assert windows[-1].stop == max(frames, window)
    assert all(len(each) == window for each in windows)
    assert all(left.stop - right.start >= overlap for left, right in pairwise(windows))


def test_cover_refuses_an_overlap_as_long_as_the_window() -> None:
    with pytest.raises(ValueError, match="overlap < window"):
        cover(100, window=10, overlap=10)
