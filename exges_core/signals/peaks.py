"""Peaks of a course: where they are and how far each stands out."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, Int


def peaks_of(
    course: Float[Array, "frames"], *, height: float, prominence: float, apart: int = 1
) -> Int[Array, "peaks"]:
    """Return the frames of peaks in order, as `scipy.signal.find_peaks` does.

    A level top counts as its middle frame. The higher of two peaks that are nearer than `apart` stays.

    Args:
        course: of finite values.
        height: the lowest that counts.
        prominence: the least by which a peak must stand above the higher of the lowest points between it and higher
            ground (or the end) on either side.
        apart: the least distance in frames.
    """
    tops = _tops(course)
    peaks = tops[course[tops] >= height]
    if apart > 1:
        peaks = peaks[_kept_apart(peaks, course[peaks], apart)]
    stands_out = _prominences(course, tops)[np.searchsorted(tops, peaks)]
    return peaks[stands_out >= prominence]


def _tops(course: Float[Array, "frames"]) -> Int[Array, "tops"]:
    """Return the middle frame of every stretch of equal values that is higher than what is before and after it."""
    if len(course) < 3:
        return np.zeros(0, np.int64)
    is_new = np.concatenate([[True], course[1:] != course[:-1]])
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], len(course))
    levels = course[starts]
    is_top = (levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])
    return ((starts + ends - 1) // 2)[1:-1][is_top]


def _kept_apart(peaks: Int[Array, "peaks"], heights: Float[Array, "peaks"], apart: int) -> Array:
    """Return which peaks stay when, from the highest on, each sends away those that are too near."""
    is_kept = np.ones(len(peaks), bool)
    first = np.searchsorted(peaks, peaks - apart, side="right").tolist()
    last = np.searchsorted(peaks, peaks + apart, side="left").tolist()
    for number in np.argsort(heights)[::-1].tolist():
        if is_kept[number]:
            is_kept[first[number] : last[number]] = False
            is_kept[number] = True
    return is_kept


def _prominences(course: Float[Array, "frames"], tops: Int[Array, "tops"]) -> Float[Array, "tops"]:
    """Return how far each top stands above the way to higher ground, on the side where that way is less deep."""
    if not len(tops):
        return np.zeros(0)
    # The ends are ground as well: a course may begin or end higher than any top.
    ground = np.concatenate([[0], tops, [len(course) - 1]])
    valleys = np.minimum.reduceat(course, ground[:-1])
    valleys[-1] = min(float(valleys[-1]), float(course[-1]))
    heights = course[ground].tolist()
    before = _lowest_before(heights, [np.inf, *valleys.tolist()])
    after = _lowest_before(heights[::-1], [np.inf, *valleys[::-1].tolist()])[::-1]
    return course[tops] - np.maximum(before, after)[1:-1]


def _lowest_before(heights: list[float], valleys: list[float]) -> list[float]:
    """Return for each top the lowest between it and the nearest higher one before it; `valleys[k]` lies before k."""
    lowest: list[float] = []
    higher: list[tuple[float, float]] = []
    for height, valley in zip(heights, valleys, strict=True):
        low = valley
        while higher and higher[-1][0] <= height:
            low = min(low, higher.pop()[1])
        higher.append((height, low))
        lowest.append(low)
    return lowest
