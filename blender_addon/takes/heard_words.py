# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a speech as a character remembers them: who heard them, where they lie, which ones are doubtful.

Hear Words stores them on the character, Generate on the take; both are saved with the file. The newer ones count.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, cast

import bpy

from exges_core import json_text

from ..engine.speech_models import title
from ..scene import lookup
from ..scene.extension import stored
from . import record

LOW_CONFIDENCE = 0.6
"""Words below it are shown as doubtful. Of 561 words of two real speakers Moonshine gave 35 less than this: every
fourth of them was misheard, and two of five misheard words were among them; at 0.8 there would be twice as many to
look at for half as many again."""
_FROM_TRANSCRIPT = {"alignment": "Transcript, timed by the sound"}


@dataclass(frozen=True, kw_only=True)
class HeardWord:
    """One word; its confidence is 0 to 1, None where the recogniser tells none."""

    text: str
    start_s: float
    end_s: float
    confidence: float | None


@dataclass(frozen=True, kw_only=True)
class HeardPhone:
    """A phone of a word, by its name in CMU's set."""

    text: str
    start_s: float


@dataclass(frozen=True, kw_only=True)
class HeardLine:
    """The words of one segment of the speech."""

    text: str
    start_s: float


@dataclass(frozen=True, kw_only=True)
class HeardWords:
    """What was heard.

    Attributes:
        asr: where the words come from, as the engine's report has it.
        lines: the same as text, a segment of the speech each.
        first_frame: of the scene, where the speech begins.
        sound: which speech it was, as `TakeSettings.sound_key` has it.
        take: the take they were heard for, '' = Hear Words.
        phones: of a take with a face, as its mouth speaks them.
    """

    asr: str
    words: tuple[HeardWord, ...]
    lines: tuple[HeardLine, ...]
    warnings: tuple[str, ...]
    first_frame: int
    sound: str
    take: str
    phones: tuple[HeardPhone, ...] = ()

    @property
    def doubtful(self) -> tuple[HeardWord, ...]:
        """Return the words of low confidence."""
        return tuple(each for each in self.words if each.confidence is not None and each.confidence < LOW_CONFIDENCE)

    @property
    def has_confidence(self) -> bool:
        """Return whether the recogniser told how sure it is."""
        return any(each.confidence is not None for each in self.words)

    @property
    def origin(self) -> str:
        """Return what people call the recogniser, or the kind of transcript."""
        if self.asr in _FROM_TRANSCRIPT:
            return _FROM_TRANSCRIPT[self.asr]
        name = title(self.asr)
        return f"Transcript ({name})" if name == self.asr else name

    def frame_of(self, heard: HeardWord | HeardPhone, rate_hz: float) -> int:
        """Return the scene's frame at which a word or a phone begins."""
        return self.first_frame + round(heard.start_s * rate_hz)

    def lines_near(self, frame: int, rate_hz: float, count: int) -> tuple[HeardLine, ...]:
        """Return the line that is said at a frame of the scene with those around it, so many if there are so many."""
        now_s = (frame - self.first_frame) / rate_hz
        begun = sum(each.start_s <= now_s for each in self.lines)
        first = max(0, min(begun - 2, len(self.lines) - count))
        return self.lines[first : first + count]


class _LineRecord(TypedDict):
    text: str
    start_s: float


class _PhoneRecord(TypedDict):
    name: str
    start_s: float


class _Report(TypedDict, total=False):
    """What is read of the engine's report."""

    asr: str
    words: list[record.Word]
    segments: list[_LineRecord]
    warnings: list[str]
    face: Mapping[str, list[_PhoneRecord]]


def words_of(report: Mapping[str, object], *, first_frame: int, sound: str, take: str = "") -> HeardWords:
    """Return the words in the engine's report on a take or on Hear Words."""
    known = cast("_Report", report)
    return HeardWords(
        asr=known.get("asr", ""),
        words=tuple(
            HeardWord(
                text=each["text"], start_s=each["start_s"], end_s=each["end_s"], confidence=each.get("confidence")
            )
            for each in known.get("words", ())
        ),
        lines=tuple(
            HeardLine(text=each["text"], start_s=each["start_s"]) for each in known.get("segments", ()) if each["text"]
        ),
        warnings=tuple(known.get("warnings", ())),
        first_frame=first_frame,
        sound=sound,
        take=take,
        phones=tuple(
            HeardPhone(text=each["name"], start_s=each["start_s"]) for each in known.get("face", {}).get("phones", ())
        ),
    )


_KEPT = ("asr", "words", "segments", "warnings")
_seen: dict[str, tuple[object, HeardWords]] = {}


def remember(character: bpy.types.Object, report: Mapping[str, object], *, first_frame: int, sound: str) -> None:
    """Store what was heard on the character."""
    kept = {name: report[name] for name in _KEPT if name in report}
    stored(character).heard = json.dumps({**kept, "first_frame": first_frame, "sound": sound})


def forget(character: bpy.types.Object) -> None:
    """Let the shown take's words count: it was made later."""
    stored(character).heard = ""


def of(character: bpy.types.Object | None) -> HeardWords | None:
    """Return the words to show: what was heard since the last take, else the shown take's; None if there are none."""
    if character is None:
        return None
    if stored(character).heard:
        return _read(character.name_full, stored(character).heard, lambda: _of_character(character))
    take = record.shown(character)
    if take is None or record.REPORT_KEY not in take:
        return None
    found = _read(character.name_full, (take.name, lookup.text_of(take, record.REPORT_KEY)), lambda: _of_take(take))
    return found if found.words else None


def _read(name: str, raw: object, read: Callable[[], HeardWords]) -> HeardWords:
    """Read what is stored once, and again when it has changed: panels ask at every redraw."""
    if name not in _seen or _seen[name][0] != raw:
        _seen.clear()
        _seen[name] = (raw, read())
    return _seen[name][1]


def _of_character(character: bpy.types.Object) -> HeardWords:
    try:
        values = cast("dict[str, Any]", json_text.parse(stored(character).heard))
        return words_of(values, first_frame=int(values["first_frame"]), sound=values["sound"])
    except (ValueError, KeyError, TypeError):  # somebody wrote into the property: as if nothing had been heard
        return words_of({}, first_frame=1, sound="")


def _of_take(take: bpy.types.Action) -> HeardWords:
    return words_of(
        record.report(take),
        first_frame=record.remembered(take, "first_frame", 1),
        sound=sound_of(record.remembered(take, "speech_key", "")),
        take=take.name,
    )


def sound_of(speech_key: str) -> str:
    """Return the part of `TakeSettings.speech_key` that says which sound it is, as `TakeSettings.sound_key` has it."""
    try:
        return json.dumps(cast("list[object]", json_text.parse(speech_key))[:5])
    except (ValueError, TypeError):
        return ""
