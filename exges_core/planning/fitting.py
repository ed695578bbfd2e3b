"""Drawn strokes made consistent: each hand does one thing at a time, locked strokes stay, quiet ranges stay empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exges_core.score.records import SIDES, Stroke

SHORTEST_S = 0.12
"""A stroke that is left with less time than this is dropped."""
_AROUND = 12
"""So many neighbours are looked at: the next two or three can be in a stroke's way."""
Spans = Sequence[tuple[float, float]]


def fitted(drawn: Sequence[Stroke], settled: Sequence[Stroke], silent_s: Spans, duration_s: float) -> list[Stroke]:
    """Return drawn strokes that leave one another, settled ones and silent ranges in peace, and the settled ones.

    Where two strokes of a hand run into one another, the time between their middles is shared; preparations, holds and
    retractions give way to strokes.
    """
    ordered = sorted(drawn, key=lambda each: (each.middle_s, each.start_s))
    kept: list[Stroke] = []
    for number, stroke in enumerate(ordered):
        limit_s = _limit_s(stroke, ordered[number + 1 : number + _AROUND], settled)
        fits = _between(stroke, [*settled, *kept[-_AROUND:]], limit_s, silent_s, duration_s)
        if fits is not None:
            kept.append(fits)
    released = [
        _released(each, [*kept[number + 1 : number + _AROUND], *settled], silent_s) for number, each in enumerate(kept)
    ]
    return sorted([*released, *settled], key=lambda each: (each.start_s, each.apex_s))


def _limit_s(stroke: Stroke, later: Sequence[Stroke], settled: Sequence[Stroke]) -> float:
    """Return until when the stroke may last: the next settled one's start, half of what it shares with a drawn one."""
    limit_s = min(
        (each.start_s for each in settled if _meet(each, stroke) and each.middle_s >= stroke.middle_s),
        default=float("inf"),
    )
    following = next((each for each in later if _meet(each, stroke)), None)
    if following is not None and following.stroke_start_s < stroke.apex_s:
        limit_s = min(limit_s, max((following.stroke_start_s + stroke.apex_s) / 2, stroke.middle_s))
    return limit_s


def _between(
    stroke: Stroke, earlier: Sequence[Stroke], limit_s: float, silent_s: Spans, duration_s: float
) -> Stroke | None:
    middle_s = stroke.middle_s
    if any(start_s <= middle_s <= end_s for start_s, end_s in silent_s):
        return None
    # Fitting moves middles, so one that was drawn earlier may have its own behind this one's; it still comes first.
    busy = [
        each.apex_s for each in earlier if _meet(each, stroke) and (each.middle_s <= middle_s or each.start_s < limit_s)
    ]
    free_s = max([0.0, *busy, *(end_s for _, end_s in silent_s if end_s < middle_s)])
    limit_s = min([limit_s, duration_s, *(start_s for start_s, _ in silent_s if start_s > middle_s)])
    stroke_start_s, apex_s = max(stroke.stroke_start_s, free_s), min(stroke.apex_s, limit_s)
    if apex_s - stroke_start_s < SHORTEST_S:
        apex_s = min(stroke_start_s + SHORTEST_S, limit_s)
        stroke_start_s = max(apex_s - SHORTEST_S, free_s)
    if apex_s - stroke_start_s < SHORTEST_S - 1e-6:
        return None
    start_s = min(max(stroke.start_s, free_s), stroke_start_s)
    hold_end_s, end_s = (min(max(time_s, apex_s), duration_s) for time_s in (stroke.hold_end_s, stroke.end_s))
    return replace(
        stroke,
        start_s=start_s,
        stroke_start_s=stroke_start_s,
        apex_s=apex_s,
        hold_end_s=hold_end_s,
        end_s=max(end_s, hold_end_s),
    )


def _released(stroke: Stroke, everything: Sequence[Stroke], silent_s: Spans) -> Stroke:
    """End hold and retraction where the next stroke of a hand begins, or a silent range."""
    nexts = [each.start_s for each in everything if _meet(each, stroke) and each.middle_s > stroke.middle_s]
    walls = [start_s for start_s, _ in silent_s if start_s >= stroke.apex_s]
    until_s = max(min([*nexts, *walls], default=float("inf")), stroke.apex_s)
    return replace(stroke, hold_end_s=min(stroke.hold_end_s, until_s), end_s=min(stroke.end_s, until_s))


def _meet(one: Stroke, other: Stroke) -> bool:
    return one is not other and any(one.uses(side) and other.uses(side) for side in SIDES)
