"""A plan to read: a take's words line by line, and beside them the strokes planned and the strokes acted."""

from __future__ import annotations

from collections.abc import Sequence

from exges_core.score.records import Score, Stroke
from exges_core.speech.words import Word

_PAUSE_S = 0.22


def sheet(words: Sequence[Word], planned: Score, acted: Score) -> list[str]:
    """Return a line for each word that has a stroke in either score, with the words since the last such line."""
    lines = [f"{'':42}{'planned':56}acted"]
    waiting: list[str] = []
    for number, word in enumerate(words):
        if number and word.start_s - words[number - 1].end_s >= _PAUSE_S:
            waiting.append("|")
        ours, theirs = (
            next((each for each in score.strokes if each.word == number), None) for score in (planned, acted)
        )
        if ours is None and theirs is None:
            waiting.append(word.text)
            continue
        text = " ".join([*waiting, word.text.upper()])
        lines.append(f"{text[-40:]:42}{_told(ours):56}{_told(theirs)}")
        waiting = []
    return lines


def _told(stroke: Stroke | None) -> str:
    if stroke is None:
        return "-"
    times = " ".join(f"{time_s:.2f}" for time_s in stroke.times_s)
    return f"{stroke.hand:5} {(stroke.kind or '?')[:15]:15} {stroke.size:.2f}  {times}"
