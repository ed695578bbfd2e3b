"""A denoiser that ONNX Runtime runs: no PyTorch, on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core import checkpoint, exported
from exges_core.arrays import Array, Float
from exges_core.diffusion.config import SCORE_CHANNELS, DenoiserConfig
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.motion.features import FeatureStatistics

KIND = "denoiser"
GRAPH = "denoiser"
"""Inputs: x, shown (as numbers), audio, timestep, style, is_heard, score, given; what is not there is zeros."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxDenoiser(Predictor):
    """A denoiser that ONNX Runtime runs.

    Attributes:
        graph: the network.
        lags: how groups correlate over time.
    """

    graph: exported.Graph
    lags: Float[Array, "lags groups"] | None

    @property
    def correlation(self) -> Float[Array, "lags groups"] | None:
        """Return how groups correlate over time; None = the network is told of no guess."""
        return self.lags

    def answer(self, asked: Asked) -> Float[Array, "batch frames channels"]:
        """Return the predicted clean motion, float32, normalised."""
        count, frames, _ = asked.x.shape
        nothing = np.zeros((count, frames, SCORE_CHANNELS), np.float32)
        (found,) = self.graph(
            x=asked.x,
            shown=asked.is_observed.astype(np.float32),
            audio=asked.audio,
            timestep=np.full(count, asked.timestep, np.int64),
            style=np.full(count, asked.style, np.int64),
            is_heard=np.full(count, asked.is_heard),
            score=nothing if asked.score is None else asked.score,
            given=np.zeros_like(asked.x) if asked.given is None else asked.given,
        )
        return found


def load_onnx_denoiser(path: Path) -> OnnxDenoiser:
    """Read a denoiser that `training.export` wrote.

    Raises:
        CheckpointError: if the file is missing, damaged or of another kind.
    """
    found = exported.load(path, kind=KIND)
    return OnnxDenoiser(
        config=checkpoint.config_from(DenoiserConfig, found.config["denoiser"], where=str(path)),
        stats=FeatureStatistics(mean=found.tensors["motion_mean"], std=found.tensors["motion_std"]),
        styles=tuple(found.config["styles"]),
        name=found.name,
        sha256=found.sha256,
        provenance=found.provenance,
        graph=found.graph(GRAPH),
        lags=found.tensors.get("correlation"),
    )
