"""A retrieval model that ONNX Runtime runs: no PyTorch, on the CPU."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import assets, exported
from exges_core.arrays import Array, Float
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.embedder import Batch, Embedded, Embedder, Read
from exges_core.retrieval.retrieval_file import read_retrieval

SPEECH, MOTION, MATCHING = "speech", "motion", "matching"
"""Graphs. The towers take an even number of frames: their tokens are of two."""
_BESIDE = {"dropout", "temperature", "temperature_min", "temperature_max"}
"""For training."""


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


def sizes_of(config: RetrievalConfig) -> dict[str, Any]:
    """Return what of a configuration the graphs depend on."""
    return {name: value for name, value in asdict(config).items() if name not in _BESIDE}


def load_onnx_retrieval(path: Path, graphs: Path | None = None) -> OnnxRetrieval:
    """Read weights for ONNX Runtime; their graphs are those beside them, or the shipped ones, unless they are named.

    Raises:
        CheckpointError: if a file is missing, damaged or of another kind, or there are no graphs that fit the weights.
    """
    found = read_retrieval(path)
    weights, sizes = found.weights, sizes_of(found.config)
    own = exported.graphs_for(weights, path, sizes=sizes, shipped=assets.RETRIEVAL_GRAPHS, own=graphs)
    return OnnxRetrieval(
        name=weights.name,
        sha256=weights.sha256,
        provenance=weights.provenance,
        known=found.known,
        sizes=found.config,
        speech_graph=own[SPEECH],
        motion_graph=own[MOTION],
        matching_graph=own[MATCHING],
    )


def _even(batch: Batch) -> Batch:
    more = batch.is_valid.shape[1] % 2
    return Batch(np.pad(batch.inputs, ((0, 0), (0, more), (0, 0))), np.pad(batch.is_valid, ((0, 0), (0, more))))
