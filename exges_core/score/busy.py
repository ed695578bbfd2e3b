"""Busy parts of the body, which take no part in gestures, and what is left of a score beside them; ours.

A busy hand makes no stroke: the free one makes it instead, or nobody does. No motion in here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from exges_core.errors import InputError, message
from exges_core.json_lines import nearest
from exges_core.motion.parts import PARTS, side_of
from exges_core.score.records import SIDES, SLACK_S, Score, Stroke, called

_WRITTEN = re.compile(r"([^:]+)(?::(-?[0-9.]+)-(-?[0-9.]+))?")
_FORM = "PART or PART:FROM-TO"
_EDGE_S = 0.5
"""So long before and behind its range a busy hand makes no stroke either: it comes from there and goes there."""


@dataclass(frozen=True, kw_only=True)
class Busy:
    """A part of the body that is busy for a while.

    Attributes:
        part: one of `parts.PARTS`.
        span: from when to when, in the unit it was written in: seconds of the take; None = all of it.
    """

    part: str
    span: tuple[float, float] | None = None

    def meets(self, start_s: float, end_s: float) -> bool:
        """Return whether it is busy at some moment between two, the way there and back included."""
        return self.span is None or (start_s < self.span[1] + _EDGE_S and end_s > self.span[0] - _EDGE_S)


def busy_of(texts: Sequence[str]) -> tuple[Busy, ...]:
    """Return what texts say that is busy.

    >>> busy_of(["left_arm:2.5-6", "lower_body"])
    (Busy(part='left_arm', span=(2.5, 6.0)), Busy(part='lower_body', span=None))

    Raises:
        InputError: naming the text that says it otherwise, names no part or a span that does not rise.
    """
    return tuple(map(_read, texts))


def _read(text: str) -> Busy:
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise _wrong(_FORM, repr(text), "busy", 'Write "left_arm:2.5-6", for one.')
    part, *times = written.groups()
    if part not in PARTS:
        raise _wrong(f"one of {', '.join(PARTS)}", repr(part), "busy", _meant(part))
    if times[0] is None:
        return Busy(part=part)
    try:
        start, end = map(float, times)
    except ValueError as error:
        raise _wrong(_FORM, repr(text), "busy", 'Write "left_arm:2.5-6", for one.') from error
    if not end > start:
        raise _wrong("a span that ends after it begins", f"{start:g} to {end:g}", f"busy {part}", "Swap them.")
    return Busy(part=part, span=(start, end))


def _meant(part: str) -> str:
    return nearest(part, PARTS).removeprefix(", ").capitalize() or "Name one of these."


def check_inside(busy: Sequence[Busy], duration_s: float) -> None:
    """Refuse spans that do not lie in a take.

    Raises:
        InputError: naming the first of them.
    """
    for each in busy:
        if each.span is not None and not 0.0 <= each.span[0] < each.span[1] <= duration_s + SLACK_S:
            got = f"{each.span[0]:g} to {each.span[1]:g} s"
            raise _wrong(f"a span within 0 to {duration_s:.2f} s", got, f"busy {each.part}", "Move it into the take.")


def _wrong(expected: str, got: str, where: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))


def is_busy(busy: Sequence[Busy], side: str, stroke: Stroke) -> bool:
    """Return whether a hand is busy while a stroke is made."""
    return any(side_of(each.part) == side and each.meets(stroke.start_s, stroke.end_s) for each in busy)


def with_free_hands(score: Score, busy: Sequence[Busy]) -> tuple[Score, tuple[str, ...]]:
    """Return the score without strokes of busy hands, and what is doubtful about that.

    A free hand that has time makes them, others are left out. A stroke that changes hands keeps no clip: that shows
    the other hand.

    Raises:
        InputError: if a locked stroke has no hand to be made with: a person asked for both.
    """
    hands = {each: [side for side in SIDES if not is_busy(busy, side, each)] for each in score.strokes}
    kept = [each for each, free in hands.items() if all(side in free for side in SIDES if each.uses(side))]
    doubts: list[str] = []
    for number, stroke in enumerate(score.strokes):
        free = hands[stroke]
        if stroke in kept:
            continue
        if stroke.is_locked and not free:
            do = "Leave out the pin or the stroke, or free a hand there."
            raise _wrong("a free hand", "both busy", called(number, stroke), do)
        has_time = bool(free) and not any(each.uses(free[0]) and _meet(each, stroke) for each in kept)
        if has_time:
            kept.append(replace(stroke, hand=free[0], clip=None))
        if stroke.is_locked:
            done = f"made by the {free[0]} hand, without its clip" if has_time else "left out"
            doubts.append(f"{called(number, stroke)} wants a hand that is busy: it is {done}")
    ordered = sorted(kept, key=lambda each: (each.start_s, each.apex_s))
    return replace(score, strokes=tuple(ordered)), tuple(doubts)


def _meet(one: Stroke, other: Stroke) -> bool:
    return one.start_s < other.hold_end_s and other.start_s < one.hold_end_s
