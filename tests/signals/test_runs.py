"""What is said of flags and values over frames is what SciPy's image functions say of one row."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from exges_core.signals.runs import closed, frames_to, highest_near, median_near, nearest_flag, runs_of

FEW = settings(max_examples=60, deadline=None)
FLAGS = st.integers(1, 80).flatmap(lambda frames: arrays(bool, frames))
LEVELS = st.integers(1, 80).flatmap(
    lambda frames: arrays(np.float64, frames, elements=st.integers(-4, 4).map(float) | st.floats(-9, 9))
)


@FEW
@given(FLAGS)
def test_the_nearest_flag_and_how_far_it_is(is_on: np.ndarray) -> None:
    if not is_on.any():
        assert np.isinf(frames_to(is_on)).all()
        return
    apart, nearest = ndimage.distance_transform_edt(~is_on, return_indices=True)
    np.testing.assert_array_equal(frames_to(is_on), apart)
    np.testing.assert_array_equal(nearest_flag(is_on), nearest[0])


@FEW
@given(FLAGS, st.integers(0, 20))
def test_stretches_and_the_gaps_between_them(is_on: np.ndarray, gap: int) -> None:
    labels, count = ndimage.label(is_on)
    wanted = [(int(at[0]), int(at[-1]) + 1) for at in (np.flatnonzero(labels == 1 + run) for run in range(count))]
    assert [tuple(run) for run in runs_of(is_on).tolist()] == wanted
    padded = np.pad(is_on, gap + 1)
    filled = ndimage.binary_closing(padded, np.ones(gap + 1, bool))[gap + 1 : len(padded) - gap - 1]
    np.testing.assert_array_equal(closed(is_on, gap), filled)


@FEW
@given(LEVELS, st.integers(0, 90))
def test_the_highest_near_is_scipys(values: np.ndarray, reach: int) -> None:
    np.testing.assert_array_equal(highest_near(values, reach), ndimage.maximum_filter1d(values, 2 * reach + 1))
    flags = values > 1.0
    np.testing.assert_array_equal(highest_near(flags, reach), ndimage.maximum_filter1d(flags, 2 * reach + 1))


@FEW
@given(LEVELS, st.integers(0, 30))
def test_the_median_near_is_scipys(values: np.ndarray, reach: int) -> None:
    rows = np.stack([values, values[::-1]], axis=1)
    wanted = ndimage.median_filter(rows, size=(2 * reach + 1, 1), mode="nearest")
    np.testing.assert_array_equal(median_near(rows, reach), wanted)
