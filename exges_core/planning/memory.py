"""What a planner remembers of the strokes before a token, and knows of those that are settled behind it. Ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.score.records import HANDS, SIDES

_GRID_S = np.array([0.2, 0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.2, 3.2, 5.0, 9.0])
GRID = len(_GRID_S)
_PLACES = np.arange(GRID)
_NEVER_S = 30.0
_COUNTED_S = (3.0, 8.0, 20.0)
_LAST_SIZES = 4
_REMEMBERED = 40
MEMORY = 4 * GRID + 2 * (len(HANDS) + 1) + 2 + len(_COUNTED_S) + 1
"""Numbers that a token's memory has."""
GAPS = 3 * GRID + 2
"""Numbers that a stroke's neighbourhood has."""


class Made(NamedTuple):
    """A stroke that is settled: when (the anchor of its token), with which hand, of which kind, how large."""

    at_s: float
    hand: int
    kind: int
    log_size: float


def memory_of(at_s: float, past: Sequence[Made], next_s: float | None) -> Float[Array, "memory"]:
    """Return what is remembered at a token's anchor.

    Args:
        at_s: of the token.
        past: strokes before it, in order.
        next_s: anchor of the next settled stroke behind it (a person's); None = there is none.
    """
    recent = past[-_REMEMBERED:]
    last = recent[-1] if recent else None
    times = [
        at_s - last.at_s if last else _NEVER_S,
        *(_since(at_s, recent, side) for side in SIDES),
        next_s - at_s if next_s is not None else _NEVER_S,
    ]
    sizes = [each.log_size for each in recent[-_LAST_SIZES:]]
    ages = [at_s - each.at_s for each in recent]
    rest = [
        *_one_of(last.hand if last else None),
        *_one_of(recent[-2].hand if len(recent) > 1 else None),
        last.log_size if last else 0.0,
        sum(sizes) / len(sizes) if sizes else 0.0,
        *(sum(age < span for age in ages) / span for span in _COUNTED_S),
        min(at_s, 20.0) / 20.0,
    ]
    return np.concatenate([spread(times), rest]).astype(np.float32)


def gaps_of(before_s: float | None, behind_s: float | None, other_s: float | None, clause_s: float) -> Array:
    """Return how much time a stroke has: since the last stroke of its hands, to the next, to the next of any hand.

    Args:
        before_s: since the last stroke of one of its hands; None = there is none.
        behind_s: to the next one; None = there is none.
        other_s: to the next one of any hand; None = there is none.
        clause_s: from its anchor to its clause's end.
    """
    times = [_NEVER_S if each is None else each for each in (before_s, behind_s, other_s)]
    return np.concatenate([spread(times), [min(max(clause_s, 0.0), 4.0) / 2.0, clause_s < 1.0]]).astype(np.float32)


def spread(times_s: Sequence[float]) -> Float[Array, "places"]:
    """Return each time as weights of the two places of a grid that it lies between, sum 1; one behind the other."""
    places = np.interp(times_s, _GRID_S, _PLACES)
    return np.maximum(0.0, 1.0 - np.abs(_PLACES - places[:, None])).ravel()


def _since(at_s: float, recent: Sequence[Made], side: str) -> float:
    for each in reversed(recent):
        if HANDS[each.hand] in (side, "both"):
            return at_s - each.at_s
    return _NEVER_S


def _one_of(hand: int | None) -> tuple[float, ...]:
    chosen = -1 if hand is None else hand
    return tuple(float(place == chosen) for place in range(-1, len(HANDS)))
