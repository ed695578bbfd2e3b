"""A planner's .safetensors, for whatever runs its network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from exges_core import checkpoint
from exges_core.arrays import Array
from exges_core.errors import CheckpointError, message
from exges_core.json_lines import is_list, shown
from exges_core.planning.known_words import KnownWords
from exges_core.planning.planner_config import QUANTITIES, PlannerConfig
from exges_core.planning.word_habits import WordHabits

KIND = "planner"
COUNTS = ("met", "moved", "kinds")
"""Of `WordHabits`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannerFile:
    """What a planner's file holds.

    Attributes:
        weights: the file as it is.
        config, kinds, styles, known, habits, edges: as in `stroke_model.StrokeModel`.
    """

    weights: checkpoint.Checkpoint
    config: PlannerConfig
    kinds: tuple[str, ...]
    styles: tuple[str, ...]
    known: KnownWords
    habits: WordHabits
    edges: Mapping[str, Array]


def read_planner(path: Path) -> PlannerFile:
    """Read weights and what belongs to them.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind, or its tables do not fit its configuration.
    """
    found = checkpoint.load(path, kind=KIND)
    try:
        sizes = found.config[KIND]
        kinds, styles, words = (_texts(found.config[name]) for name in ("kinds", "styles", "words"))
        edges = {name: found.tensors[f"edges.{name}"].astype(np.float64) for name in QUANTITIES}
        counts = {name: found.tensors[f"habits.{name}"].astype(np.float64) for name in COUNTS}
    except (KeyError, TypeError) as error:
        raise _unfit(path, f"no {error}" if isinstance(error, KeyError) else str(error)) from error
    config = checkpoint.config_from(PlannerConfig, sizes, where=str(path))
    sized = (len(words), len(kinds), len(styles), {len(each) - 1 for each in edges.values()}, counts["kinds"].shape)
    if sized != (config.words, config.kinds, config.styles, {config.bins}, (config.words + 1, config.kinds)):
        raise _unfit(path, f"words, kinds, styles, bins and counts {sized}")
    return PlannerFile(
        weights=found,
        config=config,
        kinds=tuple(kinds),
        styles=tuple(styles),
        known=KnownWords(words),
        habits=WordHabits(**counts),
        edges=edges,
    )


def _texts(values: object) -> list[str]:
    """Return a list of texts as it is.

    Raises:
        TypeError: if it is something else.
    """
    if not is_list(values) or not all(isinstance(each, str) for each in values):
        raise TypeError(f"{shown(values)} instead of a list of texts")
    return cast("list[str]", values)


def _unfit(path: Path, got: str) -> CheckpointError:
    do = "Use weights written by training.train_planner of this version."
    return CheckpointError(message(expected="planner weights", got=got, where=str(path), do=do))
