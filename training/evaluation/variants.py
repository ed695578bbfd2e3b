"""Denoisers that are asked in another way: the baselines which differ from ours in how they are called, not in weights.

Each is a `LoadedDenoiser` whose `predict` says otherwise, so that `longform`, retrieval and finish stay the product's
own and nothing but the difference is measured.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from exges_core.diffusion.denoiser import channels_of_mask
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.schedule import cosine_schedule

Variant = TypeVar("Variant", bound=LoadedDenoiser)


class Inpainting(LoadedDenoiser):
    """Control as DiffuseStyleGesture does it (RePaint, Lugmayr et al. 2022, Eq. 8, without its resampling).

    The network is told of nothing: its mask input is zero, and before every step observed entries are overwritten by
    the target noised to that step's timestep, with fresh noise (the same whenever one timestep is asked again).
    """

    @torch.inference_mode()
    def predict(
        self,
        x: Float[Tensor, "batch frames channels"],
        is_observed: Bool[Tensor, "batch frames groups"],
        audio: Float[Tensor, "batch frames audio_channels"],
        timestep: int,
        style: Int[Tensor, "batch"],
        has_audio: Bool[Tensor, "batch"],
        score: Float[Tensor, "batch frames score_channels"] | None = None,
        given: Float[Tensor, "batch frames channels"] | None = None,
    ) -> Float[Tensor, "batch frames channels"]:
        """Return the prediction of a network that sees noise everywhere."""
        if is_observed.any():
            schedule = cosine_schedule(self.config.training_steps)
            noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(timestep)).to(x.device)
            noised = schedule.alpha(timestep) * x + schedule.sigma(timestep) * noise
            x = torch.where(channels_of_mask(is_observed), noised, x)
        return super().predict(x, torch.zeros_like(is_observed), audio, timestep, style, has_audio, score)


class Regression(LoadedDenoiser):
    """The same network trained to answer at once: from zeros (and what is observed) at the last timestep.

    To be sampled with one step.
    """

    @torch.inference_mode()
    def predict(
        self,
        x: Float[Tensor, "batch frames channels"],
        is_observed: Bool[Tensor, "batch frames groups"],
        audio: Float[Tensor, "batch frames audio_channels"],
        timestep: int,
        style: Int[Tensor, "batch"],
        has_audio: Bool[Tensor, "batch"],
        score: Float[Tensor, "batch frames score_channels"] | None = None,
        given: Float[Tensor, "batch frames channels"] | None = None,
    ) -> Float[Tensor, "batch frames channels"]:
        """Return the network's only answer, whatever noise it is given."""
        shown = torch.where(channels_of_mask(is_observed), x, torch.zeros_like(x))
        return super().predict(
            shown, is_observed, audio, self.config.training_steps - 1, style, has_audio, score, given
        )


def with_inpainting(model: LoadedDenoiser) -> Inpainting:
    """Return the same weights, controlled by inpainting alone."""
    return _as(Inpainting, model)


def as_regression(model: LoadedDenoiser) -> Regression:
    """Return the same weights, asked once and without noise."""
    return _as(Regression, model)


def _as(variant: type[Variant], model: LoadedDenoiser) -> Variant:
    return variant(**{field.name: getattr(model, field.name) for field in fields(LoadedDenoiser)})
