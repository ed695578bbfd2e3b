"""Sizes of the planner and what it says of a stroke: plain numbers, for whatever runs it."""

from __future__ import annotations

from dataclasses import dataclass

TIMINGS = ("middle", "stroke", "preparation", "hold", "retraction")
"""Drawn one after the other: middle of the stroke after the anchor, and lengths; seconds."""
QUANTITIES = ("size", *TIMINGS)


@dataclass(frozen=True, kw_only=True)
class PlannerConfig:
    """Sizes of the planner.

    Attributes:
        words: how many it knows by heart; kinds, styles: how many there are.
        bins: of each quantity: values are drawn from a bin, then within it.
        width, layers: of what says which stroke: channels per token, convolutions (layer k looks 2^k tokens apart).
        whether_width, whether_layers: of what says whether there is one; smaller, for it overfits first.
        word_width, style_width, kind_width: of embeddings.
        dropout, whether_dropout: in training.
        stroke_bias: added to the logit of a stroke so that the rate is the speakers'; found on validation.
        style_biases: added to it for each style; empty = nothing.
        stroke_scale, kind_scale: factors of the logits of a stroke and of its kind; above 1 = surer than trained.
        middle_spread: how far a stroke's middle is drawn from where it is expected, of what was learnt.
    """

    words: int
    kinds: int
    styles: int
    bins: int = 16
    width: int = 112
    layers: int = 4
    whether_width: int = 56
    whether_layers: int = 3
    word_width: int = 40
    style_width: int = 16
    kind_width: int = 24
    dropout: float = 0.25
    whether_dropout: float = 0.35
    stroke_bias: float = 0.0
    style_biases: tuple[float, ...] = ()
    stroke_scale: float = 1.0
    kind_scale: float = 1.0
    middle_spread: float = 1.0

    @property
    def kind_columns(self) -> int:
        """Return how many numbers stand for the kinds: one, too, where recordings without labels tell none."""
        return max(self.kinds, 1)
