"""The planner's network as drawing sees it: arrays in, arrays out, whatever runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from exges_core.arrays import Array, Float, Int
from exges_core.planning.known_words import KnownWords
from exges_core.planning.planner_config import PlannerConfig
from exges_core.planning.word_habits import WordHabits


class TokensShown(NamedTuple):
    """The tokens of a take.

    Attributes:
        scalars, vectors: as in `Tokens`.
        words, weights: a word is a weighted mean of known ones; 0 is the unknown word.
        odds, shares: what speakers did on the word, as `WordHabits.of`.
        style: counted from 1, 0 = any.
    """

    scalars: Float[Array, "tokens scalars"]
    words: Int[Array, "tokens near"]
    weights: Float[Array, "tokens near"]
    vectors: Float[Array, "tokens size"]
    odds: Float[Array, "tokens"]
    shares: Float[Array, "tokens kinds"]
    style: int


class Past(NamedTuple):
    """What was made before a token: `memory.memory_of`, and the kind of the last stroke."""

    memory: Float[Array, "memory"]
    kind: int


class Strokes(NamedTuple):
    """What the timing of strokes depends on."""

    coded: Float[Array, "strokes context"]
    kind: Int[Array, "strokes"]
    hand: Int[Array, "strokes"]
    log_size: Float[Array, "strokes"]
    gaps: Float[Array, "strokes gaps"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StrokeModel(ABC):
    """A planner ready to plan.

    Attributes:
        config: its sizes.
        kinds: lexemes it knows; empty = it was trained on strokes without kinds.
        styles: known speakers; their index in the network counts from 1.
        known: its words.
        habits: what speakers did on them.
        edges: of the bins of each of `QUANTITIES`.
        name, sha256, provenance: of the file.
    """

    config: PlannerConfig
    kinds: tuple[str, ...]
    styles: tuple[str, ...]
    known: KnownWords
    habits: WordHabits
    edges: Mapping[str, Float[Array, "edges"]]
    name: str
    sha256: str
    provenance: Mapping[str, Any]

    @abstractmethod
    def encode(self, shown: TokensShown) -> tuple[Float[Array, "tokens whether"], Float[Array, "tokens which"]]:
        """Return what each token asks for: whether there is a stroke, and which."""

    @abstractmethod
    def stroke_logit(self, coded: Float[Array, "whether"], past: Past) -> float:
        """Return the logit of a stroke on a token."""

    @abstractmethod
    def kind_logits(
        self, coded: Float[Array, "context"], past: Past, shares: Float[Array, "kinds"]
    ) -> tuple[Float[Array, "kinds"], Float[Array, "width"]]:
        """Return which kind a stroke on a token is, and what hand and size depend on."""

    @abstractmethod
    def hand_logits(self, trunk: Float[Array, "width"], kind: int) -> Float[Array, "hands"]:
        """Return which hand makes it."""

    @abstractmethod
    def size_logits(self, trunk: Float[Array, "width"], kind: int, hand: int) -> Float[Array, "bins"]:
        """Return how large it is."""

    @abstractmethod
    def timing_start(self, strokes: Strokes) -> Float[Array, "strokes width"]:
        """Return what strokes' timing depends on."""

    @abstractmethod
    def timing_logits(self, number: int, state: Float[Array, "strokes width"]) -> Float[Array, "strokes bins"]:
        """Return the logits of one of `TIMINGS`."""

    @abstractmethod
    def after(
        self, number: int, state: Float[Array, "strokes width"], bins: Int[Array, "strokes"]
    ) -> Float[Array, "strokes width"]:
        """Return what the next timing depends on, once one is drawn."""

    def style_index(self, style: str | None) -> int:
        """Return a speaker's index; 0, the null style, for None or an unknown name."""
        return self.styles.index(style) + 1 if style in self.styles else 0

    def bias_of(self, style: int) -> float:
        """Return what is added to the logit of a stroke, for a style's index."""
        own = self.config.style_biases
        return self.config.stroke_bias + (own[style - 1] if own and style else 0.0)

    def kind_index(self, kind: str | None) -> int:
        """Return a kind's index; that of "not known" for None or an unknown one."""
        return self.kinds.index(kind) if kind in self.kinds else self.config.kinds
