"""A planner that ONNX Runtime runs: no PyTorch, on the CPU."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import assets, exported
from exges_core.arrays import Array, Float, Int
from exges_core.planning.planner_config import PlannerConfig
from exges_core.planning.planner_file import read_planner
from exges_core.planning.stroke_model import Past, StrokeModel, Strokes, TokensShown

_BESIDE = {
    "dropout", "whether_dropout", "stroke_bias", "style_biases", "stroke_scale", "kind_scale", "middle_spread",
}  # fmt: skip
"""For training, or for drawing from what the graphs say."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxPlanner(StrokeModel):
    """A planner that ONNX Runtime runs: a graph for each thing that is decided."""

    graphs: dict[str, exported.Graph]

    def encode(self, shown: TokensShown) -> tuple[Float[Array, "tokens whether"], Float[Array, "tokens which"]]:
        """Return what each token asks for: whether there is a stroke, and which."""
        rows = shown._asdict() | {"style": np.array(shown.style)}
        whether, which = self.graphs["encode"](**rows)
        return whether, which

    def stroke_logit(self, coded: Float[Array, "whether"], past: Past) -> float:
        """Return the logit of a stroke on a token."""
        return float(self.graphs["stroke"](coded=coded, memory=past.memory, last=np.array(past.kind))[0])

    def kind_logits(
        self, coded: Float[Array, "context"], past: Past, shares: Float[Array, "kinds"]
    ) -> tuple[Float[Array, "kinds"], Float[Array, "width"]]:
        """Return which kind a stroke on a token is, and what hand and size depend on."""
        last = np.array(past.kind)
        logits, trunk = self.graphs["kind"](coded=coded, memory=past.memory, last=last, shares=shares)
        return logits, trunk

    def hand_logits(self, trunk: Float[Array, "width"], kind: int) -> Float[Array, "hands"]:
        """Return which hand makes it."""
        return self.graphs["hand"](trunk=trunk, kind=np.array(kind))[0]

    def size_logits(self, trunk: Float[Array, "width"], kind: int, hand: int) -> Float[Array, "bins"]:
        """Return how large it is."""
        return self.graphs["size"](trunk=trunk, kind=np.array(kind), hand=np.array(hand))[0]

    def timing_start(self, strokes: Strokes) -> Float[Array, "strokes width"]:
        """Return what strokes' timing depends on."""
        return self.graphs["start"](**strokes._asdict())[0]

    def timing_logits(self, number: int, state: Float[Array, "strokes width"]) -> Float[Array, "strokes bins"]:
        """Return the logits of one of `TIMINGS`."""
        return self.graphs["timing"](number=np.array(number), state=state)[0]

    def after(
        self, number: int, state: Float[Array, "strokes width"], bins: Int[Array, "strokes"]
    ) -> Float[Array, "strokes width"]:
        """Return what the next timing depends on, once one is drawn."""
        return self.graphs["after"](number=np.array(number), state=state, bins=bins)[0]


def sizes_of(config: PlannerConfig) -> dict[str, Any]:
    """Return what of a configuration the graphs depend on."""
    return {name: value for name, value in asdict(config).items() if name not in _BESIDE}


def load_onnx_planner(path: Path, graphs: Path | None = None) -> OnnxPlanner:
    """Read weights for ONNX Runtime; their graphs are those beside them, or the shipped ones, unless they are named.

    Raises:
        CheckpointError: if a file is missing, damaged or of another kind, or there are no graphs that fit the weights.
    """
    found = read_planner(path)
    weights, sizes = found.weights, sizes_of(found.config)
    own = exported.graphs_for(weights, path, sizes=sizes, shipped=assets.PLANNER_GRAPHS, own=graphs)
    return OnnxPlanner(
        config=found.config,
        kinds=found.kinds,
        styles=found.styles,
        known=found.known,
        habits=found.habits,
        edges=found.edges,
        name=weights.name,
        sha256=weights.sha256,
        provenance=dict(weights.provenance),
        graphs=own,
    )
