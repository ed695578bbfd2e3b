"""Training masks: which entries of a window are given to the network as observed, and what is nulled (paper 3.3, 5).

Of all samples 70 % get control; of those 40 % random keypoints, 30 % whole frames, 30 % keypoint sequences. "Mask
rate" is ambiguous in the paper; here it is the share of entries that are OBSERVED (m = 1 in Eq. 8), for only then does
90 % -> 3 % go from easy to hard and end at the sparse keys of Table 2. It falls geometrically over the curriculum's
share of the training. Whatever the rate, at least one entry of a controlled sample is observed.

Ours: a share of the samples also gets contiguous observed frames at the window's start, end or both (continuation,
in-between, edit with the rest frozen), and some whole-frame masks show only upper body and hands, as retrieved poses
do. Contacts are never observed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from exges_core.control.masks import GROUPS
from exges_core.motion.skeleton import HANDS, UPPER_BODY


@dataclass(frozen=True, kw_only=True)
class MaskingConfig:
    """Shares are of all samples, unless said otherwise.

    Attributes:
        control_share: samples with control.
        keypoint_share, frame_share: of the controlled ones; the rest gets keypoint sequences.
        first_rate, last_rate: observed share of entries at the curriculum's start and end.
        curriculum_share: of the training, after which the last rate holds.
        upper_body_share: of whole-frame masks, those that show upper body and hands only.
        seed_share: samples with observed frames at start, end or both, whether or not they get control too.
        null_audio_share, null_control_share, null_style_share, null_score_share: nulled.
        null_places_share: of the samples with a score, those that are not told where the wrists go.
    """

    control_share: float = 0.7
    keypoint_share: float = 0.4
    frame_share: float = 0.3
    first_rate: float = 0.9
    last_rate: float = 0.03
    curriculum_share: float = 1.0
    upper_body_share: float = 0.0
    seed_share: float = 0.0
    null_audio_share: float = 0.05
    null_control_share: float = 0.05
    null_style_share: float = 0.1
    null_score_share: float = 0.0
    null_places_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Per sample: what is observed, and whether sound, style, score and the score's places are given."""

    is_observed: Bool[Tensor, "batch frames groups"]
    has_audio: Bool[Tensor, "batch"]
    has_style: Bool[Tensor, "batch"]
    has_score: Bool[Tensor, "batch"] | None = None
    has_places: Bool[Tensor, "batch"] | None = None

    def rows(self, rows: slice) -> Masks:
        """Return the masks of some samples."""
        return Masks(
            is_observed=self.is_observed[rows],
            has_audio=self.has_audio[rows],
            has_style=self.has_style[rows],
            has_score=None if self.has_score is None else self.has_score[rows],
            has_places=None if self.has_places is None else self.has_places[rows],
        )


def observed_rate(config: MaskingConfig, progress: float) -> float:
    """Return the observed share at a progress of the training (0 to 1): geometric from the first rate to the last."""
    done = min(progress / config.curriculum_share, 1.0) if config.curriculum_share > 0 else 1.0
    return math.exp((1 - done) * math.log(config.first_rate) + done * math.log(config.last_rate))


def draw_masks(config: MaskingConfig, batch: int, frames: int, progress: float, *, generator: torch.Generator) -> Masks:
    """Draw the masks of a batch, on the generator's device (CPU)."""
    rate = observed_rate(config, progress)
    kind = torch.rand(batch, generator=generator)
    is_keypoint = kind < config.keypoint_share
    is_frame = ~is_keypoint & (kind < config.keypoint_share + config.frame_share)
    observed = torch.where(
        is_keypoint[:, None, None],
        _at_least_one(torch.rand(batch, frames * GROUPS, generator=generator), rate).view(batch, frames, GROUPS),
        torch.where(
            is_frame[:, None, None],
            _whole_frames(config, batch, frames, rate, generator),
            _sequences(batch, frames, rate, generator),
        ),
    )
    has_control = torch.rand(batch, generator=generator) < config.control_share
    observed = observed & has_control[:, None, None]
    observed = observed | _seeds(config, batch, frames, generator)[:, :, None]
    draw = torch.rand(batch, generator=generator)
    is_control_null = (draw >= config.null_audio_share) & (draw < config.null_audio_share + config.null_control_share)
    return Masks(
        is_observed=observed & ~is_control_null[:, None, None],
        has_audio=draw >= config.null_audio_share,
        has_style=torch.rand(batch, generator=generator) >= config.null_style_share,
        has_score=torch.rand(batch, generator=generator) >= config.null_score_share,
        has_places=torch.rand(batch, generator=generator) >= config.null_places_share,
    )


def _at_least_one(draws: Float[Tensor, "batch items"], rate: float) -> Bool[Tensor, "batch items"]:
    lowest = torch.zeros_like(draws, dtype=torch.bool).scatter_(1, draws.argmin(dim=1, keepdim=True), True)
    return (draws < rate) | lowest


def _whole_frames(
    config: MaskingConfig, batch: int, frames: int, rate: float, generator: torch.Generator
) -> Bool[Tensor, "batch frames groups"]:
    is_shown = _at_least_one(torch.rand(batch, frames, generator=generator), rate)
    upper = torch.zeros(GROUPS, dtype=torch.bool)
    upper[[*UPPER_BODY, *HANDS]] = True
    is_upper_only = torch.rand(batch, generator=generator) < config.upper_body_share
    return is_shown[:, :, None] & (upper[None] | ~is_upper_only[:, None])[:, None, :]


def _sequences(batch: int, frames: int, rate: float, generator: torch.Generator) -> Bool[Tensor, "batch frames groups"]:
    """Some groups over a contiguous run of at least half a second: trajectories, a held hand, a gaze."""
    shown = _at_least_one(torch.rand(batch, GROUPS, generator=generator), rate)
    return shown[:, None, :] & _runs(batch, frames, min(15, frames), generator)[:, :, None]


def _runs(batch: int, frames: int, shortest: int, generator: torch.Generator) -> Bool[Tensor, "batch frames"]:
    length = torch.randint(shortest, frames + 1, (batch,), generator=generator)
    start = (torch.rand(batch, generator=generator) * (frames - length + 1)).long()
    place = torch.arange(frames)[None]
    return (place >= start[:, None]) & (place < (start + length)[:, None])


def _seeds(config: MaskingConfig, batch: int, frames: int, generator: torch.Generator) -> Bool[Tensor, "batch frames"]:
    """Observe 1 frame to 3/8 of the window at the start, the end or both, for a share of the samples."""
    side = torch.randint(0, 3, (batch,), generator=generator)
    length = torch.randint(1, max(2, frames * 3 // 8), (2, batch), generator=generator)
    place = torch.arange(frames)[None]
    at_start = (side != 1)[:, None] & (place < length[0][:, None])
    at_end = (side != 0)[:, None] & (place >= frames - length[1][:, None])
    is_seeded = torch.rand(batch, generator=generator) < config.seed_share
    return (at_start | at_end) & is_seeded[:, None]
