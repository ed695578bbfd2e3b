# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer keys for the same motion: dense samples -> cubic segments that stay within a tolerance on every frame; ours.

Numpy alone. Keys are added where the error is largest until none is above the tolerance; all channels of a bone get
their keys on the same frames. Slopes are central differences of the dense motion, so segments join smoothly.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array


def slopes_of(values: Array) -> Array:
    """Return the change per frame of samples, frames x channels."""
    if len(values) < 2:
        return np.zeros_like(values)
    return np.gradient(values, axis=0)


def interpolated(values: Array, slopes: Array, keys: Array) -> Array:
    """Return what cubic Hermite segments between the key frames give on every frame, frames x channels."""
    frames = np.arange(len(values))
    place = np.clip(np.searchsorted(keys, frames, side="right") - 1, 0, len(keys) - 2)
    first, last = keys[place], keys[place + 1]
    length = (last - first)[:, None].astype(np.float64)
    share = (frames - first)[:, None] / length
    rest = 1.0 - share
    return (
        values[first] * (1.0 + 2.0 * share) * rest**2
        + slopes[first] * length * share * rest**2
        + values[last] * share**2 * (3.0 - 2.0 * share)
        - slopes[last] * length * share**2 * rest
    )


def key_frames(values: Array, tolerance: float, *, kept: Array | None = None) -> Array:
    """Return on which frames keys are needed so that no frame is farther off than the tolerance.

    Args:
        values: frames x channels, dense.
        tolerance: largest distance of a channel, in its own unit.
        kept: frames that must be keys.
    """
    count = len(values)
    if count < 3:
        return np.arange(count)
    slopes = slopes_of(values)
    is_key = np.zeros(count, dtype=bool)
    is_key[[0, -1]] = True
    if kept is not None:
        is_key[kept[(kept >= 0) & (kept < count)]] = True
    while True:
        keys = np.flatnonzero(is_key)
        if len(keys) == count:
            return keys
        error = np.abs(interpolated(values, slopes, keys) - values).max(axis=1)
        error[keys] = 0.0
        # Every segment that errs is split where it errs most, all at once.
        worst = np.maximum.reduceat(error, keys[:-1])
        wrong = np.flatnonzero(worst > tolerance)
        if not len(wrong):
            return keys
        for segment in wrong:
            first, last = keys[segment], keys[segment + 1]
            is_key[first + int(np.argmax(error[first:last]))] = True
