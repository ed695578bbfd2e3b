"""How much a motion moves about its own mean: L1div. No pairs of clips are compared, whatever its name says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.skeleton import DEFAULT_SKELETON, Skeleton


def positions_in_place_m(clip: MotionClip, skeleton: Skeleton = DEFAULT_SKELETON) -> Float[Array, "frames 55 3"]:
    """Return joint positions in metres with the pelvis held at the origin: orientation stays, translation goes."""
    return forward_kinematics(clip.local_quat_wxyz, np.zeros_like(clip.root_position_m), skeleton).positions_m


def l1_total_m(clip: MotionClip, skeleton: Skeleton = DEFAULT_SKELETON) -> float:
    """Return the sum over frames and 165 coordinates of abs(x - temporal mean of x): a clip's part of L1div."""
    positions = positions_in_place_m(clip, skeleton)
    return float(np.abs(positions - positions.mean(axis=0)).sum())


def l1_divergence(clips: Sequence[MotionClip]) -> float:
    """Return L1div: the clips' totals (`l1_total_m`) summed, divided by the number of all their frames.

    The same in all protocols (PantoMatrix's public evaluation). For an interval, keep `l1_total_m` and `frames` of
    each clip and resample those.

    Raises:
        InputError: without a clip.
    """
    if not clips:
        raise InputError(message(expected="clips", got="none", where="L1div", do="Give at least one clip."))
    return sum(l1_total_m(clip) for clip in clips) / sum(clip.frames for clip in clips)
