"""How often one kind of event meets another kind, and how often it would by chance: times in, shares out.

Chance is not guessed but measured: the same events are moved round the take by even steps, so that their number,
their rhythm and the other events stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Float

REACH_S = 0.2
"""Within so much, two events are one to the eye."""
SHIFTS = 16


class Meetings(NamedTuple):
    """Events of one take that meet others.

    Attributes:
        events: how many there are.
        met: of them meet another; chance: how many do on average when all are shifted.
    """

    events: int
    met: float
    chance: float

    @property
    def excess(self) -> float:
        """Return the share that meets less the share that does by chance: 0 = deaf; NaN without an event."""
        return (self.met - self.chance) / self.events if self.events else float("nan")

    @staticmethod
    def total(parts: Sequence[Meetings]) -> Meetings:
        """Return several takes or hands as one; each event counts as much."""
        return Meetings(
            events=sum(part.events for part in parts),
            met=sum(part.met for part in parts),
            chance=sum(part.chance for part in parts),
        )


def meetings(
    events_s: Float[Array, "events"],
    others_s: Float[Array, "others"],
    duration_s: float,
) -> Meetings:
    """Return how many events have one of the others within `REACH_S`, and by chance.

    For chance the events go round the take by k / (`SHIFTS` + 1) of its length, k = 1 .. `SHIFTS`.

    Args:
        events_s: instants within the take, seconds; may be empty.
        others_s: the same.
        duration_s: of the take, positive.
    """
    steps_s = duration_s * np.arange(1, SHIFTS + 1) / (SHIFTS + 1)
    by_chance = [_met((events_s + step_s) % duration_s, others_s) for step_s in steps_s]
    return Meetings(len(events_s), float(_met(events_s, others_s)), float(np.mean(by_chance)))


def _met(events_s: Array, others_s: Array) -> int:
    if not len(events_s) or not len(others_s):
        return 0
    ordered = np.sort(others_s)
    after = np.searchsorted(ordered, events_s)
    before, behind = ordered[np.maximum(after - 1, 0)], ordered[np.minimum(after, len(ordered) - 1)]
    nearest_s = np.minimum(np.abs(events_s - before), np.abs(events_s - behind))
    return int((nearest_s <= REACH_S + 1e-9).sum())
