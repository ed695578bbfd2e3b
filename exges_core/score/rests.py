"""Where a score leaves a hand alone, and where it lets it stay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Bool
from exges_core.score.records import SIDES, Score
from exges_core.timeline import MOTION_RATE_HZ, frame_at

APART_S = 0.3
"""A rest begins so long after a gesture's end, and ends so long before the next sets out."""


SETTLING_S = 0.1
"""A hand is still on its way so long after a stroke's apex."""


def holding(score: Score, frames: int) -> Bool[Array, "frames 2"]:
    """Return in which frames (30 fps) the left and the right hand stay where their stroke has brought them."""
    is_holding = np.zeros((frames, 2), np.bool_)
    for side, name in enumerate(SIDES):
        for stroke in score.of(name):
            first, last = frame_at(stroke.apex_s + SETTLING_S), frame_at(stroke.hold_end_s)
            is_holding[max(first, 0) : max(last, 0), side] = True
    return is_holding


def resting(score: Score, frames: int) -> Bool[Array, "frames 2"]:
    """Return in which frames (30 fps) the left and the right hand have no gesture near."""
    is_resting = np.ones((frames, 2), np.bool_)
    margin = round(APART_S * MOTION_RATE_HZ)
    for side, name in enumerate(SIDES):
        for stroke in score.of(name):
            first, last = frame_at(stroke.start_s) - margin, frame_at(stroke.end_s) + margin
            is_resting[max(first, 0) : max(last + 1, 0), side] = False
    return is_resting


class Calm(NamedTuple):
    """Where the left and the right hand are calm, by frame."""

    is_resting: Bool[Array, "frames 2"]
    is_holding: Bool[Array, "frames 2"]


def calm_of(score: Score, frames: int) -> Calm:
    """Return where a score wants hands to be calm."""
    return Calm(is_resting=resting(score, frames), is_holding=holding(score, frames))
