"""The score of a take for training: from its labels where it has them, else from its motion."""

from __future__ import annotations

from pathlib import Path

from exges_core.motion.clip import MotionClip
from exges_core.score.records import Score
from exges_core.score.segmentation import strokes_of_motion
from training.data.labelled_scores import labelled_score


def score_of_take(folder: Path, take_id: str, clip: MotionClip) -> Score:
    """Return the labels' score (origin "labels"), or without `events/` the motion's own (origin "motion").

    Raises:
        InputError: if the events cannot be read, or the motion is not finite.
        CheckpointError: if the segmentation's weights cannot be used.
    """
    labelled = labelled_score(folder, take_id, clip)
    if labelled is not None:
        return labelled
    return Score(strokes=strokes_of_motion(clip), duration_s=clip.duration_s, origin="motion")
