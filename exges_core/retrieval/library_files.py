"""The files of a motion base: written so that a failure leaves the old base intact, checked when opened.

What they mean is in ``library``; nothing is searched here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from exges_core.errors import LibraryError, OutputError, message
from exges_core.motion.rotations import rotvec_from_quat
from exges_core.retrieval.inputs import motion_inputs_of_clip
from exges_core.retrieval.model import LoadedRetrieval, embed, embed_speech
from exges_core.retrieval.sources import SourceTake
from exges_core.retrieval.spoken import spoken_of

FORMAT_VERSION = 1
FLAT_LIMIT = 100_000
"""Up to here every query is compared with every segment; above, a graph index answers."""
HNSW_LINKS = 24
ARRAYS = ("poses", "root", "segments", "motion", "audio")
ADVICE = "Build it again: python -m training.build_library, or exges library build."


@dataclass(frozen=True)
class Shard:
    """One part of a base: its folder and its memory-mapped arrays."""

    folder: Path
    arrays: Mapping[str, np.ndarray]

    @cached_property
    def words(self) -> dict[str, Any]:
        """Return takes, texts and tags; read when first asked for."""
        return json.loads((self.folder / "segments.json").read_text(encoding="utf-8"))


def shard_name(number: int) -> str:
    """Return the folder of a shard."""
    return f"shard-{number:04d}"


def index_name(number: int) -> str:
    """Return the file of the index written with a shard."""
    return f"index-{number:04d}.faiss"


def shard_numbers(folder: Path) -> list[int]:
    """Return the numbers of all shards there, those of a killed `add` among them."""
    return [int(path.name[6:]) for path in folder.glob("shard-*") if path.name[6:].isdigit()]


def damaged(path: Path, got: str) -> LibraryError:
    """Return the error for a file that is not whole."""
    return LibraryError(message(expected="a complete motion base", got=got, where=str(path), do=ADVICE))


def read_record(folder: Path) -> dict[str, Any]:
    """Return base.json.

    Raises:
        LibraryError: if it is missing, damaged or of another format.
    """
    path = folder / "base.json"
    if not path.is_file():
        raise LibraryError(message(expected="a motion base (base.json)", got="none", where=str(folder), do=ADVICE))
    try:
        record: Any = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise damaged(path, f"unreadable ({error})") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT_VERSION:
        found = record.get("format") if isinstance(record, dict) else "something else"
        raise damaged(path, f"format {found}, and this version reads {FORMAT_VERSION}")
    return record


def open_shard(folder: Path, facts: Mapping[str, Any]) -> Shard:
    """Open a shard whose files have the sizes that base.json states.

    Raises:
        LibraryError: if one is missing, cut or unreadable.
    """
    for name, size in facts["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            found = f"{path.stat().st_size} bytes instead of {size}" if path.is_file() else "nothing"
            raise damaged(path, found)
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
    except (ValueError, OSError) as error:
        raise damaged(folder, f"unreadable ({error})") from error
    return Shard(folder, arrays)


def write_shard(
    folder: Path, record: Mapping[str, Any], takes: Sequence[SourceTake], model: LoadedRetrieval, *, number: int
) -> None:
    """Write a shard beside the others, then the record that names it: the rename is the moment it counts."""
    arrays, words = _compute(takes, model, str(folder))
    shard = folder / shard_name(number)
    record_path = folder / "base.json"
    temporary = folder / f"base.json.{os.getpid()}.part"
    index_path = folder / index_name(number)
    try:
        shard.mkdir(parents=True)
        for name, array in arrays.items():
            np.save(shard / f"{name}.npy", array, allow_pickle=False)
        (shard / "segments.json").write_text(json.dumps(words), encoding="utf-8")
        files = {path.name: path.stat().st_size for path in sorted(shard.iterdir())}
        shards = [*record["shards"], {"name": shard.name, "files": files}]
        index = _write_index(folder, shards, index_path)
        temporary.write_text(json.dumps({**record, "shards": shards, "index": index}, indent=1), encoding="utf-8")
        os.replace(temporary, record_path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        index_path.unlink(missing_ok=True)
        shutil.rmtree(shard, ignore_errors=True)
        raise OutputError(
            message(
                expected="room for a motion base", got=str(error), where=str(folder), do="Free space; it is as before."
            )
        ) from error
    if record["index"] is not None:
        (folder / record["index"]["name"]).unlink(missing_ok=True)


def _write_index(folder: Path, shards: Sequence[Mapping[str, Any]], path: Path) -> dict[str, Any] | None:
    parts = [np.load(folder / shard["name"] / "motion.npy", mmap_mode="r") for shard in shards]
    if sum(len(part) for part in parts) <= FLAT_LIMIT:
        return None
    index = faiss.IndexHNSWFlat(parts[0].shape[1], HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    for part in parts:
        index.add(np.ascontiguousarray(part, dtype=np.float32))
    faiss.write_index(index, str(path))
    return {"name": path.name}


def _compute(
    takes: Sequence[SourceTake], model: LoadedRetrieval, where: str
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return a shard's arrays and texts."""
    ids = [take.id for take in takes]
    if len(set(ids)) != len(ids) or not any(take.segments for take in takes):
        got = "no segment" if len(set(ids)) == len(ids) else "a take's id twice"
        raise LibraryError(message(expected="takes with segments", got=got, where=where, do="Check the takes."))
    first = np.cumsum([0, *(take.clip.frames for take in takes)])
    rows, inputs, speech, texts, tags = [], [], [], [], []
    for number, take in enumerate(takes):
        whole = motion_inputs_of_clip(take.clip)
        for segment, names in zip(take.segments, take.tags or ((),) * len(take.segments), strict=True):
            start, stop = take.frames_of(segment)
            rows.append((number, first[number] + start, first[number] + stop))
            inputs.append(whole[start:stop])
            speech.append(None if take.audio is None else take.audio[start:stop])
            texts.append(segment.text)
            tags.append(list(names))
    keys, motion = [], []
    for frames, overall in embed(model.model.embed_motion, inputs):
        keys.append(int(np.argmax(frames @ overall)))
        motion.append(overall)
    audio = np.zeros((len(rows), model.model.config.embedding), np.float16)
    segments = [segment for take in takes for segment in take.segments]
    heard = [row for row, features in enumerate(speech) if features is not None]
    clips = [np.asarray(speech[row], np.float32) for row in heard]
    spoken = [spoken_of(segments[row], len(clip)) for row, clip in zip(heard, clips, strict=True)]
    for row, (_, overall) in zip(heard, embed_speech(model.model, clips, spoken), strict=True):
        audio[row] = overall
    poses = [rotvec_from_quat(take.clip.local_quat_wxyz).reshape(-1, 165).astype(np.float16) for take in takes]
    arrays = {
        "poses": np.concatenate(poses),
        "root": np.concatenate([take.clip.root_position_m for take in takes]).astype(np.float32),
        "segments": np.array([(*row, row[1] + key) for row, key in zip(rows, keys, strict=True)], np.int32),
        "motion": np.stack(motion).astype(np.float16),
        "audio": audio,
    }
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise LibraryError(message(expected="finite numbers", got=f"NaN in {name}", where=where, do="Repair it."))
    described = [
        {
            "id": take.id,
            "speaker": take.speaker,
            "offset_s": take.offset_s,
            "first_frame": int(start),
            "frames": take.clip.frames,
            "digest": hashlib.sha256(pose.tobytes()).hexdigest()[:16],
        }
        for take, start, pose in zip(takes, first[:-1], poses, strict=True)
    ]
    return arrays, {"takes": described, "texts": texts, "tags": tags}
