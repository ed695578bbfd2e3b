"""A retrieval model that ONNX Runtime runs: no PyTorch, on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core import checkpoint, exported
from exges_core.arrays import Array, Float
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.embedder import Batch, Embedded, Embedder, Read
from exges_core.retrieval.word_vectors import Vocabulary

KIND = "retrieval"
SPEECH, MOTION, MATCHING = "speech", "motion", "matching"
"""Graphs. The towers take an even number of frames: their tokens are of two."""


@dataclass(frozen=True, kw_only=True)
class OnnxRetrieval(Embedder):
    """A retrieval model that ONNX Runtime runs."""

    sizes: RetrievalConfig
    speech_graph: exported.Graph
    motion_graph: exported.Graph
    matching_graph: exported.Graph

    @property
    def config(self) -> RetrievalConfig:
        """Return its sizes."""
        return self.sizes

    def speech(self, batch: Batch, read: Read | None) -> Embedded:
        """Embed features of speech and, if the model reads, its words."""
        even = _even(batch)
        words: dict[str, Array] = {}
        if read is not None:
            place = np.pad(read.place, ((0, 0), (0, even.is_valid.shape[1] - read.place.shape[1])))
            words = {"grams": read.grams, "place": place}
        frames, overall = self.speech_graph(inputs=even.inputs, is_valid=even.is_valid, **words)
        return frames[:, : batch.is_valid.shape[1]], overall

    def motion(self, batch: Batch) -> Embedded:
        """Embed the motion inputs of `retrieval.inputs`."""
        even = _even(batch)
        frames, overall = self.motion_graph(inputs=even.inputs, is_valid=even.is_valid)
        return frames[:, : batch.is_valid.shape[1]], overall

    def probability(
        self, speech: Float[Array, "pairs embedding"], motion: Float[Array, "pairs embedding"]
    ) -> Float[Array, "pairs"]:
        """Return how likely each pair belongs together, calibrated."""
        return self.matching_graph(speech=speech, motion=motion)[0]


def load_onnx_retrieval(path: Path) -> OnnxRetrieval:
    """Read a retrieval model that `training.export` wrote.

    Raises:
        CheckpointError: if the file is missing, damaged or of another kind.
    """
    found = exported.load(path, kind=KIND)
    words = found.config["words"]
    return OnnxRetrieval(
        name=found.name,
        sha256=found.sha256,
        provenance=found.provenance,
        known=Vocabulary(words, telling=(word for word, count in words.items() if count > 0)),
        sizes=checkpoint.config_from(RetrievalConfig, found.config["retrieval"], where=str(path)),
        speech_graph=found.graph(SPEECH),
        motion_graph=found.graph(MOTION),
        matching_graph=found.graph(MATCHING),
    )


def _even(batch: Batch) -> Batch:
    more = batch.is_valid.shape[1] % 2
    return Batch(np.pad(batch.inputs, ((0, 0), (0, more), (0, 0))), np.pad(batch.is_valid, ((0, 0), (0, more))))
