"""The motion that a shard of a motion base holds, as clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.retrieval.library_files import Shard, damaged, has_column
from exges_core.timeline import MOTION_RATE_HZ

_MOST = 1e5
"""No turn in radians and no place in metres is greater."""


def has_strokes(shard: Shard) -> bool:
    """Say whether strokes are stored."""
    return has_column(shard, "strokes")


def takes_in(shard: Shard) -> list[MotionClip]:
    """Return every take."""
    spans = zip(shard.takes["first_frame"].tolist(), shard.takes["frames"].tolist(), strict=True)
    return [motion_in(shard, first, first + frames) for first, frames in spans]


def motion_in(shard: Shard, start: int, stop: int) -> MotionClip:
    """Return frames start .. stop of a shard."""
    (clip,) = motions_in(shard, [(start, stop)])
    return clip


def motions_in(shard: Shard, spans: Sequence[tuple[int, int]]) -> list[MotionClip]:
    """Return frames start .. stop of a shard, of each span.

    Raises:
        LibraryError: if a number in them is not finite, or no turn or place.
    """
    poses, root = shard.array("poses"), shard.array("root")
    rotvec = np.concatenate([poses[start:stop] for start, stop in spans], dtype=np.float64).reshape(-1, 55, 3)
    places = np.concatenate([root[start:stop] for start, stop in spans])
    for name, values in (("poses", rotvec), ("root", places)):
        if not (np.abs(values) <= _MOST).all():
            raise damaged(shard.folder / f"{name}.npy", "a number that is no turn or place")
    quats = np.split(quat_from_rotvec(rotvec), np.cumsum([stop - start for start, stop in spans])[:-1])
    return [
        MotionClip(
            local_quat_wxyz=quat,
            root_position_m=np.asarray(root[start:stop], dtype=np.float64),
            frame_rate_hz=float(MOTION_RATE_HZ),
        )
        for quat, (start, stop) in zip(quats, spans, strict=True)
    ]
