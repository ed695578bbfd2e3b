"""Sound files: everything a person may hand over becomes 16 kHz mono, or one clear line."""

import struct
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.audio.waveform import MIN_DURATION_S, Waveform, condition_of, read_waveform, write_waveform
from exges_core.errors import AudioError, OutputError
from exges_core.timeline import AUDIO_RATE_HZ


def tone(duration_s: float, rate_hz: int = AUDIO_RATE_HZ, hz: float = 220.0, gain: float = 0.3) -> np.ndarray:
    return (gain * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(np.float32)


@settings(max_examples=12, deadline=None)
@given(
    rate_hz=st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 96000]),
    channels=st.integers(1, 3),
    samples=st.integers(30_000, 60_000),
)
def test_length_and_content_survive_any_rate_and_channel_count(
    tmp_path_factory: pytest.TempPathFactory, rate_hz: int, channels: int, samples: int
) -> None:
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    signal = tone(samples / rate_hz, rate_hz)
    soundfile.write(path, np.tile(signal[:, None], (1, channels)), rate_hz, subtype="FLOAT")
    found = read_waveform(path).samples
    assert found.dtype == np.float32
    assert found.shape[0] == int(samples * AUDIO_RATE_HZ / rate_hz + 0.5)
    expected = tone(found.shape[0] / AUDIO_RATE_HZ)
    inner = slice(800, -800)
    assert np.abs(found[inner] - expected[: found.shape[0]][inner]).max() < 2e-3


@pytest.mark.parametrize(("name", "format_", "subtype"), [
    ("a.flac", "FLAC", "PCM_24"), ("a.ogg", "OGG", "VORBIS"), ("a.mp3", "MP3", "MPEG_LAYER_III"),
    ("float.wav", "WAV", "DOUBLE"), ("ulaw.wav", "WAV", "ULAW"), ("eight.wav", "WAV", "PCM_U8"),
    ("mp3 in disguise.wav", "MP3", "MPEG_LAYER_III"), ("flac.raw", "FLAC", "PCM_16"), ("none", "WAV", "PCM_16"),
])  # fmt: skip
def test_content_decides_the_format(tmp_path: Path, name: str, format_: str, subtype: str) -> None:
    path = tmp_path / name
    soundfile.write(path, tone(1.0, 44_100), 44_100, format=format_, subtype=subtype)
    found = read_waveform(path)
    assert found.duration_s == pytest.approx(1.0, abs=0.06)
    assert condition_of(found).rms_db == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.5)


def test_an_mp3_inside_a_riff_header_is_read(tmp_path: Path) -> None:
    inner = BytesIO()
    soundfile.write(inner, tone(1.0), AUDIO_RATE_HZ, format="MP3", subtype="MPEG_LAYER_III")
    data = inner.getvalue()
    chunk = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 0x55, 1, AUDIO_RATE_HZ, 4000, 1, 0, 0)
    chunk += struct.pack("<4sI", b"data", len(data)) + data
    path = tmp_path / "a.wav"
    path.write_bytes(struct.pack("<4sI4s", b"RIFF", 4 + len(chunk), b"WAVE") + chunk)
    assert read_waveform(path).duration_s == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
def test_resampling_does_not_move_a_click(tmp_path: Path, rate_hz: int) -> None:
    signal = np.zeros(rate_hz * 12, dtype=np.float32)
    times_s = np.array([0.5, 7.9, 8.1, 11.5])  # on both sides of the block border at 8 s
    signal[np.rint(times_s * rate_hz).astype(int)] = 0.9
    soundfile.write(tmp_path / "a.wav", signal, rate_hz, subtype="FLOAT")
    found = np.abs(read_waveform(tmp_path / "a.wav").samples)
    for time_s in times_s:
        low = round((time_s - 0.05) * AUDIO_RATE_HZ)
        assert (low + int(found[low : low + 1600].argmax())) / AUDIO_RATE_HZ == pytest.approx(time_s, abs=1e-4)


def refused(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        read_waveform(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    assert "expected" in text
    return text


def test_what_is_no_sound_is_refused_in_one_line(tmp_path: Path, generator: np.random.Generator) -> None:
    assert "nothing" in refused(tmp_path / "missing.wav")
    assert "folder" in refused(tmp_path)
    for name, content in {
        "empty.wav": b"",
        "text.wav": b"The first thing I like to do on weekends.\n" * 99,
        "noise.wav": generator.bytes(50_000),
        "header.wav": b"RIFF\x00\x00\x00\x00WAVE",
    }.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name)


@pytest.mark.parametrize("samples", [0, 1, 1600, round(MIN_DURATION_S * AUDIO_RATE_HZ) - 1])
def test_sound_too_short_for_a_gesture_is_refused(tmp_path: Path, samples: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(samples, 0.1, dtype=np.float32), AUDIO_RATE_HZ)
    assert "at least 0.3 s" in refused(path)


def test_the_shortest_allowed_sound_is_read(tmp_path: Path) -> None:
    write_waveform(tmp_path / "a.wav", Waveform(samples=tone(MIN_DURATION_S)))
    assert read_waveform(tmp_path / "a.wav").duration_s == pytest.approx(MIN_DURATION_S)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_refused_with_its_time(tmp_path: Path, bad: float) -> None:
    signal = tone(1.0)
    signal[8000] = bad
    soundfile.write(tmp_path / "a.wav", signal, AUDIO_RATE_HZ, subtype="FLOAT")
    assert "0.500 s" in refused(tmp_path / "a.wav")


def test_a_truncated_file_is_read_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    write_waveform(tmp_path / "whole.wav", Waveform(samples=tone(2.0)))
    content = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "half.wav").write_bytes(content[: len(content) // 2])
    assert read_waveform(tmp_path / "half.wav").duration_s == pytest.approx(1.0, abs=0.01)


def test_clipping_is_measured_before_resampling_hides_it(tmp_path: Path) -> None:
    clean, hot = tone(1.0, 48_000, gain=0.9), np.clip(tone(1.0, 48_000, gain=2.0), -1, 1)
    for name, signal in (("clean.wav", clean), ("hot.wav", hot)):
        soundfile.write(tmp_path / name, signal, 48_000)
    assert condition_of(read_waveform(tmp_path / "clean.wav")).clipped_share == 0
    assert condition_of(read_waveform(tmp_path / "hot.wav")).clipped_share == pytest.approx(2 / 3, abs=0.02)


def test_silence_is_silent_and_a_quiet_word_in_it_is_not() -> None:
    silence = np.zeros(5 * AUDIO_RATE_HZ, dtype=np.float32)
    assert condition_of(Waveform(samples=silence)).is_silent
    assert condition_of(Waveform(samples=silence)).rms_db == -200
    silence[40_000:42_000] = tone(0.125, gain=0.01)
    condition = condition_of(Waveform(samples=silence))
    assert not condition.is_silent
    assert condition.peak == pytest.approx(0.01, rel=0.01)


def test_memory_stays_near_the_result(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 48_000, 2, "PCM_16") as file:
        for _ in range(12):
            file.write(np.zeros((480_000, 2), dtype=np.int16))
    tracemalloc.start()
    waveform = read_waveform(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert waveform.duration_s == 120
    assert peak < 2 * waveform.samples.nbytes + 16e6


def test_writing_then_reading_returns_the_samples(tmp_path: Path) -> None:
    waveform = Waveform(samples=tone(1.0))
    write_waveform(tmp_path / "a.flac", waveform)
    assert np.abs(read_waveform(tmp_path / "a.flac").samples - waveform.samples).max() <= 1 / 32_768
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


@pytest.mark.parametrize("name", ["file/a.wav", "a.xyz", "a"])
def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_waveform(tmp_path / name, Waveform(samples=tone(1.0)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    write_waveform(tmp_path / "new" / "a.wav", Waveform(samples=tone(1.0)))
    assert (tmp_path / "new" / "a.wav").is_file()


def test_a_cut_is_the_samples_of_that_time() -> None:
    waveform = Waveform(samples=tone(2.0))
    assert np.array_equal(waveform.cut(0.5, 1.5).samples, waveform.samples[8000:24000])
    assert np.array_equal(waveform.cut(0.0).samples, waveform.samples)
    with pytest.raises(AudioError):
        waveform.cut(1.9)
