"""Size of the denoiser and of what goes in: plain numbers, for whatever runs it."""

from __future__ import annotations

from dataclasses import dataclass

MOTION_CHANNELS = 337
AUDIO_CHANNELS = 84
MASK_GROUPS = 56
"""55 joints, then the root position. Contacts are never observed, so they need no group."""
SCORE_CHANNELS = 29
_MOST_FRAMES = 4096
"""Of a window: over two minutes. The prior has a table of its frames squared."""
"""`score.channels`; the last one says whether a score is given."""


@dataclass(frozen=True, kw_only=True)
class DenoiserConfig:
    """Size of the network.

    Attributes:
        latent, layers, heads, feed_forward: of the full encoder.
        frames_per_token: consecutive frames fused in one token.
        window_frames: frames it is trained on; a multiple of `frames_per_token`.
        local_window: tokens per window of the local attention, which looks one window back.
        styles: known speakers; index 0 is the null style.
        training_steps: timesteps it knows.
        dropout: inside layers.
        prior_rank: principal components of the linear prior (`prior.LinearPrior`, ours); 0 = none, as in the paper.
        has_kriging: the prior is told what observed entries say of the rest (`kriging`, ours); needs a prior.
        has_score: it is told the gesture score (`score.channels`, ours); False = the paper.
        has_mask_input: False hides m from the network, which then sees Eq. 8's composition alone (an ablation).
    """

    latent: int = 256
    layers: int = 8
    heads: int = 4
    feed_forward: int = 1024
    frames_per_token: int = 2
    window_frames: int = 128
    local_window: int = 11
    styles: int = 0
    training_steps: int = 1000
    dropout: float = 0.0
    prior_rank: int = 0
    has_kriging: bool = False
    has_score: bool = False
    has_mask_input: bool = True

    def __post_init__(self) -> None:
        if self.has_kriging and not self.prior_rank:
            raise ValueError(f"DenoiserConfig: kriging needs a prior: {self}")
        if not 0 < self.window_frames <= _MOST_FRAMES:
            raise ValueError(f"DenoiserConfig: window_frames {self.window_frames}, not 1 to {_MOST_FRAMES}")
        if self.frames_per_token < 1 or self.heads < 1:
            raise ValueError(f"DenoiserConfig: frames_per_token and heads are counts: {self}")
        if self.window_frames % self.frames_per_token or self.latent % (2 * self.heads):
            raise ValueError(f"DenoiserConfig: sizes do not divide: {self}")
