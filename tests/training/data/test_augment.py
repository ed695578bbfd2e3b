"""Varied speech: what is changed changes by what was asked, what is not stays, and every label moves with its sound."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter, welch

from exges_core.audio.waveform import Waveform
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.speech.words import Word
from training.data import augment_sound as sound
from training.data.augment import augment_take, change_clip_tempo, change_take_tempo
from training.data.augment_presets import AUGMENTATION, AugmentSettings
from training.data.labels import Mark
from training.data.takes import RecordedTake

RATE = 16_000
CLICKS_S = (0.5, 1.3, 1.9523)


def sine(hz: float, seconds: float = 2.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def clicks(seconds: float = 2.5) -> np.ndarray:
    samples = np.zeros(round(seconds * RATE), np.float32)
    samples[[round(time_s * RATE) for time_s in CLICKS_S]] = 0.9
    return samples


def vowel(f0_hz: float, formant_hz: float, seconds: float = 2.0) -> np.ndarray:
    """Return pulses through one resonance 100 Hz wide."""
    pulses = np.zeros(round(seconds * RATE))
    pulses[(np.arange(0, seconds, 1 / f0_hz) * RATE).astype(int)] = 1.0
    radius = np.exp(-np.pi * 100 / RATE)
    ringing = lfilter([1.0], [1, -2 * radius * np.cos(2 * np.pi * formant_hz / RATE), radius**2], pulses)
    return (0.5 * ringing / np.abs(ringing).max()).astype(np.float32)


def peak_hz(samples: np.ndarray, low_hz: float = 0.0, high_hz: float = 8000.0) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18)) ** 2
    hz = np.fft.rfftfreq(1 << 18, 1 / RATE)
    return float(hz[np.argmax(np.where((hz >= low_hz) & (hz <= high_hz), power, 0))])


def envelope_peak_hz(samples: np.ndarray) -> float:
    """Return where the spectrum, smoothed over 300 Hz, is highest."""
    hz, power = welch(samples, RATE, nperseg=2048)
    width = round(300 / (hz[1] - hz[0]))
    return float(hz[np.argmax(np.convolve(power, np.hanning(width), "same"))])


def decibels(ratio: float) -> float:
    return float(10 * np.log10(ratio))


def take_of(samples: np.ndarray) -> RecordedTake:
    frames = round(len(samples) / RATE * 30)
    turns = 0.3 * np.sin(np.arange(frames)[:, None, None] / 8 + np.arange(165).reshape(55, 3))
    return RecordedTake(
        id="1_ada_0_1_1",
        speaker="ada",
        split="train",
        clip=MotionClip(
            local_quat_wxyz=quat_from_rotvec(turns), root_position_m=np.zeros((frames, 3)), frame_rate_hz=30.0
        ),
        waveform=Waveform(samples=samples),
        words=tuple(Word(text=f"w{time_s}", start_s=time_s, end_s=time_s + 0.2) for time_s in CLICKS_S),
        marks=(Mark(name="beat", start_s=0.4, end_s=0.9), Mark(name="offer", start_s=1.2, end_s=2.5)),
        stresses_s=CLICKS_S,
    )


@pytest.mark.parametrize("ratio", [0.8, 1.25])
def test_pitch_moves_by_the_ratio_and_keeps_length(ratio: float) -> None:
    changed = sound.change_voice(sine(220.0), RATE, pitch=ratio)
    assert len(changed) == 2 * RATE
    assert peak_hz(changed) == pytest.approx(220.0 * ratio, rel=0.01)


@pytest.mark.parametrize("tempo", [0.9, 1.04, 1.1])
def test_tempo_moves_clicks_with_their_labels_and_keeps_pitch(tempo: float) -> None:
    changed = sound.change_tempo(clicks(), RATE, tempo)
    assert len(changed) == round(2.5 * RATE / tempo)
    moved = change_take_tempo(replace(take_of(clicks()), waveform=Waveform(samples=changed)), tempo)
    for word, stress_s in zip(moved.words, moved.stresses_s, strict=True):
        near = round(word.start_s * RATE) + np.arange(-800, 800)
        found_s = near[np.abs(changed[near]).argmax()] / RATE
        assert found_s == pytest.approx(word.start_s, abs=0.005)
        assert stress_s == word.start_s
    assert peak_hz(sound.change_tempo(sine(220.0), RATE, tempo)) == pytest.approx(220.0, rel=0.01)


def test_voices_keep_their_pulses_through_a_change_of_tempo() -> None:
    slow = sound.change_tempo(vowel(110.0, 700.0), RATE, 0.9)
    assert peak_hz(slow, 60, 160) == pytest.approx(110.0, rel=0.01)
    assert envelope_peak_hz(slow) == pytest.approx(700.0, abs=60)
    assert sound.active_power(slow, RATE) == pytest.approx(sound.active_power(vowel(110.0, 700.0), RATE), rel=0.2)


@pytest.mark.parametrize("ratio", [0.87, 1.15])
def test_formants_move_and_pitch_stays(ratio: float) -> None:
    changed = sound.change_formants(vowel(120.0, 1200.0), RATE, ratio)
    assert len(changed) == 2 * RATE
    assert envelope_peak_hz(changed) == pytest.approx(1200.0 * ratio, rel=0.05)
    assert peak_hz(changed, 80, 160) == pytest.approx(120.0, rel=0.01)


def test_pitch_moves_and_formants_stay() -> None:
    changed = sound.change_voice(vowel(120.0, 1200.0), RATE, pitch=1.25)
    assert envelope_peak_hz(changed) == pytest.approx(1200.0, rel=0.06)
    assert peak_hz(changed, 100, 200) == pytest.approx(150.0, rel=0.01)


def test_a_room_answers_after_the_direct_sound(generator: np.random.Generator) -> None:
    wet = sound.reverberate(clicks(), RATE, rt60_s=0.5, direct_db=3.0, generator=generator)
    first = round(CLICKS_S[0] * RATE)
    assert np.abs(wet[: first - 1]).max() < 1e-5
    assert wet[first] == pytest.approx(0.9, abs=0.01)
    tail = wet[first + 1 : first + round(0.5 * RATE)].astype(np.float64)
    assert decibels(0.81 / np.sum(tail**2)) == pytest.approx(3.0, abs=0.1)
    early, late = (np.sum(tail[round(s * RATE) : round((s + 0.1) * RATE)] ** 2) for s in (0.1, 0.3))
    assert decibels(early / late) == pytest.approx(24.0, abs=4.0)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_noise_has_the_level_and_colour_asked_for(exponent: float, generator: np.random.Generator) -> None:
    clean = np.concatenate([sine(400.0, 4.0), np.zeros(4 * RATE, np.float32)])
    noise = sound.add_noise(clean, RATE, snr_db=15.0, exponent=exponent, generator=generator) - clean
    powers = (sound.active_power(clean, RATE), sound.active_power(noise, RATE))
    assert decibels(powers[0] / powers[1]) == pytest.approx(15.0, abs=0.1)
    hz, power = welch(noise, RATE, nperseg=1024)
    octaves = [power[(hz > low) & (hz < 2 * low)].mean() for low in (500, 1000, 2000)]
    assert decibels(octaves[0] / octaves[2]) == pytest.approx(6.02 * exponent, abs=1.0)


def test_voices_behind_have_the_level_asked_for(generator: np.random.Generator) -> None:
    clean, voices = sine(400.0), [vowel(120.0, 900.0, 1.3), vowel(180.0, 600.0, 3.0)]
    mixed = sound.add_babble(clean, RATE, voices, snr_db=10.0, generator=generator)
    assert decibels(sound.active_power(clean, RATE) / sound.active_power(mixed - clean, RATE)) == pytest.approx(10.0)


def test_a_microphone_tilts_the_spectrum_in_place(generator: np.random.Generator) -> None:
    noise = generator.normal(0, 0.05, 8 * RATE).astype(np.float32)
    hz, before = welch(noise, RATE, nperseg=1024)
    after = welch(sound.equalise(noise, RATE, tilt_db_per_octave=-2.0, bumps=[(1500.0, 6.0)]), RATE, nperseg=1024)[1]
    gain_db = 10 * np.log10(after / before)
    at = {centre: float(gain_db[np.abs(hz - centre) < 60].mean()) for centre in (250, 500, 1500, 4000)}
    assert at[250] - at[500] == pytest.approx(2.0, abs=0.3)
    assert at[1500] == pytest.approx(6.0 - 2.0 * np.log2(1.5), abs=0.5)
    assert at[500] - at[4000] == pytest.approx(6.0, abs=0.6)
    assert np.abs(sound.equalise(clicks(), RATE, tilt_db_per_octave=3.0)).argmax() in np.round(
        np.array(CLICKS_S) * RATE
    )


def test_level_is_in_decibels_and_full_scale_is_the_end() -> None:
    changed = sound.change_level(sine(300.0), -12.0)
    assert decibels(np.mean(changed**2) / np.mean(sine(300.0) ** 2)) == pytest.approx(-12.0, abs=0.01)
    assert np.abs(sound.change_level(sine(300.0), 20.0)).max() == 1.0


@pytest.mark.parametrize("codec", sorted(sound.CODECS))
def test_codecs_change_the_sound_and_not_its_time(codec: str) -> None:
    spoken = vowel(120.0, 700.0) * np.repeat([0.0, 1.0, 0.2, 1.0, 0.0], RATE * 2 // 5).astype(np.float32)
    changed = sound.transcode(spoken, RATE, codec)
    assert changed.shape == spoken.shape
    assert 0 < np.abs(changed - spoken).mean() < 0.05
    size = 2 * len(spoken)
    alike = np.fft.irfft(np.fft.rfft(changed, size) * np.conj(np.fft.rfft(spoken, size)))
    assert abs((int(alike.argmax()) + len(spoken)) % size - len(spoken)) <= 16
    assert np.array_equal(changed, sound.transcode(spoken, RATE, codec))


def test_motion_keeps_its_path_and_changes_its_speed() -> None:
    frames = np.arange(61)
    turns = np.zeros((61, 55, 3))
    turns[:, 16, 2] = 0.05 * frames
    roots = np.stack([0.01 * frames, np.ones(61), np.zeros(61)], axis=1)
    clip = MotionClip(local_quat_wxyz=quat_from_rotvec(turns), root_position_m=roots, frame_rate_hz=30.0)
    fast = change_clip_tempo(clip, 1.1)
    assert fast.frames == 55
    np.testing.assert_allclose(fast.root_position_m[:, 0], 0.011 * np.arange(55), atol=1e-9)
    step = quat_multiply(quat_inverse(fast.local_quat_wxyz[:-1, 16]), fast.local_quat_wxyz[1:, 16])
    np.testing.assert_allclose(quat_angle(step), 0.055, atol=1e-6)


def test_a_varied_take_is_sound_and_its_labels_lie_within(generator: np.random.Generator) -> None:
    every = replace(
        AUGMENTATION,
        **{name: 1.0 for name in vars(AUGMENTATION) if name.endswith("_share")},
    )
    take, others = take_of(vowel(120.0, 900.0, 2.5)), [Waveform(samples=vowel(200.0, 700.0, 2.0))]
    for seed in range(8):
        varied = augment_take(take, settings=every, babble=others, generator=np.random.default_rng(seed))
        samples = varied.waveform.samples
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= 1.0
        assert abs(varied.clip.frames / 30 - varied.waveform.duration_s) < 0.1
        times = [time_s for word in varied.words for time_s in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert times[-1] <= varied.waveform.duration_s
        assert max(mark.end_s for mark in varied.marks) <= varied.waveform.duration_s
        again = augment_take(take, settings=every, babble=others, generator=np.random.default_rng(seed))
        np.testing.assert_array_equal(again.waveform.samples, samples)
        np.testing.assert_array_equal(again.clip.local_quat_wxyz, varied.clip.local_quat_wxyz)


def test_nothing_chosen_changes_nothing_but_the_level(generator: np.random.Generator) -> None:
    never = AugmentSettings(**{name: 0.0 for name in vars(AUGMENTATION) if name.endswith("_share")})
    take = take_of(sine(200.0, 2.5))
    varied = augment_take(take, settings=never, generator=generator)
    assert (varied.words, varied.marks, varied.clip) == (take.words, take.marks, take.clip)
    gain = varied.waveform.samples[1000:2000] / take.waveform.samples[1000:2000]
    assert np.nanstd(gain) < 1e-4


def test_silence_stays_silence(generator: np.random.Generator) -> None:
    every = replace(AUGMENTATION, noise_share=1.0, room_share=1.0, microphone_share=1.0, codec_share=0.0)
    varied = augment_take(take_of(np.zeros(40_000, np.float32)), settings=every, generator=generator)
    assert np.abs(varied.waveform.samples).max() < 1e-6


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="noise_share"):
        AugmentSettings(noise_share=1.5)
    with pytest.raises(ValueError, match="tempo"):
        AugmentSettings(tempo=(0.8, 1.0))
