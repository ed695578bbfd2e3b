"""Audio channels: on time, right in pitch, blind to the microphone's gain, and cheap."""

import math
import time
from fractions import Fraction
from pathlib import Path

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.audio.features import (
    AUDIO_CHANNELS,
    ENERGY,
    LOG_F0,
    MEL_CHANNELS,
    ONSET,
    VOICEDNESS,
    audio_features,
    frame_centres,
    onset_times_s,
)
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ, frames_in


def sound(samples: np.ndarray) -> Waveform:
    return Waveform(samples=samples.astype(np.float32))


def buzz(f0_hz: np.ndarray | float, duration_s: float = 2.0) -> Waveform:
    """Return a harmonic sound: what a voice is to a pitch tracker."""
    size = round(duration_s * AUDIO_RATE_HZ)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(f0_hz, size)) / AUDIO_RATE_HZ
    return sound(sum(0.2 / k * np.sin(k * phase) for k in range(1, 9)))


def f0_of(features: np.ndarray) -> np.ndarray:
    return 50.0 * 2.0 ** (2.0 * features[:, LOG_F0])


@settings(max_examples=25, deadline=None)
@given(samples=st.integers(4800, 70_000))
def test_there_are_as_many_frames_as_the_duration_holds(samples: int) -> None:
    waveform = sound(np.zeros(samples))
    features = audio_features(waveform)
    assert features.shape == (frames_in(waveform.duration_s), AUDIO_CHANNELS)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_the_centre_of_a_frame_never_drifts() -> None:
    exact = [Fraction(16000 * frame, 30) for frame in range(5000)]
    assert frame_centres(5000).tolist() == [math.floor(sample + Fraction(1, 2)) for sample in exact]


def test_a_click_is_loudest_in_the_frame_of_its_time_even_after_minutes() -> None:
    samples = np.zeros(200 * AUDIO_RATE_HZ)
    frames = np.array([0, 5, 31, 1000, 3001, 5990])
    samples[frame_centres(5991)[frames]] = 1.0
    energy = audio_features(sound(samples))[:, ENERGY]
    for frame in frames:
        low = max(0, frame - 3)
        assert low + int(energy[low : frame + 4].argmax()) == frame


def test_an_onset_rises_where_a_tone_starts() -> None:
    samples = np.zeros(3 * AUDIO_RATE_HZ)
    samples[AUDIO_RATE_HZ : 2 * AUDIO_RATE_HZ] = buzz(150.0, 1.0).samples
    onset = audio_features(sound(samples))[:, ONSET]
    assert abs(int(onset.argmax()) - MOTION_RATE_HZ) <= 1
    assert onset[40:55].max() < 0.1 * onset.max()


@pytest.mark.parametrize("f0_hz", [65.0, 90.0, 120.0, 175.0, 240.0, 330.0, 390.0])
def test_pitch_of_a_steady_voice(f0_hz: float) -> None:
    features = audio_features(buzz(f0_hz))[2:-2]
    assert np.abs(np.log2(f0_of(features) / f0_hz)).max() < 0.01
    assert features[:, VOICEDNESS].min() > 0.95


def test_pitch_follows_a_sweep_in_time() -> None:
    time_s = np.arange(4 * AUDIO_RATE_HZ) / AUDIO_RATE_HZ
    features = audio_features(buzz(80.0 * 2 ** (time_s / 2), 4.0))
    frames = np.arange(5, 115)
    assert np.abs(np.log2(f0_of(features)[frames] / (80.0 * 2 ** (frames / 60)))).max() < 0.02


def test_noise_and_silence_have_no_pitch(generator: np.random.Generator) -> None:
    hiss = audio_features(sound(0.1 * generator.standard_normal(3 * AUDIO_RATE_HZ)))
    assert (hiss[:, LOG_F0] > 0).mean() < 0.05
    assert not audio_features(sound(np.zeros(AUDIO_RATE_HZ)))[:, LOG_F0].any()


def test_a_missing_fundamental_is_still_heard() -> None:
    phase = 2 * np.pi * 110.0 * np.arange(2 * AUDIO_RATE_HZ) / AUDIO_RATE_HZ
    features = audio_features(sound(sum(0.1 * np.sin(k * phase) for k in range(3, 9))))[2:-2]
    assert np.abs(np.log2(f0_of(features) / 110.0)).max() < 0.02


@settings(max_examples=8, deadline=None)
@given(gain=st.floats(0.01, 3.0))
def test_the_microphones_gain_does_not_matter(gain: float) -> None:
    waveform = buzz(np.linspace(100, 200, 2 * AUDIO_RATE_HZ))
    louder = sound(waveform.samples * gain)
    assert np.abs(audio_features(louder) - audio_features(waveform)).max() < 0.02


def test_log_mel_agrees_with_librosa_on_the_same_frames(generator: np.random.Generator) -> None:
    samples = generator.standard_normal(AUDIO_RATE_HZ).astype(np.float32) * 0.1
    hop = AUDIO_RATE_HZ // 10
    reference = librosa.feature.melspectrogram(
        y=samples, sr=AUDIO_RATE_HZ, n_fft=1024, hop_length=hop, n_mels=MEL_CHANNELS, pad_mode="constant"
    )
    ours_db = audio_features(sound(samples))[::3, :MEL_CHANNELS] * 20
    difference_db = ours_db - 10 * np.log10(reference[:, : ours_db.shape[0]].T)
    assert difference_db.std() < 0.01


def test_later_sound_changes_earlier_frames_only_by_the_one_gain() -> None:
    short = buzz(120.0, 2.0)
    long = sound(np.concatenate([short.samples, buzz(180.0, 2.0).samples]))
    assert np.abs(audio_features(long)[:58] - audio_features(short)[:58]).max() < 0.05


def test_the_same_sound_gives_the_same_bits() -> None:
    waveform = buzz(140.0)
    assert audio_features(waveform).tobytes() == audio_features(waveform).tobytes()


def test_a_minute_costs_next_to_nothing() -> None:
    waveform = buzz(130.0, 60.0)
    audio_features(buzz(130.0, 1.0))
    spent_s = []
    for _ in range(3):
        start_s = time.process_time()
        audio_features(waveform)
        spent_s.append(time.process_time() - start_s)
    assert min(spent_s) < 0.004 * 60 * 2  # twice the aim: machines differ


def test_real_speech_is_about_unit_scaled_and_pitched_like_its_speaker(real_clip_folder: Path) -> None:
    features = audio_features(read_waveform(real_clip_folder / "2_scott_0_1_1.wav"))
    assert features.shape[0] == 1923
    assert np.abs(features[:, :MEL_CHANNELS].mean()) < 0.5
    assert 0.7 < features[:, :MEL_CHANNELS].std() < 1.4
    is_voiced = features[:, LOG_F0] > 0
    assert 0.5 < is_voiced.mean() < 0.85
    assert 120 < np.median(f0_of(features)[is_voiced]) < 230


def test_every_burst_has_an_onset_and_nothing_else_has(generator: np.random.Generator) -> None:
    samples = 1e-3 * generator.standard_normal(3 * AUDIO_RATE_HZ)
    bursts_s = np.array([0.5, 1.5, 2.5])
    for start in np.rint(bursts_s * AUDIO_RATE_HZ).astype(int):
        samples[start : start + 1600] += 0.2 * generator.standard_normal(1600)
    off_s = np.abs(onset_times_s(sound(samples))[:, None] - bursts_s)
    assert off_s.min(axis=0).max() < 0.07
    assert off_s.min(axis=1).max() < 0.15
