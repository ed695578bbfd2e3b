"""Flags and values over frames: stretches of them, how far the nearest flag is, maxima and medians all around."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float, Int


def runs_of(is_on: Bool[Array, "frames"]) -> Int[Array, "runs 2"]:
    """Return the first frame of every stretch of flags and the one after its last, in order."""
    edges = np.diff(np.concatenate([[False], is_on, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def closed(is_on: Bool[Array, "frames"], gap: int) -> Bool[Array, "frames"]:
    """Return the flags with gaps of up to `gap` frames between two of them filled, but none at the ends."""
    filled = is_on.copy()
    found = runs_of(is_on)
    for end, start in zip(found[:-1, 1].tolist(), found[1:, 0].tolist(), strict=True):
        if start - end <= gap:
            filled[end:start] = True
    return filled


def nearest_flag(is_on: Bool[Array, "frames"]) -> Int[Array, "frames"]:
    """Return each frame's nearest flagged frame, the earlier of two as near; at least one must be flagged."""
    on, at = np.flatnonzero(is_on), np.arange(len(is_on))
    after = np.searchsorted(on, at)
    earlier, later = on[np.maximum(after - 1, 0)], on[np.minimum(after, len(on) - 1)]
    return np.where(np.abs(later - at) < np.abs(at - earlier), later, earlier)


def frames_to(is_on: Bool[Array, "frames"]) -> Float[Array, "frames"]:
    """Return how many frames away the nearest flagged one is: 0 there, infinite where there is none."""
    if not is_on.any():
        return np.full(len(is_on), np.inf)
    return np.abs(np.arange(len(is_on)) - nearest_flag(is_on)).astype(np.float64)


def highest_near(values: Array, reach: int) -> Array:
    """Return the maximum of the values (or flags) up to `reach` frames away: `scipy.ndimage.maximum_filter1d`."""
    frames = len(values)
    reach = min(reach, frames - 1)
    # What is beyond the ends counts as the value there, which is in every window that passes the end.
    highest, width = np.pad(values, reach, mode="edge"), 1
    while 2 * width <= 2 * reach + 1:
        highest, width = np.maximum(highest[:-width], highest[width:]), 2 * width
    rest = 2 * reach + 1 - width
    return np.maximum(highest[: len(highest) - rest], highest[rest:])


def median_near(values: Float[Array, "frames channels"], reach: int) -> Float[Array, "frames channels"]:
    """Return the median of the values up to `reach` frames away; what is beyond the ends counts as the value there."""
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
    return np.partition(windows, reach, axis=-1)[..., reach]
