"""Sizes of the retrieval model: plain numbers, for whatever runs it."""

from __future__ import annotations

from dataclasses import dataclass

POOLINGS = ("max", "mean")


@dataclass(frozen=True, kw_only=True)
class RetrievalConfig:
    """Sizes of the retrieval model.

    Attributes:
        audio_inputs, motion_inputs: channels per frame.
        width, layers, heads, feedforward: of both transformers, which run on tokens of two frames.
        embedding: channels of the shared space (ALBEF: 256).
        dropout: while training.
        pooling: max (the paper) or mean (ablation).
        temperature, temperature_min, temperature_max: start and clamp of the learnable temperature (ALBEF: 0.07).
        text_buckets, text_width: rows and columns of the table of words that the speech tower adds to its sound; ours,
            beyond the paper. 0 buckets = sound alone (the paper).
    """

    audio_inputs: int = 84
    motion_inputs: int = 285
    width: int = 192
    layers: int = 3
    heads: int = 4
    feedforward: int = 512
    embedding: int = 256
    dropout: float = 0.1
    pooling: str = "max"
    temperature: float = 0.07
    temperature_min: float = 0.001
    temperature_max: float = 0.5
    text_buckets: int = 0
    text_width: int = 64

    def __post_init__(self) -> None:
        """Check the sizes."""
        if self.pooling not in POOLINGS:
            raise ValueError(f"RetrievalConfig: pooling must be one of {POOLINGS}, got {self.pooling!r}")
        if self.width % (2 * self.heads):
            raise ValueError(f"RetrievalConfig: width must divide by 2 x heads, got {self.width} and {self.heads}")
        if self.text_buckets and self.text_buckets < 2:
            raise ValueError(f"RetrievalConfig: text_buckets must be 0 or at least 2, got {self.text_buckets}")
