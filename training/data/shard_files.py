"""The file of training shards: a zip archive with an index, whose parts each hold some takes of one split.

    index.json                 format, corpus, and for every part its split, takes, frames and SHA-256
    train-000/takes.json.xz    names, words, marks, stresses, scores
    train-000/motion           `shard_motion`
    train-000/<take>.ogg       `shard_sound`, playable as it is

Reading and writing only. The same takes always give the same bytes; a part is read and checked apart from the others,
so hours need no more memory than minutes.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.score.records import Stroke
from exges_core.speech.words import Word
from training.data import shard_motion, shard_sound
from training.data.labels import Mark
from training.data.takes import RecordedTake

FORMAT = 1
"""Raised whenever older files can no longer be read with the same meaning."""
SUFFIX = ".shards"
"""By which a folder of such files is known; a single file may have any name."""
PART_FRAMES = 30_000
"""A part is closed from here on: about 17 minutes."""
_INDEX, _TAKES, _MOTION = "index.json", "takes.json.xz", "motion"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ADVICE = "Copy it again, or write it anew with python -m training.shards."


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a file of shards.

    Attributes:
        name: its folder in the archive.
        split: of all its takes.
        takes, frames: how much it holds.
        sha256: of its bytes.
    """

    name: str
    split: str
    takes: int
    frames: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a file of shards holds.

    Attributes:
        corpus: name of the folder it was made of.
        corpus_sha256: digest of that folder's motion, sound and words, before anything was rounded.
        parts: in order.
    """

    corpus: str
    corpus_sha256: str
    parts: tuple[Part, ...]


def write_shards(
    path: Path,
    corpus: str,
    takes: Iterable[RecordedTake],
    *,
    limit_bytes: int | None = None,
    sound_level: float = shard_sound.LEVEL,
) -> Index:
    """Write takes into one file, atomically.

    Args:
        path: the file.
        corpus: the name of what it is made of.
        takes: those of a split follow each other; each is read when its turn comes.
        limit_bytes: the file may not be larger.
        sound_level: compression of the sound, 0 to 1.

    Raises:
        InputError: if the file would exceed `limit_bytes`.
        OutputError: if it cannot be written.
    """
    digest = hashlib.sha256()
    parts: list[Part] = []
    with replacing(path) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for waiting in _parts_of(takes, digest.update):
                number = sum(part.split == waiting[0].split for part in parts)
                parts.append(_write_part(archive, waiting, number, sound_level))
                _check_size(temporary, limit_bytes, path)
            index = Index(corpus=corpus, corpus_sha256=digest.hexdigest(), parts=tuple(parts))
            _put(archive, _INDEX, json.dumps({"format": FORMAT, **asdict(index)}, indent=1).encode())
        _check_size(temporary, limit_bytes, path)
    return index


def read_index(path: Path) -> Index:
    """Read what a file of shards holds.

    Raises:
        InputError: if it is missing, cut short, no file of shards, or of another format.
    """
    with _opened(path) as archive:
        data = _bytes(archive, _INDEX, path)
    try:
        values: dict[str, Any] = json.loads(data)
        if values.get("format") != FORMAT:
            raise _unusable(path, f"shards of format {FORMAT}", "another format", "Write it anew with this version.")
        parts = tuple(Part(**part) for part in values["parts"])
        return Index(corpus=values["corpus"], corpus_sha256=values["corpus_sha256"], parts=parts)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise _unusable(path, "an index of shards", f"what cannot be read ({error})", _ADVICE) from error


def read_part(path: Path, part: Part) -> list[RecordedTake]:
    """Read the takes of a part.

    Raises:
        InputError: if the file was cut short or changed.
    """
    with _opened(path) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith(f"{part.name}/"))
        blobs = {name.removeprefix(f"{part.name}/"): _bytes(archive, name, path) for name in names}
    if _digest_of(blobs) != part.sha256:
        raise _unusable(path, f"{part.name} with SHA-256 {part.sha256[:12]}…", "other bytes", _ADVICE)
    try:
        texts: list[dict[str, Any]] = json.loads(lzma.decompress(blobs[_TAKES]))
        clips = shard_motion.unpack(blobs[_MOTION])
        return [
            RecordedTake(
                id=text["id"],
                speaker=text["speaker"],
                split=part.split,
                clip=clip,
                waveform=shard_sound.unpack(blobs[text["sound"]], text["samples"]),
                words=tuple(Word(text=word, start_s=start, end_s=end) for word, start, end in text["words"]),
                marks=tuple(Mark(**mark) for mark in text["marks"]),
                stresses_s=tuple(text["stresses_s"]),
                strokes=_strokes(text.get("strokes")),
            )
            for text, clip in zip(texts, clips, strict=True)
        ]
    except (ValueError, KeyError, TypeError, lzma.LZMAError) as error:
        raise _unusable(path, f"takes in {part.name}", f"what cannot be read ({error})", _ADVICE) from error


# Any: fields of a stroke as `_write_part` stored them, unpacked into it.
def _strokes(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Stroke, ...] | None:
    """Read a score; files written before there were scores have none."""
    return None if stored is None else tuple(Stroke(**stroke) for stroke in stored)


def _parts_of(
    takes: Iterable[RecordedTake], update: Callable[[bytes | memoryview], None]
) -> Iterator[list[RecordedTake]]:
    """Yield the takes of each part; on the way every take's bytes go to a digest's `update`."""
    waiting: list[RecordedTake] = []
    for take in takes:
        for data in _bytes_of(take):
            update(data)
        is_full = sum(each.clip.frames for each in waiting) >= PART_FRAMES
        if waiting and (is_full or waiting[0].split != take.split):
            yield waiting
            waiting = []
        waiting.append(take)
    if waiting:
        yield waiting


def _write_part(archive: zipfile.ZipFile, takes: Sequence[RecordedTake], number: int, sound_level: float) -> Part:
    name = f"{takes[0].split}-{number:03d}"
    sounds = {f"{take.id}.ogg": shard_sound.pack(take.waveform, level=sound_level) for take in takes}
    texts = [
        {
            "id": take.id,
            "speaker": take.speaker,
            "sound": sound,
            "samples": len(take.waveform.samples),
            "words": [(word.text, word.start_s, word.end_s) for word in take.words],
            "marks": [asdict(mark) for mark in take.marks],
            "stresses_s": take.stresses_s,
            "strokes": None if take.strokes is None else [asdict(stroke) for stroke in take.strokes],
        }
        for take, sound in zip(takes, sounds, strict=True)
    ]
    blobs = {
        _TAKES: lzma.compress(json.dumps(texts, separators=(",", ":")).encode()),
        _MOTION: shard_motion.pack([take.clip for take in takes]),
        **sounds,
    }
    for blob, data in blobs.items():
        _put(archive, f"{name}/{blob}", data)
    return Part(
        name=name,
        split=takes[0].split,
        takes=len(takes),
        frames=sum(take.clip.frames for take in takes),
        sha256=_digest_of(blobs),
    )


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)


def _digest_of(blobs: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(blobs):
        digest.update(f"{name} {len(blobs[name])} ".encode())
        digest.update(blobs[name])
    return digest.hexdigest()


def _bytes_of(take: RecordedTake) -> Iterator[bytes | memoryview]:
    yield f"{take.id} {take.speaker} {take.split} {take.words} {take.marks}".encode()
    for array in (take.clip.local_quat_wxyz, take.clip.root_position_m, take.waveform.samples):
        yield np.ascontiguousarray(array, np.float32).data


def _check_size(written: Path, limit: int | None, path: Path) -> None:
    if limit is not None and written.stat().st_size > limit:
        raise InputError(
            message(
                expected=f"at most {limit / 1e6:g} MB",
                got="more",
                where=str(path),
                do="Raise --limit-mb, leave splits out (--splits) or raise --sound-level (0.97: 2 MB an hour less).",
            )
        )


def _unusable(path: Path, expected: str, got: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=str(path), do=do))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        got = "nothing" if isinstance(error, FileNotFoundError) else f"a file that is cut short or another ({error})"
        raise _unusable(path, "a file of shards", got, _ADVICE) from error


def _bytes(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        return archive.read(name)
    except (KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _unusable(path, name, f"none that can be read ({error})", _ADVICE) from error
