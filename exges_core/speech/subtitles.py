"""Subtitles in: SRT, SBV and WebVTT, with WebVTT's word timestamps where it has them.

Text in, records out; no files, no sound; the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape

from exges_core.errors import TranscriptError, message
from exges_core.speech.assembly import Listed
from exges_core.speech.untimed import spread
from exges_core.speech.words import Timed

_CLOCK = r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*(-?){_CLOCK}\s*-->\s*(-?){_CLOCK}(?:\s.*)?$")
_SBV_TIMING = re.compile(rf"^\s*(-?){_CLOCK}\s*,\s*(-?){_CLOCK}\s*$")
_WORD_TIME = re.compile(rf"<{_CLOCK}>")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^<>]*>|\{\\[^}]*\}")
_VTT_ASIDES = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True, kw_only=True)
class _Cue:
    """A cue as written: its lines still carry tags."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    line: int
    speaker: str = ""


def looks_like_srt(text: str) -> bool:
    """Return whether one of the first lines is a cue's timing."""
    return any(_TIMING.match(line) for line in text.split("\n", 4)[:4])


def looks_like_sbv(text: str) -> bool:
    """Return whether the first line is the timing of a YouTube SBV cue."""
    return _SBV_TIMING.match(text.lstrip().split("\n", 1)[0]) is not None


def read_srt(text: str, where: str) -> Listed:
    """Read SRT: cues without word times.

    Raises:
        TranscriptError: with the line, if it is malformed or its times are.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    return Listed(items=_listed(_cues(lines, where)), kind="srt", form="cues")


def read_sbv(text: str, where: str) -> Listed:
    """Read YouTube's SBV: "0:00:01.000,0:00:02.000", then lines of text up to an empty one.

    Raises:
        TranscriptError: with the line, if it is malformed or its times are.
    """
    arrows = [line.replace(",", " --> ", 1) if _SBV_TIMING.match(line) else line.rstrip() for line in text.split("\n")]
    return Listed(items=_listed(_cues(arrows, where)), kind="sbv", form="cues")


def read_vtt(text: str, where: str) -> Listed:
    """Read WebVTT: words where it has word timestamps (`<00:00:01.000>`), else cues; `<v Name>` names who speaks.

    A rolling caption repeats its last line in the next cue; in a file with word timestamps the repeat is dropped.

    Raises:
        TranscriptError: with the line, if it is malformed or its times are.
    """
    if not text.startswith("WEBVTT"):
        got = repr(text.split("\n", 1)[0][:40])
        raise TranscriptError(message(expected="WEBVTT", got=got, where=f"{where}:1", do="Export it as WebVTT again."))
    lines = text.split("\n")
    header = next((at for at, line in enumerate(lines) if not line), len(lines))
    cues = [part for cue in _cues(lines, where, start=header) for part in _by_voice(cue)]
    if not any(_WORD_TIME.search(line) for cue in cues for line in cue.lines):
        return Listed(items=_listed(cues), kind="vtt", form="cues")
    words = [word for cue in _without_repeats(cues) for word in _words_of(cue)]
    return Listed(items=words, kind="vtt", form="words", may_overlap=True)


def _listed(cues: Iterator[_Cue] | list[_Cue]) -> list[Timed]:
    return [
        Timed(
            text=_plain("\n".join(cue.lines)),
            start_s=cue.start_s,
            end_s=cue.end_s,
            line=cue.line,
            speaker=cue.speaker,
        )
        for cue in cues
    ]


def _by_voice(cue: _Cue) -> Iterator[_Cue]:
    """Yield a cue's parts by who speaks, which share its time by length."""
    pieces = _VOICE.split("\n".join(cue.lines))
    parts = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    parts = [(name.strip(), text) for name, text in parts if _plain(text).strip()]
    total = sum(len(_plain(text)) for _, text in parts)
    done = 0
    for name, text in parts:
        low_s, done = cue.start_s + (cue.end_s - cue.start_s) * done / total, done + len(_plain(text))
        high_s = cue.start_s + (cue.end_s - cue.start_s) * done / total
        lines = tuple(text.strip("\n").split("\n"))
        yield replace(cue, lines=lines, speaker=unescape(name), start_s=low_s, end_s=high_s)


def _cues(lines: list[str], where: str, *, start: int = 0) -> Iterator[_Cue]:
    """Yield cues; only an index, an identifier or, in WebVTT, an aside may stand between them."""
    at = start
    while at < len(lines):
        if "-->" in lines[at]:
            first = at
            at += 1
            while at < len(lines) and lines[at] and "-->" not in lines[at]:
                at += 1
            body = lines[first + 1 : at]
            if at < len(lines) and lines[at] and body and body[-1].strip().isdigit():
                body.pop()  # the next cue's index: no empty line stood between
            yield _cue(lines[first], tuple(body), f"{where}:{first + 1}", first + 1)
        elif lines[at].startswith(_VTT_ASIDES):
            while at < len(lines) and lines[at]:
                at += 1
        elif not lines[at].strip() or lines[at].strip().isdigit() or _introduces_cue(lines, at):
            at += 1
        else:
            raise TranscriptError(
                message(
                    expected="a cue such as 00:00:01,000 --> 00:00:02,500",
                    got=repr(lines[at][:40]),
                    where=f"{where}:{at + 1}",
                    do="Correct the line.",
                )
            )


def _introduces_cue(lines: list[str], at: int) -> bool:
    return at + 1 < len(lines) and "-->" in lines[at + 1]


def _cue(timing: str, body: tuple[str, ...], place: str, line: int) -> _Cue:
    match = _TIMING.match(timing)
    if match is None:
        raise TranscriptError(
            message(
                expected="times such as 00:00:01,000 --> 00:00:02,500",
                got=repr(timing.strip()[:60]),
                where=place,
                do="Correct the line.",
            )
        )
    groups = match.groups()
    sign, other_sign = (-1.0 if groups[at] else 1.0 for at in (0, 5))
    return _Cue(start_s=sign * seconds(groups[1:5]), end_s=other_sign * seconds(groups[6:10]), lines=body, line=line)


def seconds(parts: tuple[str | None, ...]) -> float:
    """Return the time that hours, minutes, seconds and the digits of a fraction say, each as written or None."""
    hours, minutes, whole, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(whole or 0) + float(f"0.{fraction or 0}")


def _plain(text: str) -> str:
    return unescape(_TAG.sub("", text))


def _without_repeats(cues: list[_Cue]) -> Iterator[_Cue]:
    shown = ""
    for cue in cues:
        kept = tuple(line for line in cue.lines if _plain(line).strip() not in {shown, ""} or _WORD_TIME.search(line))
        if kept:
            shown = _plain(kept[-1]).strip()
            yield replace(cue, lines=kept)


def _words_of(cue: _Cue) -> Iterator[Timed]:
    """Yield a cue's words: a timestamp opens the words up to the next one; several words share it by length."""
    pieces = _WORD_TIME.split("\n".join(cue.lines))
    starts = [cue.start_s, *(seconds(tuple(pieces[at : at + 4])) for at in range(1, len(pieces), 5))]
    texts = [_plain(text) for text in pieces[::5]]
    for text, start_s, end_s in zip(texts, starts, [*starts[1:], cue.end_s], strict=True):
        for word in spread(text, start_s, end_s):
            yield Timed(text=word[0], start_s=word[1], end_s=word[2], line=cue.line, speaker=cue.speaker)
