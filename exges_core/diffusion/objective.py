"""What the network is trained for: noising, Eq. 8's composition, and losses on the predicted motion. No drawing here.

The paper trains with SmoothL1 on x0 (as DiffuseStyleGesture). A sampler needs the mean of the motions that are still
possible; beyond 1, SmoothL1 asks for their median, and joint positions are no linear function of features, so they ask
for something else again. Where noise leaves much open this bends postures: measured on the authored corpus, a network
trained so was worse than the plain mean for fingers at pure noise (mean square 0.90 against 0.86), and nearly all of
its FGD (1.80, of 13 validation takes) was lost above timestep 976: from truth noised to there it made 0.56. Ours,
switchable: half the square; velocity and acceleration in feature space; joint positions by forward kinematics and feet
that stand still while they touch the ground, both by the share of signal in the input. The paper gives every timestep
the same weight, so that the noisy end, where errors are a hundred times as large, is all that counts;
ours divides by a power of the error that the linear prior leaves at a timestep (min-SNR of Hang et al. 2023 goes the
same way, Karras et al. 2022 all of it: power 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import roma
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from exges_core.diffusion.schedule import Schedule
from exges_core.motion.features import CONTACT_CHANNELS, MOTION_CHANNELS, ROOT_CHANNELS
from exges_core.motion.skeleton import BODY, CONTACT_JOINTS, FACE, HANDS, PARENTS, REST_OFFSETS_M
from exges_core.tensors import vector_norm

Agreed = Callable[[Tensor], Tensor]
"""From how many frames count in this process to their mean over all that share a batch."""
_LEAST_COUNT = 1e-3
"""Nothing counted makes a sum of nothing; among many processes the mean count may be below 1."""
MOST_CERTAIN = 1e-3
"""Added to the prior's mean square error before it divides: below, there is nothing to gain."""
POSITION_UNIT_M = 0.1
"""Positions enter the loss in this unit, in which errors are about as large as those of normalised features."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """Weights of the losses beside that on x0, and of groups of channels inside it; 0 switches a loss off.

    Attributes:
        velocity, acceleration: first and second differences of normalised features.
        position: joints of the body relative to the anchor.
        foot: speed of feet that touch the ground.
        hands, face: channel weights; the body's is 1, and 30 finger joints must not outvote 22 of the body.
        pose_stride: forward kinematics on every n-th frame (and its neighbour, for speeds).
        timestep_power: of the linear prior's error, by which a timestep's losses are divided.
        is_squared: half the squared error of features, whose best answer is their mean, instead of SmoothL1.
        is_pose_by_signal: losses of positions and feet count by the signal's share of the input's variance.
    """

    velocity: float = 0.0
    acceleration: float = 0.0
    position: float = 0.0
    foot: float = 0.0
    hands: float = 1.0
    face: float = 1.0
    pose_stride: int = 8
    timestep_power: float = 0.0
    is_squared: bool = False
    is_pose_by_signal: bool = False


def noised(
    x0: Float[Tensor, "batch frames channels"],
    noise: Float[Tensor, "batch frames channels"],
    timestep: Int[Tensor, "batch"],
    schedule: Schedule,
) -> Float[Tensor, "batch frames channels"]:
    """Return x_t = alpha_t x0 + sigma_t noise (Ho et al. 2020, Eq. 4)."""
    kept = torch.as_tensor(schedule.alpha_bar, dtype=x0.dtype, device=x0.device)[timestep][:, None, None]
    return kept.sqrt() * x0 + (1 - kept).sqrt() * noise


def composed(
    x_t: Float[Tensor, "*batch channels"],
    x0: Float[Tensor, "*batch channels"],
    is_observed: Bool[Tensor, "*batch channels"],
) -> Float[Tensor, "*batch channels"]:
    """Return x_hat = m * x0 + (1 - m) * x_t (paper Eq. 8); what is not observed in x0 may be anything."""
    return torch.where(is_observed, x0, x_t)


def channel_weights(config: ObjectiveConfig) -> Float[Tensor, "channels"]:
    """Return the weight of each channel in the loss on x0, of mean 1."""
    weights = torch.ones(MOTION_CHANNELS)
    for joints, weight in ((HANDS, config.hands), (FACE, config.face)):
        for joint in joints:
            weights[6 * joint : 6 * joint + 6] = weight
    return weights / weights.mean()


def timestep_weights(
    uncertainty: Float[Tensor, "timesteps"] | None, config: ObjectiveConfig, steps: int
) -> Float[Tensor, "timesteps"]:
    """Return the weight of each timestep's losses, of mean 1; all 1 without a prior."""
    if uncertainty is None or not config.timestep_power:
        return torch.ones(steps)
    weights = (uncertainty.cpu() + MOST_CERTAIN) ** -config.timestep_power
    return weights / weights.mean()


def as_counted(count: Tensor) -> Tensor:
    """Return the count of the one process that there is."""
    return count


def losses(
    predicted: Float[Tensor, "batch frames channels"],
    x0: Float[Tensor, "batch frames channels"],
    is_real: Bool[Tensor, "batch frames"],
    config: ObjectiveConfig,
    mean: Float[Tensor, "channels"],
    std: Float[Tensor, "channels"],
    weight: Float[Tensor, "batch"],
    signal: Float[Tensor, "batch"],
    agreed: Agreed = as_counted,
) -> dict[str, Tensor]:
    """Return each loss by name, weighted, and their sum as "loss".

    Args:
        predicted: normalised, as the network gives it.
        x0: the truth, normalised.
        is_real: False = padding behind a short take.
        config: the weights.
        mean: with `std`, turns normalised features back for the kinematic losses.
        std: see `mean`.
        weight: of each sample (`timestep_weights`).
        signal: share of signal in the variance of each sample's input (alpha-bar).
        agreed: by how many frames a sum becomes a mean; where several processes share a batch, the mean of their
            counts, so that the mean of their losses is the whole batch's.
    """
    # Padding counts nothing, a sample its weight: both are one factor of every frame.
    share = is_real * weight[:, None]
    penalty = _half_square if config.is_squared else _smooth_l1
    error = penalty(predicted, x0) * channel_weights(config).to(x0.device)
    found = {"x0": _mean(error.mean(dim=-1), share, agreed)}
    speed, true_speed = predicted.diff(dim=1), x0.diff(dim=1)
    if config.velocity:
        error = penalty(speed, true_speed).mean(dim=-1)
        found["velocity"] = config.velocity * _mean(error, share[:, 1:], agreed)
    if config.acceleration:
        error = penalty(speed.diff(dim=1), true_speed.diff(dim=1)).mean(dim=-1)
        found["acceleration"] = config.acceleration * _mean(error, share[:, 2:], agreed)
    if config.position or config.foot:
        seen = share * signal[:, None] if config.is_pose_by_signal else share
        found |= _pose_losses(predicted * std + mean, x0 * std + mean, seen, config, agreed)
    found["loss"] = torch.stack(list(found.values())).sum()
    return found


def _pose_losses(
    predicted: Float[Tensor, "batch frames channels"],
    x0: Float[Tensor, "batch frames channels"],
    share: Float[Tensor, "batch frames"],
    config: ObjectiveConfig,
    agreed: Agreed,
) -> dict[str, Tensor]:
    first = torch.arange(0, x0.shape[1] - 1, config.pose_stride, device=x0.device)
    pairs = torch.stack([first, first + 1], dim=1)
    used = share[:, pairs].amin(dim=-1)
    positions = body_positions_m(predicted[:, pairs])
    with torch.no_grad():
        truth = body_positions_m(x0[:, pairs])
        is_contact = x0[:, pairs[:, 1], CONTACT_CHANNELS] > 0.5
    error = _smooth_l1(positions / POSITION_UNIT_M, truth / POSITION_UNIT_M)
    found = {"position": config.position * _mean(error.mean(dim=(-3, -2, -1)), used, agreed)}
    if config.foot:
        steps = vector_norm((positions[..., 1, :, :] - positions[..., 0, :, :])[..., list(CONTACT_JOINTS), :], dim=-1)
        slide = (steps / POSITION_UNIT_M * is_contact).mean(dim=-1)
        found["foot"] = config.foot * _mean(slide, used, agreed)
    return found


def body_positions_m(features: Float[Tensor, "*batch channels"]) -> Float[Tensor, "*batch joints 3"]:
    """Return positions of the 22 body joints of (not normalised) features, by forward kinematics over tree levels."""
    count = len(BODY)
    columns = features[..., : 6 * count].reshape(*features.shape[:-1], count, 2, 3).transpose(-1, -2)
    local = roma.special_gramschmidt(columns)
    offsets = torch.tensor(REST_OFFSETS_M[:count], dtype=features.dtype, device=features.device)
    turns: dict[int, Tensor] = {0: local[..., 0, :, :]}
    places: dict[int, Tensor] = {0: features[..., ROOT_CHANNELS]}
    for level in _LEVELS:
        parent_turns = torch.stack([turns[PARENTS[joint]] for joint in level], dim=-3)
        parent_places = torch.stack([places[PARENTS[joint]] for joint in level], dim=-2)
        index = list(level)
        level_turns = parent_turns @ local[..., index, :, :]
        level_places = parent_places + (parent_turns @ offsets[index].unsqueeze(-1)).squeeze(-1)
        for position, joint in enumerate(level):
            turns[joint], places[joint] = level_turns[..., position, :, :], level_places[..., position, :]
    return torch.stack([places[joint] for joint in BODY], dim=-2)


def _smooth_l1(predicted: Tensor, truth: Tensor) -> Tensor:
    return functional.smooth_l1_loss(predicted, truth, reduction="none")


def _half_square(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return what SmoothL1 is below an error of 1, everywhere."""
    return 0.5 * (predicted - truth).square()


def _mean(
    values: Float[Tensor, "batch frames"], share: Float[Tensor, "batch frames"], agreed: Agreed
) -> Float[Tensor, ""]:
    return (values * share).sum() / agreed((share > 0).sum()).clamp(min=_LEAST_COUNT)


def _levels() -> tuple[tuple[int, ...], ...]:
    """Return the body's joints by their depth in the tree, without the root."""
    depth = {0: 0}
    for joint in BODY[1:]:
        depth[joint] = depth[PARENTS[joint]] + 1
    deepest = max(depth.values())
    return tuple(tuple(joint for joint in BODY if depth[joint] == level) for level in range(1, deepest + 1))


_LEVELS = _levels()
