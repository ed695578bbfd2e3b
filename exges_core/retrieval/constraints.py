"""What the user constrains retrieval to: pins, bans and segments without a gesture, checked against a motion base."""

from __future__ import annotations

from dataclasses import replace

from exges_core.errors import InputError, message
from exges_core.retrieval.choice import SearchSettings
from exges_core.retrieval.library import MotionBase
from exges_core.settings import GestureChoice

_ADVICE = "exges library search and the report (--report) list the numbers of segments and clips."
_MOST_DIGITS = 9


def settings_of(
    base: MotionBase,
    segments: int,
    choice: GestureChoice,
    *,
    settings: SearchSettings | None = None,
) -> SearchSettings:
    """Return search settings with the user's constraints, checked against the base.

    Args:
        base: whose clips are meant.
        segments: how many the speech has.
        choice: pins are "SEGMENT=CLIP" each, bans a clip's number or a source's name each; a source's stretches
            (`source@TIMEs`) go with it.
        settings: what else holds; None = the defaults.

    Raises:
        InputError: naming the constraint that cannot be read, names no such segment, clip or source, or contradicts
            another one.
    """
    pinned: dict[int, int] = {}
    for pin in choice.pins:
        segment, equals, clip = pin.partition("=")
        if not (equals and _is_number(segment.strip()) and _is_number(clip.strip())):
            raise _wrong("SEGMENT=CLIP, two numbers", pin, f"--pin {pin}")
        number = _checked(int(segment), segments, "segment", f"--pin {pin}")
        if number in pinned:
            raise _wrong("one pin per segment", f"another for segment {number}", f"--pin {pin}")
        pinned[number] = _checked(int(clip), len(base), "clip", f"--pin {pin}")
    banned: set[int] = set()
    for ban in choice.bans:
        clips = [_checked(int(ban), len(base), "clip", f"--ban {ban}")] if _is_number(ban) else base.clips_of(ban)
        if not clips:
            raise _wrong("a clip's number or a source of the base", "neither", f"--ban {ban}")
        banned.update(clips)
    silent = frozenset(_checked(each, segments, "segment", f"--no-gesture {each}") for each in choice.no_gesture)
    for segment, clip in pinned.items():
        if clip in banned:
            raise _wrong("a clip that is pinned or banned", "both", f"--pin {segment}={clip}")
        if segment in silent:
            raise _wrong("a pin or no gesture", "both", f"--pin {segment}={clip}")
    return replace(settings or SearchSettings(), pinned=pinned, banned=frozenset(banned), silent=silent)


def _is_number(text: str) -> bool:
    """Return whether a text is a number that something could have: of ASCII digits, and not of thousands of them."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _checked(number: int, count: int, what: str, where: str) -> int:
    if not 0 <= number < count:
        raise _wrong(f"a {what} 0 .. {count - 1}" if count else f"a {what}; there is none", str(number), where)
    return number


def _wrong(expected: str, got: str, where: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=_ADVICE))
