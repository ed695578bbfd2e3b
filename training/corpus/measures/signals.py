"""Filters and summaries of 30 Hz tracks that the measured statistics are defined with. Pure; no skeleton in here."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from scipy.signal import butter, filtfilt, find_peaks, welch

from exges_core.arrays import Array, Bool, Float, median, polyfit

RATE_HZ = 30.0
_welch = cast("Callable[..., tuple[Array, Array]]", welch)  # its stubs ask for a kind of number, ours are any


def _butterworth(cut: float | tuple[float, float], kind: str) -> tuple[Array, Array]:
    coefficients: tuple[Array, ...] = butter(2, cut, btype=kind)  # pyright: ignore[reportAssignmentType, reportArgumentType]
    return coefficients[0], coefficients[1]


def low_pass(values: Float[Array, "frames *axes"], cut_hz: float = 6.0) -> Float[Array, "frames *axes"]:
    """Filter with a Butterworth of order 2, zero phase (LP6 at the default cut)."""
    b, a = _butterworth(cut_hz / (RATE_HZ / 2), "low")
    return filtfilt(b, a, values, axis=0)


def moving_mean(values: Float[Array, "frames"], window: int) -> Float[Array, "frames"]:
    """Average over a window of frames, the ends held."""
    kernel = np.ones(window) / window
    return np.convolve(np.pad(values, (window // 2, window - window // 2 - 1), mode="edge"), kernel, mode="valid")


def speed(positions: Float[Array, "frames axes"]) -> Float[Array, "frames"]:
    """Return the length of the central difference, per second."""
    return np.linalg.norm(np.gradient(positions, 1 / RATE_HZ, axis=0), axis=-1)


def runs(is_in: Bool[Array, "frames"], least: int) -> list[tuple[int, int]]:
    """Return [start, stop) of every run of True of at least `least` frames."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_in.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def band_rms(values: Float[Array, "frames"], low_hz: float, high_hz: float) -> float:
    """Return the standard deviation of a band of frequencies."""
    b, a = _butterworth((low_hz / (RATE_HZ / 2), high_hz / (RATE_HZ / 2)), "band")
    return float(np.std(filtfilt(b, a, values)))


def spectral_slope(values: Float[Array, "frames"], low_hz: float, high_hz: float) -> float:
    """Return the log-log slope of the power spectrum between two frequencies."""
    rate, power = _welch(values - values.mean(), RATE_HZ, nperseg=min(512, len(values)))
    keep = (rate >= low_hz) & (rate <= high_hz)
    return float(polyfit(np.log(rate[keep]), np.log(power[keep] + 1e-12), 1)[0])


def rate_centroid(values: Float[Array, "frames"]) -> float:
    """Return the mean frequency (Hz) of a track's rate of change between 0.1 and 6 Hz, weighted by power."""
    rate, power = _welch(np.gradient(values, 1 / RATE_HZ), RATE_HZ, nperseg=min(512, len(values)))
    keep = (rate > 0.1) & (rate < 6.0)
    return float(np.sum(rate[keep] * power[keep]) / max(float(np.sum(power[keep])), 1e-12))


def window_sd(values: Float[Array, "frames"], seconds: float = 5.0) -> float:
    """Return the median standard deviation in half-overlapping windows."""
    span = int(seconds * RATE_HZ)
    starts = range(0, max(len(values) - span, 0) + 1, span // 2)
    return float(median([float(np.std(values[start : start + span])) for start in starts]))


def half_cycles(angles_deg: Float[Array, "frames"], least_deg: float = 2.0) -> tuple[Array, Array]:
    """Return sizes (degrees) and durations (s) of the swings between reversals of a track.

    What is slower than 3 s is taken off first; a reversal is a peak or trough of that prominence.
    """
    swing = low_pass(angles_deg - moving_mean(angles_deg, int(3 * RATE_HZ)))
    turns = np.sort(np.concatenate([find_peaks(side * swing, prominence=least_deg)[0] for side in (1.0, -1.0)]))
    return np.abs(np.diff(swing[turns])), np.diff(turns) / RATE_HZ


def correlation(first: Array, second: Array) -> float:
    """Return the cosine of two tracks: a correlation that takes zero, not the mean, for rest."""
    return float(np.sum(first * second) / max(np.sqrt(np.sum(first**2) * np.sum(second**2)), 1e-9))


def lagged_correlation(
    motion: Float[Array, "frames"], other: Float[Array, "frames"], most: int
) -> Float[Array, "lags"]:
    """Return r of motion(t + lag) with other(t) for lags -most..most frames: negative = motion comes first."""
    correlations: list[float] = []
    for lag in range(-most, most + 1):
        ahead, behind = (motion[lag:], other[: len(other) - lag]) if lag >= 0 else (motion[:lag], other[-lag:])
        correlations.append(np.corrcoef(ahead, behind)[0, 1] if ahead.std() > 0 and behind.std() > 0 else 0.0)
    return np.array(correlations)
