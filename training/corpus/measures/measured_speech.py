"""How motion goes with speech: do arms and head move with loudness, do strokes meet onsets and words?

Loudness: RMS of the sound in each frame's 1/30 s; arm speed: both wrists' 6 Hz speeds in the body frame; head speed:
how fast the head turns in the world. Both smoothed over 0.5 s, lags up to 1 s. Real clips differ (one follows its
loudness, one not at all), so these rows are judged by the mean over takes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Bool, Float, median, percentile
from exges_core.audio.features import onset_times_s
from exges_core.audio.waveform import Waveform
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ
from training.corpus.measures.measured_body import MeasuredBody
from training.corpus.measures.measured_units import Unit, movement_units
from training.corpus.measures.motion_statistics import head_rates
from training.corpus.measures.signals import RATE_HZ, lagged_correlation, moving_mean
from training.corpus.text.cues import cue_table

MOST_LAG = 30
_SMOOTH = 15
_SPEECH_DB = -30.0
_SHIFTS = 40
LAG_ROW = "armspeed_rms_lag (0.5 s)"


@dataclass(frozen=True, kw_only=True, eq=False)
class SpeechMeasures:
    """One take's figures.

    Attributes:
        statistics: row id -> value.
        arm_by_lag: correlation of arm speed with loudness, lags -1 s..1 s.
        arm_by_shift: the same at lag 0 with the loudness shifted round the clip: what chance gives.
    """

    statistics: dict[str, float]
    arm_by_lag: Float[Array, "lags"]
    arm_by_shift: Float[Array, "shifts"]


def loudness(waveform: Waveform, frames: int) -> Float[Array, "frames"]:
    """Return the RMS of the sound from each frame's instant to the next; zero beyond its end."""
    energy = np.concatenate(([0.0], np.cumsum(waveform.samples.astype(np.float64) ** 2)))
    edges = (np.arange(frames + 1) * AUDIO_RATE_HZ / RATE_HZ).astype(np.int64)
    held = np.minimum(edges, len(energy) - 1)
    return np.sqrt(np.maximum(np.diff(energy[held]), 0.0) / np.diff(edges))


def is_speech(loud: Float[Array, "frames"]) -> Bool[Array, "frames"]:
    """Return where there is sound: 0.1 s of it within 30 dB of the loud frames (95th percentile)."""
    smooth = np.sqrt(np.maximum(moving_mean(loud**2, 3), 0.0))
    return 20 * np.log10(np.maximum(smooth, 1e-9) / max(float(percentile(smooth, 95)), 1e-9)) > _SPEECH_DB


def body_strokes(body: MeasuredBody) -> list[list[Unit]]:
    """Return the strokes of the left and of the right wrist."""
    return [
        [unit for unit in movement_units(wrist, speed) if unit.is_stroke]
        for wrist, speed in zip(body.smooth_wrists_m, body.wrist_speed_m_per_s, strict=True)
    ]


def content_onsets_s(words: Sequence[Word]) -> Float[Array, "words"]:
    """Return when words begin that are not mere function words."""
    spoken = [(word.text.lower().strip(".,!?;:"), word.start_s) for word in words]
    return np.array([start_s for text, start_s in spoken if text and text not in cue_table().words.function])


def offsets_s(times_s: Float[Array, "events"], marks_s: Float[Array, "marks"]) -> Float[Array, "events"]:
    """Return how much later each event is than the mark nearest to it."""
    ordered = np.sort(marks_s)
    after = np.searchsorted(ordered, times_s)
    before, next_ = ordered[np.maximum(after - 1, 0)], ordered[np.minimum(after, len(ordered) - 1)]
    return times_s - np.where(np.abs(times_s - before) <= np.abs(times_s - next_), before, next_)


def speech_measures(body: MeasuredBody, waveform: Waveform, words: Sequence[Word]) -> SpeechMeasures:
    """Measure one take with sound; rows that need words are absent without any."""
    frames = body.clip.frames
    loud = loudness(waveform, frames)
    arms = body.wrist_speed_m_per_s.sum(axis=0)
    head = head_rates(body)[:, 0]
    head = np.concatenate((head, head[-1:]))
    smooth_loud = moving_mean(loud, _SMOOTH)
    by_lag = lagged_correlation(moving_mean(arms, _SMOOTH), smooth_loud, MOST_LAG)
    statistics = {"armspeed_rms_r0 (0.5 s)": float(by_lag[MOST_LAG]), LAG_ROW: best_lag_s(by_lag)}
    statistics["headspeed_rms_r0 (0.5 s)"] = float(lagged_correlation(moving_mean(head, _SMOOTH), smooth_loud, 0)[0])
    speaking = is_speech(loud)
    if speaking.any() and not speaking.all():
        statistics["armspeed_speech/pause"] = float(arms[speaking].mean() / max(arms[~speaking].mean(), 1e-9))
        statistics["headspeed_speech/pause"] = float(head[speaking].mean() / max(head[~speaking].mean(), 1e-9))
    statistics |= _events(body, onset_times_s(waveform), content_onsets_s(words))
    shifts = np.linspace(2 * RATE_HZ, frames - 2 * RATE_HZ, _SHIFTS).astype(np.int64)
    chance = [lagged_correlation(moving_mean(arms, _SMOOTH), np.roll(smooth_loud, shift), 0)[0] for shift in shifts]
    return SpeechMeasures(statistics=statistics, arm_by_lag=by_lag, arm_by_shift=np.array(chance))


def _events(body: MeasuredBody, onsets_s: Array, content_s: Array) -> dict[str, float]:
    peaks = np.array([unit.peak / RATE_HZ for units in body_strokes(body) for unit in units])
    statistics: dict[str, float] = {}
    if len(onsets_s):
        statistics["strokes_per_audio_onset"] = len(peaks) / len(onsets_s)
    if len(peaks) and len(onsets_s):
        late = offsets_s(peaks, onsets_s)
        statistics["peak_to_onset_median"] = float(median(late))
        statistics["peak_to_onset_frac_within_100ms"] = float(np.mean(np.abs(late) <= 0.1))
    if len(peaks) and len(content_s):
        statistics["peak_to_content_word_mean_abs"] = float(np.abs(offsets_s(peaks, content_s)).mean())
    return statistics


def best_lag_s(by_lag: Float[Array, "lags"]) -> float:
    """Return the lag of the highest correlation: negative = motion leads."""
    return float((int(np.argmax(by_lag)) - MOST_LAG) / RATE_HZ)


def mean_lag_s(takes: Sequence[SpeechMeasures]) -> tuple[float, bool]:
    """Return the best lag of the takes' mean correlation, and whether its height beats shifted copies (95 %)."""
    by_lag = np.mean([take.arm_by_lag for take in takes], axis=0)
    chance = percentile(np.abs(np.mean([take.arm_by_shift for take in takes], axis=0)), 95)
    return best_lag_s(by_lag), bool(by_lag.max() > chance)
