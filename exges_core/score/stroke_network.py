"""Which movements are strokes: a small network over what each movement looks like, fitted on labelled takes.

Numpy alone at inference. Speed alone does not tell a stroke from a preparation, a retraction or a hand that
comes along; what is before and after, and what the other hand does, tells it. Fitting is elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from exges_core import assets, checkpoint
from exges_core.arrays import Array, Float
from exges_core.errors import CheckpointError, message

KIND = "segmenter"
TENSORS = ("mean", "scale", "weight1", "bias1", "weight2", "bias2", "weight3", "bias3")
OUTPUTS = 7
"""Logit of being a stroke, logit of both hands making it, and the five times of the stroke."""


class Judgements(NamedTuple):
    """What the network says of one hand's movements.

    Attributes:
        stroke: how probably each is the stroke of a gesture that this hand makes.
        both: if so, how probably both hands make it.
        offsets_s: where the stroke's five times lie: the first two from the movement's start, the others from its end.
    """

    stroke: Float[Array, "movements"]
    both: Float[Array, "movements"]
    offsets_s: Float[Array, "movements 5"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StrokeNetwork:
    """Two hidden layers of tanh over standardised features; `tensors` by the names of `TENSORS`.

    `name` and `sha256` are the file's.
    """

    tensors: Mapping[str, Array]
    name: str = ""
    sha256: str = ""

    def judge(self, features: Float[Array, "movements features"]) -> Judgements:
        """Return what each movement is; features beyond 4 standard deviations count as 4, on foreign bodies as well."""
        known = self.tensors
        state = np.clip((features - known["mean"]) / known["scale"], -4.0, 4.0)
        for layer in "12":
            state = np.tanh(state @ known[f"weight{layer}"] + known[f"bias{layer}"])
        said = state @ known["weight3"] + known["bias3"]
        return Judgements(stroke=_logistic(said[:, 0]), both=_logistic(said[:, 1]), offsets_s=said[:, 2:])


def _logistic(logits: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0)))


def save_network(path: Path, network: StrokeNetwork, provenance: Mapping[str, object]) -> None:
    """Write the weights, half precision.

    Raises:
        OutputError: if that fails.
    """
    tensors = {name: network.tensors[name].astype(np.float16) for name in TENSORS}
    checkpoint.save(path, tensors, kind=KIND, config={}, provenance=provenance)


@lru_cache(maxsize=4)
def load_network(path: Path = assets.SEGMENTER) -> StrokeNetwork:
    """Read a network.

    Raises:
        CheckpointError: if the file cannot be used.
    """
    found = checkpoint.load(path, kind=KIND)
    tensors = {name: each.astype(np.float64) for name, each in found.tensors.items() if np.isfinite(each).all()}
    if set(tensors) != set(TENSORS) or tensors["weight3"].shape[1:] != (OUTPUTS,):
        do = "Fit one with `python -m training.train_segmentation`."
        got = ", ".join(f"{name} {each.shape}" for name, each in sorted(tensors.items()))
        raise CheckpointError(message(expected=f"tensors {', '.join(TENSORS)}", got=got, where=str(path), do=do))
    return StrokeNetwork(tensors=tensors, name=found.name, sha256=found.sha256)
