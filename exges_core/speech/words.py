"""The record of a word, and transcripts in: TextGrid, SRT, VTT, JSON (Whisper's or a plain list) and plain text.

Reading and checking only: what a transcript says of itself. Whether it fits the sound is `recognise`'s question.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import TranscriptError, message

OVERLAP_TOLERANCE_S = 0.05
"""Neighbouring times may overlap by this much (rounding of other tools); the earlier one is then cut."""
_ADVICE = "Give a TextGrid, SRT, VTT, JSON or plain text file in UTF-8."
_SILENCE_MARKS = frozenset({"<eps>", "sil", "sp", "<sil>", "<s>", "</s>", "<p>", "silence", "<unk>", "spn"})


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word and its time in the sound; `text` is as written, with its punctuation."""

    text: str
    start_s: float
    end_s: float


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


def read_transcript(path: Path) -> Transcript:
    """Read a transcript; its content decides the format, then its suffix.

    Raises:
        TranscriptError: if it is missing, empty, not text in a known encoding, malformed, or has negative, reversed
            or overlapping times; with the line where one is to blame.
    """
    from exges_core.speech import subtitles, timed_files  # they build this module's records

    text = _text_of(path)
    where, suffix, start = str(path), path.suffix.lower(), text.lstrip()
    if start.startswith('File type = "ooTextFile') or suffix == ".textgrid":
        return timed_files.read_textgrid(path, text)
    if start.startswith("WEBVTT") or suffix == ".vtt":
        return subtitles.read_vtt(text, where)
    if suffix == ".json" or (suffix not in {".txt", ".srt"} and start[:1] in {"{", "["}):
        return timed_files.read_json(text, where)
    if suffix == ".srt" or subtitles.looks_like_srt(start):
        return subtitles.read_srt(text, where)
    return plain_transcript(text, where)


def plain_transcript(text: str, where: str) -> Transcript:
    """Return a transcript without times.

    Raises:
        TranscriptError: if it holds no word.
    """
    if not is_word(text):
        raise TranscriptError(message(expected="words", got="none", where=where, do=_ADVICE))
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
            words[-1] = Word(text=last.text, start_s=last.start_s, end_s=each.start_s)
        words.append(Word(text=text, start_s=float(each.start_s), end_s=float(each.end_s)))
    if not words:
        raise TranscriptError(message(expected=f"at least one {what}", got="none", where=where, do=_ADVICE))
    return tuple(words)


def _text_of(path: Path) -> str:
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing"
        raise TranscriptError(message(expected="a transcript file", got=kind, where=str(path), do="Check the path."))
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TranscriptError(
            message(expected="a readable file", got=str(error), where=str(path), do="Check its permissions.")
        ) from error
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        got = f"byte 0x{raw[error.start]:02x}, which is not {'UTF-16' if wide else 'UTF-8'}"
        raise TranscriptError(
            message(expected="text in UTF-8", got=got, where=f"{path}:{line}", do="Save it as UTF-8.")
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TranscriptError(message(expected="text", got="binary data", where=f"{path}:{line}", do=_ADVICE))
    if not text.strip():
        raise TranscriptError(message(expected="a transcript", got="an empty file", where=str(path), do=_ADVICE))
    return text.replace("\r\n", "\n").replace("\r", "\n")
