"""A denoiser that ONNX Runtime runs: no PyTorch, on the CPU."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import assets, exported
from exges_core.arrays import Array, Float
from exges_core.diffusion.config import SCORE_CHANNELS, DenoiserConfig
from exges_core.diffusion.denoiser_file import NETWORK, read_denoiser
from exges_core.diffusion.predictor import Asked, Predictor

GRAPH, FAST_GRAPH = "denoiser", "denoiser-int8"
"""In float32, and with the layers' matrix products in whole numbers.

Inputs: x, shown (as numbers), audio, timestep, style, is_heard, score, given; what is not there is zeros.
"""
CORRELATION = f"{NETWORK}prior.correlation"
"""How groups correlate over time, in a denoiser that is told of guesses."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxDenoiser(Predictor):
    """A denoiser that ONNX Runtime runs.

    Attributes:
        graph: the network.
        lags: how groups correlate over time.
        in_float32: False = in whole numbers, whose range is that of all windows of a call.
    """

    graph: exported.Graph
    lags: Float[Array, "lags groups"] | None
    in_float32: bool = True

    @property
    def is_exact(self) -> bool:
        """Return whether a window's answer is the same, to rounding, whatever else is in its call."""
        return self.in_float32

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
            style=asked.style.astype(np.int64),
            is_heard=np.full(count, asked.is_heard),
            score=nothing if asked.score is None else asked.score,
            given=np.zeros_like(asked.x) if asked.given is None else asked.given,
        )
        return found


def sizes_of(config: DenoiserConfig) -> dict[str, Any]:
    """Return what of a configuration the graph depends on."""
    return {name: value for name, value in asdict(config).items() if name != "dropout"}


def load_onnx_denoiser(path: Path, graphs: Path | None = None, *, is_exact: bool = True) -> OnnxDenoiser:
    """Read weights for ONNX Runtime.

    Args:
        path: the weights.
        graphs: their graphs; None = those beside them, or the shipped ones.
        is_exact: in float32; else the layers' products are in whole numbers: six tenths of the time, answers 1 % off.

    Raises:
        CheckpointError: if a file is missing, damaged or of another kind, or there is no graph that fits the weights.
    """
    found = read_denoiser(path)
    weights, config = found.weights, found.config
    wanted = GRAPH if is_exact else FAST_GRAPH
    shipped = assets.DENOISER_GRAPHS
    own = exported.graphs_for(weights, path, sizes=sizes_of(config), shipped=shipped, own=graphs, only=wanted)
    is_told = config.has_kriging and config.has_mask_input
    return OnnxDenoiser(
        config=config,
        stats=found.stats,
        styles=found.styles,
        name=weights.name,
        sha256=weights.sha256,
        provenance=dict(weights.provenance),
        graph=own[wanted],
        in_float32=is_exact,
        lags=weights.tensors[CORRELATION].astype(np.float32) if is_told else None,
    )
