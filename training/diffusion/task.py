"""The denoiser as a training task: its networks, optimiser, windows and validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array
from exges_core.diffusion.config import MASK_GROUPS
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.model import KIND, LoadedDenoiser
from exges_core.diffusion.objective import body_positions_m, timestep_weights
from exges_core.diffusion.schedule import cosine_schedule
from exges_core.motion.features import FeatureStatistics
from exges_core.tensors import array_of, manual_seed, vector_norm
from training.data.takes import TakeArrays, WindowSource, styles_of
from training.diffusion.masking import Masks
from training.diffusion.presets import DiffusionPreset
from training.diffusion.training_step import DiffusionBatch, Statistics, batch_from, diffusion_losses, predict_clean
from training.diffusion.validation_images import held_out_strips
from training.diffusion.warm_start import carried_over, grown
from training.loop.network_task import NetworkTask
from training.loop.task import Draws

PRIOR_WINDOWS = 2048
"""From which the linear prior learns its statistics."""
VALIDATION_WINDOWS = 64
VALIDATION_TIMESTEPS = (50, 300, 600, 950)
VALIDATION_KEYS = 3
"""Whole frames given in the controlled half of validation, as in the paper's Table 2."""


class DenoisingTask(NetworkTask[Denoiser]):
    """Trains a denoiser; `average` holds the weights to ship.

    With `init` it goes on from trained weights (fine-tuning): their size and normalisation are kept, styles they know
    keep their embedding, and styles new to them start as the null style. Weights without a linear prior get one where
    the preset has it (`warm_start`).
    """

    def __init__(
        self,
        preset: DiffusionPreset,
        takes: Sequence[TakeArrays],
        held_out: Sequence[TakeArrays],
        fabric: Fabric,
        *,
        seed: int,
        init: LoadedDenoiser | None = None,
    ) -> None:
        self.preset = preset
        self.styles = styles_of(takes)
        self.config = replace(preset.denoiser, styles=len(self.styles))
        if init is not None:
            self.config = grown(init.config, self.config)
        self.schedule = cosine_schedule(self.config.training_steps)
        self.features = init.stats if init else FeatureStatistics.of(take.motion for take in takes)
        self.statistics = Statistics(
            mean=torch.as_tensor(self.features.mean).to(fabric.device),
            std=torch.as_tensor(self.features.std).to(fabric.device),
        )
        window = self.config.window_frames
        self.source = WindowSource(takes, window=window, styles=self.styles)
        self.held_out = WindowSource(held_out, window=window, styles=self.styles) if held_out else None
        manual_seed(seed)
        network = Denoiser(self.config)
        if init is not None:
            network.load_state_dict(carried_over(init, network.state_dict(), self.styles, self.config))
        if network.prior is not None and (init is None or not init.config.prior_rank):
            network.prior.fit(batch_from(self.source.spread(PRIOR_WINDOWS), self.statistics).motion.cpu())
        elif network.prior is not None:
            network.prior.correlate()
        uncertainty = None if network.prior is None else network.prior.uncertainty()
        self.weights = timestep_weights(uncertainty, preset.objective, self.config.training_steps)
        heard = [] if network.score is None else list(network.score.parameters())
        others = [each for each in network.parameters() if all(each is not one for one in heard)]
        optimiser = torch.optim.AdamW(
            [{"params": others, "rate": 1.0}, {"params": heard, "rate": preset.score_rate}],
            lr=preset.learning_rate,
            betas=preset.betas,
            weight_decay=preset.weight_decay,
            fused=True,
        )
        super().__init__(network, optimiser, fabric, preset)

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        """Draw windows, make one step, move the average."""
        self.network.train()
        self.set_rate(rate_scale)
        rows = draws.share.rows(self.preset.batch)
        batch = batch_from(self.source.draw(self.preset.batch, generator=draws.arrays, rows=rows), self.statistics)
        found = diffusion_losses(
            self.network,
            batch,
            self.preset,
            self.statistics,
            schedule=self.schedule,
            weights=self.weights,
            draws=draws,
            agreed=self.agreed,
        )
        norm = self.optimise(found["loss"], step=draws.step)
        return {**{name: value.detach() for name, value in found.items()}, "gradient": norm}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Return losses on fixed held-out windows and noise: free, with a few whole frames given, and with the score.

        "loss" and "keyed_loss" are SmoothL1 on normalised x0; "mpjpe_mm" and so on the body joints' mean
        distance from the truth, all averaged over fixed timesteps.
        """
        if self.held_out is None:
            return {}
        batch = batch_from(self.held_out.spread(VALIDATION_WINDOWS), self.statistics)
        count, frames, _ = batch.motion.shape
        generator = torch.Generator().manual_seed(0)
        device = batch.motion.device
        nothing = torch.zeros(count, frames, MASK_GROUPS, dtype=torch.bool, device=device)
        keyed = nothing.clone()
        keyed[:, torch.linspace(0, frames - 1, VALIDATION_KEYS + 2).long()[1:-1]] = True
        everything = torch.ones(count, dtype=torch.bool, device=device)
        found: dict[str, list[float]] = {}
        told = (("", nothing, None), ("keyed_", keyed, None), ("scored_", nothing, everything))
        for timestep in VALIDATION_TIMESTEPS:
            noise = torch.randn(batch.motion.shape, generator=generator).to(device)
            at = torch.full((count,), timestep, device=device)
            for name, is_observed, score in told:
                masks = Masks(
                    is_observed=is_observed,
                    has_audio=everything,
                    has_style=everything,
                    has_score=score,
                    has_places=score,
                )
                error, mpjpe_mm = self._errors(batch, masks, at, noise)
                found.setdefault(f"{name}loss", []).append(error)
                found.setdefault(f"{name}mpjpe_mm", []).append(mpjpe_mm)
        return {name: float(np.mean(values)) for name, values in found.items()}

    def _errors(self, batch: DiffusionBatch, masks: Masks, at: Tensor, noise: Tensor) -> tuple[float, float]:
        """Return SmoothL1 and the body joints' mean distance (mm) of what the averaged weights predict."""
        with cast("Callable[[], AbstractContextManager[None]]", self.fabric.autocast)():
            predicted = predict_clean(self.average, batch, masks, at, noise, self.schedule)
        error = torch.nn.functional.smooth_l1_loss(predicted, batch.motion)
        places = [body_positions_m(self._raw(x[:, ::4])) for x in (predicted, batch.motion)]
        return float(error), float(vector_norm(places[0] - places[1], dim=-1).mean()) * 1e3

    def pictures(self) -> Mapping[str, Array]:
        """Return strips of held-out windows: the truth, motion from speech alone, motion with three poses given."""
        if self.held_out is None:
            return {}
        return held_out_strips(
            self.average, self.features, self.styles, self.held_out, is_regression=self.preset.is_regression
        )

    def _raw(self, motion: Tensor) -> Tensor:
        return motion * self.statistics.std + self.statistics.mean


def save_denoiser(path: Path, task: DenoisingTask, provenance: Mapping[str, object]) -> None:
    """Write the averaged weights as float16 with configuration, normalisation and style names.

    Raises:
        OutputError: if the file cannot be written.
    """
    weights = {name: each.cpu() for name, each in task.average.state_dict().items()}
    # The prior's power spans more than half precision does.
    stored = {name: each.float() if name.startswith("prior.") else each.half() for name, each in weights.items()}
    tensors = {f"network.{name}": array_of(each) for name, each in stored.items()}
    checkpoint.save(
        path,
        {**tensors, "motion_mean": task.features.mean, "motion_std": task.features.std},
        kind=KIND,
        config={"denoiser": asdict(task.config), "styles": list(task.styles)},
        provenance=provenance,
    )
