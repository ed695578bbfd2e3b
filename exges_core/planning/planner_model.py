"""Load and save a trained planner: the border between weights on disk and `planner.plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array, Float, Int
from exges_core.planning.planner_config import PlannerConfig
from exges_core.planning.planner_file import COUNTS, KIND, read_planner
from exges_core.planning.planner_network import PlannerNetwork, Shown
from exges_core.planning.stroke_model import Past, StrokeModel, Strokes, TokensShown
from exges_core.planning.word_habits import WordHabits
from exges_core.tensors import array_of


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedPlanner(StrokeModel):
    """A planner that PyTorch runs, in evaluation mode, on the CPU, where so small a network is fastest."""

    network: PlannerNetwork

    @torch.inference_mode()
    def encode(self, shown: TokensShown) -> tuple[Float[Array, "tokens whether"], Float[Array, "tokens which"]]:
        """Return what each token asks for: whether there is a stroke, and which."""
        rows = [torch.as_tensor(each)[None] for each in shown[:-1]]
        asked = Shown(*rows, style=torch.tensor([shown.style]), is_token=torch.ones(1, len(shown.scalars)))
        return array_of(self.network.whether.encode(asked)[0]), array_of(self.network.encode(asked)[0])

    @torch.inference_mode()
    def stroke_logit(self, coded: Float[Array, "whether"], past: Past) -> float:
        """Return the logit of a stroke on a token."""
        return float(self.network.whether(torch.as_tensor(coded), *_tensors(past)))

    @torch.inference_mode()
    def kind_logits(
        self, coded: Float[Array, "context"], past: Past, shares: Float[Array, "kinds"]
    ) -> tuple[Float[Array, "kinds"], Float[Array, "width"]]:
        """Return which kind a stroke on a token is, and what hand and size depend on."""
        asks = torch.as_tensor(coded)
        trunk = self.network.trunk(asks, *_tensors(past))
        return array_of(self.network.kind_logits(asks, trunk, torch.as_tensor(shares))), array_of(trunk)

    @torch.inference_mode()
    def hand_logits(self, trunk: Float[Array, "width"], kind: int) -> Float[Array, "hands"]:
        """Return which hand makes it."""
        return array_of(self.network.hand_logits(torch.as_tensor(trunk), torch.tensor(kind)))

    @torch.inference_mode()
    def size_logits(self, trunk: Float[Array, "width"], kind: int, hand: int) -> Float[Array, "bins"]:
        """Return how large it is."""
        return array_of(self.network.size_logits(torch.as_tensor(trunk), torch.tensor(kind), torch.tensor(hand)))

    @torch.inference_mode()
    def timing_start(self, strokes: Strokes) -> Float[Array, "strokes width"]:
        """Return what strokes' timing depends on."""
        return array_of(self.network.timing_start(*(torch.as_tensor(each) for each in strokes)))

    @torch.inference_mode()
    def timing_logits(self, number: int, state: Float[Array, "strokes width"]) -> Float[Array, "strokes bins"]:
        """Return the logits of one of `TIMINGS`."""
        return array_of(self.network.timing_logits(number, torch.as_tensor(state)))

    @torch.inference_mode()
    def after(
        self, number: int, state: Float[Array, "strokes width"], bins: Int[Array, "strokes"]
    ) -> Float[Array, "strokes width"]:
        """Return what the next timing depends on, once one is drawn."""
        return array_of(self.network.after(number, torch.as_tensor(state), torch.as_tensor(bins)))


def _tensors(past: Past) -> tuple[Tensor, Tensor]:
    return torch.as_tensor(past.memory), torch.tensor(past.kind)


def load_planner(path: Path) -> LoadedPlanner:
    """Read weights for inference.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind, or its tensors do not fit its configuration.
    """
    found = read_planner(path)
    network = checkpoint.network_of(lambda: PlannerNetwork(found.config), found.weights, "network.", where=str(path))
    return LoadedPlanner(
        config=found.config,
        kinds=found.kinds,
        styles=found.styles,
        known=found.known,
        habits=found.habits,
        edges=found.edges,
        network=network.eval().requires_grad_(False),
        name=found.weights.name,
        sha256=found.weights.sha256,
        provenance=dict(found.weights.provenance),
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
    tensors |= {f"habits.{name}": getattr(habits, name).astype(np.uint16) for name in COUNTS}
    content = {KIND: asdict(config), "kinds": list(kinds), "styles": list(styles), "words": list(words)}
    checkpoint.save(path, tensors, kind=KIND, config=content, provenance=provenance)
