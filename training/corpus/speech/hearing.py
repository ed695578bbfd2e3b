"""What is where in a recorded utterance: words, speech sounds and stress by forced alignment; silences by the level.

The core's alignment lays the words; PocketSphinx then lays the sounds of each stretch between pauses. Which vowel is
stressed is in Flite's dictionary. Nothing is decided here about gestures.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.audio.pauses import Span, pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import TranscriptError, message
from exges_core.speech.alignment import Aligner
from exges_core.speech.recognise import recognise
from exges_core.speech.sphinx import DECODER_RATE_HZ, decode, pcm_of
from exges_core.speech.words import Transcript, Word
from training.corpus.speech.espeak import with_stress
from training.corpus.speech.phones import VOWELS
from training.corpus.speech.rendering import Segment, WordTimes, word_times

RUN_PAUSE_S, LONGEST_RUN_S = 0.3, 12.0
_MARGIN_S = 0.1
_SILENCE_S = 0.06
_LEAST_S = 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class HeardUtterance:
    """An utterance with the times of its words and speech sounds; `texts` are the words with their punctuation.

    `warnings`: what was guessed, in plain words.
    """

    waveform: Waveform
    texts: tuple[str, ...]
    words: tuple[WordTimes, ...]
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...]


def hear(waveform: Waveform, transcript: Transcript) -> HeardUtterance:
    """Find words, speech sounds and stress of an utterance whose words are known.

    Raises:
        TranscriptError: if they do not fit the sound.
    """
    recognised = recognise(waveform, asr="none", transcript=transcript)
    words = tuple(_one_token(word) for word in recognised.words if any(map(str.isalnum, word.text)))
    if not words:
        do = "Give the words that are said."
        raise TranscriptError(message(expected="words", got="none", where="the transcript", do=do))
    aligner = Aligner.open(waveform)
    segments: list[Segment] = []
    guessed = 0
    for first, last in _runs(words):
        own = _sounds(aligner, words, first, last)
        guessed += 0 if own else last - first
        segments += own
    segments = _without_silence(segments, pauses(waveform, at_least_s=_SILENCE_S))
    texts = [word.text for word in words]
    segments = with_stress(segments, " ".join(texts))
    named = tuple(replace(one, label=_label(one)) for one in segments)
    warnings = [*recognised.warnings]
    if guessed:
        warnings.append(f"{guessed} words have no speech sounds: their stress is guessed from their length")
    times = _times(words, named)
    return HeardUtterance(waveform=waveform, texts=tuple(texts), words=times, segments=named, warnings=tuple(warnings))


def _one_token(word: Word) -> Word:
    """Return a word with hyphens instead of the spaces and dashes at which texts are split."""
    return replace(word, text="-".join(word.text.replace("–", " ").replace("—", " ").split()))


def _label(one: Segment) -> str:
    return f"{one.label}{int(one.is_stressed)}" if one.is_vowel else one.label


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield runs of words [first, last) without a pause inside, each short enough to align at once."""
    first = 0
    for index in range(1, len(words) + 1):
        is_over = index == len(words) or words[index].start_s - words[index - 1].end_s >= RUN_PAUSE_S
        if is_over or words[index].end_s - words[first].start_s > LONGEST_RUN_S:
            yield first, index
            first = index


def _laid(aligner: Aligner, text: str, pcm: bytes) -> list[list[tuple[str, int, int]]]:
    """Align words, then their phones, with a stretch of sound; by word, each phone's name, first frame and frames."""
    try:
        aligner.decoder.set_align_text(text)
        decode(aligner.decoder, pcm)
        aligner.decoder.set_alignment()
        decode(aligner.decoder, pcm)
        # Entries of an alignment are views of where its iterator is: each is copied while it is there.
        return [
            [(phone.name, phone.start, phone.duration) for phone in entry]
            for entry in aligner.decoder.get_alignment()
            if not entry.name.startswith(("<", "[", "+"))
        ]
    except RuntimeError:  # no way through: the words' own times remain
        return []


def _around(words: Sequence[Word], first: int, last: int, duration_s: float) -> Span:
    """Return the stretch of sound around a run of words, with as much margin as its neighbours leave."""
    start_s = max(0.0, words[first].start_s - _MARGIN_S, words[first - 1].end_s if first else 0.0)
    next_s = words[last].start_s if last < len(words) else duration_s
    return Span(start_s=start_s, end_s=min(duration_s, words[last - 1].end_s + _MARGIN_S, next_s))


def _sounds(aligner: Aligner, words: Sequence[Word], first: int, last: int) -> list[Segment]:
    """Return the phones of a run of words; empty if they cannot be aligned."""
    parts = aligner.parts_of([word.text for word in words[first:last]])
    span = _around(words, first, last, aligner.waveform.duration_s)
    if not parts or span.end_s - span.start_s < 0.05:
        return []
    pcm = pcm_of(aligner.waveform, span, aligner.gain)
    laid = _laid(aligner, " ".join(part.said for part in parts), pcm)
    if len(laid) != len(parts):
        return []
    return [
        Segment(
            token=first + part.written,
            is_vowel=name in VOWELS,
            is_stressed=False,
            start_s=span.start_s + start / DECODER_RATE_HZ,
            end_s=span.start_s + (start + duration) / DECODER_RATE_HZ,
            label=name,
        )
        for part, phones in zip(parts, laid, strict=True)
        for name, start, duration in phones
        if name != "SIL"
    ]


def _without_silence(segments: Sequence[Segment], quiet: Sequence[Span]) -> list[Segment]:
    """Trim silence from the edges of speech sounds: alignment assigns pauses to the sounds beside them."""
    starts, ends = np.array([span.start_s for span in quiet]), np.array([span.end_s for span in quiet])
    cut: list[Segment] = []
    for one in segments:
        at_start = ends[(starts <= one.start_s) & (ends > one.start_s)]
        at_end = starts[(starts < one.end_s) & (ends >= one.end_s)]
        start_s = min(float(at_start.max(initial=one.start_s)), one.end_s - _LEAST_S)
        end_s = max(float(at_end.min(initial=one.end_s)), start_s + _LEAST_S)
        cut.append(replace(one, start_s=max(start_s, one.start_s), end_s=min(end_s, one.end_s)))
    return cut


def _times(words: Sequence[Word], segments: Sequence[Segment]) -> tuple[WordTimes, ...]:
    """Return every word's times: its sounds', or the alignment's where it has none."""
    by_sounds = word_times(segments, [word.text for word in words])
    owned = {segment.token for segment in segments}
    times = [
        sounds
        if index in owned
        else WordTimes(
            start_s=word.start_s, end_s=word.end_s, stress_s=word.start_s + 0.35 * (word.end_s - word.start_s)
        )
        for index, (word, sounds) in enumerate(zip(words, by_sounds, strict=True))
    ]
    for index, (earlier, later) in enumerate(itertools.pairwise(times)):
        if later.start_s < earlier.end_s:
            end_s = max(later.start_s, earlier.stress_s, earlier.start_s)
            times[index] = replace(earlier, end_s=end_s)
            times[index + 1] = replace(later, start_s=max(later.start_s, end_s), stress_s=max(later.stress_s, end_s))
    return tuple(times)
