"""The retrieval model as search and motion bases see it: arrays in, arrays out, whatever runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from exges_core.arrays import Array, Bool, Float, Int
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.spoken import Spoken, gram_table, merge
from exges_core.retrieval.word_vectors import Vocabulary

BATCH = 64
"""Clips that are embedded in one call."""
Embeddings = Iterator[tuple[Float[Array, "_ embedding"], Float[Array, "embedding"]]]
"""Of each clip: per frame, and overall; of unit length."""


class Batch(NamedTuple):
    """Clips of several lengths with zeros behind the shorter ones, and what is valid."""

    inputs: Float[Array, "batch frames channels"]
    is_valid: Bool[Array, "batch frames"]


class Read(NamedTuple):
    """The words of a batch of speech: `grams` as in `spoken`, `place` the word of every frame."""

    grams: Int[Array, "words grams"]
    place: Int[Array, "batch frames"]


Embedded = tuple[Float[Array, "batch frames embedding"], Float[Array, "batch embedding"]]
"""A batch, per frame and overall."""


@dataclass(frozen=True, kw_only=True)
class Embedder(ABC):
    """A retrieval model ready for use, and which file it came from.

    `sha256` is that file's digest: motion bases name it, for embeddings of different models do not mix. `known` are the
    words that the speech tower learnt to read, from a file beside the weights; without it all are read as written.
    """

    name: str
    sha256: str
    provenance: Mapping[str, Any]
    known: Vocabulary = field(default_factory=lambda: Vocabulary(()))

    @property
    @abstractmethod
    def config(self) -> RetrievalConfig:
        """Return its sizes."""

    @abstractmethod
    def speech(self, batch: Batch, read: Read | None) -> Embedded:
        """Embed features of speech and, if the model reads, its words."""

    @abstractmethod
    def motion(self, batch: Batch) -> Embedded:
        """Embed the motion inputs of `retrieval.inputs`."""

    @abstractmethod
    def probability(
        self, speech: Float[Array, "pairs embedding"], motion: Float[Array, "pairs embedding"]
    ) -> Float[Array, "pairs"]:
        """Return how likely each pair belongs together, calibrated."""

    def embed_motion(self, clips: Sequence[Float[Array, "_ channels"]]) -> Embeddings:
        """Embed motion of any lengths, in the given order."""
        return _in_batches(lambda rows: self.motion(padded([clips[row] for row in rows])), clips)

    def embed_speech(self, clips: Sequence[Float[Array, "_ channels"]], spoken: Sequence[Spoken]) -> Embeddings:
        """Embed speech with the words spoken in it; a model that cannot read hears the sound alone."""
        buckets = self.config.text_buckets

        def of_rows(rows: Sequence[int]) -> Embedded:
            batch = padded([clips[row] for row in rows])
            return self.speech(batch, _read([spoken[row] for row in rows], batch, buckets) if buckets else None)

        return _in_batches(of_rows, clips)


def padded(clips: Sequence[Float[Array, "_ channels"]]) -> Batch:
    """Return clips of several lengths as one batch."""
    frames = max(len(clip) for clip in clips)
    batch = np.zeros((len(clips), frames, clips[0].shape[1]), np.float32)
    is_valid = np.zeros((len(clips), frames), np.bool_)
    for row, clip in enumerate(clips):
        batch[row, : len(clip)] = clip
        is_valid[row, : len(clip)] = True
    return Batch(batch, is_valid)


def _read(spoken: Sequence[Spoken], batch: Batch, buckets: int) -> Read:
    words, places = merge(spoken)
    place = np.zeros(batch.is_valid.shape, np.int64)
    for row, each in enumerate(places):
        place[row, : len(each)] = each
    return Read(gram_table(words, buckets), place)


def _in_batches(of_rows: Callable[[Sequence[int]], Embedded], clips: Sequence[Array]) -> Embeddings:
    """Embed in batches of similar length."""
    order = sorted(range(len(clips)), key=lambda index: len(clips[index]))
    found: dict[int, tuple[Array, Array]] = {}
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        frames, overall = of_rows(rows)
        for position, row in enumerate(rows):
            found[row] = (frames[position, : len(clips[row])], overall[position])
    return (found[index] for index in range(len(clips)))
