"""A shape key as a rig has it, what it plays, and a share of 0 to 1 in the range of its slider."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from exges_core.arrays import Array, Float


@dataclass(frozen=True, kw_only=True)
class ShapeKey:
    """A shape key of a mesh.

    Attributes:
        mesh, name: as the animator reads them.
        low, high: its slider's range.
        is_driven: a driver moves it.
        is_locked: it is locked or muted.
    """

    mesh: str
    name: str
    low: float = 0.0
    high: float = 1.0
    is_driven: bool = False
    is_locked: bool = False

    @property
    def path(self) -> str:
        """Return mesh and name as lists and presets write them."""
        return f"{self.mesh}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class FaceChannel:
    """A key and what it plays.

    Attributes:
        mesh, key: which.
        weights: ARKit's shape -> weight; its share is their sum, from 0 to 1. Empty where a set's mixture plays it.
        low, high: its slider's range.
        convention, shape: whose name it has, and which of its shapes it is.
        is_mixed: its share is found together with those of the convention's other shapes on the same mesh.
        beyond: the convention whose mixture already shows part of what it reads; it plays the rest. "" = none.
        share: how far the key goes where its shape is full, 0 to 1.
        also: the other shapes that the same key is a part of; what they move it by adds up.
    """

    mesh: str
    key: str
    weights: Mapping[str, float]
    low: float = 0.0
    high: float = 1.0
    convention: str = "arkit"
    shape: str = ""
    is_mixed: bool = False
    beyond: str = ""
    share: float = 1.0
    also: tuple[FaceChannel, ...] = ()

    @property
    def target(self) -> str:
        """Return what it plays, as an animator would choose it; of several shapes the one that moves it most."""
        return self.shape if self.convention == "arkit" else f"{self.convention}:{self.shape}"

    @property
    def parts(self) -> tuple[FaceChannel, ...]:
        """Return a channel for each shape that moves the key, this one first."""
        return (self, *self.also)

    @property
    def path(self) -> str:
        """Return mesh and key as lists and presets write them."""
        return f"{self.mesh}/{self.key}"


def has_range(low: float, high: float) -> bool:
    """Say whether a slider can move at all."""
    return math.isfinite(low) and math.isfinite(high) and high > low


def in_range(share: Float[Array, "*some"], low: float, high: float) -> Float[Array, "*some"]:
    """Return a share of 0 to 1 as a slider's value.

    0 is where the slider rests: at 0, or at its end nearest to 0; 1 is its upper end, or the lower one of a slider
    that has negative values alone.

    >>> import numpy as np
    >>> half = np.array([0.5])
    >>> [in_range(half, low, high).item() for low, high in ((0.0, 100.0), (-1.0, 1.0), (-1.0, 0.0), (0.5, 1.0))]
    [50.0, 0.5, -0.5, 0.75]
    """
    rest = min(max(0.0, low), high)
    full = high if high > rest else low
    return rest + share * (full - rest)
