"""Phrases: stretches of speech between pauses, which blinks and gaze go by; from words, or from the sound alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exges_core.audio.pauses import Span, pauses
from exges_core.audio.waveform import Waveform
from exges_core.speech.words import Word

_PAUSE_S = 0.3
_MARKS = (".", "!", "?", ";", ":", ",")
_LEAST_S = 0.8
_LONGEST_S, _HALF_S = 6.0, 2.0
"""Who speaks longer than that plans anew on the way; neither part is shorter than the second."""


@dataclass(frozen=True, kw_only=True)
class Phrase(Span):
    """A stretch of speech that is planned before it is said.

    `ends_sentence`: a full stop, a long pause or its own length ends a thought with it.
    """

    ends_sentence: bool = True


def phrases_of(words: Sequence[Word], waveform: Waveform) -> tuple[Phrase, ...]:
    """Return the phrases of a speech, in order."""
    return _of_words(words) if words else _of_sound(waveform)


def _of_words(words: Sequence[Word]) -> tuple[Phrase, ...]:
    found: list[Phrase] = []
    first, start_s = 0, words[0].start_s
    for index, word in enumerate(words):
        is_last = index == len(words) - 1
        gap_s = float("inf") if is_last else words[index + 1].start_s - word.end_s
        is_marked = word.text.rstrip("\"')”’").endswith(_MARKS) and word.end_s - start_s >= _LEAST_S
        if gap_s >= _PAUSE_S or is_marked:
            ends = gap_s >= 2 * _PAUSE_S or word.text.rstrip("\"')”’").endswith(_MARKS[:3])
            found += _in_breaths(words[first : index + 1], ends_sentence=ends)
            first, start_s = index + 1, word.end_s if is_last else words[index + 1].start_s
    return tuple(found)


def _in_breaths(words: Sequence[Word], *, ends_sentence: bool) -> list[Phrase]:
    """Return a run of words as one phrase, a long one cut where its words are farthest apart."""
    start_s, end_s = words[0].start_s, words[-1].end_s
    gaps = [
        (words[at].start_s - words[at - 1].end_s, at)
        for at in range(1, len(words))
        if words[at - 1].end_s - start_s >= _HALF_S and end_s - words[at].start_s >= _HALF_S
    ]
    if end_s - start_s <= _LONGEST_S or not gaps:
        return [Phrase(start_s=start_s, end_s=end_s, ends_sentence=ends_sentence)]
    at = max(gaps)[1]
    return [*_in_breaths(words[:at], ends_sentence=True), *_in_breaths(words[at:], ends_sentence=ends_sentence)]


def _of_sound(waveform: Waveform) -> tuple[Phrase, ...]:
    quiet = pauses(waveform, at_least_s=_PAUSE_S)
    starts = [0.0, *(each.end_s for each in quiet)]
    ends = [*(each.start_s for each in quiet), waveform.duration_s]
    between = zip(starts, ends, strict=True)
    return tuple(Phrase(start_s=start_s, end_s=end_s) for start_s, end_s in between if end_s - start_s > 0.1)
