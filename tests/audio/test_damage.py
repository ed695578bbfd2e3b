"""Damaged, cut-off and littered MP3, FLAC and Ogg files: read as far as they go, told, and silent on the terminal."""

import os
import struct
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from audio.sounds import RATE_HZ, alike, voice, write

from exges_core.audio.chatter import Complaints
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import AudioError

DURATION_S = 6.0
VOICE = voice(DURATION_S)
FRAME_S = 1152 / RATE_HZ
READ = """
import sys
from pathlib import Path
from exges_core.audio.waveform import read_waveform
for file in sys.argv[1:]:
    print(*read_waveform(Path(file)).notes)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for name, subtype in {"flac": "PCM_16", "ogg": "VORBIS", "opus": "OPUS"}.items():
        write(folder / f"a.{name}", VOICE, VOICE, subtype=subtype, **({"format": "OGG"} if name == "opus" else {}))
    noisy_start = np.where(
        np.arange(VOICE.shape[0]) < RATE_HZ, np.random.default_rng(0).uniform(-1, 1, VOICE.shape), VOICE
    )
    for name, signal, mode in [("a", VOICE, "CONSTANT"), ("varying", noisy_start, "VARIABLE")]:
        options = {"bitrate_mode": mode, "compression_level": 0.5}
        soundfile.write(folder / f"{name}.mp3", np.stack([signal, signal], axis=1), RATE_HZ, **options)
    return folder


@pytest.fixture(scope="module")
def mp3(folder: Path) -> bytes:
    return (folder / "a.mp3").read_bytes()


@pytest.fixture(scope="module")
def plain(folder: Path) -> Waveform:
    return read_waveform(folder / "a.mp3")


def read(folder: Path, content: bytes) -> Waveform:
    (folder / "a.bin").write_bytes(content)
    return read_waveform(folder / "a.bin")


APE = b"APETAGEX" + struct.pack("<IIII", 2000, 64, 1, 0xA0000000) + bytes(8) + b"x" * 64
LITTER = {
    "ID3 of 12 kB": (b"ID3\x03\0\0\0\0\x64\0" + bytes([0xFF, 0xFB, 7, 1]) * 3200, b""),
    "two ID3": (b"ID3\x03\0\0\0\0\0\x10" + bytes(16) + b"ID3\x04\0\0\0\0\0\x04" + bytes(4), b""),
    "ID3v1 and APE": (b"", APE + b"TAG" + bytes(125)),
    "zeros": (bytes(5000), bytes(5000)),
    "noise": (np.random.default_rng(3).bytes(3000), np.random.default_rng(4).bytes(3000)),
}


@pytest.mark.parametrize("kind", LITTER)
def test_litter_around_an_mp3_changes_no_sample(tmp_path: Path, mp3: bytes, plain: Waveform, kind: str) -> None:
    before, after = LITTER[kind]
    found = read(tmp_path, before + mp3 + after)
    assert np.array_equal(found.samples, plain.samples)
    assert not found.notes


@pytest.mark.parametrize("filling", ["noise", "zeros", "nothing"])
def test_a_hole_in_an_mp3_is_passed_over_and_told(
    tmp_path: Path, mp3: bytes, plain: Waveform, generator: np.random.Generator, filling: str
) -> None:
    first, second = 30_000, 39_000
    hole = {"noise": generator.bytes(9000), "zeros": bytes(9000), "nothing": b""}[filling]
    found = read(tmp_path, mp3[:first] + hole + mp3[second:])
    lost_s = plain.duration_s - found.duration_s
    assert lost_s == pytest.approx(9000 / len(mp3) * DURATION_S, abs=3 * FRAME_S)
    before, after = (slice(0, 16_000), slice(-16_000, None))
    assert alike(found.samples[before], plain.samples[before]) > 0.999
    assert alike(found.samples[after], plain.samples[after]) > 0.999
    assert "the MP3 is damaged" in found.notes[0]
    assert any("s are missing" in each for each in found.notes)


def test_an_mp3_that_broke_off_says_how_much_is_missing(tmp_path: Path, mp3: bytes) -> None:
    found = read(tmp_path, mp3[: len(mp3) // 2])
    (note,) = found.notes
    missing_s = float(note.split(": ")[1].split(" s")[0])
    assert missing_s + found.duration_s == pytest.approx(DURATION_S, abs=3 * FRAME_S)


def test_an_mp3_that_starts_in_the_middle_of_a_frame_is_read(tmp_path: Path, mp3: bytes, plain: Waveform) -> None:
    found = read(tmp_path, mp3[5000:]).samples[16_000:48_000]
    both = np.correlate(plain.samples[16_000:], found, mode="valid")
    at = 16_000 + int(both.argmax())
    assert alike(found, plain.samples[at : at + 32_000]) > 0.99


def test_two_mp3s_in_one_file_are_both_read(tmp_path: Path, mp3: bytes) -> None:
    assert read(tmp_path, mp3 + mp3).duration_s == pytest.approx(2 * DURATION_S, abs=0.1)


def test_an_mp3_of_varying_bit_rate_without_its_length_is_read_to_the_end(tmp_path: Path, folder: Path) -> None:
    content = (folder / "varying.mp3").read_bytes()
    headless = content[content.index(content[:2], content.index(b"Xing")) :]
    expected = read_waveform(folder / "varying.mp3")
    found = read(tmp_path, headless)
    assert soundfile.info(BytesIO(headless)).duration < DURATION_S - 1  # the decoder's own guess, where it would stop
    assert found.duration_s == pytest.approx(DURATION_S, abs=3 * FRAME_S)
    assert np.abs(found.samples[-20_000:]).max() == pytest.approx(np.abs(expected.samples[-20_000:]).max(), rel=0.1)
    assert not found.notes


def test_a_flipped_bit_here_and_there_is_told(tmp_path: Path, mp3: bytes, generator: np.random.Generator) -> None:
    content = bytearray(mp3)
    for at in generator.choice(np.arange(3000, len(mp3)), 150, replace=False):
        content[at] ^= 1 << int(generator.integers(8))
    assert any("damaged" in each for each in read(tmp_path, bytes(content)).notes)


@pytest.mark.parametrize(
    ("name", "note"), [("flac", "s are missing"), ("ogg", "does not end"), ("opus", "does not end")]
)
def test_what_broke_off_is_read_as_far_as_it_goes(tmp_path: Path, folder: Path, name: str, note: str) -> None:
    content = (folder / f"a.{name}").read_bytes()
    found = read(tmp_path, content[: len(content) // 2])
    expected = read_waveform(folder / f"a.{name}")
    assert 1 < found.duration_s < 4
    size = found.samples.shape[0] - 1000
    assert alike(found.samples[:size], expected.samples[:size]) > 0.999
    assert [note in each for each in found.notes] == [True]


@pytest.mark.parametrize("name", ["flac", "ogg", "opus"])
def test_a_hole_in_other_formats_is_told(
    tmp_path: Path, folder: Path, generator: np.random.Generator, name: str
) -> None:
    content = (folder / f"a.{name}").read_bytes()
    middle = len(content) // 2
    found = read(tmp_path, content[:middle] + generator.bytes(300) + content[middle + 300 :])
    assert found.duration_s > 3.5
    assert [each.endswith("s are missing") for each in found.notes] == [True]


@pytest.mark.parametrize("name", ["flac", "ogg", "opus"])
def test_litter_behind_other_formats_changes_no_sample(
    tmp_path: Path, folder: Path, generator: np.random.Generator, name: str
) -> None:
    found = read(tmp_path, (folder / f"a.{name}").read_bytes() + generator.bytes(3000))
    assert np.array_equal(found.samples, read_waveform(folder / f"a.{name}").samples)
    assert not found.notes


def test_of_recordings_in_a_row_the_first_is_read_and_that_is_told(tmp_path: Path, folder: Path) -> None:
    found = read(tmp_path, 2 * (folder / "a.ogg").read_bytes())
    assert found.duration_s == pytest.approx(DURATION_S, abs=0.01)
    assert found.notes == ("the Ogg file holds 2 recordings in a row: only the first one is read",)


def test_no_decoder_prints_to_the_terminal(
    tmp_path: Path, folder: Path, mp3: bytes, generator: np.random.Generator
) -> None:
    flipped = bytearray(mp3)
    for at in generator.choice(np.arange(3000, len(mp3)), 150, replace=False):
        flipped[at] ^= 1 << int(generator.integers(8))
    files = {
        "a.mp3": mp3[:30_000] + bytes(9000) + mp3[39_000:],
        "b.mp3": bytes(flipped),
        "c.mp3": mp3[: len(mp3) // 2 + 77],
        "d.mp3": mp3[5000:],
        "e.flac": (folder / "a.flac").read_bytes()[:60_000],
        "f.ogg": (folder / "a.ogg").read_bytes()[:20_000],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", READ, *files]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("damaged") >= 3


def test_what_others_write_meanwhile_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    complaints = Complaints()
    with complaints.listening():
        os.write(2, b"[src/libmpg123/layer3.c:INT123_do_layer3():1804] error: dequantization failed!\n")
        os.write(2, b"Note: Trying to resync...\nlog: another thread's line\n")
        other = threading.Thread(target=os.write, args=(2, b"and one more\n"))
        other.start()
        other.join()
    os.write(2, b"afterwards\n")
    assert complaints.count == 1
    assert set(capfd.readouterr().err.splitlines()) == {"log: another thread's line", "and one more", "afterwards"}


def test_threads_may_read_at_once(tmp_path: Path, mp3: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mp3").write_bytes(mp3[:30_000] + bytes(500) + mp3[30_500:])
    found: list[Waveform] = []
    threads = [threading.Thread(target=lambda: found.append(read_waveform(tmp_path / "a.mp3"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [np.array_equal(each.samples, found[0].samples) for each in found] == [True] * 4
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"


def test_noise_is_no_mp3(tmp_path: Path, generator: np.random.Generator) -> None:
    with pytest.raises(AudioError):
        read(tmp_path, generator.bytes(400_000))
