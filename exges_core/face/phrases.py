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


@dataclass(frozen=True, kw_only=True)
class Phrase(Span):
    """A stretch of speech that is planned before it is said; `ends_sentence` where a full stop or a long pause says."""

    ends_sentence: bool = True


def phrases_of(words: Sequence[Word], waveform: Waveform) -> tuple[Phrase, ...]:
    """Return the phrases of a speech, in order."""
    return _of_words(words) if words else _of_sound(waveform)


def _of_words(words: Sequence[Word]) -> tuple[Phrase, ...]:
    found: list[Phrase] = []
    start_s = words[0].start_s
    for index, word in enumerate(words):
        is_last = index == len(words) - 1
        gap_s = float("inf") if is_last else words[index + 1].start_s - word.end_s
        is_marked = word.text.rstrip("\"')”’").endswith(_MARKS) and word.end_s - start_s >= _LEAST_S
        if gap_s >= _PAUSE_S or is_marked:
            ends = gap_s >= 2 * _PAUSE_S or word.text.rstrip("\"')”’").endswith(_MARKS[:3])
            found.append(Phrase(start_s=start_s, end_s=word.end_s, ends_sentence=ends))
            start_s = word.end_s if is_last else words[index + 1].start_s
    return tuple(found)


def _of_sound(waveform: Waveform) -> tuple[Phrase, ...]:
    quiet = pauses(waveform, at_least_s=_PAUSE_S)
    starts = [0.0, *(each.end_s for each in quiet)]
    ends = [*(each.start_s for each in quiet), waveform.duration_s]
    between = zip(starts, ends, strict=True)
    return tuple(Phrase(start_s=start_s, end_s=end_s) for start_s, end_s in between if end_s - start_s > 0.1)
