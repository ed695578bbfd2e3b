"""Recorded utterances to one take as the acting takes it: joined, with accents and pauses as they are heard.

Words and times are `hearing`'s, prominence `prominence`'s; what words can call comes from the text, and each clause's
focus from both: the content word that is most prominent, the text's own choice a little ahead.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.pauses import level_db
from exges_core.timeline import AUDIO_RATE_HZ
from training.corpus.script import ScriptWord, Sentence, SpokenPhone, SpokenTake
from training.corpus.speech.hearing import HeardUtterance
from training.corpus.speech.prominence import heard_accents, loudness_of
from training.corpus.speech.rendering import WordTimes
from training.corpus.speech.speaking import LEAD_S, LEVEL_DB, TAIL_S, room_noise, spoken_sentences, spoken_words
from training.corpus.text import cues
from training.corpus.text.annotation import annotate
from training.corpus.text.monologue import perform
from training.corpus.text.near_cues import with_near_cues

__all__ = ["SILENCE_S", "spoken_take"]

SILENCE_S = (0.4, 1.2)
"""Between utterances."""
_BEFORE_S, _AFTER_S = 0.12, 0.25
_FADE_S = 0.02
_FLOOR_SHARE, _LEAST_FLOOR_DB, _MOST_FLOOR_DB = 3, -75.0, -45.0
_SENTENCE_PAUSE_S, _CLAUSE_PAUSE_S = 0.6, 0.22
_SHORT = frozenset(("mr.", "mrs.", "ms.", "dr.", "st.", "etc.", "vs.", "e.g.", "i.e.", "prof."))
_TEXT_FOCUS = 0.25
"""How much accent the text's own focus is worth beside the heard one."""


@dataclass(frozen=True, kw_only=True)
class _Joined:
    samples: Float[Array, "samples"]
    texts: tuple[str, ...]
    words: tuple[WordTimes, ...]
    phones: tuple[SpokenPhone, ...]


def spoken_take(
    utterances: Sequence[HeardUtterance], *, voice: str, generator: np.random.Generator, take_id: str
) -> SpokenTake:
    """Join utterances to a take.

    Args:
        utterances: one at least, in order.
        voice: who speaks, for the record.
        generator: draws pauses, level, and which words may call gestures.
        take_id: the take's name.
    """
    joined = _join(utterances, generator)
    sentences = _sentences(joined)
    script = [word for sentence in sentences for word in sentence.words]
    assert len(script) == len(joined.words), "a word of the text is a word of the sound"
    loudness = loudness_of(joined.samples, joined.words)
    is_content = np.array([word.is_content for word in script])
    accents = heard_accents(joined.samples, [word.text for word in script], is_content, joined.words)
    sentences = [perform(sentence, generator) for sentence in _with_heard_focus(sentences, joined.words, accents)]
    script = [word for sentence in sentences for word in sentence.words]
    return SpokenTake(
        id=take_id,
        voice=voice,
        samples=joined.samples,
        words=spoken_words(script, joined.words, loudness, accents),
        sentences=spoken_sentences(sentences),
        phones=joined.phones,
    )


# ----------------------------------------------------------------------------------------------------------- joining


def _join(utterances: Sequence[HeardUtterance], generator: np.random.Generator) -> _Joined:
    """Put utterances one after another, equally loud, over the recording's own level of noise."""
    level = 10 ** (generator.uniform(*LEVEL_DB) / 20)
    parts: list[tuple[int, Array]] = []
    words: list[WordTimes] = []
    phones: list[SpokenPhone] = []
    floors: list[float] = []
    at_s = float(generator.uniform(*LEAD_S))
    for utterance in utterances:
        start_s = max(0.0, utterance.words[0].start_s - _BEFORE_S)
        end_s = min(utterance.waveform.duration_s, utterance.words[-1].end_s + _AFTER_S)
        first, last, at = (round(time_s * AUDIO_RATE_HZ) for time_s in (start_s, end_s, at_s))
        gain = level / max(float(np.sqrt(np.mean(np.square(_voiced(utterance))))), 1e-9)
        floors.append(float(np.percentile(level_db(utterance.waveform), _FLOOR_SHARE)) + 20 * np.log10(gain))
        parts.append((at, _faded(utterance.waveform.samples[first:last].astype(np.float64) * gain)))
        shift_s = at / AUDIO_RATE_HZ - first / AUDIO_RATE_HZ
        words += [word.shifted(shift_s) for word in utterance.words]
        phones += _phones(utterance, shift_s)
        # What is kept on both sides of the words belongs to the pause.
        pause_s = float(generator.uniform(*SILENCE_S)) - _BEFORE_S - _AFTER_S
        at_s += end_s - start_s + max(pause_s, 0.0)
    texts = tuple(text for utterance in utterances for text in utterance.texts)
    samples = _in_noise(parts, floors, generator)
    return _Joined(samples=samples, texts=texts, words=tuple(words), phones=tuple(phones))


def _phones(utterance: HeardUtterance, shift_s: float) -> list[SpokenPhone]:
    return [
        SpokenPhone(text=sound.label, start_s=sound.start_s + shift_s, end_s=sound.end_s + shift_s)
        for sound in utterance.segments
    ]


def _in_noise(
    parts: Sequence[tuple[int, Array]], floors: Sequence[float], generator: np.random.Generator
) -> Float[Array, "samples"]:
    """Lay stretches of sound over noise of the recordings' own level, and keep the sum below full scale."""
    length = parts[-1][0] + len(parts[-1][1]) + round(float(generator.uniform(*TAIL_S)) * AUDIO_RATE_HZ)
    floor_db = float(np.clip(np.median(floors), _LEAST_FLOOR_DB, _MOST_FLOOR_DB))
    samples = room_noise(length, generator) * 10 ** (floor_db / 20)
    for start, part in parts:
        samples[start : start + len(part)] += part
    peak = float(np.max(np.abs(samples)))
    return (samples / max(peak / 0.98, 1.0)).astype(np.float32)


def _voiced(one: HeardUtterance) -> Float[Array, "samples"]:
    """Return the samples under the words."""
    samples = one.waveform.samples.astype(np.float64)
    spans = [samples[round(word.start_s * AUDIO_RATE_HZ) : round(word.end_s * AUDIO_RATE_HZ) + 1] for word in one.words]
    return np.concatenate(spans)


def _faded(samples: Float[Array, "samples"]) -> Float[Array, "samples"]:
    length = min(round(_FADE_S * AUDIO_RATE_HZ), len(samples) // 2)
    ramp = np.sin(np.linspace(0.0, 0.5 * np.pi, length)) ** 2
    samples[:length] *= ramp
    samples[len(samples) - length :] *= ramp[::-1]
    return samples


# ------------------------------------------------------------------------------------------------------------- text


def _sentences(joined: _Joined) -> list[Sentence]:
    """Cut the words into sentences, at full stops and at long pauses, and annotate each."""
    sentences: list[Sentence] = []
    for first, last in _borders(joined):
        tokens = list(joined.texts[first:last])
        for index in range(len(tokens) - 1):
            gap_s = joined.words[first + index + 1].start_s - joined.words[first + index].end_s
            if gap_s >= _CLAUSE_PAUSE_S and tokens[index][-1].isalnum():
                tokens[index] += ","
        text = " ".join(tokens)
        sentences.append(with_near_cues(annotate(text if text[-1] in ".?!" else text + ".")))
    return sentences


def _borders(joined: _Joined) -> Iterator[tuple[int, int]]:
    first = 0
    for index, text in enumerate(joined.texts):
        is_last = index == len(joined.texts) - 1
        gap_s = 0.0 if is_last else joined.words[index + 1].start_s - joined.words[index].end_s
        is_end = text.rstrip("\"')”’")[-1:] in (".", "?", "!") and text.lower() not in _SHORT
        if is_last or is_end or gap_s >= _SENTENCE_PAUSE_S:
            yield first, index + 1
            first = index + 1


def _with_heard_focus(
    sentences: Sequence[Sentence], words: Sequence[WordTimes], accents: Float[Array, "words"]
) -> list[Sentence]:
    """Move each phrase's foci to its most prominent content words; words that the text focused get a small bonus."""
    placed: list[Sentence] = []
    first = 0
    for sentence in sentences:
        own = list(sentence.words)
        for start, stop in _phrases(own):
            before = [index for index in range(start, stop) if own[index].is_focus]
            content = [index for index in range(start, stop) if own[index].is_content]
            if before and content:
                worth = {index: accents[first + index] + _TEXT_FOCUS * own[index].is_focus for index in content}
                best = sorted(content, key=worth.__getitem__, reverse=True)[: len(before)]
                for index in {*before, *best}:
                    own[index] = _focused(own[index], is_focus=index in best)
        placed.append(replace(sentence, words=tuple(own)))
        first += len(own)
    assert first == len(words)
    return placed


def _phrases(words: Sequence[ScriptWord]) -> Iterator[tuple[int, int]]:
    """Yield the phrases of a sentence, first and behind the last word: each ends where a pause may be."""
    ends = [index + 1 for index, word in enumerate(words) if word.pause_after_s > 0]
    yield from itertools.pairwise([0, *ends] if ends and ends[-1] == len(words) else [0, *ends, len(words)])


def _focused(word: ScriptWord, *, is_focus: bool) -> ScriptWord:
    meant = tuple(cue for cue in word.cues if cue != cues.ACCENT_CUE)
    return replace(word, is_focus=is_focus, cues=(*meant, cues.ACCENT_CUE) if is_focus else meant)
