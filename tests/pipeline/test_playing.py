"""A range made anew keeps the strokes outside it."""

from dataclasses import replace

import numpy as np

from exges_core.control.edits import Kept
from exges_core.motion.clip import MotionClip
from exges_core.pipeline.playing import beside_kept
from exges_core.score.records import Score, Stroke

INSIDE = Stroke(start_s=4.0, stroke_start_s=4.4, apex_s=4.8, hold_end_s=5.0, end_s=5.5)
OUTSIDE = replace(INSIDE, start_s=1.0, stroke_start_s=1.4, apex_s=1.8, hold_end_s=2.0, end_s=2.5)
SCORE = Score(strokes=(OUTSIDE, INSIDE), duration_s=8.0)


def still(is_kept: np.ndarray) -> Kept:
    quats = np.zeros((240, 55, 4))
    quats[..., 0] = 1.0
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((240, 3)), frame_rate_hz=30.0)
    return Kept(clip=clip, is_kept=is_kept)


def test_planned_strokes_give_way_to_motion_that_is_kept() -> None:
    is_kept = np.ones(240, bool)
    is_kept[90:] = False
    assert beside_kept(SCORE, still(is_kept)).strokes == (INSIDE,)


def test_nothing_kept_changes_nothing() -> None:
    assert beside_kept(SCORE, None) is SCORE
    assert beside_kept(SCORE, still(np.zeros(240, bool))) is SCORE
