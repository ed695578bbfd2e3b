"""How a loop's last frame goes on into its first, against how the motion moves elsewhere. Numpy only.

Definitions (ours): of world positions of all joints, first to third differences around the circle times powers of the
rate; of a frame, the root mean square over joints. At the seam counts the greatest of the differences that span it;
elsewhere, the 99th percentile of all others.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip

_ORDERS = {"speed": 1, "velocity_jump": 2, "acceleration_jump": 3}
"""What a difference of the order is: a velocity that jumps is a second difference that stands out."""


def seam_report(clip: MotionClip) -> dict[str, float]:
    """Return seam against elsewhere, 1 = the seam is as the motion's own 99th percentile, ready for JSON.

    Args:
        clip: one turn: its first frame follows its last.

    Returns:
        speed_ratio, velocity_jump_ratio, acceleration_jump_ratio; 0 where nothing moves at all.
    """
    positions = clip.positions_m()
    return {f"{name}_ratio": _ratio(positions, order) for name, order in _ORDERS.items()}


def _ratio(positions_m: Array, order: int) -> float:
    """Return the greatest difference across the seam over the 99th percentile of those that lie inside."""
    period = len(positions_m)
    around = np.concatenate([positions_m, positions_m[:order]])
    for _ in range(order):
        around = around[1:] - around[:-1]
    size: Array = np.sqrt(np.square(around).sum(axis=-1).mean(axis=-1))
    inside, across = size[: period - order], size[period - order :]
    if not len(inside):
        return 0.0
    usual = float(np.percentile(inside, 99))
    return float(across.max()) / usual if usual > 0.0 else 0.0
