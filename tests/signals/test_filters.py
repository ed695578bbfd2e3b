"""Filters give what SciPy's give, whatever the length, the values and the ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage, signal

from exges_core.signals.filters import convolved, gaussian, low_pass_both_ways

FEW = settings(max_examples=40, deadline=None)
SIZES = st.floats(-1e3, 1e3, width=32)
COURSES = st.integers(1, 200).flatmap(lambda frames: arrays(np.float64, (frames, 3), elements=SIZES))


def close(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10 * max(1.0, float(np.abs(wanted).max(initial=0.0))))


@FEW
@given(COURSES, st.floats(0.3, 40.0), st.sampled_from(["reflect", "nearest"]))
def test_a_gaussian_is_scipys(values: np.ndarray, sigma: float, edge: str) -> None:
    close(gaussian(values, sigma, edge=edge), ndimage.gaussian_filter1d(values, sigma, axis=0, mode=edge))
    close(gaussian(values[:, 0], sigma, edge=edge), ndimage.gaussian_filter1d(values[:, 0], sigma, mode=edge))


@FEW
@given(COURSES, st.floats(0.002, 0.49), st.integers(1, 9))
def test_a_low_pass_both_ways_is_scipys(values: np.ndarray, cutoff: float, beyond: int) -> None:
    values = np.concatenate([values, values[:1]])
    beyond = min(beyond, len(values) - 1)
    sections = signal.butter(2, cutoff, fs=1.0, output="sos")
    close(
        low_pass_both_ways(values, cutoff, beyond=beyond), signal.sosfiltfilt(sections, values, axis=0, padlen=beyond)
    )


@FEW
@given(st.integers(1, 700), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_a_kernel_is_laid_over_every_frame_as_scipy_does(frames: int, reach: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    values, kernel = generator.normal(size=(frames, 2)), generator.normal(size=2 * reach + 1)
    wanted = signal.oaconvolve(values, kernel[:, None], mode="full", axes=0)[reach : reach + frames]
    close(convolved(values, kernel), wanted)


@pytest.mark.parametrize("frames", [1, 2, 31, 32, 33, 500])
def test_what_is_level_stays_level(frames: int) -> None:
    level = np.full((frames, 2), 7.25)
    close(gaussian(level, 3.0), level)
    if frames > 1:
        close(low_pass_both_ways(level, 0.01, beyond=min(9, frames - 1)), level)


def test_all_channels_of_any_shape_are_filtered_alone(generator: np.random.Generator) -> None:
    values = generator.normal(size=(90, 5, 4))
    for found in (gaussian(values, 2.0), low_pass_both_ways(values, 0.1, beyond=9)):
        assert found.shape == values.shape
    alone = low_pass_both_ways(values[:, 3, 1], 0.1, beyond=9)
    close(low_pass_both_ways(values, 0.1, beyond=9)[:, 3, 1], alone)


def test_mirror_images_stay_mirror_images_to_the_last_bit(generator: np.random.Generator) -> None:
    half = generator.normal(size=301)
    smooth = gaussian(np.concatenate([half, half[::-1]]), 7.0)
    np.testing.assert_array_equal(smooth, smooth[::-1])
    assert len(set(gaussian(np.full(400, 0.3), 7.0).tolist())) == 1
