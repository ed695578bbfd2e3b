"""One step of training: windows and randomness in, losses out. No files, no clocks, no logging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from exges_core.diffusion.denoiser import channels_of_mask
from exges_core.diffusion.objective import Agreed, as_counted, composed, losses, noised
from exges_core.diffusion.schedule import LOG_SNR_RANGE, Schedule
from exges_core.score.channels import PLACE_CHANNELS
from training.data.takes import Windows
from training.diffusion.masking import Masks, draw_masks
from training.diffusion.presets import DiffusionPreset
from training.loop.task import Draws


@dataclass(frozen=True, kw_only=True, eq=False)
class DiffusionBatch:
    """A batch on its device; motion is normalised.

    `is_real` is False on padding behind a short take.
    """

    motion: Float[Tensor, "batch frames channels"]
    audio: Float[Tensor, "batch frames audio_channels"]
    score: Float[Tensor, "batch frames score_channels"]
    style: Int[Tensor, "batch"]
    is_real: Bool[Tensor, "batch frames"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistics:
    """Mean and standard deviation per motion channel, on the network's device."""

    mean: Float[Tensor, "channels"]
    std: Float[Tensor, "channels"]


def batch_from(windows: Windows, statistics: Statistics) -> DiffusionBatch:
    """Move windows to the statistics' device and normalise their motion."""
    device = statistics.mean.device
    frames = windows.motion.shape[1]
    valid = torch.as_tensor(windows.valid_frames)
    return DiffusionBatch(
        motion=(torch.as_tensor(windows.motion).to(device) - statistics.mean) / statistics.std,
        audio=torch.as_tensor(windows.audio).to(device),
        score=torch.as_tensor(windows.score).to(device),
        style=torch.as_tensor(windows.style).to(device),
        is_real=(torch.arange(frames)[None] < valid[:, None]).to(device),
    )


def predict_clean(
    network: nn.Module,
    batch: DiffusionBatch,
    masks: Masks,
    timestep: Int[Tensor, "batch"],
    noise: Float[Tensor, "batch frames channels"],
    schedule: Schedule,
) -> Float[Tensor, "batch frames channels"]:
    """Noise the batch, compose it with what is observed (Eq. 8) and return the network's x0."""
    device = batch.motion.device
    is_group = masks.is_observed
    is_channel = channels_of_mask(is_group).to(device)
    x_hat = composed(noised(batch.motion, noise.to(device), timestep.to(device), schedule), batch.motion, is_channel)
    style = torch.where(masks.has_style.to(device), batch.style, torch.zeros_like(batch.style))
    shown = is_group.to(device).to(x_hat.dtype)
    score = _told(batch.score, masks)
    return network(x_hat, shown, batch.audio, timestep.to(device), style, masks.has_audio.to(device), score).float()


def _told(score: Tensor, masks: Masks) -> Tensor:
    """Return the score as far as it is told; a mask that does not speak of it tells nothing."""
    if masks.has_score is None or masks.has_places is None:
        return torch.zeros_like(score)
    told = score * masks.has_score.to(score.device)[:, None, None]
    is_place = torch.zeros(score.shape[-1], dtype=torch.bool, device=score.device)
    is_place[PLACE_CHANNELS] = True
    return told.masked_fill(is_place & ~masks.has_places.to(score.device)[:, None, None], 0.0)


def draw_timesteps(
    schedule: Schedule, count: int, log_snr_share: float, *, generator: torch.Generator
) -> Int[Tensor, "batch"]:
    """Draw timesteps: evenly, or, for a share of them, evenly in log signal-to-noise ratio, as the sampler spaces them.

    Posture is decided where the noise is a hundred times the signal of a channel, for a window has it in every frame:
    above timestep 940, where even draws spend a seventeenth of the training and the default sampler half of its steps.
    """
    timestep = torch.randint(0, schedule.steps, (count,), generator=generator)
    rising = torch.as_tensor(schedule.half_log_snrs()[::-1].astype(np.float32))
    low, high = LOG_SNR_RANGE
    wanted = low + (high - low) * torch.rand(count, generator=generator)
    spaced = (schedule.steps - 1 - torch.searchsorted(rising, wanted)).clamp(0, schedule.steps - 1)
    return torch.where(torch.rand(count, generator=generator) < log_snr_share, spaced, timestep)


def diffusion_losses(
    network: nn.Module,
    batch: DiffusionBatch,
    preset: DiffusionPreset,
    statistics: Statistics,
    *,
    schedule: Schedule,
    weights: Float[Tensor, "timesteps"],
    draws: Draws,
    agreed: Agreed = as_counted,
) -> dict[str, Tensor]:
    """Draw timesteps, noise and masks (CPU generator, so every device sees the same) and return the losses.

    With several processes, `batch` is this one's share; all of them draw for the whole one, and keep their rows. The
    mean of their losses is then that of the whole batch.
    """
    own, frames, channels = batch.motion.shape
    count, generator = own * draws.share.count, draws.tensors
    rows = draws.share.rows(count)
    timestep = draw_timesteps(schedule, count, preset.log_snr_share, generator=generator)[rows]
    noise = torch.randn(count, frames, channels, generator=generator)[rows]
    if preset.is_regression:  # the last timestep's trace of the truth, 5e-5 of it, is below bfloat16's rounding
        timestep.fill_(schedule.steps - 1)
        noise.zero_()
    masks = draw_masks(preset.masking, count, frames, draws.progress, generator=generator).rows(rows)
    predicted = predict_clean(network, batch, masks, timestep, noise, schedule)
    signal = torch.as_tensor(schedule.alpha_bar, dtype=torch.float32)[timestep]
    weight, signal = (each.to(batch.motion.device) for each in (weights[timestep], signal))
    fixed = (batch.is_real, preset.objective, statistics.mean, statistics.std)
    return losses(predicted, batch.motion, *fixed, weight, signal, agreed)
