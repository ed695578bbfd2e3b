"""The planner's network: what the words and the sound around each token ask for, and what was made before."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from exges_core.planning.memory import GAPS, MEMORY
from exges_core.planning.planner_config import TIMINGS, PlannerConfig
from exges_core.planning.tokens import SCALARS, VECTOR_SIZE
from exges_core.score.records import HANDS

_KERNEL = 5
_HAND_WIDTH = 8


class Shown(NamedTuple):
    """Tokens of several takes, padded at the end.

    Attributes:
        scalars, vectors: as in `Tokens`.
        words, weights: a word is a weighted mean of known ones; 0 is the unknown word.
        odds, shares: what speakers did on the word, as `WordHabits.of`.
        style: of each take; counted from 1, 0 = any.
        is_token: 1 where there is one.
    """

    scalars: Float[Tensor, "batch tokens scalars"]
    words: Int[Tensor, "batch tokens near"]
    weights: Float[Tensor, "batch tokens near"]
    vectors: Float[Tensor, "batch tokens size"]
    odds: Float[Tensor, "batch tokens"]
    shares: Float[Tensor, "batch tokens kinds"]
    style: Int[Tensor, "batch"]
    is_token: Float[Tensor, "batch tokens"]


class TokenEncoder(nn.Module):
    """Convolutions over tokens in both directions."""

    def __init__(self, config: PlannerConfig, width: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.words = nn.Embedding(config.words + 1, config.word_width)
        self.styles = nn.Embedding(config.styles + 1, config.style_width)
        self.habit = nn.Linear(config.kind_columns, config.kind_width)
        inputs = SCALARS + 1 + config.kind_width + config.word_width + VECTOR_SIZE + config.style_width
        self.enter = nn.Linear(inputs, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, _KERNEL, padding=(_KERNEL // 2) * 2**layer, dilation=2**layer)
            for layer in range(layers)
        )
        self.dropout = nn.Dropout(dropout)
        self.leave = nn.LayerNorm(width)

    def forward(self, shown: Shown) -> Float[Tensor, "batch tokens context"]:
        """Return what each token asks for, and the style."""
        meant = (self.words(shown.words) * shown.weights[..., None]).sum(dim=-2)
        of_style = self.styles(shown.style)[:, None].expand(-1, shown.scalars.shape[1], -1)
        is_token = shown.is_token[..., None]
        meaning = [self.habit(shown.shares.exp()), self.dropout(meant), self.dropout(shown.vectors)]
        entered = torch.cat([shown.scalars, shown.odds[..., None], *meaning, of_style], dim=-1)
        state = self.enter(entered) * is_token
        for norm, layer in zip(self.norms, self.layers, strict=True):
            spread = layer((norm(state) * is_token).transpose(1, 2)).transpose(1, 2)
            state = (state + self.dropout(nn.functional.gelu(spread))) * is_token
        return torch.cat([self.leave(state), of_style], dim=-1)


class Trunk(nn.Module):
    """What a token asks for after what was made before."""

    def __init__(self, config: PlannerConfig, width: int, dropout: float) -> None:
        super().__init__()
        self.kinds = nn.Embedding(config.kinds + 2, config.kind_width)
        self.coded = nn.Linear(width + config.style_width, width)
        self.memory = nn.Linear(MEMORY + config.kind_width, width)
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        coded: Float[Tensor, "*places context"],
        memory: Float[Tensor, "*places memory"],
        last_kind: Int[Tensor, "*places"],
    ) -> Float[Tensor, "*places width"]:
        """Return it."""
        remembered = self.memory(torch.cat([memory, self.kinds(last_kind)], dim=-1))
        state = self.dropout(nn.functional.gelu(self.coded(coded) + remembered))
        return self.dropout(nn.functional.gelu(self.mix(state)))


class Whether(nn.Module):
    """Whether there is a stroke: a network of its own, so that training may stop it when it is best."""

    def __init__(self, config: PlannerConfig) -> None:
        super().__init__()
        width, dropout = config.whether_width, config.whether_dropout
        self.encode = TokenEncoder(config, width, config.whether_layers, dropout)
        self.trunk = Trunk(config, width, dropout)
        self.stroke = nn.Linear(width, 1)
        self.hint = nn.Linear(width + config.style_width, config.kind_columns)

    def hinted(self, coded: Float[Tensor, "*places context"]) -> Float[Tensor, "*places kinds"]:
        """Return which kind a stroke would be: asked in training alone, so that words are told apart by meaning."""
        return self.hint(coded)

    def forward(
        self,
        coded: Float[Tensor, "*places context"],
        memory: Float[Tensor, "*places memory"],
        last_kind: Int[Tensor, "*places"],
    ) -> Float[Tensor, "*places"]:
        """Return the logit of a stroke."""
        return self.stroke(self.trunk(coded, memory, last_kind))[..., 0]


class PlannerNetwork(nn.Module):
    """Whether there is a stroke, and small heads that decide one thing about it after the other.

    Kinds count from 0; `config.kinds` is "not known", one more is "no stroke yet".
    """

    def __init__(self, config: PlannerConfig) -> None:
        super().__init__()
        self.config = config
        width, kind_width = config.width, config.kind_width
        self.whether = Whether(config)
        self.encode = TokenEncoder(config, width, config.layers, config.dropout)
        self.trunk = Trunk(config, width, config.dropout)
        self.dropout = nn.Dropout(config.dropout)
        self.kinds = nn.Embedding(config.kinds + 2, kind_width)
        self.hands = nn.Embedding(len(HANDS), _HAND_WIDTH)
        self.kind = nn.Linear(2 * width, config.kind_columns)
        self.hand = self._head(width + kind_width, len(HANDS))
        self.size = self._head(width + kind_width + _HAND_WIDTH, config.bins)
        self.timed = nn.Linear(width + config.style_width + kind_width + _HAND_WIDTH + 1 + GAPS, width)
        self.timings = nn.ModuleList(nn.Linear(width, config.bins) for _ in TIMINGS)
        self.chosen = nn.ModuleList(nn.Embedding(config.bins, width) for _ in TIMINGS[1:])

    def _head(self, inputs: int, outputs: int) -> nn.Sequential:
        half = self.config.width // 2
        return nn.Sequential(nn.Linear(inputs, half), nn.GELU(), self.dropout, nn.Linear(half, outputs))

    def kind_logits(
        self, coded: Float[Tensor, "*places context"], trunk: Tensor, shares: Float[Tensor, "*places kinds"]
    ) -> Float[Tensor, "*places kinds"]:
        """Return which kind a stroke is: what the word usually calls, and what speaks for another here."""
        return shares + self.kind(torch.cat([coded[..., : self.config.width], trunk], dim=-1))

    def hand_logits(self, trunk: Tensor, kind: Int[Tensor, "*places"]) -> Float[Tensor, "*places hands"]:
        """Return which hand makes it."""
        return self.hand(torch.cat([trunk, self.kinds(kind)], dim=-1))

    def size_logits(
        self, trunk: Tensor, kind: Int[Tensor, "*places"], hand: Int[Tensor, "*places"]
    ) -> Float[Tensor, "*places bins"]:
        """Return how large it is."""
        return self.size(torch.cat([trunk, self.kinds(kind), self.hands(hand)], dim=-1))

    def timing_start(
        self,
        coded: Float[Tensor, "strokes context"],
        kind: Int[Tensor, "strokes"],
        hand: Int[Tensor, "strokes"],
        log_size: Float[Tensor, "strokes"],
        gaps: Float[Tensor, "strokes gaps"],
    ) -> Float[Tensor, "strokes width"]:
        """Return what a stroke's timing depends on."""
        parts = [coded, self.kinds(kind), self.hands(hand), log_size[:, None], gaps]
        return self.timed(torch.cat(parts, dim=-1))

    def timing_logits(self, number: int, state: Float[Tensor, "strokes width"]) -> Float[Tensor, "strokes bins"]:
        """Return the logits of one of `TIMINGS`."""
        return self.timings[number](self.dropout(nn.functional.gelu(state)))

    def after(self, number: int, state: Tensor, bins: Int[Tensor, "strokes"]) -> Float[Tensor, "strokes width"]:
        """Return what the next timing depends on, once one is drawn."""
        return state + self.chosen[number](bins) if number < len(self.chosen) else state
