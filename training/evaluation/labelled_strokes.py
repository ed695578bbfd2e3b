"""Labelled strokes of a take, from the gesture tiers of its TextGrid. Read for measuring only."""

from __future__ import annotations

from pathlib import Path

from praatio import textgrid
from praatio.utilities.constants import Interval
from praatio.utilities.errors import PraatioException

from exges_core.errors import InputError, message
from exges_core.metrics.listening.strokes import Hand, Stroke

TIERS: dict[str, Hand] = {"gesture_left": "left", "gesture_right": "right"}
STROKE = "stroke"
_SAME_S = 1e-3


def labelled_strokes(path: Path | None) -> tuple[Stroke, ...]:
    """Return the strokes of the tiers `gesture_left` and `gesture_right` ("LEXEME stroke"), in order.

    What stands in both tiers at one time is a stroke of both hands. None without a file, or without these tiers (BEAT2
    has none).

    Raises:
        InputError: if the TextGrid cannot be read.
    """
    if path is None:
        return ()
    try:
        grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    except (PraatioException, OSError, ValueError, IndexError, KeyError) as error:  # praatio's own way to give up
        do = "Repair or remove the file."
        text = message(expected="a TextGrid", got=str(error).splitlines()[0], where=str(path), do=do)
        raise InputError(text) from error
    found = {hand: _strokes_in(grid, tier) for tier, hand in TIERS.items() if tier in grid.tierNames}
    return tuple(sorted(_merged(found.get("left", []), found.get("right", [])), key=lambda each: each.start_s))


def _strokes_in(grid: textgrid.Textgrid, tier: str) -> list[tuple[float, float]]:
    entries = [each for each in grid.getTier(tier).entries if isinstance(each, Interval)]
    return [(float(each.start), float(each.end)) for each in entries if each.label.split()[-1:] == [STROKE]]


def _merged(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> list[Stroke]:
    both = [one for one in left if any(_is_same(one, other) for other in right)]
    alone: list[tuple[Hand, list[tuple[float, float]]]] = [
        ("both", both),
        ("left", [one for one in left if one not in both]),
        ("right", [one for one in right if not any(_is_same(one, other) for other in both)]),
    ]
    return [Stroke(start_s=start_s, end_s=end_s, hand=hand) for hand, times in alone for start_s, end_s in times]


def _is_same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < _SAME_S and abs(one[1] - other[1]) < _SAME_S
