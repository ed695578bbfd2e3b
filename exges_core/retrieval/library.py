"""The motion base (paper 3.1): takes, the segments in them, their embeddings and where all of it comes from.

    base.json                     format, model, and per shard: licence, provenance and the size of every file
    base.lock                     held by whoever writes
    shard-0000/poses.npy          float16 axis-angle, frames x 165      memory-mapped; a take is stored once,
              /root.npy           float32 pelvis position, frames x 3   segments are ranges of its frames
              /segments.npy       int32: take, start, stop, key frame
              /motion.npy, audio.npy    float16 embeddings (audio: zeros where a take came without speech)
              /takes.npy          speaker, offset, frames, digest
              /strokes.npy      take, frames, hand, size, kind, places: its gesture score (older bases have none)
              /texts.npy, tags.npy, sources.npy, speakers.npy, kinds.npy
                                  UTF-8 bytes, and where each string ends (*_ends.npy)
    index-0000.faiss              only above `nearest.FLAT_LIMIT` segments

`build` and `add` write a shard of their own and then replace base.json, so that a killed `add` leaves the old base as
it was. Several bases can be opened as one. No audio is kept, and nothing is trained here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Bool, Float, Int
from exges_core.errors import LibraryError, message
from exges_core.motion.clip import MotionClip
from exges_core.retrieval import library_writing
from exges_core.retrieval.base_strokes import BaseStrokes, strokes_between, strokes_in
from exges_core.retrieval.columns import Rows
from exges_core.retrieval.embedder import Embedder
from exges_core.retrieval.library_checks import check_shard
from exges_core.retrieval.library_files import (
    ADVICE,
    BaseRecord,
    Facts,
    ModelRecord,
    Shard,
    damaged,
    open_shard,
    read_record,
)
from exges_core.retrieval.library_info import LibraryInfo, info_of
from exges_core.retrieval.nearest import Found, Nearest, merged
from exges_core.retrieval.shard_motion import has_strokes, motion_in, motions_in, takes_in
from exges_core.retrieval.shared_words import SharedWords
from exges_core.retrieval.sources import SourceTake
from exges_core.score.records import Stroke
from exges_core.score.segmentation import strokes_of_motion
from exges_core.timeline import MOTION_RATE_HZ, frame_at


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
    licence: str


class MotionBase:
    """One or more open motion bases; segments are numbered 0 .. len - 1 over all their shards (`clip_index`).

    What is added later gets the next numbers: a number means the same segment until the base is built anew.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folder = folders[0]
        self.folders = tuple(folders)
        opened = [_open_whole(folder) for folder in folders]
        self._records = [record for record, _ in opened]
        self._shards = [shard for _, shards in opened for shard in shards]
        self._bounds = np.cumsum([0, *(shard.clips for shard in self._shards)])
        self._parts: list[tuple[int, Nearest]] = []
        first = 0
        for folder, (record, shards) in zip(folders, opened, strict=True):
            rows = {name: Rows([shard.array(name) for shard in shards]) for name in ("motion", "audio")}
            self._parts.append((first, Nearest(folder, record["index"], rows["motion"], rows["audio"])))
            first += len(rows["motion"])

    @classmethod
    def open(cls, *folders: Path, model: Embedder | None = None) -> MotionBase:
        """Open a base, or several as one; with `model`, make sure that the embeddings are that model's.

        Raises:
            LibraryError: if one is missing, of another format or model version, or a file of it is cut or missing.
        """
        base = cls(folders)
        if model is not None:
            base.require(model)
        return base

    @property
    def name(self) -> str:
        """Return the folders' names."""
        return " + ".join(folder.name for folder in self.folders)

    @property
    def model(self) -> ModelRecord:
        """Return name and digest of the weights that made the embeddings (of the first base)."""
        return self._records[0]["model"]

    def require(self, model: Embedder) -> None:
        """Make sure that the embeddings are this model's.

        Raises:
            LibraryError: if they are another's.
        """
        for folder, record in zip(self.folders, self._records, strict=True):
            if record["model"]["sha256"] != model.sha256:
                raise LibraryError(
                    message(
                        expected=f"embeddings of {model.name} ({model.sha256[:12]})",
                        got=f"those of {record['model']['name']} ({record['model']['sha256'][:12]})",
                        where=str(folder),
                        do=ADVICE,
                    )
                )

    @classmethod
    def build(
        cls,
        folder: Path,
        takes: Iterable[SourceTake],
        model: Embedder,
        *,
        licence: str,
        provenance: Mapping[str, object],
    ) -> MotionBase:
        """Write a new base, replacing an old one only once the new one is complete.

        Args:
            folder: of the base.
            takes: may be a generator: few of them are held at a time.
            model: what embeds them.
            licence: of the motion.
            provenance: read once all takes have come.

        Raises:
            LibraryError: if there is no segment, a take's id is used twice, a value is not finite, or somebody else
                keeps writing to it.
            OutputError: if it cannot be written.
        """
        empty: BaseRecord = {"model": {"name": model.name, "sha256": model.sha256}, "shards": [], "index": None}
        with library_writing.making(folder) as place:
            made = library_writing.shard_of(takes, model, place, str(folder))
            facts: Facts = {"licence": licence, "provenance": dict(provenance)}
            with library_writing.locked(folder):
                library_writing.write_shard(folder, empty, made, facts, number=library_writing.free_number(folder))
                library_writing.sweep(folder, read_record(folder))
        return cls.open(folder)

    def add(
        self,
        takes: Iterable[SourceTake],
        model: Embedder,
        *,
        licence: str = "not stated",
        provenance: Mapping[str, object] | None = None,
    ) -> MotionBase:
        """Return the base with more takes in it; no retraining. Others may add at the same time.

        Raises:
            LibraryError: if the model is another one, a take is in the base already, a value is not finite, or
                somebody else keeps writing to it.
            OutputError: if it cannot be written; the base stays as it was.
        """
        self.require(model)
        facts: Facts = {"licence": licence, "provenance": dict(provenance or {})}
        with library_writing.making(self.folder) as place:
            made = library_writing.shard_of(takes, model, place, str(self.folder))
            with library_writing.locked(self.folder):
                record = read_record(self.folder)
                present = MotionBase.open(self.folder, model=model)
                present.refuse_known(made.sources)
                library_writing.sweep(self.folder, record)
                number = library_writing.free_number(self.folder)
                library_writing.write_shard(self.folder, record, made, facts, number=number)
                library_writing.sweep(self.folder, read_record(self.folder))
        return MotionBase.open(self.folder)

    def refuse_known(self, sources: Iterable[str]) -> None:
        """Make sure that none of these takes is in the base.

        Raises:
            LibraryError: naming the first that is.
        """
        repeated = sorted(set(sources).intersection(self._sources()))
        if repeated:
            raise LibraryError(
                message(
                    expected="new takes",
                    got=f"{repeated[0]}, which is in it",
                    where=str(self.folder),
                    do="Give the take another name (--name), or build the base anew.",
                )
            )

    def _sources(self) -> Iterable[str]:
        return (source for shard in self._shards for source in shard.strings("sources"))

    def __reduce__(self) -> tuple[type[MotionBase], tuple[Sequence[Path]]]:
        """Let another process open the same folders: nothing of what is in them is sent."""
        return MotionBase, (self.folders,)

    def __len__(self) -> int:
        """Return the number of segments."""
        return int(self._bounds[-1])

    def info(self) -> LibraryInfo:
        """Return counts, hours, speakers, sizes, provenance and which takes hold the same motion."""
        return info_of(self.name, self.folders, self._shards, self.model)

    def clips_of(self, source: str) -> list[int]:
        """Return the segments of a take, or of all stretches cut from it (`source@TIMEs`)."""
        found: list[int] = []
        for shard, first in zip(self._shards, self._bounds, strict=False):
            takes = [
                number
                for number, name in enumerate(shard.strings("sources"))
                if name == source or name.startswith(f"{source}@")
            ]
            if takes:
                found.extend((int(first) + np.flatnonzero(np.isin(shard.array("segments")[:, 0], takes))).tolist())
        return found

    def entry(self, clip_index: int) -> Entry:
        """Return what is known about a segment."""
        shard, row = self._at(clip_index)
        take_index, start, stop, key = (int(value) for value in shard.array("segments")[row])
        speaker, offset_s, first_frame, _, _ = shard.takes[take_index].item()
        return Entry(
            source=shard.strings("sources")[take_index],
            speaker=shard.strings("speakers")[int(speaker)],
            start_s=offset_s + (start - first_frame) / MOTION_RATE_HZ,
            end_s=offset_s + (stop - first_frame) / MOTION_RATE_HZ,
            key_time_s=offset_s + (key - first_frame) / MOTION_RATE_HZ,
            text=shard.strings("texts")[row],
            tags=tuple(shard.strings("tags")[row].split("\n")) if shard.strings("tags")[row] else (),
            licence=shard.facts["licence"],
        )

    def is_by(self, speakers: Collection[str]) -> Bool[Array, "clips"]:
        """Return which segments are by one of these speakers."""
        found: list[Array] = []
        for shard in self._shards:
            numbers = [number for number, name in enumerate(shard.strings("speakers")) if name in speakers]
            found.append(np.isin(shard.takes["speaker"], numbers)[shard.array("segments")[:, 0]])
        return np.concatenate(found)

    def clip(self, clip_index: int) -> MotionClip:
        """Return the motion of a segment at 30 fps."""
        shard, row = self._at(clip_index)
        _, start, stop, _ = shard.array("segments")[row]
        return motion_in(shard, int(start), int(stop))

    def clips(self, clip_indices: Sequence[int]) -> list[MotionClip]:
        """Return the motion of many segments at 30 fps, converted together, in a third of the time."""
        spans: dict[int, tuple[Shard, list[tuple[int, int]]]] = {}
        places: list[tuple[int, int]] = []
        for index in clip_indices:
            shard, row = self._at(index)
            _, start, stop, _ = shard.array("segments")[row]
            _, wanted = spans.setdefault(id(shard), (shard, []))
            places.append((id(shard), len(wanted)))
            wanted.append((int(start), int(stop)))
        found = {number: motions_in(shard, wanted) for number, (shard, wanted) in spans.items()}
        return [found[number][place] for number, place in places]

    def pose_around(self, clip_index: int, time_s: float, margin_frames: int = 0) -> MotionClip:
        """Return the frame of the source take nearest to a time, and `margin_frames` before and behind it.

        The margin is cut short at the ends of the take.
        """
        shard, row = self._at(clip_index)
        _, offset_s, first, frames, _ = shard.takes[int(shard.array("segments")[row, 0])].item()
        last = first + frames - 1
        frame = min(max(first + frame_at(time_s - offset_s), first), last)
        return motion_in(shard, max(first, frame - margin_frames), min(last, frame + margin_frames) + 1)

    @cached_property
    def strokes(self) -> BaseStrokes:
        """Return all strokes; those of shards that were written without any are found in their motion now."""
        return strokes_in(self._shards, [None if has_strokes(shard) else takes_in(shard) for shard in self._shards])

    def strokes_in_clip(self, clip_index: int) -> list[Stroke]:
        """Return a segment's strokes in order (`strokes_between`); those of a base without any are found in it."""
        shard, row = self._at(clip_index)
        take, start, stop, _ = shard.array("segments")[row].tolist()
        if not has_strokes(shard):
            return list(strokes_of_motion(motion_in(shard, start, stop)))
        return strokes_between(shard, take, start, stop)

    def stroke_motion(self, number: int) -> tuple[MotionClip, Stroke]:
        """Return the motion of a stroke from start to end, and its record with times in that motion."""
        strokes = self.strokes
        shard, _ = self._at(int(strokes.clip[number]))
        first, last = int(strokes.frames[number, 0]), int(strokes.frames[number, -1])
        return motion_in(shard, first, last + 1), strokes.stroke(number, first)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Return the text of every segment; "" where none is known."""
        return tuple(text for shard in self._shards for text in shard.strings("texts"))

    @cached_property
    def shared_words(self) -> SharedWords:
        """Return the index of the texts' words."""
        return SharedWords(text for shard in self._shards for text in shard.strings("texts"))

    @cached_property
    def motion_embeddings(self) -> Rows:
        """Return the motion embeddings, float16, memory-mapped."""
        return Rows([shard.array("motion") for shard in self._shards])

    @cached_property
    def audio_embeddings(self) -> Rows:
        """Return the embeddings of the speech that the segments came with; zeros where there was none."""
        return Rows([shard.array("audio") for shard in self._shards])

    def nearest(
        self, queries: Float[Array, "queries embedding"], count: int, *, audio_weight: float = 0.0
    ) -> tuple[Float[Array, "queries count"], Int[Array, "queries count"]]:
        """Return scores and numbers of the nearest segments: q . (motion + audio_weight * audio), best first.

        Exact up to `nearest.FLAT_LIMIT` segments of a base. Above it a graph proposes by motion alone.
        """
        count = min(count, len(self))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        found: list[Found] = []
        for first, part in self._parts:
            scores, numbers = part.search(queries, count, audio_weight)
            found.append((scores, np.where(numbers < 0, numbers, numbers + first)))
        return merged(found, count)

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


def _open_whole(folder: Path) -> tuple[BaseRecord, list[Shard]]:
    """Open a base's shards; once more if somebody replaced the base meanwhile."""
    record = read_record(folder)
    try:
        return record, _shards_of(folder, record)
    except LibraryError:
        again = read_record(folder)
        if again == record:
            raise
        return again, _shards_of(folder, again)


def _shards_of(folder: Path, record: BaseRecord) -> list[Shard]:
    shards = [open_shard(folder / facts["name"], facts) for facts in record["shards"]]
    for shard in shards:
        check_shard(shard)
    widths = {shard.array("motion").shape[1] for shard in shards}
    if len(widths) > 1:
        raise damaged(folder / "base.json", f"embeddings of {sorted(widths)} numbers in one base")
    return shards
