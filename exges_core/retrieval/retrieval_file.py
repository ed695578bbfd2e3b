"""Retrieval weights on disk and the words beside them, for whatever runs the networks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from exges_core import checkpoint, json_text
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.word_vectors import Vocabulary

KIND = "retrieval"
_BEFORE_WORDS = {"text_buckets": 0, "text_width": 64}
"""What a file does not say that was written before the speech tower could read words."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RetrievalFile:
    """What a retrieval model's file holds.

    Attributes:
        weights: the file as it is.
        config: the model's sizes.
        known: the words it learnt to read, from the file beside it.
    """

    weights: checkpoint.Checkpoint
    config: RetrievalConfig
    known: Vocabulary


def read_retrieval(path: Path) -> RetrievalFile:
    """Read weights and what belongs to them.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind or version, or the words beside it are.
    """
    found = checkpoint.load(path, kind=KIND)
    config = checkpoint.config_from(RetrievalConfig, {**_BEFORE_WORDS, **found.config}, where=str(path))
    return RetrievalFile(weights=found, config=config, known=_read_words(path))


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
        gestures = cast("dict[str, int]", json_text.read(words_path(path)))
        return Vocabulary(gestures, telling=(word for word, count in gestures.items() if count > 0))
    except FileNotFoundError:
        return Vocabulary(())
    except (OSError, ValueError, AttributeError, TypeError) as error:
        where = str(words_path(path))
        advice = "Write it anew (training.train_retrieval), or remove it: words are then read as they are written."
        raise CheckpointError(
            message(expected="words and their numbers of gestures", got=str(error), where=where, do=advice)
        ) from error
