"""The networks of retrieval: an audio tower, a motion tower and a head that judges a pair (paper 3.2). Only networks.

In eval mode everything is deterministic, and a clip alone gives what it gives in a batch: padding is masked at every
layer. Time enters by rotary angles and convolutions only, so that an embedding holds no absolute position and hardly
the length of its segment, by which a pair could be recognised without listening.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from exges_core.arrays import Bool, Float, Int
from exges_core.retrieval.config import RetrievalConfig


class SpokenWords(NamedTuple):
    """The words of a batch of speech: `grams` as in `exges_core.retrieval.spoken`, `place` the word of every frame."""

    grams: Int[Tensor, "words grams"]
    place: Int[Tensor, "batch frames"]


class Embedded(NamedTuple):
    """A batch of embedded clips, all of unit length.

    `frames`: per frame, zero where padded. `overall`: one per clip, pooled over its valid frames.
    """

    frames: Float[Tensor, "batch frames embedding"]
    overall: Float[Tensor, "batch embedding"]


def rotary(values: Float[Tensor, "batch heads tokens channels"]) -> Float[Tensor, "batch heads tokens channels"]:
    """Turn channel pairs by an angle that grows with time (RoFormer), so that attention sees distances only."""
    tokens, half = values.shape[-2], values.shape[-1] // 2
    rates = 100.0 ** (-torch.arange(half, device=values.device, dtype=torch.float32) / half)
    angles = torch.arange(tokens, device=values.device, dtype=torch.float32)[:, None] * rates
    cosine, sine = angles.cos().to(values.dtype), angles.sin().to(values.dtype)
    first, second = values[..., :half], values[..., half:]
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


class ClipDropout(nn.Module):
    """Dropout of whole channels, one mask per clip for all its tokens: drawn in no time, unlike one per token."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, tokens: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens width"]:
        """Return the tokens, with channels left out while training."""
        if not self.training or self.rate == 0.0:
            return tokens
        return tokens * functional.dropout(torch.ones_like(tokens[:, :1]), self.rate)


class Block(nn.Module):
    """A pre-norm transformer layer with rotary attention over valid tokens."""

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm_attention = nn.LayerNorm(config.width)
        self.query_key_value = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.norm_feedforward = nn.LayerNorm(config.width)
        self.feedforward = nn.Sequential(
            nn.Linear(config.width, config.feedforward),
            nn.GELU(),
            ClipDropout(config.dropout),
            nn.Linear(config.feedforward, config.width),
        )
        self.dropout = ClipDropout(config.dropout)

    def forward(
        self, tokens: Float[Tensor, "batch tokens width"], is_valid: Bool[Tensor, "batch tokens"]
    ) -> Float[Tensor, "batch tokens width"]:
        """Return the tokens after attention and feed-forward."""
        batch, count, width = tokens.shape
        mixed = self.query_key_value(self.norm_attention(tokens))
        query, key, value = mixed.view(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(
            rotary(query), rotary(key), value, attn_mask=is_valid[:, None, None, :]
        )
        tokens = tokens + self.dropout(self.out(attended.transpose(1, 2).reshape(batch, count, width)))
        return tokens + self.dropout(self.feedforward(self.norm_feedforward(tokens)))


class Tower(nn.Module):
    """Channels -> convolutional stem -> transformer on tokens of two frames -> one unit vector per frame.

    The stem's full-rate output joins the upsampled transformer's, so that each frame has features of its own: the key
    frame is located on frames, not on tokens. Inputs are normalised by buffers that travel with the weights.

    Deviation from the paper: a learnable centre is subtracted after pooling. A maximum over time is large in every
    channel whatever the clip, so that without it all clips point the same way (cosine 0.9 before training).
    """

    input_mean: Tensor
    input_deviation: Tensor

    def __init__(self, inputs: int, config: RetrievalConfig) -> None:
        super().__init__()
        self.register_buffer("input_mean", torch.zeros(inputs))
        self.register_buffer("input_deviation", torch.ones(inputs))
        self.pooling = config.pooling
        self.stem = nn.Conv1d(inputs, config.width, kernel_size=5, padding=2)
        self.halve = nn.Conv1d(config.width, config.width, kernel_size=4, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.project = nn.Linear(config.width, config.embedding)
        self.centre = nn.Parameter(torch.zeros(config.embedding))

    def forward(
        self,
        inputs: Float[Tensor, "batch frames inputs"],
        is_valid: Bool[Tensor, "batch frames"],
        extra: Float[Tensor, "batch frames width"] | None = None,
    ) -> Embedded:
        """Embed clips whose valid frames come first; every clip needs one at least. `extra` is added after the stem."""
        per_frame = self._per_frame(inputs, is_valid, extra)
        pooled = self._pool(per_frame, is_valid)
        return Embedded(frames=per_frame, overall=functional.normalize(pooled - self.centre, dim=-1))

    def pooled(
        self,
        inputs: Float[Tensor, "batch frames inputs"],
        is_valid: Bool[Tensor, "batch frames"],
        extra: Float[Tensor, "batch frames width"] | None = None,
    ) -> Float[Tensor, "batch embedding"]:
        """Return what pooling gives before it is centred: the mean of it over clips is where the centre starts."""
        return self._pool(self._per_frame(inputs, is_valid, extra), is_valid)

    def _per_frame(
        self,
        inputs: Float[Tensor, "batch frames inputs"],
        is_valid: Bool[Tensor, "batch frames"],
        extra: Float[Tensor, "batch frames width"] | None,
    ) -> Float[Tensor, "batch frames embedding"]:
        frames = inputs.shape[1]
        is_real = is_valid
        if frames % 2:
            inputs, is_real = functional.pad(inputs, (0, 0, 0, 1)), functional.pad(is_valid, (0, 1))
            extra = None if extra is None else functional.pad(extra, (0, 0, 0, 1))
        keep = is_real[:, None].to(inputs.dtype)
        normal = ((inputs - self.input_mean) / self.input_deviation).transpose(1, 2) * keep
        stem = functional.gelu(self.stem(normal)) * keep
        if extra is not None:
            stem = stem + extra.transpose(1, 2) * keep
        is_token = is_real[:, ::2]
        tokens = functional.gelu(self.halve(stem)).transpose(1, 2) * is_token[..., None]
        for block in self.blocks:
            tokens = block(tokens, is_token)
        joined = stem.transpose(1, 2) + tokens.repeat_interleave(2, dim=1)
        projected = self.project(self.norm(joined)).float()[:, :frames]
        return functional.normalize(projected, dim=-1) * is_valid[..., None]

    def _pool(
        self, per_frame: Float[Tensor, "batch frames embedding"], is_valid: Bool[Tensor, "batch frames"]
    ) -> Float[Tensor, "batch embedding"]:
        mask = is_valid[..., None]
        if self.pooling == "max":
            return per_frame.masked_fill(~mask, -torch.inf).amax(dim=1)
        return per_frame.sum(dim=1) / mask.sum(dim=1)


class WordTable(nn.Module):
    """A learnt vector per hashed word and letter group (fastText); a word is their sum over the root of their number.

    Ours. No bias anywhere: where no word is spoken, nothing is added, so one model works with and without words.
    """

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__()
        self.table = nn.Embedding(config.text_buckets, config.text_width, padding_idx=0)
        nn.init.normal_(self.table.weight[1:], std=0.5)
        self.project = nn.Linear(config.text_width, config.width, bias=False)

    def forward(self, words: SpokenWords) -> Float[Tensor, "batch frames width"]:
        """Return the vector of the word of every frame."""
        count = (words.grams > 0).sum(dim=1, keepdim=True).clamp_min(1)
        vectors = self.project(self.table(words.grams).sum(dim=1) * count.rsqrt())
        return functional.embedding(words.place, vectors)


class AudioTower(Tower):
    """Embeds speech features (80 log-mel, energy, F0, voicedness, onset strength) and, beyond the paper, words."""

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__(config.audio_inputs, config)
        self.words = WordTable(config) if config.text_buckets else None


class MotionTower(Tower):
    """Embeds the motion inputs of `exges_core.retrieval.inputs`."""

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__(config.motion_inputs, config)


class MatchingHead(nn.Module):
    """Judge whether speech and motion belong together (Eq. 5): the paper's fully connected layer.

    Deviation: a hidden layer, and the products of both embeddings beside them (a linear layer on a concatenation can
    not compare); ALBEF fuses by cross attention instead, which would cost a transformer per candidate.
    """

    calibration: Tensor

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__()
        self.judge = nn.Sequential(
            nn.Linear(4 * config.embedding + 1, config.embedding),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.embedding, 1),
        )
        self.register_buffer("calibration", torch.tensor([1.0, 0.0]))

    def forward(
        self, audio: Float[Tensor, "pairs embedding"], motion: Float[Tensor, "pairs embedding"]
    ) -> Float[Tensor, "pairs"]:
        """Return one logit per pair of overall embeddings."""
        product = audio * motion
        scale = audio.shape[-1] ** 0.5
        pair = torch.cat([audio, motion, product * scale, (audio - motion).abs()], dim=-1) * scale
        return self.judge(torch.cat([pair, product.sum(-1, keepdim=True) * 10.0], dim=-1)).float().squeeze(-1)

    def probability(self, logit: Float[Tensor, "pairs"]) -> Float[Tensor, "pairs"]:
        """Return calibrated probabilities: sigmoid(scale * logit + shift), both fitted on validation pairs (Platt)."""
        return torch.sigmoid(self.calibration[0] * logit + self.calibration[1])


class RetrievalModel(nn.Module):
    """Both towers, the matching head and the temperature of the contrast."""

    def __init__(self, config: RetrievalConfig) -> None:
        super().__init__()
        self.config = config
        self.audio = AudioTower(config)
        self.motion = MotionTower(config)
        self.matching = MatchingHead(config)
        self.log_temperature = nn.Parameter(torch.tensor(config.temperature).log())

    @property
    def temperature(self) -> Float[Tensor, ""]:
        """Return the temperature, inside its clamp."""
        return self.log_temperature.exp().clamp(self.config.temperature_min, self.config.temperature_max)

    def embed_audio(
        self,
        features: Float[Tensor, "batch frames audio_inputs"],
        is_valid: Bool[Tensor, "batch frames"],
        words: SpokenWords | None = None,
    ) -> Embedded:
        """Embed speech; a model without a table of words hears the sound alone."""
        table = self.audio.words
        return self.audio(features, is_valid, None if table is None or words is None else table(words))

    def embed_motion(
        self, inputs: Float[Tensor, "batch frames motion_inputs"], is_valid: Bool[Tensor, "batch frames"]
    ) -> Embedded:
        """Embed motion, given the inputs of `exges_core.retrieval.inputs`."""
        return self.motion(inputs, is_valid)

    def match(
        self, audio: Float[Tensor, "pairs embedding"], motion: Float[Tensor, "pairs embedding"]
    ) -> Float[Tensor, "pairs"]:
        """Return the matching logit of pairs."""
        return self.matching(audio, motion)
