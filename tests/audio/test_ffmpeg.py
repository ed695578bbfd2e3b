"""Sound that only an ffmpeg reads, decoded by a real one (imageio-ffmpeg's), and what is said where there is none."""

import importlib.util
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from audio.sounds import RATE_HZ, alike, level_db, voice, write

from exges_core.audio import ffmpeg
from exges_core.audio.kinds import kind_of
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import AudioError

PROGRAM = Path(imageio_ffmpeg.get_ffmpeg_exe())
VOICE, LATE_S = voice(2.0), 0.7
PICTURE = ["-f", "lavfi", "-i", "color=c=red:s=64x64:d=3:r=10"]
SOUNDS = {
    "a.m4a": (["-c:a", "aac"], "an M4A file"),
    "alac.m4a": (["-c:a", "alac"], "an M4A file"),
    "alac.caf": (["-c:a", "alac"], "a CAF file"),
    "b.aac": (["-c:a", "aac"], "an AAC sound"),
    "a.ac3": ([], "an AC-3 sound"),
    "a.wma": (["-c:a", "wmav2"], "a Windows Media file"),
    "a.mka": (["-c:a", "libvorbis"], "a Matroska video"),
    "a.wv": ([], "a WavPack file"),
    "a.flv": (["-c:a", "aac", "-ar", "44100"], "a Flash video"),
}
VIDEOS = {
    "v.mp4": (["-c:a", "aac"], "an MP4 video"),
    "v.mov": (["-c:a", "pcm_s16be"], "a QuickTime video"),
    "v.mkv": (["-c:a", "aac"], "a Matroska video"),
    "v.webm": (["-c:v", "libvpx", "-c:a", "libopus"], "a WebM video"),
    "v.ts": (["-c:v", "mpeg2video", "-c:a", "aac"], "an MPEG transport stream"),
}
NAMES = ["-i.m4a", "a b%03d ü.m4a", "sound.wav", "none", *([] if os.name == "nt" else ["concat:a|b.m4a", "http:x"])]


def make(folder: Path, *options: str) -> None:
    subprocess.run([str(PROGRAM), "-v", "error", "-y", *options], cwd=folder, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make every file at once: starting ffmpeg is what takes time."""
    folder = tmp_path_factory.mktemp("made")
    write(folder / "voice.wav", VOICE, VOICE)
    write(folder / "other.wav", voice(2.0, seed=9))
    outputs = [part for name, (options, _) in SOUNDS.items() for part in ("-map", "0:a", *options, name)]
    make(folder, "-i", "voice.wav", *outputs)
    inputs = [*PICTURE, "-itsoffset", str(LATE_S), "-i", "voice.wav", "-i", "other.wav"]
    outputs = [
        part
        for name, (options, _) in VIDEOS.items()
        for part in ("-map", "0:v", "-map", "1:a", "-c:v", "mpeg4", *options, name)
    ]
    two = [
        "-map",
        "2:a",
        "-map",
        "1:a",
        "-c:a",
        "aac",
        "-disposition:a:0",
        "0",
        "-disposition:a:1",
        "default",
        "two.mkv",
    ]
    make(folder, *inputs, *outputs, *two, "-map", "0:v", "-c:v", "mpeg4", "mute.mp4")
    return folder


@pytest.fixture(scope="module")
def plain(folder: Path) -> Waveform:
    return read_waveform(folder / "voice.wav")


@pytest.fixture(autouse=True)
def _only_this_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ffmpeg.VARIABLE, str(PROGRAM))


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ffmpeg.VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "imageio_ffmpeg" else found(name))


def best_lag(found: np.ndarray, expected: np.ndarray) -> int:
    size = found.shape[0] + expected.shape[0]
    both = np.fft.irfft(np.fft.rfft(found, size) * np.conj(np.fft.rfft(expected, size)), size)
    lag = int(both.argmax())
    return lag if lag < size // 2 else lag - size


def refused(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        read_waveform(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_that_libsndfile_does_not_know_is_heard(folder: Path, plain: Waveform, name: str) -> None:
    found = read_waveform(folder / name)
    assert found.duration_s == pytest.approx(plain.duration_s, abs=0.1)
    lag = best_lag(found.samples, plain.samples)
    assert 0 <= lag < 0.06 * 16_000  # what an encoder puts in front, where its container has no word for it
    assert alike(found.samples[lag:], plain.samples) > 0.95
    assert level_db(found.samples) == pytest.approx(level_db(plain.samples), abs=0.7)
    assert not found.notes


@pytest.mark.parametrize("name", VIDEOS)
def test_a_videos_sound_begins_where_it_begins_in_the_video(folder: Path, plain: Waveform, name: str) -> None:
    found = read_waveform(folder / name)
    lag = best_lag(found.samples, plain.samples)
    assert lag / 16_000 == pytest.approx(LATE_S, abs=0.012)
    assert alike(found.samples[lag:], plain.samples) > 0.95
    assert np.abs(found.samples[:8000]).max() < 1e-3
    assert not found.notes


def test_a_telephones_recording_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.amr").write_bytes(b"#!AMR\n" + 100 * (b"\x04" + bytes(12)))  # 100 frames of 20 ms
    assert read_waveform(tmp_path / "a.amr").duration_s == pytest.approx(2.0, abs=0.05)


def test_of_several_sound_streams_the_default_is_taken_and_that_is_told(folder: Path, plain: Waveform) -> None:
    found = read_waveform(folder / "two.mkv")
    assert found.notes == ("the file has 2 sound streams: number 2 is used",)
    assert alike(found.samples[best_lag(found.samples, plain.samples) :], plain.samples) > 0.95


def test_a_video_without_sound_is_refused(folder: Path) -> None:
    assert "got an MP4 video without a sound stream" in refused(folder / "mute.mp4")


def test_what_broke_off_is_read_or_refused_in_ffmpegs_words(tmp_path: Path, folder: Path) -> None:
    for name in ("a.mka", "a.m4a"):
        content = (folder / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
    found = read_waveform(tmp_path / "a.mka")
    assert 0.3 < found.duration_s < 1.8
    assert [each.startswith("the file is damaged: ffmpeg complained") for each in found.notes] == [True]
    assert "moov atom not found" in refused(tmp_path / "a.m4a")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, plain: Waveform, name: str
) -> None:
    (tmp_path / name).write_bytes((folder / "alac.m4a").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert alike(read_waveform(Path(name)).samples, plain.samples) > 0.9999


@pytest.mark.parametrize(
    "content", ["ffconcat version 1.0\nfile a.m4a\n", "#EXTM3U\n#EXTINF:2,\na.m4a\n", "[playlist]\n"]
)
def test_a_list_of_other_files_is_not_followed(tmp_path: Path, folder: Path, content: str) -> None:
    (tmp_path / "a.m4a").write_bytes((folder / "a.m4a").read_bytes())
    (tmp_path / "list.mp4").write_text(content)
    assert "cannot be decoded" in refused(tmp_path / "list.mp4")


@pytest.mark.usefixtures("no_ffmpeg")
@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (_, kind) in (SOUNDS | VIDEOS).items()])
def test_without_an_ffmpeg_the_kind_of_file_and_how_to_get_one_are_told(folder: Path, name: str, kind: str) -> None:
    text = refused(folder / name)
    assert f"got {kind}" in text
    assert "which needs ffmpeg" in text
    assert "pip install imageio-ffmpeg" in text


@pytest.mark.usefixtures("no_ffmpeg")
def test_what_libsndfile_reads_needs_no_ffmpeg(tmp_path: Path, plain: Waveform) -> None:
    found = read_waveform(write(tmp_path / "a.ogg", VOICE, subtype="OPUS"))
    assert alike(found.samples, plain.samples) > 0.95


def test_kinds_are_told_by_content() -> None:
    assert kind_of(b"The first thing I like to do on weekends.") is None
    assert kind_of(b"") is None
    assert kind_of(b"\0\0\0\x18ftypM4A ") == "an M4A file (AAC or Apple Lossless)"
    assert kind_of(b"RIFF\0\0\0\0AVI LIST") == "an AVI video"


def test_the_imageio_package_is_used_where_nothing_else_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ffmpeg.VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    assert ffmpeg.find_ffmpeg() == PROGRAM


def test_a_variable_that_names_no_program_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ffmpeg.VARIABLE, str(folder / "voice.wav"))
    assert refused(folder / "a.m4a").startswith("EXGES_FFMPEG: expected an ffmpeg program")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for a program here")
@pytest.mark.parametrize(("does", "says"), [
    ("exec sleep 30", "nothing from ffmpeg for 0.5 s"), ("exit 1", "cannot open (no reason given)"),
])  # fmt: skip
def test_a_program_that_hangs_or_fails_is_told(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, does: str, says: str
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv(ffmpeg.VARIABLE, str(program))
    monkeypatch.setattr(ffmpeg, "STALL_S", 0.5)
    assert says in refused(folder / "a.m4a")


def test_a_sound_that_is_given_up_ends_its_ffmpeg(folder: Path) -> None:
    sound = ffmpeg.open_with_ffmpeg(folder / "alac.m4a", PROGRAM, "an M4A file")
    assert next(sound.blocks()).shape[1] == 2
    assert (sound.rate_hz, sound.channels) == (RATE_HZ, 2)
    sound.close()
    assert sound._process.returncode is not None


def test_memory_stays_near_the_result(tmp_path: Path) -> None:
    make(tmp_path, "-f", "lavfi", "-i", "sine=r=48000:d=180", "-ac", "2", "-c:a", "pcm_s16le", "long.mkv")
    tracemalloc.start()
    waveform = read_waveform(tmp_path / "long.mkv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert waveform.duration_s == pytest.approx(180, abs=0.01)
    assert peak < 1.5 * waveform.samples.nbytes + 24e6
