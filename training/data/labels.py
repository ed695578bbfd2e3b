"""Semantic labels in BEAT2's form (``sem/*.txt``): which gesture happens when. Read for choosing and measuring only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.retrieval.spoken import plain
from exges_core.speech.segments import Segment

ENOUGH = 0.5
"""A gesture belongs to a segment if this share of either lies in the other."""


# Shards store this record: its fields are part of their format.
@dataclass(frozen=True, kw_only=True)
class Mark:
    """A labelled gesture; `word` is the one it goes with, "" if the label names none."""

    name: str
    start_s: float
    end_s: float
    word: str = ""


def read_marks(folder: Path, take_id: str) -> tuple[Mark, ...]:
    """Return the gestures of a take, in order; none if the folder has no labels for it.

    Raises:
        InputError: naming the line that is not "name, start, end, ...", separated by tabs, or a file that is no text.
    """
    path = folder / "sem" / f"{take_id}.txt"
    if not path.is_file():
        return ()
    marks: list[Mark] = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            marks.append(_mark(line))
        except ValueError as error:
            text = message(
                expected="name, start, end, ... separated by tabs",
                got=repr(line[:60]),
                where=f"{path}:{number}",
                do="Repair or remove the label file.",
            )
            raise InputError(text) from error
    return tuple(sorted(marks, key=lambda mark: mark.start_s))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        got, do = f"what cannot be read ({error})", "Save it as UTF-8, or remove it."
        raise InputError(message(expected="gesture labels", got=got, where=str(path), do=do)) from error


def _mark(line: str) -> Mark:
    name, start, end, *more = line.split("\t")
    word = plain(more[2]) if len(more) > 2 else ""
    return Mark(name=name, start_s=float(start), end_s=float(end), word=word)


def tags_of(segments: Sequence[Segment], marks: Sequence[Mark]) -> tuple[tuple[str, ...], ...]:
    """Return for every segment the names of the gestures in it, in order, each once.

    A gesture is where its word is spoken during it: there lies its stroke. Where the label names no word, or it is not
    among the segments' words, the gesture is in every segment that it shares `ENOUGH` time with.
    """
    found: list[list[str]] = [[] for _ in segments]
    for mark in marks:
        near = [at for at, segment in enumerate(segments) if _shared_s(mark, segment) > 0.0]
        spoken = [at for at in near if _is_spoken(mark, segments[at])]
        for at in spoken or [
            at for at in near if _shared_s(mark, segments[at]) >= ENOUGH * _shorter_s(mark, segments[at])
        ]:
            found[at].append(mark.name)
    return tuple(tuple(dict.fromkeys(names)) for names in found)


def _shared_s(mark: Mark, segment: Segment) -> float:
    return min(mark.end_s, segment.end_s) - max(mark.start_s, segment.start_s)


def _shorter_s(mark: Mark, segment: Segment) -> float:
    return min(mark.end_s - mark.start_s, segment.end_s - segment.start_s)


def _is_spoken(mark: Mark, segment: Segment) -> bool:
    return bool(mark.word) and any(
        plain(word.text) == mark.word and word.start_s < mark.end_s and word.end_s > mark.start_s
        for word in segment.words
    )
