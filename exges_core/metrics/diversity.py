"""How much a motion moves about its own mean: L1div. No pairs of clips are compared, whatever its name says.

L1div of several clips is the sum of their totals (`l1_total_m`) over the number of all their frames, the same in all
protocols (PantoMatrix's public evaluation). For an interval, keep both numbers of each clip and resample those.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
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
