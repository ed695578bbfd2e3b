"""Named, frozen configurations: the only place where numbers of the training are chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.objective import ObjectiveConfig
from training.diffusion.masking import MaskingConfig


@dataclass(frozen=True, kw_only=True)
class DiffusionPreset:
    """Everything about training a denoiser but its data and duration.

    Attributes:
        denoiser: its size; `styles` is filled in from the data.
        objective, masking: see there.
        batch: windows per step, of all processes together.
        learning_rate: the highest, after `warmup_steps`; falls as a cosine to `last_rate_share` of it.
        weight_decay, betas: of AdamW.
        clip_norm: of the gradient.
        ema: decay of the averaged weights.
        is_rate_constant: True = no warm-up and no decay.
        log_snr_share: of the timesteps, drawn evenly in log signal-to-noise ratio instead of in time (ours).
        score_rate: the learning rate of what hears the score, in learning rates; it starts at nothing in a network that
            knows the rest already.
        is_regression: the network learns to answer at once, from nothing but what is observed: no diffusion.
    """

    denoiser: DenoiserConfig
    objective: ObjectiveConfig
    masking: MaskingConfig
    batch: int
    learning_rate: float
    warmup_steps: int = 200
    last_rate_share: float = 0.02
    is_rate_constant: bool = False
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    clip_norm: float = 1.0
    ema: float = 0.999
    log_snr_share: float = 0.0
    score_rate: float = 1.0
    is_regression: bool = False


DEFAULT = DiffusionPreset(
    denoiser=DenoiserConfig(layers=6, frames_per_token=4, prior_rank=176, has_kriging=True, has_score=True),
    objective=ObjectiveConfig(
        velocity=3.0,
        acceleration=1.0,
        position=0.1,
        foot=0.1,
        hands=0.5,
        face=0.25,
        timestep_power=0.5,
        is_squared=True,
        is_pose_by_signal=True,
    ),
    masking=MaskingConfig(
        curriculum_share=0.6,
        upper_body_share=0.5,
        seed_share=0.15,
        null_audio_share=0.1,
        null_control_share=0.05,
        null_score_share=0.15,
        null_places_share=0.25,
    ),
    batch=32,
    learning_rate=4e-4,
    log_snr_share=0.5,
    score_rate=5.0,
)
"""Small enough to be trained on two CPU cores in about an hour; ours.

Positions weigh 0.1 because at 0.5 their gradient is fifty times that of x0 and takes over (250 steps of a small network
on one take: x0 loss 0.165 against 0.110 without them; at 0.05 it is 0.118, with body joints 21 % nearer).
"""

PAPER = DiffusionPreset(
    denoiser=DenoiserConfig(layers=8, frames_per_token=1, dropout=0.1),
    objective=ObjectiveConfig(),
    masking=MaskingConfig(),
    batch=300,
    learning_rate=3e-5,
    is_rate_constant=True,
)
"""As the paper (3.3, 5) and DiffuseStyleGesture state: 200,000 steps of batch 300, AdamW 3e-5, SmoothL1 alone."""

_ANY_MASK = DEFAULT.masking
ABLATIONS = {
    "no-score": replace(DEFAULT, denoiser=replace(DEFAULT.denoiser, has_score=False)),
    "no-control": replace(DEFAULT, masking=replace(_ANY_MASK, control_share=0.0, seed_share=0.0)),
    "no-mask-channel": replace(DEFAULT, denoiser=replace(DEFAULT.denoiser, has_kriging=False, has_mask_input=False)),
    "no-part-mask": replace(
        DEFAULT, masking=replace(_ANY_MASK, keypoint_share=0.0, frame_share=1.0, upper_body_share=0.0)
    ),
    "no-curriculum": replace(DEFAULT, masking=replace(_ANY_MASK, curriculum_share=0.0)),
    "regression": replace(DEFAULT, is_regression=True),
}
"""The default less one thing each (paper Table 3, and ours): never told a score, as in the paper; never shown what is
known; shown it, but not told which entries it is; only whole frames ever shown ("w/o part mask": as EMAGE masks);
sparse keys from the first step; and the same network as a regression."""

DIFFUSION = {"default": DEFAULT, "paper": PAPER, **ABLATIONS}
