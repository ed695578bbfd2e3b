"""A score and its strokes, and what a score must fulfil. Plain data; no sound, no motion, no network."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, cast, get_args

from exges_core.errors import InputError, message

Hand = Literal["left", "right", "both"]
HANDS: tuple[Hand, ...] = cast("tuple[Hand, ...]", get_args(Hand))
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
SLACK_S = 0.02
"""Times may be off by half a frame and a bit: scores are printed with two or three digits."""
USUAL_M = 0.35
"""Extent of a stroke of size 1: the farthest two places of its wrist (about the pelvis) from start to hold end."""
LARGEST = 4.0
"""No stroke is larger than so many usual ones."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """One gesture of one hand or both, in Kendon's phases; times in seconds from the take's start.

    Attributes:
        start_s: the hand leaves where it was (preparation).
        stroke_start_s: the stroke itself begins.
        apex_s: the stroke is over: the hand is where it means to be.
        hold_end_s: the hand has stayed until then; `apex_s` where there is no hold.
        end_s: the hand is back at rest, or the next gesture has taken it.
        hand: left, right or both.
        size: how far the wrist goes between start and end of the hold, in units of `USUAL_M`; 0.3 to 2 are ordinary.
        kind: a lexeme's name, or None where it is not known.
        clip: number of the motion base's clip that it is to look like, or None.
        word: index of the word it goes with, or None.
        is_locked: a person wants it as it is; a planner keeps it.
    """

    start_s: float
    stroke_start_s: float
    apex_s: float
    hold_end_s: float
    end_s: float
    hand: Hand = "right"
    size: float = 1.0
    kind: str | None = None
    clip: int | None = None
    word: int | None = None
    is_locked: bool = False

    @property
    def times_s(self) -> tuple[float, float, float, float, float]:
        """Return start, stroke start, apex, hold end and end."""
        return self.start_s, self.stroke_start_s, self.apex_s, self.hold_end_s, self.end_s

    @property
    def middle_s(self) -> float:
        """Return the middle of the stroke phase."""
        return (self.stroke_start_s + self.apex_s) / 2

    def uses(self, side: str) -> bool:
        """Return whether this hand ("left", "right") makes it."""
        return self.hand in (side, "both")


@dataclass(frozen=True, kw_only=True)
class Score:
    """The strokes of a take, in order of their start.

    Attributes:
        strokes: of both hands; see `check`.
        duration_s: of the take.
        sound: digest of the sound it was made for (`audio.fingerprint`), "" = not known.
        origin: labels, motion, planner or person.
    """

    strokes: tuple[Stroke, ...]
    duration_s: float
    sound: str = ""
    origin: str = "planner"

    def of(self, side: str) -> tuple[Stroke, ...]:
        """Return the strokes that one hand makes, in order."""
        return tuple(stroke for stroke in self.strokes if stroke.uses(side))


def moved(stroke: Stroke, by_s: float) -> Stroke:
    """Return a stroke that much later."""
    return with_times(stroke, [time + by_s for time in stroke.times_s])


def with_times(stroke: Stroke, times_s: Sequence[float]) -> Stroke:
    """Return a stroke at other times, in the order of `Stroke.times_s`."""
    start_s, stroke_start_s, apex_s, hold_end_s, end_s = times_s
    return replace(
        stroke, start_s=start_s, stroke_start_s=stroke_start_s, apex_s=apex_s, hold_end_s=hold_end_s, end_s=end_s
    )


def check(
    score: Score, *, kinds: Collection[str] | None = None, clips: int | None = None, words: int | None = None
) -> None:
    """Make sure that a score can be played.

    Strokes of one hand may touch: the next may start once the last has reached its apex, in its hold or its retraction.

    Args:
        score: as read.
        kinds: names that are known; None = any.
        clips: how many clips the motion base has; None = not checked.
        words: how many words the speech has; None = not checked.

    Raises:
        InputError: naming the stroke that runs backwards, lies outside the take, overlaps another on one hand, or names
            an unknown hand, kind, clip or word.
    """
    for number, stroke in enumerate(score.strokes):
        _check_times(number, stroke, score.duration_s)
        _check_names(number, stroke, kinds, clips, words)
    for side in SIDES:
        _check_overlap(side, [(n, each) for n, each in enumerate(score.strokes) if each.uses(side)])


def called(number: int, stroke: Stroke) -> str:
    """Return how messages call a stroke: "stroke 3 (right, 2.10 to 3.40 s)"."""
    return f"stroke {number} ({stroke.hand}, {stroke.start_s:.2f} to {stroke.end_s:.2f} s)"


def _wrong(expected: str, got: str, where: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))


def _check_times(number: int, stroke: Stroke, duration_s: float) -> None:
    times = stroke.times_s
    if not all(map(math.isfinite, (*times, stroke.size))):
        got = ", ".join(f"{time:g}" for time in (*times, stroke.size))
        raise _wrong("finite times and a finite size", got, f"stroke {number}", "Write numbers.")
    if any(later < earlier - 1e-9 for earlier, later in pairwise(times)):
        expected = "start_s <= stroke_start_s <= apex_s <= hold_end_s <= end_s"
        got = " ".join(f"{time:.3f}" for time in times)
        raise _wrong(expected, got, called(number, stroke), "Put its times in order.")
    if stroke.end_s <= stroke.start_s:
        raise _wrong("a stroke that takes time", "none", called(number, stroke), "Give it some time.")
    if times[0] < -SLACK_S or times[-1] > duration_s + SLACK_S:
        do = "Move it into the take, or use the score of this speech."
        raise _wrong(f"times from 0 to {duration_s:.2f} s", "a stroke outside", called(number, stroke), do)


def _check_names(
    number: int, stroke: Stroke, kinds: Collection[str] | None, clips: int | None, words: int | None
) -> None:
    where = called(number, stroke)
    if stroke.hand not in HANDS:
        raise _wrong("left, right or both", repr(stroke.hand), f"hand of {where}", "Name one of them.")
    if not 0.0 <= stroke.size <= LARGEST:
        raise _wrong(f"a size from 0 to {LARGEST:g}", f"{stroke.size:g}", where, "1 is the usual size.")
    if kinds is not None and stroke.kind is not None and stroke.kind not in kinds:
        near = ", ".join(sorted(kinds)[:6])
        raise _wrong(f"a known kind ({near}, ...) or null", repr(stroke.kind), f"kind of {where}", "Change it.")
    if clips is not None and stroke.clip is not None and not 0 <= stroke.clip < clips:
        do = "Choose another, or null; `exges library search` lists them."
        raise _wrong(f"a clip from 0 to {clips - 1}, or null", str(stroke.clip), f"clip of {where}", do)
    if words is not None and stroke.word is not None and not 0 <= stroke.word < words:
        expected = f"a word from 0 to {words - 1}, or null" if words else "null, for nothing is said"
        raise _wrong(expected, str(stroke.word), f"word of {where}", "Change it, or use the score of this speech.")


def _check_overlap(side: str, strokes: Sequence[tuple[int, Stroke]]) -> None:
    ordered = sorted(strokes, key=lambda each: each[1].start_s)
    for (first, one), (second, other) in pairwise(ordered):
        if other.start_s < one.apex_s - SLACK_S:
            got = f"{called(second, other)} starts before {called(first, one)} is at its apex ({one.apex_s:.2f} s)"
            do = "Move one of them, or give it to the other hand."
            raise _wrong(f"strokes of the {side} hand one after the other", got, "score", do)
