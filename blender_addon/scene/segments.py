# SPDX-License-Identifier: GPL-3.0-or-later
"""Cubic segments between poses of a dense motion: which of them follow it, and the cheapest way through them; ours.

Numpy alone. A segment starts and ends with the pose and the speed that the motion has there, so each can be judged
on its own, and the best choice of key frames is a shortest path.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from exges_core.arrays import Array, einsum

_LENGTHS = (*range(2, 17), *range(18, 33, 2), *range(36, 49, 4))
"""Frames that a segment may span here; longer ones come of keys that are dropped afterwards."""
_AT_ONCE = 256
"""Segments that are looked at together, for memory's sake."""
_SURELY = 1.0 + 1e-9
"""What comes to more is off by more than 1 for sure; the rest is for rounding."""
_TRIES = 3
"""How many lengths a frame may fail at before longer segments from it are given up."""


def slopes_of(values: Array) -> Array:
    """Return the change per frame of samples, frames first."""
    if len(values) < 2:
        return np.zeros_like(values)
    found = np.empty_like(values)  # np.gradient's bits in a fifth of its time
    found[1:-1] = (values[2:] - values[:-2]) / 2.0
    found[0], found[-1] = values[1] - values[0], values[-1] - values[-2]
    return found


def distances(errors: Array) -> Array:
    """Return per frame how far the worst group is off, of errors as frames x groups x channels."""
    return np.sqrt(einsum("fgc,fgc->fg", errors, errors).max(axis=1))


def hermite(keys: Array) -> tuple[Array, Array]:
    """Return what values and slopes of key frames weigh on every frame from the first to the last, frames x keys."""
    frames = np.arange(int(keys[0]), int(keys[-1]) + 1)
    rows, place = np.arange(len(frames)), np.clip(np.searchsorted(keys, frames, side="right") - 1, 0, len(keys) - 2)
    length: Array = (keys[place + 1] - keys[place]).astype(np.float64)
    share: Array = (frames - keys[place]) / length
    rest = 1.0 - share
    of_values, of_slopes = np.zeros((2, len(frames), len(keys)))
    of_values[rows, place] = (1.0 + 2.0 * share) * rest**2
    of_values[rows, place + 1] = share**2 * (3.0 - 2.0 * share)
    of_slopes[rows, place] = length * share * rest**2
    of_slopes[rows, place + 1] = -length * share**2 * rest
    return of_values, of_slopes


def weights_of(keys: Array) -> Array:
    """Return what values, and behind them slopes, of key frames weigh on every frame, frames x twice the keys."""
    count, first = len(keys), int(keys[0])
    found = np.zeros((int(keys[-1]) - first + 1, 2 * count))
    for place, (start, stop) in enumerate(zip((keys[:-1] - first).tolist(), (keys[1:] - first).tolist(), strict=True)):
        of_values, of_slopes = _of_length(stop - start)
        found[start : stop + 1, place : place + 2] = of_values
        found[start : stop + 1, count + place : count + place + 2] = of_slopes
    return found


@cache
def _of_length(length: int) -> tuple[Array, Array]:
    return hermite(np.array([0, length]))


def are_beyond(values: Array, firsts: Array, lasts: Array) -> Array:
    """Return of segments, by their first and last frames, whether every cubic is farther off than 1 somewhere.

    What five points weigh so that every cubic comes to nothing (the fourth divided difference), with weights whose
    sizes sum to 1, comes to no more than the greatest error. The points lie where a best fit is off most. Not all
    segments without a cubic are found so, and none that has one.
    """
    found = np.zeros(len(firsts), dtype=bool)
    for at in range(0, len(firsts), _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        each = [_alternating(length) for length in (lasts[part] - firsts[part]).tolist()]
        points, weights = (np.array(of) for of in zip(*each, strict=True))
        shown = values[firsts[part, None] + points].reshape(*points.shape, -1)
        off = (weights[:, None] @ shown).reshape(-1, *values.shape[1:])
        found[part] = einsum("sgc,sgc->sg", off, off).max(axis=1) > _SURELY
    return found


@cache
def _alternating(length: int) -> tuple[Array, Array]:
    """Return five frames of a segment and what each weighs: nothing if it is too short for five."""
    points: Array = np.round(length * (0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, 5)))).astype(np.int64)
    if len(np.unique(points)) < 5:
        return points, np.zeros(5)
    weights: Array = 1.0 / ((points[:, None] - points).astype(np.float64) + np.eye(5)).prod(axis=1)
    return points, weights / np.abs(weights).sum()


def cheapest_keys(values: Array, costs: Array, *, kept: Array) -> Array:
    """Return the key frames that cost least, of all whose segments are nowhere farther off than 1.

    Args:
        values: frames x groups x channels, at least three frames; 1 = as far as a group may be off.
        costs: of a key, per frame.
        kept: per frame, True = must be a key.
    """
    ends = _good(values)
    count, must = len(values), np.maximum.accumulate(np.where(kept, np.arange(len(values)), 0))
    best, before = np.full(count, np.inf), np.zeros(count, dtype=np.int64)
    best[0] = 0.0
    for last in range(1, count):
        # No segment may pass over a frame that must be a key.
        starts = last - np.arange(1, min(len(ends), last - must[last - 1] + 1))
        price = np.where(ends[last - starts, last], best[starts], np.inf)
        place = int(price.argmin())
        best[last], before[last] = price[place] + costs[last], starts[place]
    keys = [count - 1]
    while keys[-1]:
        keys.append(int(before[keys[-1]]))
    return np.array(keys[::-1])


def _good(values: Array) -> Array:
    """Return [length, last frame]: does the segment of that length that ends there follow the motion?"""
    dense, count = values.astype(np.float32), len(values)
    slopes = slopes_of(dense)
    good = np.zeros((min(_LENGTHS[-1], count - 1) + 1, count), dtype=bool)
    good[1, 1:] = True
    failures = np.zeros(count, dtype=np.int64)
    for length in _LENGTHS:
        starts = np.flatnonzero(failures[: max(0, count - length)] < _TRIES)
        if not len(starts):
            break
        left = _following(dense, slopes, starts, length)
        good[length, left + length] = True
        failures[starts] += 1
        failures[left] = 0
    return good


def _following(dense: Array, slopes: Array, starts: Array, length: int) -> Array:
    """Return those starts whose segments of a length are nowhere farther off than 1; frames in the middle first."""
    of_values, of_slopes = (weights.astype(np.float32) for weights in hermite(np.array([0, length])))
    for inner in sorted(range(1, length), key=lambda frame: abs(frame - length / 2)):
        ends = starts + length
        shown = of_values[inner, 0] * dense[starts] + of_values[inner, 1] * dense[ends]
        shown += of_slopes[inner, 0] * slopes[starts] + of_slopes[inner, 1] * slopes[ends]
        starts = starts[distances(shown - dense[starts + inner]) <= 1.0]
        if not len(starts):
            break
    return starts
