"""The records of words and transcripts, and the checks that every format shares. The standard library alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from exges_core.errors import TranscriptError, message

OVERLAP_TOLERANCE_S = 0.05
"""Neighbouring times may overlap by this much (rounding of other tools); the earlier one is then cut."""
ADVICE = "Give a TextGrid, ELAN, SRT, VTT or another subtitle file, JSON with times, or plain text."
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
        cues: lines with times, where the file has those but no word times (subtitles); else empty. In order of their
            starts; only those of different speakers overlap.
        kind: textgrid, srt, vtt, json, text...
        speakers: who is named in the file, whether or not their words were asked for.
        untimed: which of the words have no times in the file: theirs lie between their neighbours'.
        is_chosen: for each word of a text without times, whether the speaker who was asked for says it; empty = all.
        is_end_open: whether the last cue's end is not in the file, but assumed.
        is_coarse: whether the cues' times are whole seconds, too rough to align words inside them.
        has_overlap: whether speakers speak at once.
        warnings: what was left out, decided or doubted in reading, in plain words.
    """

    words: tuple[Word, ...] | None
    text: str
    cues: tuple[Word, ...] = ()
    kind: str = "text"
    speakers: tuple[str, ...] = ()
    untimed: tuple[int, ...] = ()
    is_chosen: tuple[bool, ...] = ()
    is_end_open: bool = False
    is_coarse: bool = False
    has_overlap: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A text with times as found in a file, before it is checked; `line` counts from 1, `None` if unknown.

    Times are None where the file has none for it, and `is_assumed` where they only lie between those of neighbours;
    `speaker` is "" where nobody is named.
    """

    text: str
    start_s: float | None
    end_s: float | None
    line: int | None
    confidence: float | None = None
    speaker: str = ""
    is_assumed: bool = False


def is_word(text: str) -> bool:
    """Return whether anything in it can be spoken."""
    return any(each.isalnum() for each in text) and text.strip().lower() not in _SILENCE_MARKS


def checked(timed: Iterable[Timed], where: str, *, what: str = "word", cut: bool = False) -> tuple[Word, ...]:
    """Return the spoken ones among timed texts, in order, cut where they overlap within the tolerance.

    `cut` says that any overlap ends where the next one begins, as subtitles' may.

    Raises:
        TranscriptError: for a negative, reversed or, unless it is to be cut, overlapping time.
    """
    words: list[Word] = []
    for each in timed:
        text = " ".join(each.text.split())
        if not is_word(text) or each.start_s is None or each.end_s is None:
            continue
        place = f"{where}:{each.line}" if each.line is not None else f"{where}, {what} {len(words) + 1} ({text[:30]!r})"
        if not 0 <= each.start_s <= each.end_s < float("inf"):
            got = f"{each.start_s:g} to {each.end_s:g} s"
            raise TranscriptError(
                message(expected=f"a {what} with 0 <= start <= end", got=got, where=place, do="Correct its times.")
            )
        if words and each.start_s < words[-1].end_s:
            last = words[-1]
            if not cut and each.start_s < max(last.start_s, last.end_s - OVERLAP_TOLERANCE_S - 1e-9):
                expected = f"a start at or after {last.end_s:g} s, where the {what} before it ends"
                raise TranscriptError(
                    message(expected=expected, got=f"{each.start_s:g} s", where=place, do="Remove the overlap.")
                )
            words[-1] = replace(last, end_s=max(last.start_s, each.start_s))
        words.append(Word(text=text, start_s=float(each.start_s), end_s=float(each.end_s), confidence=each.confidence))
    if not words:
        raise TranscriptError(message(expected=f"at least one {what}", got="none", where=where, do=ADVICE))
    return tuple(words)
