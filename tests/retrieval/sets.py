"""A made-up split: noise for speech and motion, one word and at most one gesture per segment."""

import numpy as np

from exges_core.retrieval.inputs import MOTION_INPUTS
from exges_core.retrieval.spoken import gram_table
from training.retrieval.training_set import RetrievalSet


def random_set(generator: np.random.Generator, segments: int) -> RetrievalSet:
    frames = 40 * segments
    start = 40 * np.arange(segments)
    return RetrievalSet(
        audio=generator.normal(size=(frames, 84)).astype(np.float16),
        motion=generator.normal(size=(frames, MOTION_INPUTS)).astype(np.float16),
        start=start,
        stop=start + generator.integers(20, 40, segments),
        take_start=np.zeros(segments, np.int64),
        take_stop=np.full(segments, frames),
        identity=np.arange(segments),
        text=("",) * segments,
        word=1 + np.repeat(generator.integers(0, 12, segments), 40),
        grams=gram_table([f"word{number}" for number in range(12)], 97),
        kinds=("big", "small"),
        gestures=np.eye(3, dtype=np.float32)[generator.integers(0, 3, segments), :2],
    )
