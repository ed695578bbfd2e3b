"""The motion that a shard of a motion base holds, as clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.retrieval.library_files import Shard
from exges_core.timeline import MOTION_RATE_HZ


def has_strokes(shard: Shard) -> bool:
    """Say whether strokes are stored."""
    return "strokes.npy" in shard.facts["files"]


def takes_in(shard: Shard) -> list[MotionClip]:
    """Return every take."""
    spans = zip(shard.takes["first_frame"].tolist(), shard.takes["frames"].tolist(), strict=True)
    return [motion_in(shard, first, first + frames) for first, frames in spans]


def motion_in(shard: Shard, start: int, stop: int) -> MotionClip:
    """Return frames start .. stop of a shard."""
    (clip,) = motions_in(shard, [(start, stop)])
    return clip


def motions_in(shard: Shard, spans: Sequence[tuple[int, int]]) -> list[MotionClip]:
    """Return frames start .. stop of a shard, of each span."""
    poses, root = shard.array("poses"), shard.array("root")
    rotvec = np.concatenate([poses[start:stop] for start, stop in spans], dtype=np.float64).reshape(-1, 55, 3)
    quats = np.split(quat_from_rotvec(rotvec), np.cumsum([stop - start for start, stop in spans])[:-1])
    return [
        MotionClip(
            local_quat_wxyz=quat,
            root_position_m=np.asarray(root[start:stop], dtype=np.float64),
            frame_rate_hz=float(MOTION_RATE_HZ),
        )
        for quat, (start, stop) in zip(quats, spans, strict=True)
    ]
