"""Semantic labels in BEAT2's form (``sem/*.txt``): which gesture happens when. Read for choosing and measuring only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.speech.segments import Segment

ENOUGH = 0.5
"""A gesture belongs to a segment if this share of either lies in the other."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A labelled gesture."""

    name: str
    start_s: float
    end_s: float


def read_marks(folder: Path, take_id: str) -> tuple[Mark, ...]:
    """Return the gestures of a take, in order; none if the folder has no labels for it.

    Raises:
        InputError: naming the line that is not "name, start, end, ...", separated by tabs.
    """
    path = folder / "sem" / f"{take_id}.txt"
    if not path.is_file():
        return ()
    marks: list[Mark] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            name, start, end = line.split("\t")[:3]
            marks.append(Mark(name=name, start_s=float(start), end_s=float(end)))
        except ValueError as error:
            text = message(
                expected="name, start, end, ... separated by tabs",
                got=repr(line[:60]),
                where=f"{path}:{number}",
                do="Repair or remove the label file.",
            )
            raise InputError(text) from error
    return tuple(sorted(marks, key=lambda mark: mark.start_s))


def tags_of(segments: Sequence[Segment], marks: Sequence[Mark]) -> tuple[tuple[str, ...], ...]:
    """Return for every segment the names of the gestures in it, in order, each once."""
    return tuple(tuple(dict.fromkeys(mark.name for mark in marks if _belongs(mark, segment))) for segment in segments)


def _belongs(mark: Mark, segment: Segment) -> bool:
    shared = min(mark.end_s, segment.end_s) - max(mark.start_s, segment.start_s)
    shorter = min(mark.end_s - mark.start_s, segment.end_s - segment.start_s)
    return shared > 0.0 and shared >= ENOUGH * shorter
