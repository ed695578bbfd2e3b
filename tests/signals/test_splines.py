"""The spline is SciPy's, with its conditions at the ends, and keeps every value it goes through."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.interpolate import CubicSpline

from exges_core.signals.splines import spline_at

SIZES = st.floats(-1e3, 1e3, width=32)
COURSES = st.integers(2, 90).flatmap(lambda frames: arrays(np.float64, (frames, 2), elements=SIZES))


@settings(max_examples=80, deadline=None)
@given(COURSES, st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_spline_is_scipys(values: np.ndarray, shares: list[float]) -> None:
    places = np.array(shares) * (len(values) - 1)
    wanted = CubicSpline(np.arange(len(values)), values)(places)
    size = max(1.0, float(np.abs(values).max()))
    np.testing.assert_allclose(spline_at(values, places), wanted, rtol=0, atol=1e-10 * size)


@settings(max_examples=30, deadline=None)
@given(COURSES)
def test_values_at_whole_frames_are_kept(values: np.ndarray) -> None:
    np.testing.assert_array_equal(spline_at(values, np.arange(len(values), dtype=np.float64)), values)
