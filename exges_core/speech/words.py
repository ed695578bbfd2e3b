"""The records of words and transcripts, and the checks that every format shares. No files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from exges_core.errors import TranscriptError, message

OVERLAP_TOLERANCE_S = 0.05
"""Neighbouring times may overlap by this much (rounding of other tools); the earlier one is then cut."""
ADVICE = "Give a TextGrid, SRT, VTT, JSON or plain text file in UTF-8."
_SILENCE_MARKS = frozenset({"<eps>", "sil", "sp", "<sil>", "<s>", "</s>", "<p>", "silence", "<unk>", "spn"})


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word and its time in the sound; `text` is as written, with its punctuation.

    `confidence` is the recogniser's own probability that it heard right, 0 to 1; None where nobody said.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """What a transcript file says.

    Attributes:
        words: with times, in order and not overlapping; None where the file has no word times.
        text: all of it.
        cues: lines with times, where the file has those but no word times (subtitles); else empty.
        kind: textgrid, srt, vtt, json or text.
    """

    words: tuple[Word, ...] | None
    text: str
    cues: tuple[Word, ...] = ()
    kind: str = "text"


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A text with times as found in a file, before it is checked; `line` counts from 1, `None` if unknown."""

    text: str
    start_s: float
    end_s: float
    line: int | None
    confidence: float | None = None


def plain_transcript(text: str, where: str) -> Transcript:
    """Return a transcript without times.

    Raises:
        TranscriptError: if it holds no word.
    """
    if not is_word(text):
        raise TranscriptError(message(expected="words", got="none", where=where, do=ADVICE))
    return Transcript(words=None, text=" ".join(text.split()), kind="text")


def is_word(text: str) -> bool:
    """Return whether anything in it can be spoken."""
    return any(each.isalnum() for each in text) and text.strip().lower() not in _SILENCE_MARKS


def checked(found: Iterable[Timed], where: str, *, what: str = "word") -> tuple[Word, ...]:
    """Return the spoken ones among timed texts, in order, cut where they overlap within the tolerance.

    Raises:
        TranscriptError: for a negative, reversed, or overlapping time.
    """
    words: list[Word] = []
    for each in found:
        text = " ".join(each.text.split())
        if not is_word(text):
            continue
        place = f"{where}:{each.line}" if each.line is not None else f"{where}, {what} {len(words) + 1} ({text[:30]!r})"
        if not 0 <= each.start_s <= each.end_s < float("inf"):
            got = f"{each.start_s:g} to {each.end_s:g} s"
            raise TranscriptError(
                message(expected=f"a {what} with 0 <= start <= end", got=got, where=place, do="Correct its times.")
            )
        if words and each.start_s < words[-1].end_s:
            last = words[-1]
            if each.start_s < max(last.start_s, last.end_s - OVERLAP_TOLERANCE_S - 1e-9):
                expected = f"a start at or after {last.end_s:g} s, where the {what} before it ends"
                raise TranscriptError(
                    message(expected=expected, got=f"{each.start_s:g} s", where=place, do="Remove the overlap.")
                )
            words[-1] = replace(last, end_s=each.start_s)
        words.append(Word(text=text, start_s=float(each.start_s), end_s=float(each.end_s), confidence=each.confidence))
    if not words:
        raise TranscriptError(message(expected=f"at least one {what}", got="none", where=where, do=ADVICE))
    return tuple(words)
