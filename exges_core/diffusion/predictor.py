"""A network as `longform` sees it: arrays in, arrays out, whatever runs it (PyTorch or ONNX Runtime)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from exges_core.arrays import Array, Bool, Float, Int
from exges_core.diffusion.config import DenoiserConfig
from exges_core.motion.features import FeatureStatistics


class Asked(NamedTuple):
    """Windows at one timestep, all normalised; they may be of several takes.

    Attributes:
        x: Eq. 8's composition: observed entries clean, the others noisy.
        is_observed: per frame and group (55 joints, root position).
        given: what observed entries say of the rest (`kriging.krige`); None where nothing is observed.
        audio: features as they are.
        score: the strokes (`score.channels`), or None.
        timestep: of the noise.
        style: of each window; 0 = unknown.
        is_heard: False drops the sound.
    """

    x: Float[Array, "batch frames channels"]
    is_observed: Bool[Array, "batch frames groups"]
    given: Float[Array, "batch frames channels"] | None
    audio: Float[Array, "batch frames audio_channels"]
    score: Float[Array, "batch frames score_channels"] | None
    timestep: int
    style: Int[Array, "batch"]
    is_heard: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictor(ABC):
    """A trained denoiser, ready to be called, with what belongs to it.

    Attributes:
        config: its size.
        stats: normalisation of motion features.
        styles: known speakers; their index in the network counts from 1.
        name, sha256: of the weights file.
        provenance: how it came to be.
    """

    config: DenoiserConfig
    stats: FeatureStatistics
    styles: tuple[str, ...]
    name: str
    sha256: str
    provenance: Mapping[str, Any]

    @property
    @abstractmethod
    def correlation(self) -> Float[Array, "lags groups"] | None:
        """Return how groups correlate over time, for kriging; None = the network is told of no guess."""

    @abstractmethod
    def answer(self, asked: Asked) -> Float[Array, "batch frames channels"]:
        """Return the predicted clean motion, float32, normalised."""

    @property
    def is_exact(self) -> bool:
        """Return whether a window's answer is the same, to rounding, whatever else is in its call."""
        return True

    def release(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what the device holds without need, after it ran out of memory."""

    def style_index(self, speaker: str | None) -> int:
        """Return a speaker's index; 0, the null style, for None or an unknown name."""
        return self.styles.index(speaker) + 1 if speaker in self.styles else 0
