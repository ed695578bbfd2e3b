"""The motion base on disk (paper 3.1): takes, the segments in them, their embeddings and where all of it comes from.

    base.json                     format, model, licence, provenance and the list of shards with the size of every file
    shard-0000/poses.npy          float16 axis-angle, frames x 165      memory-mapped; a take is stored once,
              /root.npy           float32 pelvis position, frames x 3   segments are ranges of its frames
              /segments.npy       int32: take, start, stop, key frame
              /motion.npy, audio.npy    float16 embeddings (audio: zeros where a take came without speech)
              /segments.json      takes (id, speaker, offset, digest), texts and tags
    index-0000.faiss              only above `FLAT_LIMIT` segments

`build` and `add` write a shard of their own and then replace base.json, so that a killed `add` leaves the old base as
it was. No audio is kept, and nothing is trained here.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from exges_core.arrays import Float, Int
from exges_core.errors import LibraryError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.retrieval.library_files import (
    ADVICE,
    FORMAT_VERSION,
    Shard,
    damaged,
    index_name,
    open_shard,
    read_record,
    shard_name,
    shard_numbers,
    write_shard,
)
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.shared_words import SharedWords
from exges_core.retrieval.sources import SourceTake
from exges_core.timeline import MOTION_RATE_HZ, frame_at

HNSW_SEARCH = 96


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One segment of the base; times in seconds of its source take."""

    source: str
    speaker: str
    start_s: float
    end_s: float
    key_time_s: float
    text: str
    tags: tuple[str, ...]


class MotionBase:
    """An open motion base; segments are numbered 0 .. len - 1 over all shards (`clip_index`)."""

    def __init__(self, folder: Path, record: Mapping[str, Any]) -> None:
        self.folder = folder
        self.record = record
        self._shards = [open_shard(folder / shard["name"], shard) for shard in record["shards"]]
        self._bounds = np.cumsum([0, *(len(shard.arrays["segments"]) for shard in self._shards)])
        self._flat: dict[float, Any] = {}

    @classmethod
    def open(cls, folder: Path, *, model: LoadedRetrieval | None = None) -> MotionBase:
        """Open a base; with `model`, make sure that its embeddings are that model's.

        Raises:
            LibraryError: if it is missing, of another format or model version, or a file of it is cut or missing.
        """
        base = cls(folder, read_record(folder))
        if model is not None:
            base.require(model)
        return base

    def require(self, model: LoadedRetrieval) -> None:
        """Make sure that the embeddings are this model's.

        Raises:
            LibraryError: if they are another's.
        """
        record = self.record
        if record["model"]["sha256"] != model.sha256:
            raise LibraryError(
                message(
                    expected=f"embeddings of {model.name} ({model.sha256[:12]})",
                    got=f"those of {record['model']['name']} ({record['model']['sha256'][:12]})",
                    where=str(self.folder),
                    do=ADVICE,
                )
            )

    @classmethod
    def build(
        cls,
        folder: Path,
        takes: Sequence[SourceTake],
        model: LoadedRetrieval,
        *,
        licence: str,
        provenance: Mapping[str, Any],
    ) -> MotionBase:
        """Write a new base, replacing one that is there once the new one is complete.

        Raises:
            LibraryError: if there is no segment, a take's id is used twice, or a value is not finite.
            OutputError: if it cannot be written.
        """
        old = shard_numbers(folder)
        record = {
            "format": FORMAT_VERSION,
            "model": {"name": model.name, "sha256": model.sha256},
            "licence": licence,
            "provenance": dict(provenance),
            "shards": [],
            "index": None,
        }
        write_shard(folder, record, takes, model, number=max(old, default=-1) + 1)
        for number in old:
            shutil.rmtree(folder / shard_name(number), ignore_errors=True)
            (folder / index_name(number)).unlink(missing_ok=True)
        return cls.open(folder)

    def add(self, takes: Sequence[SourceTake], model: LoadedRetrieval) -> MotionBase:
        """Return the base with more takes in it; no retraining.

        Raises:
            LibraryError: if the model is another one, a take is in the base already, or a value is not finite.
            OutputError: if it cannot be written; the base stays as it was.
        """
        self.require(model)
        known = {take["id"] for shard in self._shards for take in shard.words["takes"]}
        repeated = sorted(known & {take.id for take in takes})
        if repeated:
            raise LibraryError(
                message(
                    expected="new takes",
                    got=f"{repeated[0]}, which is in it",
                    where=str(self.folder),
                    do="Give the take another name, or build the base anew.",
                )
            )
        number = max(shard_numbers(self.folder), default=-1) + 1
        write_shard(self.folder, self.record, takes, model, number=number)
        return MotionBase.open(self.folder)

    def __len__(self) -> int:
        """Return the number of segments."""
        return int(self._bounds[-1])

    def info(self) -> dict[str, Any]:
        """Return counts, hours, speakers, sizes, provenance and how many takes hold motion stored before; JSON."""
        takes = [take for shard in self._shards for take in shard.words["takes"]]
        return {
            "name": self.folder.name,
            "takes": len(takes),
            "clips": len(self),
            "hours": sum(take["frames"] for take in takes) / MOTION_RATE_HZ / 3600,
            "speakers": sorted({take["speaker"] for take in takes if take["speaker"]}),
            "size_bytes": sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()),
            "duplicates": len(takes) - len({take["digest"] for take in takes}),
            "model": self.record["model"],
            "licence": self.record["licence"],
            "provenance": self.record["provenance"],
        }

    def entry(self, clip_index: int) -> Entry:
        """Return what is known about a segment."""
        shard, row = self._at(clip_index)
        take_index, start, stop, key = (int(value) for value in shard.arrays["segments"][row])
        take = shard.words["takes"][take_index]
        offset_s = take["offset_s"]
        return Entry(
            source=take["id"],
            speaker=take["speaker"],
            start_s=offset_s + (start - take["first_frame"]) / MOTION_RATE_HZ,
            end_s=offset_s + (stop - take["first_frame"]) / MOTION_RATE_HZ,
            key_time_s=offset_s + (key - take["first_frame"]) / MOTION_RATE_HZ,
            text=shard.words["texts"][row],
            tags=tuple(shard.words["tags"][row]),
        )

    def clip(self, clip_index: int) -> MotionClip:
        """Return the motion of a segment at 30 fps."""
        shard, row = self._at(clip_index)
        _, start, stop, _ = shard.arrays["segments"][row]
        return _motion(shard, int(start), int(stop))

    def pose_around(self, clip_index: int, time_s: float, margin_frames: int = 0) -> MotionClip:
        """Return the frame of the source take nearest to a time, and `margin_frames` before and behind it.

        The margin is cut short at the ends of the take.
        """
        shard, row = self._at(clip_index)
        take = shard.words["takes"][int(shard.arrays["segments"][row, 0])]
        first, last = take["first_frame"], take["first_frame"] + take["frames"] - 1
        frame = min(max(first + frame_at(time_s - take["offset_s"]), first), last)
        return _motion(shard, max(first, frame - margin_frames), min(last, frame + margin_frames) + 1)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Return the text of every segment; "" where none is known."""
        return tuple(text for shard in self._shards for text in shard.words["texts"])

    @cached_property
    def shared_words(self) -> SharedWords:
        """Return the index of the texts' words."""
        return SharedWords(self.texts)

    @cached_property
    def motion_embeddings(self) -> Float[np.ndarray, "segments embedding"]:
        """Return all motion embeddings, float16 (memory-mapped while there is one shard)."""
        return self._joined("motion")

    @cached_property
    def audio_embeddings(self) -> Float[np.ndarray, "segments embedding"]:
        """Return the embeddings of the speech that the segments came with; zeros where there was none."""
        return self._joined("audio")

    def nearest(
        self, queries: Float[np.ndarray, "queries embedding"], count: int, *, audio_weight: float = 0.0
    ) -> tuple[Float[np.ndarray, "queries count"], Int[np.ndarray, "queries count"]]:
        """Return scores and numbers of the nearest segments: q . (motion + audio_weight * audio), best first.

        Exact up to `FLAT_LIMIT` segments. Above it an HNSW graph proposes by motion alone.
        """
        count = min(count, len(self))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if self.record["index"] is not None:
            return self._graph.search(queries, count)
        if audio_weight not in self._flat:
            vectors = self.motion_embeddings.astype(np.float32)
            if audio_weight:
                vectors += audio_weight * self.audio_embeddings.astype(np.float32)
            index = faiss.IndexFlatIP(vectors.shape[1])
            index.add(vectors)
            self._flat[audio_weight] = index
        return self._flat[audio_weight].search(queries, count)

    @cached_property
    def _graph(self) -> Any:  # noqa: ANN401 - faiss is untyped
        path = self.folder / self.record["index"]["name"]
        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise damaged(path, str(error).splitlines()[0]) from error
        index.hnsw.efSearch = HNSW_SEARCH
        return index

    def _joined(self, name: str) -> np.ndarray:
        arrays = [shard.arrays[name] for shard in self._shards]
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)

    def _at(self, clip_index: int) -> tuple[Shard, int]:
        if not 0 <= clip_index < len(self):
            raise LibraryError(
                message(
                    expected=f"a segment 0 .. {len(self) - 1}",
                    got=str(clip_index),
                    where=str(self.folder),
                    do="Choose one that the search lists.",
                )
            )
        shard = int(np.searchsorted(self._bounds, clip_index, side="right")) - 1
        return self._shards[shard], clip_index - int(self._bounds[shard])


def _motion(shard: Shard, start: int, stop: int) -> MotionClip:
    rotvec = np.asarray(shard.arrays["poses"][start:stop], dtype=np.float64).reshape(-1, 55, 3)
    root = np.asarray(shard.arrays["root"][start:stop], dtype=np.float64)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=float(MOTION_RATE_HZ)
    )
