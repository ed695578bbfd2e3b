"""Hands at rest: which posture they take when, how they change it, and the small shifts of a hand left alone."""

from __future__ import annotations

from collections.abc import Iterable

from exges_core.arrays import whole_number
from training.corpus.gesture.lexemes import HandKey
from training.corpus.gesture.movements import Acting, Hand, Movement
from training.corpus.gesture.ways import distance, moved, rests

_OWN_REST = 0.75
"""Share of time in which a speaker rests in the own way."""


class Resting:
    """The rest postures of a take, each for 8 to 22 s."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._epochs: list[tuple[float, str]] = []
        chance, everybody, time_s = acting.shared, rests().everybody, 0.0
        while time_s < acting.duration_s:
            other = everybody[whole_number(chance, 0, len(everybody))]
            self._epochs.append((time_s, acting.speaker.rest if chance.uniform() < _OWN_REST else other))
            time_s += float(chance.uniform(8.0, 22.0))

    def key(self, side: str, time_s: float) -> HandKey:
        """Return where a hand rests at a time, nearly."""
        posture = rests().postures[[name for start_s, name in self._epochs if start_s <= time_s][-1]]
        key = posture.dominant if side == self._acting.dominant else posture.other
        return moved(key, self._acting.shared.normal(0.0, 0.014, 3))

    def change(self, hands: Iterable[Hand], until_s: float) -> None:
        """Take another posture where hands have been at rest for long and the time for it comes."""
        chance = self._acting.shared
        for start_s, _ in self._epochs[1:]:
            for hand in hands:
                if hand.is_at_rest and hand.free_s + 1.0 < start_s < until_s:
                    key = self.key(hand.side, start_s)
                    begin_s = start_s + float(chance.uniform(0.0, 0.12))
                    span_s = self._acting.reach_s(distance(hand.key, key)) * float(chance.uniform(1.3, 1.6))
                    hand.move(begin_s, begin_s + span_s, key)
                    hand.is_at_rest, hand.free_s = True, begin_s + span_s


def with_shifts(hand: Hand, initial: HandKey) -> list[Movement]:
    """Return a hand's movements and, wherever it has nothing else to do for long, small shifts now and then."""
    chance = hand.acting.shared
    movements = sorted(hand.movements, key=lambda movement: movement.start_s)
    ends = [0.0, *(movement.end_s for movement in movements)]
    starts = [*(movement.start_s for movement in movements), hand.acting.duration_s]
    keys = [initial, *(movement.key for movement in movements)]
    extra: list[Movement] = []
    for start_s, stop_s, key in zip(ends, starts, keys, strict=True):
        time_s = start_s + float(chance.uniform(0.6, 2.5))
        while time_s + 1.2 < stop_s:
            shift = chance.normal(0.0, 0.022, 3)
            span_s = float(chance.uniform(0.6, 1.1))
            extra.append(Movement(start_s=time_s, end_s=time_s + span_s, key=moved(key, shift)))
            time_s += float(chance.uniform(1.6, 5.0))
        if extra and extra[-1].start_s >= start_s:
            extra.append(Movement(start_s=stop_s - 0.6, end_s=stop_s, key=key))
    return sorted(movements + extra, key=lambda movement: movement.start_s)
