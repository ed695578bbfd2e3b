"""What a motion base's files must be before anything is read out of them: somebody else may have made it.

Arrays are of the types and sizes that belong together, and every number that points somewhere points inside. What is
in the poses is looked at when they are read; what base.json may say is `record_checks`.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array
from exges_core.errors import LibraryError
from exges_core.retrieval.library_files import STROKE, TAKE, Shard, damaged, has_column

_POSES, _ROOT, _SEGMENT = 165, 3, 4
_TEXTS = ("texts", "tags", "sources", "speakers")


def check_shard(shard: Shard) -> None:
    """Make sure that a shard's arrays belong together and that no number in them points outside.

    Raises:
        LibraryError: naming the array that does not.
    """
    poses = _array(shard, "poses", "f", (None, _POSES))
    _array(shard, "root", "f", (len(poses), _ROOT))
    segments = _array(shard, "segments", "i", (None, _SEGMENT))
    motion = _array(shard, "motion", "f", (len(segments), None))
    _array(shard, "audio", "f", (len(segments), motion.shape[1]))
    takes = shard.takes
    if takes.dtype != TAKE or takes.ndim != 1:
        raise _wrong(shard, "takes", f"{takes.dtype} {takes.shape}")
    counts = {name: len(shard.strings(name)) for name in _TEXTS}
    if (counts["texts"], counts["tags"], counts["sources"]) != (len(segments), len(segments), len(takes)):
        raise _wrong(shard, "texts", f"{counts} for {len(segments)} segments of {len(takes)} takes")
    if shard.facts.get("clips", len(segments)) != len(segments):
        raise _wrong(shard, "segments", f"{len(segments)} and not the {shard.facts.get('clips')} of base.json")
    _within(shard, "takes", takes["speaker"], counts["speakers"])
    _spans(shard, "takes", takes["first_frame"], takes["first_frame"] + takes["frames"].astype(np.int64), len(poses))
    _within(shard, "segments", segments[:, 0], len(takes))
    _spans(shard, "segments", segments[:, 1], segments[:, 2], len(poses))
    _within(shard, "segments", segments[:, 3], len(poses))
    if not np.isfinite(takes["offset_s"]).all():
        raise _wrong(shard, "takes", "a start that is no number")
    if has_column(shard, "strokes"):
        _check_strokes(shard, len(takes), len(poses))


def _check_strokes(shard: Shard, takes: int, frames: int) -> None:
    strokes = shard.array("strokes")
    if strokes.dtype != STROKE or strokes.ndim != 1:
        raise _wrong(shard, "strokes", f"{strokes.dtype} {strokes.shape}")
    _within(shard, "strokes", strokes["take"], takes)
    _within(shard, "strokes", strokes["frames"], frames)
    _within(shard, "strokes", strokes["hand"], 3)
    kinds = len(shard.strings("kinds"))
    _within(shard, "strokes", strokes["kind"] + 1, kinds + 1)
    if not (np.isfinite(strokes["size"]).all() and np.isfinite(strokes["places"]).all()):
        raise _wrong(shard, "strokes", "a size or place that is no number")


def _array(shard: Shard, name: str, kind: str, shape: tuple[int | None, int | None]) -> Array:
    array = shard.array(name)
    is_shaped = array.ndim == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if array.dtype.kind != kind or not is_shaped:
        raise _wrong(shard, name, f"{array.dtype} {array.shape}")
    return array


def _within(shard: Shard, name: str, numbers: Array, count: int) -> None:
    if numbers.size and not (int(numbers.min()) >= 0 and int(numbers.max()) < count):
        raise _wrong(
            shard, name, f"{int(numbers.min())} to {int(numbers.max())}, which points outside 0 to {count - 1}"
        )


def _spans(shard: Shard, name: str, start: Array, stop: Array, count: int) -> None:
    if not ((start >= 0) & (start <= stop) & (stop <= count)).all():
        raise _wrong(shard, name, f"a span that does not lie within {count} frames")


def _wrong(shard: Shard, name: str, got: str) -> LibraryError:
    return damaged(shard.folder / f"{name}.npy", got)
