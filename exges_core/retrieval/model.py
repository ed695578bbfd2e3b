"""Retrieval weights on disk, and PyTorch that runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array, Float
from exges_core.retrieval import encoders
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.embedder import Batch, Embedded, Embedder, Read
from exges_core.retrieval.encoders import RetrievalModel, SpokenWords
from exges_core.retrieval.retrieval_file import KIND, read_retrieval
from exges_core.tensors import array_of


@dataclass(frozen=True, kw_only=True)
class LoadedRetrieval(Embedder):
    """A retrieval model that PyTorch runs, in evaluation mode."""

    model: RetrievalModel

    @property
    def config(self) -> RetrievalConfig:
        """Return its sizes."""
        return self.model.config

    @torch.inference_mode()
    def speech(self, batch: Batch, read: Read | None) -> Embedded:
        """Embed features of speech and, if the model reads, its words."""
        words = None if read is None else SpokenWords(self._placed(read.grams), self._placed(read.place))
        return _arrays(self.model.embed_audio(self._placed(batch.inputs), self._placed(batch.is_valid), words))

    @torch.inference_mode()
    def motion(self, batch: Batch) -> Embedded:
        """Embed the motion inputs of `retrieval.inputs`."""
        return _arrays(self.model.embed_motion(self._placed(batch.inputs), self._placed(batch.is_valid)))

    @torch.inference_mode()
    def probability(
        self, speech: Float[Array, "pairs embedding"], motion: Float[Array, "pairs embedding"]
    ) -> Float[Array, "pairs"]:
        """Return how likely each pair belongs together, calibrated."""
        head = self.model.matching
        return array_of(head.probability(head(self._placed(speech), self._placed(motion))))

    def _placed(self, array: Array) -> Tensor:
        return torch.as_tensor(array).to(self.model.log_temperature.device)


def _arrays(embedded: encoders.Embedded) -> Embedded:
    return array_of(embedded.frames), array_of(embedded.overall)


def save_retrieval(path: Path, model: RetrievalModel, *, provenance: Mapping[str, object]) -> None:
    """Write weights as float16 (statistics and calibration stay float32).

    Raises:
        OutputError: if the file cannot be written.
    """
    buffers = {name for name, _ in model.named_buffers()}
    tensors = {
        name: array_of(value).astype(np.float32 if name in buffers else np.float16)
        for name, value in model.state_dict().items()
    }
    checkpoint.save(path, tensors, kind=KIND, config=asdict(model.config), provenance=provenance)


def load_retrieval(path: Path, device: torch.device | str = "cpu") -> LoadedRetrieval:
    """Read weights; the model is float32 and in eval mode.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind or version, or does not fit its own config.
    """
    file = read_retrieval(path)
    model = checkpoint.network_of(lambda: RetrievalModel(file.config), file.weights, where=str(path))
    model.to(device).eval()
    return LoadedRetrieval(
        model=model,
        name=file.weights.name,
        sha256=file.weights.sha256,
        provenance=file.weights.provenance,
        known=file.known,
    )
