"""The motion that a shard of a motion base holds, as clips."""

from __future__ import annotations

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
    rotvec = np.asarray(shard.array("poses")[start:stop], dtype=np.float64).reshape(-1, 55, 3)
    root = np.asarray(shard.array("root")[start:stop], dtype=np.float64)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=float(MOTION_RATE_HZ)
    )
