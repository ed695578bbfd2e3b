"""A hand while it is written: its movements from key to key, how long each takes, and the chances that vary them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from training.corpus.gesture.lexemes import HandKey
from training.corpus.gesture.speakers import Speaker
from training.corpus.gesture.ways import BESIDE, bow, goes_round, is_behind

ARM_M = 0.527
"""Upper arm and forearm of the default body."""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One submovement of a hand: when, where to, how shaped, and what oscillates on the way."""

    start_s: float
    end_s: float
    key: HandKey
    arc: tuple[float, float, float] = (0.0, 0.0, 0.0)
    skew: float = 0.0
    path: str = ""
    turns: float = 0.0
    size: float = 0.0
    phase: float = 0.0


@dataclass(kw_only=True, eq=False)
class Acting:
    """Who acts, and by which chances.

    Attributes:
        speaker: who acts.
        duration_s: of the take.
        own: draws what each hand does for itself.
        shared: draws what both hands of a gesture have in common: begun anew for each of them, so that they mirror
            each other but for what `own` adds. Between gestures it is `own`.
    """

    speaker: Speaker
    duration_s: float
    own: np.random.Generator
    shared: np.random.Generator

    @property
    def dominant(self) -> str:
        """Return the side of the hand that leads."""
        return "left" if self.speaker.is_left_handed else "right"

    def reach_s(self, distance: float, tempo: float = 1.0) -> float:
        """Return a movement's duration: larger ones take longer, by less than in proportion."""
        metres = max(distance * ARM_M, 0.015)
        base_s = 0.68 * (metres / 0.25) ** 0.29 * float(np.exp(self.shared.normal(0.0, 0.24)))
        return float(np.clip(base_s / (tempo * self.speaker.speed), max(0.2, 0.72 * metres), 1.6))


@dataclass(kw_only=True, eq=False)
class Hand:
    """One hand's state at the end of what is written of it; it is free for another movement from `free_s` on."""

    side: str
    key: HandKey
    acting: Acting
    free_s: float = 0.0
    is_at_rest: bool = True
    movements: list[Movement] = field(default_factory=list)

    def move(self, start_s: float, end_s: float, key: HandKey, *, bend: float = 1.0) -> None:
        """Add a movement along a bow; round the body in two where the straight way leads through it."""
        if goes_round(self.key, key):
            beside = replace(key if is_behind(self.key) else self.key, at=BESIDE, palm="I", fingers="", shape="hang")
            span_s = end_s - start_s
            self.move(start_s, start_s + 0.62 * span_s, beside, bend=0.3)
            start_s += 0.42 * span_s
        chance = self.acting.shared
        arc = bow(np.array(key.at) - np.array(self.key.at), bend, chance)
        skew = float(np.clip(chance.normal(0.28, 0.42), -0.7, 1.1))
        self.movements.append(Movement(start_s=start_s, end_s=end_s, key=key, arc=arc, skew=skew))
        self.key, self.is_at_rest = key, False
