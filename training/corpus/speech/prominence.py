"""How loud and how prominent words are, from their sound and times; with a known focus, or heard alone. No synthesis.

Both are logistic mixtures of energy, pitch and length about the take's mean (ours); where nobody told the focus, how
much the stressed syllable stands out from the second around takes its place (`exges_core.audio.accents`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.audio.accents import prominence
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ
from training.corpus.script import ScriptWord
from training.corpus.speech.rendering import WordTimes

_KNOWN = {"bias": -1.1, "focus": 1.5, "energy": 0.6, "pitch": 0.55, "length": 0.4, "function": -1.2}
_HEARD = {"bias": -0.88, "peak": 0.35, "energy": 0.68, "pitch": 0.43, "length": 0.51, "function": -1.6}
"""Fitted to the known ones of eight synthetic voices; of a voice left out they correlate at 0.87 to 0.95."""
_PEAK_S = (-0.07, 0.2)
"""Where a stressed syllable's prominence is looked for, about the onset of its vowel."""
_MOST_PEAK = 1.5


def loudness_of(samples: Float[Array, "samples"], words: Sequence[WordTimes]) -> Float[Array, "words"]:
    """Return the RMS of every word relative to the mean of all."""
    rms = _rms(samples, words)
    return rms / max(float(rms.mean()), 1e-9)


def known_accents(
    samples: Float[Array, "samples"], script: Sequence[ScriptWord], words: Sequence[WordTimes]
) -> Float[Array, "words"]:
    """Return prominence in 0..1 of words whose focus is known, as it was made."""
    is_content = np.array([word.is_content for word in script])
    focus = _KNOWN["focus"] * np.array([word.is_focus for word in script])
    return _mixed(_KNOWN, focus, samples, [word.text for word in script], is_content, words)


def heard_accents(
    samples: Float[Array, "samples"],
    texts: Sequence[str],
    is_content: Bool[Array, "words"],
    words: Sequence[WordTimes],
) -> Float[Array, "words"]:
    """Return prominence in 0..1 of words as a listener has it: from the sound, and whether they are function words."""
    course = prominence(audio_features(Waveform(samples=np.asarray(samples, dtype=np.float32))))
    peaks = np.array([_peak(course, word.stress_s) for word in words])
    return _mixed(_HEARD, _HEARD["peak"] * peaks, samples, texts, is_content, words)


def _peak(course: Float[Array, "frames"], stress_s: float) -> float:
    first, last = (round((stress_s + offset) * MOTION_RATE_HZ) for offset in _PEAK_S)
    inside = course[max(first, 0) : max(last, first) + 1]
    return float(np.clip(inside.max(), 0.0, _MOST_PEAK)) if len(inside) else 0.0


def _mixed(
    weights: dict[str, float],
    focus: Float[Array, "words"],
    samples: Float[Array, "samples"],
    texts: Sequence[str],
    is_content: Bool[Array, "words"],
    words: Sequence[WordTimes],
) -> Float[Array, "words"]:
    energy = _standardised(np.log(np.maximum(_rms(samples, words), 1e-6)))
    pitch_hz = np.array([_pitch_hz(samples, word.stress_s + 0.03) for word in words])
    is_voiced = pitch_hz > 0
    log_pitch = np.log(np.where(is_voiced, pitch_hz, 1.0))
    middle = float(log_pitch[is_voiced].mean()) if is_voiced.any() else 0.0
    pitch = _standardised(np.where(is_voiced, log_pitch, middle))
    letters = np.array([max(len(text), 2) for text in texts])
    length = _standardised(np.array([word.end_s - word.start_s for word in words]) / letters)
    score = (
        weights["bias"]
        + focus
        + weights["function"] * ~is_content
        + weights["energy"] * energy
        + weights["pitch"] * pitch
        + weights["length"] * length
    )
    return 1 / (1 + np.exp(-score))


def _standardised(values: Float[Array, "words"]) -> Float[Array, "words"]:
    spread = float(values.std())
    return np.clip((values - values.mean()) / spread, -2.5, 2.5) if spread > 1e-9 else np.zeros(len(values))


def _rms(samples: Float[Array, "samples"], words: Sequence[WordTimes]) -> Float[Array, "words"]:
    rms = np.zeros(len(words))
    for index, word in enumerate(words):
        start, stop = _position(word.start_s, samples), _position(word.end_s, samples)
        part = samples[start : max(stop, start + 1)]
        rms[index] = float(np.sqrt(np.mean(np.square(part, dtype=np.float64)))) if len(part) else 0.0
    return rms


def _pitch_hz(samples: Float[Array, "samples"], time_s: float) -> float:
    """Return the fundamental frequency by autocorrelation over 50 ms from a time on; 0 where there is none."""
    start = _position(time_s, samples)
    part = samples[start : start + 800].astype(np.float64)
    if len(part) < 800:
        return 0.0
    part = (part - part.mean()) * np.hanning(800)
    power = np.abs(np.fft.rfft(part, 2048)) ** 2
    correlation = np.fft.irfft(power)[:320]
    lags = slice(AUDIO_RATE_HZ // 400, AUDIO_RATE_HZ // 65)
    best = int(np.argmax(correlation[lags])) + AUDIO_RATE_HZ // 400
    return AUDIO_RATE_HZ / best if correlation[best] > 0.25 * correlation[0] > 0 else 0.0


def _position(time_s: float, samples: Float[Array, "samples"]) -> int:
    return int(np.clip(round(time_s * AUDIO_RATE_HZ), 0, len(samples)))
