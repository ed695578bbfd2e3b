"""The evaluator as a training task: an auto-encoder of gestures, its optimiser, windows and validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from torch import Tensor, nn

from exges_core import checkpoint
from exges_core.metrics.evaluator import KIND, PREFIX
from exges_core.metrics.skeleton_encoder import CONSTANTS, SkeletonEncoder
from exges_core.motion.features import ROTATION_CHANNELS
from exges_core.tensors import array_of, manual_seed
from training.data.takes import TakeArrays, WindowSource
from training.evaluator.decoder import Decoder
from training.loop.network_task import BestOfTask
from training.loop.task import Draws

VALIDATION_WINDOWS = 128


@dataclass(frozen=True, kw_only=True)
class EvaluatorPreset:
    """Everything about training an evaluator but its data and duration.

    Attributes:
        window_frames: of a training window; a multiple of 32.
        batch: windows per step, of all processes together.
        learning_rate: the highest, after `warmup_steps`; falls as a cosine to `last_rate_share` of it.
        velocity, acceleration: weights of the L1 errors of first and second differences beside that of the rows.
        clip_norm: of the gradient.
        ema: decay of the averaged weights.
    """

    window_frames: int = 128
    batch: int = 16
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    last_rate_share: float = 0.02
    velocity: float = 3.0
    acceleration: float = 1.0
    clip_norm: float = 1.0
    ema: float = 0.998


class AutoEncoder(nn.Module):
    """The evaluator's encoder and the decoder that teaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = SkeletonEncoder()
        self.decoder = Decoder()

    def forward(self, rows: Float[Tensor, "batch frames channels"]) -> Float[Tensor, "batch frames channels"]:
        """Return the rows as read back."""
        return self.decoder(self.encoder(rows))


class EvaluatorTask(BestOfTask[AutoEncoder]):
    """Trains an evaluator; `best` holds the averaged weights that reconstructed held-out windows best so far."""

    def __init__(
        self,
        preset: EvaluatorPreset,
        takes: Sequence[TakeArrays],
        held_out: Sequence[TakeArrays],
        fabric: Fabric,
        *,
        seed: int,
    ) -> None:
        self.preset = preset
        window = preset.window_frames
        self.source = WindowSource(takes, window=window, styles=())
        self.held_out = WindowSource(held_out, window=window, styles=()) if held_out else None
        manual_seed(seed)
        network = AutoEncoder()
        optimiser = torch.optim.AdamW(network.parameters(), lr=preset.learning_rate, betas=(0.9, 0.99), fused=True)
        super().__init__(network, optimiser, fabric, preset)

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        """Draw windows, make one step, move the average."""
        self.network.train()
        self.set_rate(rate_scale)
        rows_of_batch = draws.share.rows(self.preset.batch)
        windows = self.source.draw(self.preset.batch, generator=draws.arrays, rows=rows_of_batch)
        rows = rows_from_columns(torch.as_tensor(windows.motion[..., :ROTATION_CHANNELS]).to(self.fabric.device))
        found = reconstruction_losses(self.network(rows).float(), rows, self.preset)
        norm = self.optimise(found["loss"], step=draws.step)
        return {**{name: value.detach() for name, value in found.items()}, "gradient": norm}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Return the losses on fixed held-out windows in full precision, and keep the weights if they are the best."""
        if self.held_out is None:
            self.keep()
            return {}
        windows = self.held_out.spread(VALIDATION_WINDOWS)
        rows = rows_from_columns(torch.as_tensor(windows.motion[..., :ROTATION_CHANNELS]).to(self.fabric.device))
        found = reconstruction_losses(self.average(rows), rows, self.preset)
        self.keep_if_better(float(found["loss"]))
        return {name: float(value) for name, value in found.items()} | {"best": self.best_loss}


def rows_from_columns(columns: Float[Tensor, "batch frames channels"]) -> Float[Tensor, "batch frames channels"]:
    """Return the first two rows of rotation matrices given by their first two columns (`motion.features`)."""
    first, second = columns.reshape(*columns.shape[:-1], -1, 2, 3).unbind(-2)
    matrix = torch.stack([first, second, torch.cross(first, second, dim=-1)], dim=-1)
    return matrix[..., :2, :].flatten(-3)


def reconstruction_losses(
    found: Float[Tensor, "batch frames channels"],
    truth: Float[Tensor, "batch frames channels"],
    preset: EvaluatorPreset,
) -> dict[str, Tensor]:
    """Return L1 errors of rows, of their first and second differences per frame, and their weighted sum "loss"."""
    error = found - truth
    rows, velocity, acceleration = (error.diff(n=order, dim=1).abs().mean() for order in range(3))
    loss = rows + preset.velocity * velocity + preset.acceleration * acceleration
    return {"loss": loss, "rows": rows, "velocity": velocity, "acceleration": acceleration}


def save_evaluator(path: Path, task: EvaluatorTask, provenance: Mapping[str, object]) -> None:
    """Write the best encoder as float16; what is constant of the skeleton stays out.

    Raises:
        OutputError: if the file cannot be written.
    """
    weights = {
        name: array_of(value.half())
        for name, value in task.best.items()
        if name.startswith(PREFIX) and not name.endswith(CONSTANTS)
    }
    # Weights outside the mask count for nothing: as zeros they compress to nothing.
    for name in [each for each in weights if f"{each.removesuffix('weight')}mask" in task.best]:
        weights[name] = weights[name] * array_of(task.best[f"{name.removesuffix('weight')}mask"].half())
    checkpoint.save(path, weights, kind=KIND, config={}, provenance=provenance)
