"""Speak monologues: sentences in, one sound with the time, loudness and accent of every word out.

Each sentence is synthesised by itself at its own rate, put on the clock of a bigger or smaller body, accented
(`delivery`, `prosody`), cut into place with the script's pauses and given a level and a room. Text is `text`'s, motion
the other half's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import soxr

from exges_core.arrays import Array, Bool, Float
from exges_core.timeline import AUDIO_RATE_HZ
from training.corpus.script import ScriptWord, Sentence, SpokenPhone, SpokenSentence, SpokenTake, SpokenWord
from training.corpus.speech.delivery import Delivery, deliveries, shape_of
from training.corpus.speech.espeak import speak_with_espeak
from training.corpus.speech.festival import speak_with_festival
from training.corpus.speech.flite import speak_with_flite
from training.corpus.speech.kokoro import speak_with_kokoro
from training.corpus.speech.prominence import known_accents, loudness_of
from training.corpus.speech.prosody import reshape
from training.corpus.speech.rendering import Manner, Rendered, WordTimes
from training.corpus.speech.voices import Voice, require

_ENGINES = {
    "festival": speak_with_festival,
    "flite": speak_with_flite,
    "espeak": speak_with_espeak,
    "kokoro": speak_with_kokoro,
}
LEAD_S, TAIL_S = (0.4, 1.4), (0.8, 1.8)
EDGE_S = 0.05
FADE_S = 0.006
FOCUS_DB = (1.5, 4.0)
LEVEL_DB = (-26.0, -20.0)
NOISE_DB = (-70.0, -60.0)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A sentence's sound at 16 kHz from just before its first word, and what is where in it."""

    samples: Float[Array, "samples"]
    words: tuple[WordTimes, ...]
    phones: tuple[SpokenPhone, ...]


def speak(sentences: Sequence[Sentence], voice: Voice, *, generator: np.random.Generator, take_id: str) -> SpokenTake:
    """Speak a monologue.

    Args:
        sentences: what is said.
        voice: who says it.
        generator: draws manners, levels, pauses at the ends and the room's noise.
        take_id: the take's name.

    Raises:
        InputError: if the voice's synthesiser is missing or fails.
        ValueError: if there is no sentence.
    """
    if not sentences:
        raise ValueError("speak: expected at least one sentence, got none")
    require(voice)
    pieces = _pieces(sentences, voice, generator)
    samples, words, phones = _join(sentences, pieces, generator)
    samples = _emphasise(samples, sentences, words, generator)
    is_speech = _is_speech(len(samples), words)
    samples = in_room(samples, is_speech, generator)
    script = _script_words(sentences)
    accents = known_accents(samples, script, words)
    return SpokenTake(
        id=take_id,
        voice=voice.id,
        samples=samples,
        words=spoken_words(script, words, loudness_of(samples, words), accents),
        sentences=spoken_sentences(sentences),
        phones=phones,
    )


def sentence_text(sentence: Sentence) -> str:
    """Return a sentence as a synthesiser reads it: commas where the writer wants a pause."""
    last = len(sentence.words) - 1
    parts = [
        word.text + ("," if word.pause_after_s > 0 and index < last else "")
        for index, word in enumerate(sentence.words)
    ]
    return " ".join(parts) + ("?" if sentence.mood == "question" else ".")


# ------------------------------------------------------------------------------------------------------------ pieces


def _pieces(sentences: Sequence[Sentence], voice: Voice, generator: np.random.Generator) -> list[_Piece]:
    said = deliveries(sentences, generator)
    manners = [Manner(rate=delivery.rate * voice.size) for delivery in said]
    rendered = _ENGINES[voice.engine](voice, [sentence_text(sentence) for sentence in sentences], manners)
    return [
        _piece(sound, voice.size, sentence, delivery, generator)
        for sound, sentence, delivery in zip(rendered, sentences, said, strict=True)
    ]


def _piece(
    sound: Rendered, size: float, sentence: Sentence, delivery: Delivery, generator: np.random.Generator
) -> _Piece:
    """Put a rendered sentence on 16 kHz and on the clock of its body, reshape it, trim it, widen its inner pauses."""
    samples = soxr.resample(sound.samples.astype(np.float64), sound.rate_hz / size, AUDIO_RATE_HZ)
    plain = [word.moved(lambda times_s: times_s * size) for word in sound.words]
    shape = shape_of(sentence, plain, delivery, generator)
    samples = reshape(samples, shape)
    words = [word.moved(shape.moved) for word in plain]
    phones = [
        SpokenPhone(text=one.label, start_s=float(start_s), end_s=float(end_s))
        for one in sound.segments
        for start_s, end_s in [shape.moved(size * np.array([one.start_s, one.end_s]))]
    ]
    return _paused(samples, words, phones, [word.pause_after_s for word in sentence.words])


def _paused(
    samples: Float[Array, "samples"],
    words: Sequence[WordTimes],
    phones: Sequence[SpokenPhone],
    pauses_s: Sequence[float],
) -> _Piece:
    """Cut a sentence out of its silence and widen the gaps between its words to the script's pauses."""
    cuts = [_position(words[0].start_s - EDGE_S, samples)]
    inserted = [0]
    clock: list[float] = [-cuts[0] / AUDIO_RATE_HZ]
    for word, after, pause in zip(words, words[1:], pauses_s, strict=False):
        gap = max(after.start_s - word.end_s, 0.0)
        missing = round(max(pause - gap, 0.0) * AUDIO_RATE_HZ)
        if missing > 0:
            cuts.append(_position(0.5 * (word.end_s + after.start_s), samples))
            inserted.append(missing)
        clock.append(clock[-1] + missing / AUDIO_RATE_HZ)
    cuts.append(_position(words[-1].end_s + EDGE_S, samples))
    parts: list[Array] = []
    for start, stop, silence in zip(cuts[:-1], cuts[1:], inserted, strict=True):
        parts += [np.zeros(silence), _faded(samples[start:stop])]
    starts_s = np.array([word.start_s for word in words])
    return _Piece(
        samples=np.concatenate(parts),
        words=tuple(word.shifted(shift) for word, shift in zip(words, clock, strict=True)),
        phones=tuple(_shifted(phone, clock[_owner(phone, starts_s)]) for phone in phones),
    )


def _owner(phone: SpokenPhone, starts_s: Float[Array, "words"]) -> int:
    """Return which word a speech sound's middle falls into."""
    middle_s = 0.5 * (phone.start_s + phone.end_s)
    return max(int(np.searchsorted(starts_s, middle_s, side="right")) - 1, 0)


def _shifted(phone: SpokenPhone, seconds: float) -> SpokenPhone:
    return replace(phone, start_s=phone.start_s + seconds, end_s=phone.end_s + seconds)


def _position(time_s: float, samples: Float[Array, "samples"]) -> int:
    return int(np.clip(round(time_s * AUDIO_RATE_HZ), 0, len(samples)))


def _faded(samples: Float[Array, "samples"]) -> Float[Array, "samples"]:
    ramp = np.linspace(0.0, 1.0, max(round(FADE_S * AUDIO_RATE_HZ), 2))
    if len(samples) < 2 * len(ramp):
        return samples
    faded = samples.copy()
    faded[: len(ramp)] *= ramp
    faded[-len(ramp) :] *= ramp[::-1]
    return faded


# ----------------------------------------------------------------------------------------------------------- joining


def _join(
    sentences: Sequence[Sentence], pieces: Sequence[_Piece], generator: np.random.Generator
) -> tuple[Float[Array, "samples"], list[WordTimes], tuple[SpokenPhone, ...]]:
    """Put the sentences one after another, equally loud but for a decibel or two, with the script's pauses."""
    parts = [np.zeros(round(generator.uniform(*LEAD_S) * AUDIO_RATE_HZ))]
    words: list[WordTimes] = []
    phones: list[SpokenPhone] = []
    at = len(parts[0])
    leads_s = [piece.words[0].start_s for piece in pieces[1:]] + [0.0]
    for sentence, piece, next_lead_s in zip(sentences, pieces, leads_s, strict=True):
        voiced = piece.samples[np.abs(piece.samples) > 1e-4]
        rms = float(np.sqrt(np.mean(voiced**2))) if len(voiced) else 1.0
        gain = 10 ** (generator.normal(0.0, 1.0) / 20) / rms
        start_s = at / AUDIO_RATE_HZ
        words += [word.shifted(start_s) for word in piece.words]
        phones += [_shifted(phone, start_s) for phone in piece.phones]
        # This piece's end and the next one's start already hold a little of the pause.
        held_s = len(piece.samples) / AUDIO_RATE_HZ - piece.words[-1].end_s + next_lead_s
        pause = round(max(sentence.words[-1].pause_after_s - held_s, 0.0) * AUDIO_RATE_HZ)
        parts += [piece.samples * gain, np.zeros(pause)]
        at += len(piece.samples) + pause
    parts.append(np.zeros(round(generator.uniform(*TAIL_S) * AUDIO_RATE_HZ)))
    return np.concatenate(parts), words, tuple(phones)


def _script_words(sentences: Sequence[Sentence]) -> list[ScriptWord]:
    return [word for sentence in sentences for word in sentence.words]


def _emphasise(
    samples: Float[Array, "samples"],
    sentences: Sequence[Sentence],
    words: Sequence[WordTimes],
    generator: np.random.Generator,
) -> Float[Array, "samples"]:
    """Lift accented words by a few decibels with smooth flanks."""
    gain_db = np.zeros(len(samples))
    for script, times in zip(_script_words(sentences), words, strict=True):
        boost = float(generator.uniform(*FOCUS_DB))
        if script.is_focus:
            start, stop = _position(times.start_s, samples), _position(times.end_s, samples)
            gain_db[start:stop] = boost
    width = round(0.04 * AUDIO_RATE_HZ)
    summed = np.concatenate([np.zeros(1), np.cumsum(np.pad(gain_db, (width // 2, width - width // 2)))])
    smooth_db = (summed[width:] - summed[:-width])[: len(samples)] / width
    return samples * 10 ** (smooth_db / 20)


def _is_speech(samples: int, words: Sequence[WordTimes]) -> Bool[Array, "samples"]:
    is_speech = np.zeros(samples, dtype=bool)
    for word in words:
        is_speech[int(word.start_s * AUDIO_RATE_HZ) : int(word.end_s * AUDIO_RATE_HZ)] = True
    return is_speech


def in_room(
    samples: Float[Array, "samples"], is_speech: Bool[Array, "samples"], generator: np.random.Generator
) -> Float[Array, "samples"]:
    """Set the speech's level and add a room's low noise, so that silence is never digital."""
    rms = float(np.sqrt(np.mean(samples[is_speech] ** 2)))
    level = 10 ** (generator.uniform(*LEVEL_DB) / 20)
    noise = room_noise(len(samples), generator) * 10 ** (generator.uniform(*NOISE_DB) / 20)
    loud = samples * (level / max(rms, 1e-9)) + noise
    peak = float(np.max(np.abs(loud)))
    return (loud / max(peak / 0.98, 1.0)).astype(np.float32)


def room_noise(samples: int, generator: np.random.Generator) -> Float[Array, "samples"]:
    """Return noise of unit power that falls with frequency, as rooms do (one-pole filter, by its spectrum)."""
    size = 1 << max(samples - 1, 1).bit_length()
    frequency = np.fft.rfftfreq(size, 1 / AUDIO_RATE_HZ)
    spectrum = np.fft.rfft(generator.standard_normal(size)) / np.sqrt(1 + (frequency / 300.0) ** 2)
    noise = np.fft.irfft(spectrum, size)[:samples]
    return noise / np.sqrt(np.mean(noise**2))


# -------------------------------------------------------------------------------------------------------- prominence


def spoken_sentences(sentences: Sequence[Sentence]) -> tuple[SpokenSentence, ...]:
    """Return each sentence's range of word indices, counted over the whole take."""
    spoken: list[SpokenSentence] = []
    first = 0
    for sentence in sentences:
        last = first + len(sentence.words) - 1
        spoken.append(SpokenSentence(first=first, last=last, mood=sentence.mood))
        first = last + 1
    return tuple(spoken)


def spoken_words(
    script: Sequence[ScriptWord],
    times: Sequence[WordTimes],
    loudness: Float[Array, "words"],
    accents: Float[Array, "words"],
) -> tuple[SpokenWord, ...]:
    """Join each word's script, times, loudness and accent in one record."""
    return tuple(
        SpokenWord(
            text=written.text,
            start_s=heard.start_s,
            end_s=heard.end_s,
            stress_s=heard.stress_s,
            cues=written.cues,
            is_content=written.is_content,
            is_focus=written.is_focus,
            loudness=float(loud),
            accent=float(accent),
        )
        for written, heard, loud, accent in zip(script, times, loudness, accents, strict=True)
    )
