"""Strokes that want one hand at the same time, put one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exges_core.score.records import SIDES, Stroke

SHORTEST_S = 0.1
"""A stroke that is left with less time than this is dropped."""


def untangle(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Return strokes in order, none of which starts before its hand has reached the apex of the last one; ours.

    The later one gives way: it starts later, and is left out where too little of it remains. A locked one stays as it
    is, and those before it that it would overlap are left out.
    """
    kept: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda each: (each.start_s, each.apex_s)):
        if stroke.is_locked:
            kept = [each for each in kept if each.is_locked or not _meets(each, stroke)]
            kept.append(stroke)
            continue
        free_s = max((_free_s(kept, side) for side in SIDES if stroke.uses(side)), default=0.0)
        if stroke.apex_s - max(stroke.stroke_start_s, free_s) >= min(SHORTEST_S, stroke.apex_s - stroke.stroke_start_s):
            start_s = max(stroke.start_s, free_s)
            kept.append(replace(stroke, start_s=start_s, stroke_start_s=max(stroke.stroke_start_s, start_s)))
    return tuple(kept)


def _meets(earlier: Stroke, later: Stroke) -> bool:
    return earlier.apex_s > later.start_s and any(earlier.uses(side) and later.uses(side) for side in SIDES)


def _free_s(kept: Sequence[Stroke], side: str) -> float:
    return max((each.apex_s for each in kept if each.uses(side)), default=0.0)
