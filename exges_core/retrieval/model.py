"""Retrieval weights on disk, and embedding of whole lists of clips. The only place that knows both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array, Float
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing
from exges_core.retrieval.encoders import Embedded, RetrievalConfig, RetrievalModel, SpokenWords
from exges_core.retrieval.spoken import Spoken, gram_table, merge
from exges_core.retrieval.word_vectors import Vocabulary
from exges_core.tensors import array_of

KIND = "retrieval"
_BEFORE_WORDS = {"text_buckets": 0, "text_width": 64}
"""What a file does not say that was written before the speech tower could read words."""


@dataclass(frozen=True, kw_only=True)
class LoadedRetrieval:
    """A retrieval model ready for use, and which file it came from.

    `sha256` is that file's digest: motion bases name it, for embeddings of different models do not mix. `known` are the
    words that the speech tower learnt to read, from a file beside the weights; without it all are read as written.
    """

    model: RetrievalModel
    name: str
    sha256: str
    provenance: Mapping[str, Any]
    known: Vocabulary = field(default_factory=lambda: Vocabulary(()))


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


def pad(
    clips: Sequence[Float[Array, "_ channels"]], device: torch.device | str = "cpu"
) -> tuple[Float[Tensor, "batch frames channels"], Tensor]:
    """Return clips of several lengths as one batch with zeros behind, and the mask of what is valid."""
    frames = max(len(clip) for clip in clips)
    batch = np.zeros((len(clips), frames, clips[0].shape[1]), np.float32)
    is_valid = np.zeros((len(clips), frames), np.bool_)
    for row, clip in enumerate(clips):
        batch[row, : len(clip)] = clip
        is_valid[row, : len(clip)] = True
    return torch.as_tensor(batch).to(device), torch.as_tensor(is_valid).to(device)


@torch.inference_mode()
def embed(
    tower: Callable[[Tensor, Tensor], Embedded],
    clips: Sequence[Float[Array, "_ channels"]],
    *,
    batch: int = 64,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Float[Array, "_ embedding"], Float[Array, "embedding"]]]:
    """Embed clips of any lengths in batches of similar length; yields (per frame, overall) in the given order."""
    return _embed(lambda rows: tower(*pad([clips[row] for row in rows], device)), clips, batch)


@torch.inference_mode()
def embed_speech(
    model: RetrievalModel,
    clips: Sequence[Float[Array, "_ channels"]],
    spoken: Sequence[Spoken],
    *,
    batch: int = 64,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Float[Array, "_ embedding"], Float[Array, "embedding"]]]:
    """Embed speech with the words spoken in it, as `embed` does; a model that cannot read hears the sound alone."""
    buckets = model.config.text_buckets
    if not buckets:
        return embed(model.embed_audio, clips, batch=batch, device=device)

    def of_rows(rows: Sequence[int]) -> Embedded:
        words, places = merge([spoken[row] for row in rows])
        features, is_valid = pad([clips[row] for row in rows], device)
        place = torch.zeros(is_valid.shape, dtype=torch.int64)
        for position, each in enumerate(places):
            place[position, : len(each)] = torch.as_tensor(each)
        grams = torch.as_tensor(gram_table(words, buckets))
        return model.embed_audio(features, is_valid, SpokenWords(grams.to(device), place.to(device)))

    return _embed(of_rows, clips, batch)


def _embed(
    of_rows: Callable[[Sequence[int]], Embedded], clips: Sequence[Array], batch: int
) -> Iterator[tuple[Array, Array]]:
    order = sorted(range(len(clips)), key=lambda index: len(clips[index]))
    found: dict[int, tuple[Array, Array]] = {}
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        embedded = of_rows(rows)
        frames, overall = array_of(embedded.frames), array_of(embedded.overall)
        for position, row in enumerate(rows):
            found[row] = (frames[position, : len(clips[row])], overall[position])
    return (found[index] for index in range(len(clips)))
