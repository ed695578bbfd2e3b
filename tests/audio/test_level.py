"""Levels out of the ordinary: floats beyond full scale, clipping or not, whispers, offsets; told, and harmless."""

from pathlib import Path

import numpy as np
import pytest
from audio.sounds import RATE_HZ, alike, level_db, voice, write

from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform, condition_of, read_waveform
from exges_core.pipeline.analyse import CLIPPED_SHARE, hear
from exges_core.pipeline.report import heard_report

VOICE = voice(4.0)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Waveform:
    return read_waveform(write(tmp_path_factory.mktemp("plain") / "a.wav", VOICE, subtype="FLOAT"))


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_float_beyond_full_scale_is_turned_down_and_not_called_clipped(
    tmp_path: Path, plain: Waveform, subtype: str
) -> None:
    found = read_waveform(write(tmp_path / "a.wav", 8 * VOICE, subtype=subtype))
    condition = condition_of(found)
    assert condition.clipped_share == 0
    assert condition.peak == pytest.approx(1.0, abs=1e-6)
    assert alike(found.samples, plain.samples) > 0.99999
    assert np.abs(audio_features(found) - audio_features(plain)).max() < 0.05
    assert "12.0 dB beyond full scale" in found.notes[0] or "12.1 dB" in found.notes[0]


def test_float_that_was_cut_to_full_scale_is_clipped(tmp_path: Path) -> None:
    found = read_waveform(write(tmp_path / "a.wav", np.clip(8 * VOICE, -1, 1), subtype="FLOAT"))
    expected = np.mean(np.abs(8 * VOICE) >= 1)
    assert found.source_clipped_share == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "ULAW", "ALAW"])
def test_clipping_shows_in_every_integer_format_and_a_whole_peak_is_none(tmp_path: Path, subtype: str) -> None:
    hot = read_waveform(write(tmp_path / "hot.wav", np.clip(6 * VOICE, -1, 1), subtype=subtype))
    assert hot.source_clipped_share == pytest.approx(np.mean(np.abs(6 * VOICE) >= 1), rel=0.25)
    whole = read_waveform(write(tmp_path / "whole.wav", 1.99 * VOICE, subtype=subtype))
    assert whole.source_clipped_share is not None
    assert whole.source_clipped_share < CLIPPED_SHARE
    assert not whole.notes


def test_single_samples_at_full_scale_are_no_clipping(tmp_path: Path) -> None:
    signal = 0.5 * VOICE
    signal[1000::500] = 1.0
    assert read_waveform(write(tmp_path / "a.wav", signal)).source_clipped_share == 0


@pytest.mark.parametrize(("subtype", "gain_db"), [("PCM_24", -70.0), ("FLOAT", -90.0), ("PCM_16", -62.0)])
def test_a_whisper_is_raised_and_heard(tmp_path: Path, plain: Waveform, subtype: str, gain_db: float) -> None:
    heard = VOICE + 10 ** (-60 / 20) * np.random.default_rng(0).standard_normal(VOICE.shape[0])  # a room is never still
    found = read_waveform(write(tmp_path / "a.wav", 10 ** (gain_db / 20) * heard, subtype=subtype))
    assert not condition_of(found).is_silent
    assert alike(found.samples, plain.samples) > 0.98
    assert level_db(found.samples) > -35
    assert "very quiet: raised by" in found.notes[0]
    assert hear(tmp_path / "a.wav", asr="none").segments


@pytest.mark.parametrize("kind", ["hiss", "hum", "digital", "click", "dither"])
def test_what_only_hisses_or_hums_below_silence_stays_silent(
    tmp_path: Path, generator: np.random.Generator, kind: str
) -> None:
    signal = np.zeros(4 * RATE_HZ, dtype=np.float32)
    if kind == "hiss":
        signal = 10 ** (-70 / 20) * generator.standard_normal(signal.shape[0])
    elif kind == "hum":
        signal = 10 ** (-66 / 20) * np.sin(2 * np.pi * 50 * np.arange(signal.shape[0]) / RATE_HZ)
    elif kind == "click":
        signal[9000:9010] = 0.005
    elif kind == "dither":
        signal[signal.shape[0] // 2 :] = 2**-16 * generator.standard_normal(signal.shape[0] // 2)
    found = read_waveform(write(tmp_path / "a.wav", signal.astype(np.float32), subtype="PCM_24"))
    assert condition_of(found).is_silent
    assert not found.notes


def test_a_constant_offset_is_taken_out(tmp_path: Path, plain: Waveform) -> None:
    found = read_waveform(write(tmp_path / "a.wav", VOICE + 0.1))
    assert abs(float(found.samples.mean())) < 1e-4
    assert alike(found.samples[400:-400], plain.samples[400:-400]) > 0.999
    assert found.notes == ("a constant offset of 10.0% of full scale is taken out",)


def test_a_plain_recording_is_left_alone(plain: Waveform) -> None:
    assert plain.notes == ()
    assert level_db(plain.samples) == pytest.approx(level_db(VOICE), abs=0.2)


def test_the_report_says_what_was_done_to_the_sound(tmp_path: Path) -> None:
    heard = hear(write(tmp_path / "a.wav", VOICE, -VOICE), asr="none")
    assert "one is inverted" in heard_report(heard).warnings[0]
    assert heard.segments
