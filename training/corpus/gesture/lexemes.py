"""Gesture lexemes: what the hands, head, gaze and trunk do for a meaning; no timing, no speaker, no randomness.

`tables/lexemes_*.toml` hold them. Positions are of the wrist in the body frame (origin pelvis, heading-aligned;
x outward to the hand's own side, y up, z forward) in arm lengths. Palm letters: D down, U up, I inward, O away from
the speaker, B back to the speaker, S outward to the side; several letters are averaged. Finger letters (where the
fingers point) use the same directions plus F forward; empty means along the forearm. After Kendon, McNeill, Calbris,
Bressem and Mueller; the tables are ours.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.corpus.gesture.handshapes import hand_shapes
from training.corpus.tables import read_table, refuse

_PALMS, _FINGERS = "DUIOBS", "DUIOBSF"
TABLES = Path(__file__).with_name("tables")
_FILES = ("lexemes_discourse.toml", "lexemes_space.toml", "lexemes_action.toml")


@dataclass(frozen=True, kw_only=True)
class HandKey:
    """Where one hand is at an instant: wrist position (arm lengths), palm and finger letters, hand shape, elbow lift.

    `elbow` turns the elbow outward and up by this many degrees beyond the natural swivel.
    """

    at: tuple[float, float, float]
    palm: str = "I"
    shape: str = "relaxed"
    fingers: str = ""
    elbow: float = 0.0

    def __post_init__(self) -> None:
        """Check the letters.

        Raises:
            ValueError: for a letter that is none of the directions above, or a palm without one.
        """
        if not self.palm or set(self.palm) - set(_PALMS):
            raise ValueError(f"expected palm letters of {_PALMS}, got {self.palm!r}")
        if set(self.fingers) - set(_FINGERS):
            raise ValueError(f"expected finger letters of {_FINGERS}, got {self.fingers!r}")


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """One meaningful movement to a key.

    Attributes:
        key: where the dominant hand arrives.
        other: where the other hand arrives; None mirrors `key`.
        path: a arc, l straight, c frontal circle, r forward roll, w sideways wave, b bounce, t twist of the forearm.
        turns: how many circles, waves, bounces or twists.
        size: radius or amplitude (arm lengths; degrees for t).
        phase: of the other hand's turns, in turns (0.5 alternates).
        tempo: speed factor; above 1 is crisp, below 1 is soft.
    """

    key: HandKey
    other: HandKey | None = None
    path: Literal["a", "l", "c", "r", "w", "b", "t"] = "a"
    turns: float = 0.0
    size: float = 0.0
    phase: float = 0.0
    tempo: float = 1.0

    def arrival(self, *, is_lead: bool) -> HandKey:
        """Return where the leading hand, or the one that follows it, arrives."""
        return self.key if is_lead or self.other is None else self.other


@dataclass(frozen=True, kw_only=True)
class Lexeme:
    """A gesture: its strokes, and what head, gaze and trunk add.

    Attributes:
        name: as in the scripts' cues.
        hands: allowed ways: one (dominant or whichever is free), both, left, right.
        start: where the preparation goes; None lets the planner draw back from the first stroke's end.
        other_start: the other hand's start; None mirrors `start`.
        strokes: in order.
        hold_s: least and most post-stroke hold.
        relative: positions are offsets from where the hand is (beats).
        head: nod, nods, shake, tilt, up, down, turn, forward or "".
        gaze: listener, hand, side, up, away or "".
        trunk: dip, forward, back, drop, bounce, settle or "".
        shrug: degrees that both shoulders rise during stroke and hold.
        touches: a contact with the own body or hand: positions vary little.
    """

    name: str
    hands: tuple[Literal["one", "both", "left", "right"], ...]
    strokes: tuple[Stroke, ...]
    start: HandKey | None = None
    other_start: HandKey | None = None
    hold_s: tuple[float, float] = (0.1, 0.5)
    relative: bool = False
    head: Literal["", "nod", "nods", "shake", "tilt", "up", "down", "turn", "forward"] = ""
    gaze: Literal["", "listener", "hand", "side", "up", "away"] = ""
    trunk: Literal["", "dip", "forward", "back", "drop", "bounce", "settle"] = ""
    shrug: float = 0.0
    touches: bool = False

    def __post_init__(self) -> None:
        """Check that something is done, by some hand.

        Raises:
            ValueError: if there is no stroke, or no way to use the hands.
        """
        if not self.strokes or not self.hands:
            raise ValueError("expected at least one stroke and one of hands, got none")

    @property
    def keys(self) -> tuple[HandKey, ...]:
        """Return every key of either hand."""
        places = [self.start, self.other_start]
        for stroke in self.strokes:
            places += [stroke.key, stroke.other]
        return tuple(key for key in places if key is not None)


def check_shapes(where: str, keys: Iterable[HandKey]) -> None:
    """Check the hand shapes of a table's keys.

    Raises:
        InputError: if one is unknown.
    """
    if unknown := {key.shape for key in keys} - hand_shapes().keys():
        refuse(f"{where}: shape", f"one of {', '.join(hand_shapes())}", ", ".join(sorted(unknown)))


@functools.cache
def lexemes() -> dict[str, tuple[Lexeme, ...]]:
    """Return every lexeme's variants by name, from all tables.

    Raises:
        InputError: if a table is wrong, names an unknown hand shape, or two tables have the same lexeme.
    """
    every: dict[str, tuple[Lexeme, ...]] = {}
    for file in _FILES:
        table = read_table(TABLES / file, dict[str, tuple[Lexeme, ...]], key="name")
        for name, variants in table.items():
            if name in every:
                refuse(file, "lexemes that no other table has", name)
            check_shapes(f"{file}: {name}", [key for lexeme in variants for key in lexeme.keys])
        every |= table
    return every
