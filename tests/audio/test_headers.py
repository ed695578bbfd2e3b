"""A header that is wrong about its sound's length: the sound is read, all of it and nothing else, and that is said."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from audio.sounds import RATE_HZ, alike, voice, write

from exges_core.audio.headers import _RIFF_LIMIT, _riff_header, opening_of
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import AudioError

VOICE = voice(2.0)
NOTHING_FOLLOWS, NO_LENGTH = "says that no sound follows", "does not say how long"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Make the voice in every container."""
    folder = tmp_path_factory.mktemp("files")
    for suffix, subtype, options in [
        ("wav", "PCM_16", {}), ("rf64", "PCM_16", {"format": "RF64"}), ("w64", "PCM_16", {}), ("aiff", "PCM_16", {}),
        ("au", "PCM_16", {}), ("caf", "PCM_16", {}), ("adpcm", "MS_ADPCM", {"format": "WAV"}),
        ("extensible", "PCM_24", {"format": "WAVEX"}), ("float", "FLOAT", {"format": "WAV"}),
        ("aifc", "ULAW", {"format": "AIFF"}),
    ]:  # fmt: skip
        write(folder / f"a.{suffix}", VOICE, subtype=subtype, **options)
    return {path.suffix[1:]: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Waveform:
    return read_waveform(write(tmp_path_factory.mktemp("plain") / "a.wav", VOICE))


def put(content: bytes, **fields: tuple[int, str, int]) -> bytes:
    """Write numbers over bytes: name=(position, format, value)."""
    changed = bytearray(content)
    for position, format_, value in fields.values():
        struct.pack_into(format_, changed, position, value)
    return bytes(changed)


def sound_field(content: bytes, name: bytes = b"data") -> int:
    return content.index(name) + (16 if content.startswith(b"riff") else 4)


def read(folder: Path, content: bytes) -> Waveform:
    (folder / "a.bin").write_bytes(content)
    return read_waveform(folder / "a.bin")


def whole(found: Waveform, plain: Waveform, note: str) -> None:
    assert found.duration_s == pytest.approx(plain.duration_s, abs=0.05)  # ADPCM comes in blocks
    assert alike(found.samples, plain.samples) > 0.99
    assert [note in each for each in found.notes] == [True]


@pytest.mark.parametrize("kind", ["wav", "adpcm", "extensible", "float"])
@pytest.mark.parametrize(("riff", "data", "note"), [
    (0, 0, NOTHING_FOLLOWS), (36, 0, NOTHING_FOLLOWS), (8, 0, NOTHING_FOLLOWS), (None, 0, NOTHING_FOLLOWS),
    (0xFFFFFFFF, 0xFFFFFFFF, NO_LENGTH), (0x7FFFFFF8, 0x7FFFFFD4, NO_LENGTH),
    (None, 4096, "promises only"), (4132, 4096, "promises only"),
])  # fmt: skip
def test_a_wav_of_the_wrong_length_is_read_to_the_end(
    tmp_path: Path, files: dict[str, bytes], plain: Waveform, kind: str, riff: int | None, data: int, note: str
) -> None:
    content = put(files[kind], data=(sound_field(files[kind]), "<I", data))
    whole(read(tmp_path, content if riff is None else put(content, riff=(4, "<I", riff))), plain, note)


@pytest.mark.parametrize(("kind", "name", "shift", "form", "value", "note"), [
    ("rf64", b"ds64", 12, "<Q", 0, NOTHING_FOLLOWS),
    ("rf64", b"ds64", 12, "<Q", 2**64 - 1, NO_LENGTH),
    ("w64", b"data", 16, "<Q", 0, NOTHING_FOLLOWS), ("w64", b"data", 16, "<Q", 24, NOTHING_FOLLOWS),
    ("w64", b"data", 16, "<Q", 2**63 - 1, NO_LENGTH),
    ("aiff", b"SSND", 4, ">I", 0, NOTHING_FOLLOWS),
    ("aiff", b"SSND", 4, ">I", 0xFFFFFFFF, NO_LENGTH), ("aiff", b"COMM", 10, ">I", 0, NOTHING_FOLLOWS),
    ("aifc", b"SSND", 4, ">I", 0, NOTHING_FOLLOWS), ("au", b".snd", 8, ">I", 0, NOTHING_FOLLOWS),
    ("au", b".snd", 8, ">I", 0xFFFFFFFF, NO_LENGTH),
    ("caf", b"data", 4, ">Q", 0, NOTHING_FOLLOWS), ("caf", b"data", 4, ">Q", 2**64 - 1, NO_LENGTH),
])  # fmt: skip
def test_other_containers_of_the_wrong_length_are_read_to_the_end(
    tmp_path: Path,
    files: dict[str, bytes],
    plain: Waveform,
    kind: str,
    name: bytes,
    shift: int,
    form: str,
    value: int,
    note: str,
) -> None:
    whole(read(tmp_path, put(files[kind], it=(files[kind].index(name) + shift, form, value))), plain, note)


def test_an_aiff_whose_recorder_stopped_before_any_length_was_written(
    tmp_path: Path, files: dict[str, bytes], plain: Waveform
) -> None:
    content = files["aiff"]
    stopped = put(content, a=(content.index(b"COMM") + 10, ">I", 0), b=(content.index(b"SSND") + 4, ">I", 8))
    whole(read(tmp_path, stopped), plain, NOTHING_FOLLOWS)


@pytest.mark.parametrize("kind", ["wav", "w64", "aiff", "au", "caf", "extensible"])
def test_a_copy_that_broke_off_is_read_as_far_as_it_goes(tmp_path: Path, files: dict[str, bytes], kind: str) -> None:
    found = read(tmp_path, files[kind][: len(files[kind]) // 2])
    assert found.duration_s == pytest.approx(1.0, abs=0.05)
    assert [each.startswith("the file is cut off: 5") or "cut off: 49%" in each for each in found.notes] == [True]


LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Recorder 1.02\0"


@pytest.mark.parametrize("behind", [b"", LIST, LIST + LIST, bytes(3)])
def test_no_sound_at_all_stays_an_error(tmp_path: Path, files: dict[str, bytes], behind: bytes) -> None:
    field = sound_field(files["wav"])
    with pytest.raises(AudioError, match=r"at least 0\.3 s"):
        read(tmp_path, put(files["wav"][: field + 4], data=(field, "<I", 0)) + behind)


@pytest.mark.parametrize("behind", [
    LIST, b"ID3\x03" + bytes(200_000), b"TAG" + b"x" * 200_000, bytes(200_000), b"id3 " + struct.pack("<I", 3) + b"abc",
])  # fmt: skip
def test_what_stands_behind_the_sound_is_not_heard(
    tmp_path: Path, files: dict[str, bytes], plain: Waveform, behind: bytes
) -> None:
    found = read(tmp_path, files["wav"] + behind)
    assert np.array_equal(found.samples, plain.samples)
    assert not found.notes


@pytest.mark.parametrize("before", [
    b"JUNK" + struct.pack("<I", 28) + bytes(28), b"bext" + struct.pack("<I", 603) + bytes(604), LIST,
    b"junk" + struct.pack("<I", 27) + bytes(27),  # written without its padding byte
])  # fmt: skip
def test_chunks_before_the_format_are_passed_over(
    tmp_path: Path, files: dict[str, bytes], plain: Waveform, before: bytes
) -> None:
    found = read(tmp_path, files["wav"][:12] + before + files["wav"][12:])
    assert np.array_equal(found.samples, plain.samples)
    assert not found.notes


def test_bw64_is_read_as_rf64_is(tmp_path: Path, files: dict[str, bytes], plain: Waveform) -> None:
    found = read(tmp_path, b"BW64" + files["rf64"][4:])
    assert np.array_equal(found.samples, plain.samples)
    assert not found.notes


def test_sound_of_more_than_4_gb_gets_a_header_that_can_say_so(tmp_path: Path) -> None:
    form = struct.pack("<HHIIHH", 1, 2, RATE_HZ, RATE_HZ * 4, 4, 16)
    size = _RIFF_LIMIT + 4_000
    with (tmp_path / "long.wav").open("wb") as file:  # sparse: takes no room
        file.write(
            struct.pack("<4sI4s4sI", b"RIFF", 4036, b"WAVE", b"fmt ", 16) + form + struct.pack("<4sI", b"data", 4000)
        )
        file.seek(44 + size - 64)
        file.write(b"\1" * 64)
    with (tmp_path / "long.wav").open("rb") as raw:
        opening = opening_of(raw)
    assert "promises only" in opening.note
    assert opening.pieces[0] == _riff_header(form, size)
    (tmp_path / "header.wav").write_bytes(_riff_header(form, size))
    with (tmp_path / "header.wav").open("r+b") as file:
        file.truncate(len(_riff_header(form, size)) + size)
    assert soundfile.info(tmp_path / "header.wav").frames == size // 4


def test_a_flac_without_its_length_is_read(tmp_path: Path, plain: Waveform) -> None:
    content = bytearray(write(tmp_path / "a.flac", VOICE).read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    found = read(tmp_path, bytes(content))
    assert alike(found.samples, plain.samples) > 0.9999
    assert not found.notes
