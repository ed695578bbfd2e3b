"""Load and save a trained planner: the border between weights on disk and `planner.plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from exges_core import checkpoint
from exges_core.arrays import Array, Float
from exges_core.errors import CheckpointError, message
from exges_core.planning.known_words import KnownWords
from exges_core.planning.planner_network import QUANTITIES, PlannerConfig, PlannerNetwork
from exges_core.planning.word_habits import WordHabits
from exges_core.tensors import array_of

KIND = "planner"
_COUNTS = ("met", "moved", "kinds")


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedPlanner:
    """A planner ready to plan; it runs on the CPU.

    Attributes:
        config: its sizes.
        kinds: lexemes it knows; empty = it was trained on strokes without kinds.
        styles: known speakers; their index in the network counts from 1.
        known: its words.
        habits: what speakers did on them.
        edges: of the bins of each of `QUANTITIES`.
        network: in evaluation mode.
        name, sha256, provenance: of the file.
    """

    config: PlannerConfig
    kinds: tuple[str, ...]
    styles: tuple[str, ...]
    known: KnownWords
    habits: WordHabits
    edges: Mapping[str, Float[Array, "edges"]]
    network: PlannerNetwork
    name: str
    sha256: str
    provenance: Mapping[str, Any]

    def style_index(self, style: str | None) -> int:
        """Return a speaker's index; 0, the null style, for None or an unknown name."""
        return self.styles.index(style) + 1 if style in self.styles else 0

    def bias_of(self, style: int) -> float:
        """Return what is added to the logit of a stroke, for a style's index."""
        own = self.config.style_biases
        return self.config.stroke_bias + (own[style - 1] if own and style else 0.0)

    def kind_index(self, kind: str | None) -> int:
        """Return a kind's index; that of "not known" for None or an unknown one."""
        return self.kinds.index(kind) if kind in self.kinds else self.config.kinds


def load_planner(path: Path) -> LoadedPlanner:
    """Read weights for inference.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind, or its tensors do not fit its configuration.
    """
    found = checkpoint.load(path, kind=KIND)
    try:
        sizes, kinds, styles, words = (found.config[name] for name in (KIND, "kinds", "styles", "words"))
        edges = {name: found.tensors[f"edges.{name}"].astype(np.float64) for name in QUANTITIES}
        counts = {name: found.tensors[f"habits.{name}"].astype(np.float64) for name in _COUNTS}
    except KeyError as error:
        raise _unfit(path, f"no {error}") from error
    config = checkpoint.config_from(PlannerConfig, sizes, where=str(path))
    sized = (len(words), len(kinds), len(styles), {len(each) - 1 for each in edges.values()}, counts["kinds"].shape)
    if sized != (config.words, config.kinds, config.styles, {config.bins}, (config.words + 1, config.kinds)):
        raise _unfit(path, f"words, kinds, styles, bins and counts {sized}")
    network = PlannerNetwork(config)
    checkpoint.fill(network, found, "network.", where=str(path))
    return LoadedPlanner(
        config=config,
        kinds=tuple(kinds),
        styles=tuple(styles),
        known=KnownWords(words),
        habits=WordHabits(**counts),
        edges=edges,
        network=network.eval().requires_grad_(False),
        name=found.name,
        sha256=found.sha256,
        provenance=dict(found.provenance),
    )


def save_planner(
    path: Path,
    config: PlannerConfig,
    weights: Mapping[str, torch.Tensor],
    *,
    kinds: Sequence[str],
    styles: Sequence[str],
    words: Sequence[str],
    habits: WordHabits,
    edges: Mapping[str, Array],
    provenance: Mapping[str, object],
) -> None:
    """Write a planner, weights as float16.

    Raises:
        OutputError: if it cannot be written.
    """
    tensors = {f"network.{name}": array_of(tensor).astype(np.float16) for name, tensor in weights.items()}
    tensors |= {f"edges.{name}": array.astype(np.float32) for name, array in edges.items()}
    tensors |= {f"habits.{name}": getattr(habits, name).astype(np.uint16) for name in _COUNTS}
    content = {KIND: asdict(config), "kinds": list(kinds), "styles": list(styles), "words": list(words)}
    checkpoint.save(path, tensors, kind=KIND, config=content, provenance=provenance)


def _unfit(path: Path, got: str) -> CheckpointError:
    do = "Use weights written by training.train_planner of this version."
    return CheckpointError(message(expected="planner weights", got=got, where=str(path), do=do))
