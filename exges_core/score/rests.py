"""Where a score leaves a hand alone."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Bool
from exges_core.score.records import SIDES, Score
from exges_core.timeline import MOTION_RATE_HZ, frame_at

APART_S = 0.3
"""A rest begins so long after a gesture's end, and ends so long before the next sets out."""


def resting(score: Score, frames: int) -> Bool[np.ndarray, "frames 2"]:
    """Return in which frames (30 fps) the left and the right hand have no gesture near."""
    is_resting = np.ones((frames, 2), np.bool_)
    margin = round(APART_S * MOTION_RATE_HZ)
    for side, name in enumerate(SIDES):
        for stroke in score.of(name):
            first, last = frame_at(stroke.start_s) - margin, frame_at(stroke.end_s) + margin
            is_resting[max(first, 0) : max(last + 1, 0), side] = False
    return is_resting
