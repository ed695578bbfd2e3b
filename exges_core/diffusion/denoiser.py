"""The denoising network, and nothing but the network: it knows no sampler, and of noise what its linear prior does.

DiffuseStyleGesture's shape (paper 5: "built upon the DiffuseStyleGesture framework"): [condition | motion | audio] is
fused per token into local causal cross attention, then a full encoder with a condition token. Ours: the mask is an
input (paper Eq. 8 and 3.3), tokens hold several frames, layers are pre-norm with rotary positions, and a linear prior
answers first (`prior`).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from exges_core.diffusion.config import AUDIO_CHANNELS, MASK_GROUPS, MOTION_CHANNELS, SCORE_CHANNELS, DenoiserConfig
from exges_core.diffusion.kriging import krige
from exges_core.diffusion.prior import LinearPrior


class Denoiser(nn.Module):
    """Predict the clean motion x0 from a partly observed, partly noisy one, in normalised feature space."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        latent, joined = config.latent, config.frames_per_token
        rank = config.prior_rank
        self.prior = _prior_of(config) if rank else None
        motion = MOTION_CHANNELS * (2 if rank else 1)
        self.fuse = nn.Linear(joined * (motion + MASK_GROUPS + AUDIO_CHANNELS) + latent, latent)
        self.score = _score_entry(config) if config.has_score else None
        self.time = nn.Sequential(nn.Linear(latent, latent), nn.SiLU(), nn.Linear(latent, latent))
        self.style = nn.Embedding(config.styles + 1, latent)
        self.null_audio = nn.Parameter(torch.zeros(AUDIO_CHANNELS))
        self.local = Layer(config)
        self.encoder = nn.ModuleList([Layer(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(latent)
        self.head = nn.Linear(latent, joined * (rank or MOTION_CHANNELS))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        x: Float[Tensor, "batch frames channels"],
        is_observed: Float[Tensor, "batch frames groups"],
        audio: Float[Tensor, "batch frames audio_channels"],
        timestep: Int[Tensor, "batch"],
        style: Int[Tensor, "batch"],
        has_audio: Bool[Tensor, "batch"],
        score: Float[Tensor, "batch frames score_channels"] | None = None,
        given: Float[Tensor, "batch frames channels"] | None = None,
    ) -> Float[Tensor, "batch frames channels"]:
        """Return the predicted clean motion.

        Args:
            x: Eq. 8's composition: observed entries clean, the others noisy; normalised.
            is_observed: 1 = observed, per frame and group (55 joints, root position).
            audio: features as they are; where `has_audio` is False a learned null replaces them.
            timestep: 0 (clean) to training_steps - 1.
            style: 0 = unknown.
            has_audio: False drops the sound of a sample (training's null drop, guidance's other side).
            score: the strokes (`score.channels`), zeros where a sample has none; None = no sample has.
            given: what observed entries say of the rest (`krige`); None = it is worked out here.
        """
        batch, frames, _ = x.shape
        joined = self.config.frames_per_token
        tokens = frames // joined
        sound = torch.where(has_audio[:, None, None], audio, self.null_audio)
        condition = self.time(sinusoid(timestep, self.config.latent)) + self.style(style)
        shown = is_observed if self.config.has_mask_input else torch.zeros_like(is_observed)
        estimate, left = self._prior(x, shown, timestep, given)
        columns = torch.cat([x, *([] if estimate is None else [estimate]), shown, sound], dim=-1)
        columns = columns.reshape(batch, tokens, -1)
        latent = self.fuse(torch.cat([columns, condition[:, None].expand(-1, tokens, -1)], dim=-1))
        if self.score is not None and score is not None:
            latent = latent + self.score(score.reshape(batch, tokens, -1))
        turn = rotary(tokens + 1, self.config.latent // self.config.heads, x.device)
        latent = self.local(latent, turn[:, :tokens], _local_causal(tokens, self.config.local_window, x.device))
        latent = torch.cat([condition[:, None].to(latent.dtype), latent], dim=1)
        for layer in self.encoder:
            latent = layer(latent, turn, None)
        found = self.head(self.norm(latent[:, 1:])).reshape(batch, frames, -1)
        if self.prior is None or estimate is None or left is None:
            return found
        return estimate + (left * found) @ self.prior.basis.T

    def _prior(
        self, x: Tensor, shown: Tensor, timestep: Tensor, given: Tensor | None
    ) -> tuple[Tensor, Tensor] | tuple[None, None]:
        if self.prior is None:
            return None, None
        # Asking costs a wait on an accelerator, and kriging nothing costs time on a processor.
        if given is None and self.config.has_kriging and (x.is_cuda or bool(shown.any())):
            given = krige(x.float(), shown.bool(), self.prior.correlation)
        return self.prior(x, channels_of_mask(shown), timestep, given)


def _score_entry(config: DenoiserConfig) -> nn.Sequential:
    """Return how a score enters: at nothing, so that trained weights go on as they were, and zeros stay nothing."""
    hears = nn.Linear(config.frames_per_token * SCORE_CHANNELS, config.latent, bias=False)
    says = nn.Linear(config.latent, config.latent, bias=False)
    nn.init.zeros_(says.weight)
    return nn.Sequential(hears, nn.SiLU(), says)


def _prior_of(config: DenoiserConfig) -> LinearPrior:
    groups = (*[6] * (MASK_GROUPS - 1), 3) if config.has_kriging else ()
    return LinearPrior(MOTION_CHANNELS, config.prior_rank, config.window_frames, config.training_steps, groups=groups)


class Layer(nn.Module):
    """A pre-norm transformer layer with rotary positions."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        latent = config.latent
        self.heads, self.dropout = config.heads, config.dropout
        self.attention_norm = nn.LayerNorm(latent)
        self.queries_keys_values = nn.Linear(latent, 3 * latent)
        self.joined = nn.Linear(latent, latent)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(latent),
            nn.Linear(latent, config.feed_forward),
            nn.GELU(),
            nn.Linear(config.feed_forward, latent),
        )

    def forward(
        self,
        latent: Float[Tensor, "batch tokens latent"],
        turn: Float[Tensor, "2 tokens head_half"],
        may_see: Bool[Tensor, "tokens tokens"] | None,
    ) -> Float[Tensor, "batch tokens latent"]:
        """Attend (where `may_see`), then feed forward, each beside a residual path."""
        batch, tokens, width = latent.shape
        mixed = self.queries_keys_values(self.attention_norm(latent))
        queries, keys, values = mixed.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        drop = self.dropout if self.training else 0.0
        seen = attend(rotate(queries, turn), rotate(keys, turn), values, may_see, dropout=drop)
        seen = self.joined(seen.transpose(1, 2).reshape(batch, tokens, width))
        latent = latent + functional.dropout(seen, drop, self.training)
        return latent + functional.dropout(self.feed_forward(latent), drop, self.training)


def channels_of_mask(is_group: Tensor) -> Bool[Tensor, "batch frames channels"]:
    """Spread the flags of groups over their channels on the flags' device, as `masks.channels_of_groups` does."""
    joints, root = torch.split(is_group.bool(), [MASK_GROUPS - 1, 1], dim=-1)
    channels = torch.cat([joints.repeat_interleave(6, dim=-1), root.expand(*root.shape[:-1], 3)], dim=-1)
    return functional.pad(channels, (0, MOTION_CHANNELS - channels.shape[-1]))


def attend(
    queries: Float[Tensor, "batch heads tokens head"],
    keys: Float[Tensor, "batch heads tokens head"],
    values: Float[Tensor, "batch heads tokens head"],
    may_see: Bool[Tensor, "tokens tokens"] | None,
    *,
    dropout: float,
) -> Float[Tensor, "batch heads tokens head"]:
    """Return scaled dot-product attention; None = every token sees every other.

    On a CPU written out: with so few tokens torch's flash kernel costs five times as much in bfloat16, and its backward
    is a quarter of a training step.
    """
    if queries.device.type != "cpu":
        return functional.scaled_dot_product_attention(queries, keys, values, attn_mask=may_see, dropout_p=dropout)
    logits = (queries * queries.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
    if may_see is not None:
        logits = logits.masked_fill(~may_see, -torch.inf)
    return functional.dropout(logits.softmax(dim=-1).to(values.dtype), dropout, dropout > 0) @ values


def sinusoid(timestep: Int[Tensor, "batch"], width: int) -> Float[Tensor, "batch width"]:
    """Return the sinusoidal embedding of a timestep (Vaswani et al. 2017, 3.5)."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=timestep.device) * (-math.log(10_000.0) / half))
    angles = timestep[:, None].float() * rates
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)


def rotary(tokens: int, head_width: int, device: torch.device) -> Float[Tensor, "2 tokens head_half"]:
    """Return cosines and sines of rotary positions (Su et al. 2021)."""
    half = head_width // 2
    rates = 10_000.0 ** (-torch.arange(half, device=device) / half)
    angles = torch.arange(tokens, device=device)[:, None] * rates
    return torch.stack([torch.cos(angles), torch.sin(angles)])


def rotate(
    vectors: Float[Tensor, "batch heads tokens head"], turn: Float[Tensor, "2 tokens head_half"]
) -> Float[Tensor, "batch heads tokens head"]:
    """Turn pairs of channels by their position's angles."""
    cosine, sine = turn.to(vectors.dtype)
    first, second = vectors.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


def _local_causal(tokens: int, window: int, device: torch.device) -> Bool[Tensor, "tokens tokens"]:
    place = torch.arange(tokens, device=device)
    is_past = place[:, None] >= place[None, :]
    return is_past & (place[:, None] // window - place[None, :] // window <= 1)
