"""How large strokes are, measured from motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import joint_index
from exges_core.score.records import LARGEST, SIDES, USUAL_M, Stroke

_WRISTS = [joint_index(f"{side}_wrist") for side in SIDES]


def wrists_m(clip: MotionClip) -> Float[Array, "frames 2 3"]:
    """Return left and right wrist about the pelvis, metres, turned with the world."""
    positions = clip.pose_of(_WRISTS).positions_m
    return positions[:, _WRISTS] - positions[:, :1]


def with_sizes(strokes: Sequence[Stroke], wrists: Float[Array, "frames 2 3"], rate_hz: float) -> tuple[Stroke, ...]:
    """Return the strokes with the sizes that the motion gives them; of both hands, the larger one's (ours)."""
    return tuple(replace(each, size=_size(each, wrists, rate_hz)) for each in strokes)


def _size(stroke: Stroke, wrists: Array, rate_hz: float) -> float:
    first = min(max(round(stroke.start_s * rate_hz), 0), len(wrists) - 1)
    last = min(max(round(stroke.hold_end_s * rate_hz), first + 1), len(wrists))
    extents = [extent_m(wrists[first:last, side]) for side, name in enumerate(SIDES) if stroke.uses(name)]
    return round(min(max(extents) / USUAL_M, LARGEST), 3)


def extent_m(path: Float[Array, "frames 3"]) -> float:
    """Return how far apart the farthest two places of a path are, metres; 0 for an empty one."""
    if not len(path):
        return 0.0
    return float(np.linalg.norm(path[:, None] - path[None], axis=-1).max())
