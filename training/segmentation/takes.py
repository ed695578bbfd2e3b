"""Takes with the strokes that their labels name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.score.records import Score
from training.data.labelled_scores import labelled_score


def labelled_takes(folder: Path, split: str) -> Iterator[tuple[str, MotionClip, Score]]:
    """Read the takes of a split with their labels, one after the other.

    Raises:
        InputError: if a take has no labels, or the folder cannot be used.
    """
    for take in read_folder(folder, split):
        clip = take.clip
        score = labelled_score(folder, take.id, clip)
        if score is None:
            do = "Use an authored corpus (python -m training.corpus)."
            raise InputError(message(expected="labelled takes", got="no events", where=f"{folder}: {take.id}", do=do))
        yield take.id, clip, score
