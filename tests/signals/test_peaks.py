"""Peaks are those that SciPy finds, level tops, level courses and equal heights included."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import signal

from exges_core.signals.peaks import peaks_of

LEVELS = st.integers(0, 120).flatmap(
    lambda frames: arrays(np.float64, frames, elements=st.integers(-3, 3).map(float) | st.floats(-5, 5))
)


@settings(max_examples=120, deadline=None)
@given(LEVELS, st.floats(-5, 5) | st.just(0.0), st.floats(0, 4) | st.sampled_from([0.0, 1.0, 2.0]), st.integers(1, 15))
@example(np.array([1.0]), -5.0, 0.0, 1)
@example(np.full(30, 2.0), -5.0, 0.0, 3)
@example(np.array([9.0, 1, 2, 2, 2, 1, 3, 0, 9]), 0.0, 1.0, 2)
def test_peaks_are_scipys(course: np.ndarray, height: float, prominence: float, apart: int) -> None:
    wanted, _ = signal.find_peaks(course, height=height, prominence=prominence, distance=apart)
    np.testing.assert_array_equal(peaks_of(course, height=height, prominence=prominence, apart=apart), wanted)


def test_peaks_of_a_long_course_are_scipys(generator: np.random.Generator) -> None:
    course = np.cumsum(generator.normal(size=5000))
    for prominence in (0.0, 0.5, 20.0):
        wanted, _ = signal.find_peaks(course, height=-50.0, prominence=prominence)
        assert len(wanted)
        np.testing.assert_array_equal(peaks_of(course, height=-50.0, prominence=prominence), wanted)
