"""Retrieval weights on disk, and PyTorch that runs them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array, Float
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing
from exges_core.retrieval import encoders
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.embedder import Batch, Embedded, Embedder, Read
from exges_core.retrieval.encoders import RetrievalModel, SpokenWords
from exges_core.retrieval.word_vectors import Vocabulary
from exges_core.tensors import array_of

KIND = "retrieval"
_BEFORE_WORDS = {"text_buckets": 0, "text_width": 64}
"""What a file does not say that was written before the speech tower could read words."""


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


def words_path(path: Path) -> Path:
    """Return where it is written which words weights learnt to read: beside them."""
    return path.with_suffix(".words.json")


def save_words(path: Path, gestures: Mapping[str, int]) -> None:
    """Write beside weights which words they learnt to read, and how many gestures went with each.

    Raises:
        OutputError: if the file cannot be written.
    """
    with replacing(words_path(path)) as temporary:
        temporary.write_text(json.dumps(dict(sorted(gestures.items())), indent=0) + "\n", encoding="utf-8")


def _read_words(path: Path) -> Vocabulary:
    """Return the words beside weights; none if there is no such file.

    Raises:
        CheckpointError: if it is not of that form.
    """
    try:
        gestures = json.loads(words_path(path).read_text(encoding="utf-8"))
        return Vocabulary(gestures, telling=(word for word, count in gestures.items() if count > 0))
    except FileNotFoundError:
        return Vocabulary(())
    except (OSError, ValueError, AttributeError, TypeError) as error:
        where = str(words_path(path))
        advice = "Write it anew (training.train_retrieval), or remove it: words are then read as they are written."
        raise CheckpointError(
            message(expected="words and their numbers of gestures", got=str(error), where=where, do=advice)
        ) from error


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
    file = checkpoint.load(path, kind=KIND)
    config = checkpoint.config_from(RetrievalConfig, {**_BEFORE_WORDS, **file.config}, where=str(path))
    model = RetrievalModel(config)
    checkpoint.fill(model, file, where=str(path))
    model.to(device).eval()
    return LoadedRetrieval(
        model=model, name=file.name, sha256=file.sha256, provenance=file.provenance, known=_read_words(path)
    )
