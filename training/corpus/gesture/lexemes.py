"""Gesture lexemes as data: what the hands, head, gaze and trunk do for a meaning; no timing, no speaker, no randomness.

Positions are of the wrist in the body frame (origin pelvis, heading-aligned; x outward to the hand's own side, y up,
z forward) in arm lengths. Palm letters: D down, U up, I inward, O away from the speaker, B back to the speaker, S
outward to the side; several letters are averaged. Finger letters (where the fingers point) use the same directions
plus F forward; empty means along the forearm. After Kendon, McNeill, Calbris, Bressem and Mueller; the tables are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

PALMS = frozenset("DUIOBS")
FINGERS = frozenset("DUIOBSF")
PATHS = frozenset("alcrwbt")


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
    path: str = "a"
    turns: float = 0.0
    size: float = 0.0
    phase: float = 0.0
    tempo: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Lexeme:
    """A gesture with its body part companions.

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
    hands: tuple[str, ...]
    strokes: tuple[Stroke, ...]
    start: HandKey | None = None
    other_start: HandKey | None = None
    hold_s: tuple[float, float] = (0.1, 0.5)
    relative: bool = False
    head: str = ""
    gaze: str = ""
    trunk: str = ""
    shrug: float = 0.0
    touches: bool = False

    def __post_init__(self) -> None:
        """Check letters against the alphabets above.

        Raises:
            ValueError: for an unknown letter or no stroke.
        """
        keys = [stroke.key for stroke in self.strokes] + [stroke.other for stroke in self.strokes if stroke.other]
        keys += [key for key in (self.start, self.other_start) if key]
        if not self.strokes:
            raise ValueError(f"lexeme {self.name}: expected at least one stroke, got none")
        for key in keys:
            if set(key.palm) - PALMS or set(key.fingers) - FINGERS or not key.palm:
                raise ValueError(f"lexeme {self.name}: unknown letters in {key}")
        for stroke in self.strokes:
            if stroke.path not in PATHS:
                raise ValueError(f"lexeme {self.name}: unknown path {stroke.path!r}")


def hand(
    x: float, y: float, z: float, palm: str = "I", shape: str = "relaxed", *, fingers: str = "", elbow: float = 0.0
) -> HandKey:
    """Write a key in one line."""
    return HandKey(at=(x, y, z), palm=palm, shape=shape, fingers=fingers, elbow=elbow)
