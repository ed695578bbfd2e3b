"""How a motion base is written: embedded take by take, in bounded memory; a failure leaves the old base as it was.

A shard is complete on disk before base.json names it; the rename of base.json is the moment it counts. What a killed
process left behind is removed by the next one that writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from filelock import FileLock, Timeout

from exges_core.arrays import Array
from exges_core.errors import ExgesError, LibraryError, OutputError, message
from exges_core.motion.rotations import rotvec_from_quat
from exges_core.retrieval import nearest
from exges_core.retrieval.base_strokes import rows_of
from exges_core.retrieval.columns import Rows, Strings
from exges_core.retrieval.embedder import Embedder
from exges_core.retrieval.inputs import motion_inputs_of_clip
from exges_core.retrieval.library_files import (
    FORMAT_VERSION,
    TAKE,
    BaseRecord,
    Facts,
    IndexRecord,
    ShardRecord,
    index_name,
    shard_name,
)
from exges_core.retrieval.library_growing import MAKING, growing, is_abandoned, own_folder
from exges_core.retrieval.sources import SourceTake
from exges_core.retrieval.spoken import Spoken, spoken_of
from exges_core.score.segmentation import strokes_of_motion

LOCK = "base.lock"
LOCK_WAIT_S = 20.0
"""Writing takes seconds: who waits longer than this is told."""
CHUNK_SEGMENTS = 512
"""Takes are embedded when so many segments have come together: memory does not grow with the corpus."""

GROWING = ("poses", "root", "segments", "motion", "audio")
"""Columns that are written as they come."""

Columns = dict[str, Array]


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Be the only one who writes to a base; the system frees the lock of a process that dies.

    Raises:
        LibraryError: if another process keeps writing to it.
        OutputError: if the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=LOCK_WAIT_S)
    except Timeout as error:
        do = "Wait until that is done and run this again; nothing was changed."
        got = "another process that writes to it"
        raise LibraryError(message(expected="a base to itself", got=got, where=str(folder), do=do)) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def sweep(folder: Path, record: BaseRecord | None) -> None:
    """Remove what no record names: shards and indexes of a killed process. Only under the lock."""
    kept: set[str] = set() if record is None else {shard["name"] for shard in record["shards"]}
    if record is not None and record["index"] is not None:
        kept.add(record["index"]["name"])
    for path in folder.iterdir():
        if path.name in kept:
            continue
        if re.fullmatch(r"shard-\d+", path.name):
            shutil.rmtree(path, ignore_errors=True)
        elif re.fullmatch(r"index-\d+\.faiss|base\.json\.\d+\.part", path.name):
            path.unlink(missing_ok=True)
        elif path.name.startswith(MAKING) and is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def free_number(folder: Path) -> int:
    """Return a number that no shard or index there has."""
    names = [re.fullmatch(r"(?:shard|index)-(\d+)(?:\.faiss)?", path.name) for path in folder.iterdir()]
    return max((int(name[1]) for name in names if name), default=-1) + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class NewShard:
    """A shard before it has a number: long columns lie in files, short ones in memory.

    Attributes:
        place: the folder of `GROWING`.
        columns: the others.
        clips: how many segments.
    """

    place: Path
    columns: Columns
    clips: int

    @property
    def sources(self) -> list[str]:
        """Return the takes' ids."""
        return list(Strings(self.columns["sources"], self.columns["sources_ends"]))


@contextmanager
def making(folder: Path) -> Generator[Path]:
    """Have a folder inside a base's to make a shard in, while others may write to the base.

    Raises:
        LibraryError: if another process keeps writing to the base.
        OutputError: if the folder cannot be written to.
    """
    is_new = not folder.exists()
    with ExitStack() as removing:
        if is_new:
            removing.callback(_remove_empty, folder)
        with locked(folder), _told_of_room(folder):
            place = removing.enter_context(own_folder(folder))
        yield place


def _remove_empty(folder: Path) -> None:
    """Remove a base's folder again in which nothing was written."""
    with suppress(OSError, ExgesError), locked(folder):
        if [path.name for path in folder.iterdir()] == [LOCK]:
            (folder / LOCK).unlink()
            folder.rmdir()


def shard_of(takes: Iterable[SourceTake], model: Embedder, place: Path, where: str) -> NewShard:
    """Make a shard's columns; takes are embedded as they come and may be forgotten after.

    Args:
        takes: may be a generator.
        model: what embeds them.
        place: a folder of one's own (`making`).
        where: named in errors.

    Raises:
        LibraryError: if there is no segment, a take's id is used twice, or a value is not finite.
        OutputError: if the columns cannot be written.
    """
    rows: list[tuple[str, str, float, int, int, int]] = []
    texts: list[str] = []
    tags: list[str] = []
    played: list[Array] = []
    kinds: list[str] = []
    frames = 0
    with growing(place, GROWING) as arrays:
        for chunk in _chunks(takes):
            found = _embedded(chunk, model, first_take=len(rows), first_frame=frames)
            with _told_of_room(place.parent):
                for name, array in arrays.items():
                    array.append(found[name])
            for take in chunk:
                strokes = strokes_of_motion(take.clip) if take.strokes is None else take.strokes
                kinds += sorted({each.kind for each in strokes if each.kind is not None}.difference(kinds))
                played.append(rows_of(len(rows), frames, strokes, kinds, take.clip))
                rows.append((take.id, take.speaker, take.offset_s, frames, take.clip.frames, _digest(take)))
                frames += take.clip.frames
                texts.extend(segment.text for segment in take.segments)
                tags.extend("\n".join(names) for names in take.tags or ((),) * len(take.segments))
        with _told_of_room(place.parent):
            for array in arrays.values():
                array.finish()
    ids = [row[0] for row in rows]
    if len(set(ids)) != len(ids) or not texts:
        got = "no segment" if len(set(ids)) == len(ids) else "a take's id twice"
        raise LibraryError(message(expected="takes with segments", got=got, where=where, do="Check the takes."))
    speakers = sorted({row[1] for row in rows})
    places = {speaker: place for place, speaker in enumerate(speakers)}
    columns = {
        "strokes": np.concatenate(played),
        "takes": np.array([(places[row[1]], *row[2:]) for row in rows], TAKE),
    }
    words = {"texts": texts, "tags": tags, "sources": ids, "speakers": speakers, "kinds": kinds}
    for name, values in words.items():
        column = Strings.of(values)
        columns |= {name: column.data, f"{name}_ends": column.ends}
    return NewShard(place=place, columns=columns, clips=len(texts))


def _chunks(takes: Iterable[SourceTake]) -> Iterator[list[SourceTake]]:
    """Yield takes in lists of at least `CHUNK_SEGMENTS` segments, but the last; nothing in them may be NaN."""
    chunk: list[SourceTake] = []
    for take in takes:
        _refuse_nan(take)
        chunk.append(take)
        if sum(len(each.segments) for each in chunk) >= CHUNK_SEGMENTS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def write_shard(folder: Path, record: BaseRecord, made: NewShard, facts: Facts, *, number: int) -> None:
    """Write a shard beside the others, then the record that names it. Only under the lock.

    Args:
        folder: of the base.
        record: of the base as it is, all shards that stay.
        made: the new shard.
        facts: licence and provenance of the new shard.
        number: of the new shard.

    Raises:
        OutputError: if it cannot be written; the base is as it was.
    """
    shard = folder / shard_name(number)
    temporary = folder / f"base.json.{os.getpid()}.part"
    try:
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, shard, ignore_errors=True)
            undo.callback((folder / index_name(number)).unlink, missing_ok=True)
            undo.callback(temporary.unlink, missing_ok=True)
            shard.mkdir(parents=True)
            for path in sorted(made.place.glob("*.npy")):
                os.replace(path, shard / path.name)
            for name, array in made.columns.items():
                with (shard / f"{name}.npy").open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                    _to_disk(file)
            files = {path.name: path.stat().st_size for path in sorted(shard.iterdir())}
            entry: ShardRecord = {"name": shard.name, "clips": made.clips, **facts, "files": files}
            shards = [*record["shards"], entry]
            index = _write_index(folder, shards, record["index"], number)
            whole = {"format": FORMAT_VERSION, "model": record["model"], "shards": shards, "index": index}
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(whole, file, indent=1, ensure_ascii=False)
                _to_disk(file)
            os.replace(temporary, folder / "base.json")
            undo.pop_all()
    except OSError as error:
        raise _unwritable(folder, error) from error


def _to_disk(file: IO[str] | IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _unwritable(folder: Path, error: OSError) -> OutputError:
    do = "Free space, or choose another place; the base is as it was."
    got = error.strerror or str(error)
    return OutputError(message(expected="room for a motion base", got=got, where=str(folder), do=do))


@contextmanager
def _told_of_room(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write_index(
    folder: Path, shards: Sequence[ShardRecord], old: IndexRecord | None, number: int
) -> IndexRecord | None:
    """Return the record of the graph: none for a small base, the old one while little was added, else a new one.

    Without FAISS none is written; what no graph has is compared one by one.
    """
    parts = [np.load(folder / shard["name"] / "motion.npy", mmap_mode="r") for shard in shards]
    motion = Rows(parts)
    in_old = 0 if old is None else int(old.get("segments", len(motion) - len(parts[-1])))
    if len(motion) <= nearest.FLAT_LIMIT:
        return None
    if not nearest.has_faiss():
        return None if old is None else {**old, "segments": in_old}
    if old is not None and len(motion) - in_old <= nearest.TAIL_LIMIT:
        return {**old, "segments": in_old}
    path = folder / index_name(number)
    nearest.write_graph(path, motion, old=None if old is None else folder / old["name"], in_old=in_old)
    return {"name": path.name, "segments": len(motion), "bytes": path.stat().st_size}


def _refuse_nan(take: SourceTake) -> None:
    checked = {"rotations": take.clip.local_quat_wxyz, "root": take.clip.root_position_m, "sound": take.audio}
    for name, array in checked.items():
        if array is not None and not np.isfinite(array).all():
            raise LibraryError(
                message(expected="finite numbers", got=f"NaN in {name}", where=take.id, do="Repair the take.")
            )


def _poses(take: SourceTake) -> Array:
    return rotvec_from_quat(take.clip.local_quat_wxyz).reshape(-1, 165).astype(np.float16)


def _digest(take: SourceTake) -> int:
    """Return 64 bits that tell the same poses again, whatever they are called."""
    return int.from_bytes(hashlib.sha256(_poses(take).tobytes()).digest()[:8], "big")


def _embedded(takes: Sequence[SourceTake], model: Embedder, *, first_take: int, first_frame: int) -> Columns:
    """Return poses, segments and embeddings of some takes, numbered from `first_take` and `first_frame` on."""
    first = first_frame + np.cumsum([0, *(take.clip.frames for take in takes)])
    rows: list[tuple[int, int, int]] = []
    inputs: list[Array] = []
    speech: list[Array | None] = []
    spoken: list[Spoken] = []
    for number, take in enumerate(takes):
        whole = motion_inputs_of_clip(take.clip)
        for segment in take.segments:
            start, stop = take.frames_of(segment)
            rows.append((first_take + number, first[number] + start, first[number] + stop))
            inputs.append(whole[start:stop])
            speech.append(None if take.audio is None else np.asarray(take.audio[start:stop], np.float32))
            spoken.append(spoken_of(segment, stop - start))
    keys: list[int] = []
    motion: list[Array] = []
    for frames, overall in model.embed_motion(inputs):
        keys.append(int(np.argmax(frames @ overall)))
        motion.append(overall)
    audio = np.zeros((len(rows), model.config.embedding), np.float16)
    heard = [(row, features) for row, features in enumerate(speech) if features is not None]
    sounds = [features for _, features in heard]
    found = model.embed_speech(sounds, [spoken[row] for row, _ in heard])
    for (row, _), (_, overall) in zip(heard, found, strict=True):
        audio[row] = overall
    segments = np.array([(*row, row[1] + key) for row, key in zip(rows, keys, strict=True)], np.int32)
    return {
        "poses": np.concatenate([_poses(take) for take in takes]),
        "root": np.concatenate([take.clip.root_position_m for take in takes]).astype(np.float32),
        "segments": segments.reshape(-1, 4),
        "motion": np.stack(motion).astype(np.float16) if motion else np.zeros_like(audio),
        "audio": audio,
    }
