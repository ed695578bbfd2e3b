"""The strokes in a motion base: which gestures its takes hold, phase by phase, so that each can be played again.

They come from labels where the base was built with some, else from the motion itself (`score.segmentation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.motion.clip import MotionClip
from exges_core.retrieval.library_files import NO_KIND, STROKE, Shard
from exges_core.score.channels import chest_wrists_m
from exges_core.score.records import HANDS, Stroke
from exges_core.score.segmentation import strokes_of_motion
from exges_core.timeline import MOTION_RATE_HZ


@dataclass(frozen=True, kw_only=True, eq=False)
class BaseStrokes:
    """All strokes of a base.

    Attributes:
        frames: start, stroke start, apex, hold end and end, in frames of the stroke's shard.
        hand: index in `score.records.HANDS`.
        size: as in `Stroke`.
        kind: index in `kinds`, or -1.
        kinds: names.
        clip: number of the segment that the apex lies in, or the nearest of its take.
        speaker: name.
        places: of the left and the right wrist at start, stroke start and apex, metres in the chest's axes.
    """

    frames: Int[Array, "strokes 5"]
    hand: Int[Array, "strokes"]
    size: Float[Array, "strokes"]
    kind: Int[Array, "strokes"]
    kinds: tuple[str, ...]
    clip: Int[Array, "strokes"]
    speaker: tuple[str, ...]
    places: Float[Array, "strokes 2 3 3"]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.frames)

    def stroke(self, number: int, first_frame: int = 0) -> Stroke:
        """Return one as a record whose times count from a frame of its shard."""
        return _record(
            self.frames[number] - first_frame,
            hand=int(self.hand[number]),
            size=float(self.size[number]),
            kind=None if self.kind[number] < 0 else self.kinds[int(self.kind[number])],
            clip=int(self.clip[number]),
        )


def _record(frames: Array, *, hand: int, size: float, kind: str | None, clip: int | None) -> Stroke:
    start_s, stroke_start_s, apex_s, hold_end_s, end_s = (frames / MOTION_RATE_HZ).tolist()
    return Stroke(
        start_s=start_s,
        stroke_start_s=stroke_start_s,
        apex_s=apex_s,
        hold_end_s=hold_end_s,
        end_s=end_s,
        hand=HANDS[hand],
        size=size,
        kind=kind,
        clip=clip,
    )


def strokes_between(shard: Shard, take: int, start: int, stop: int) -> list[Stroke]:
    """Return the strokes of a take whose apex lies in frames start .. stop - 1 of the shard, timed from the first.

    Where there is none, those that are under way there are returned.
    """
    rows = shard.array("strokes")
    rows = np.array(rows[rows["take"] == take])
    begin, apex, end = rows["frames"][:, 0], rows["frames"][:, 2], rows["frames"][:, 3]
    inside = rows[(apex >= start) & (apex < stop)]
    inside = inside if len(inside) else rows[(begin < stop) & (end >= start)]
    kinds = shard.strings("kinds")
    return [
        _record(
            row["frames"].astype(np.int64) - start,
            hand=int(row["hand"]),
            size=float(row["size"]),
            kind=None if row["kind"] < 0 else kinds[int(row["kind"])],
            clip=None,
        )
        for row in inside
    ]


def rows_of(take: int, first_frame: int, strokes: Sequence[Stroke], kinds: Sequence[str], clip: MotionClip) -> Array:
    """Return strokes of a take as rows of type `STROKE`; `first_frame` is the take's first in its shard."""
    rows = np.zeros(len(strokes), STROKE)
    wrists = chest_wrists_m(clip) if strokes else np.zeros((1, 2, 3))
    for row, stroke in zip(rows, strokes, strict=True):
        row["take"] = take
        frames = np.rint(np.array(stroke.times_s) * MOTION_RATE_HZ).astype(np.int64)
        row["frames"] = first_frame + np.minimum(frames, clip.frames - 1)
        row["places"] = wrists[np.minimum(frames[:3], clip.frames - 1)].swapaxes(0, 1)
        row["hand"], row["size"] = HANDS.index(stroke.hand), stroke.size
        row["kind"] = NO_KIND if stroke.kind is None else kinds.index(stroke.kind)
    return rows


def strokes_in(shards: Sequence[Shard], clips_of_take: Sequence[Sequence[MotionClip] | None]) -> BaseStrokes:
    """Join the strokes of shards; those of a shard without any are found in the motion of its takes.

    Args:
        shards: of the base, in order.
        clips_of_take: per shard, its takes' motion where the shard has no strokes, else None.
    """
    kinds: list[str] = []
    parts: list[Array] = []
    clips: list[Array] = []
    speakers: list[str] = []
    first_clip = 0
    for shard, motion in zip(shards, clips_of_take, strict=True):
        rows, names = _rows(shard, motion)
        known = np.array([_number(kinds, name) for name in names] or [NO_KIND])
        rows["kind"] = np.where(rows["kind"] < 0, NO_KIND, known[np.maximum(rows["kind"], 0)])
        parts.append(rows)
        clips.append(first_clip + _segments_of(shard, rows))
        who = shard.strings("speakers")
        speakers += [who[int(shard.takes[int(take)]["speaker"])] for take in rows["take"]]
        first_clip += shard.clips
    every = np.concatenate(parts) if parts else np.zeros(0, STROKE)
    return BaseStrokes(
        frames=every["frames"],
        hand=every["hand"].astype(np.int64),
        size=every["size"].astype(np.float64),
        kind=every["kind"].astype(np.int64),
        kinds=tuple(kinds),
        clip=np.concatenate(clips) if clips else np.zeros(0, np.int64),
        speaker=tuple(speakers),
        places=every["places"].astype(np.float64),
    )


def _number(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _rows(shard: Shard, motion: Sequence[MotionClip] | None) -> tuple[Array, Sequence[str]]:
    if motion is None:
        return np.array(shard.array("strokes")), tuple(shard.strings("kinds"))
    firsts = shard.takes["first_frame"].tolist()
    found = [
        rows_of(number, first, strokes_of_motion(clip), (), clip)
        for number, (first, clip) in enumerate(zip(firsts, motion, strict=True))
    ]
    return (np.concatenate(found) if found else np.zeros(0, STROKE)), ()


def _segments_of(shard: Shard, rows: Array) -> Array:
    """Return for every stroke the segment of its take that its apex lies in, or is nearest to."""
    segments = np.asarray(shard.array("segments"))
    found = np.zeros(len(rows), np.int64)
    for number, row in enumerate(rows):
        apex = row["frames"][2]
        away = np.maximum(np.maximum(segments[:, 1] - apex, apex - segments[:, 2]), 0)
        found[number] = int(np.argmin(np.where(segments[:, 0] == row["take"], away, np.iinfo(away.dtype).max)))
    return found
