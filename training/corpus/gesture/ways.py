"""Where hands rest, and what lies between two places of a hand: round the body, along a bow. No time in here.

Places are wrist positions in the body frame, in arm lengths, x outward to the hand's own side.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from training.corpus.gesture.lexemes import HandKey, check_shapes
from training.corpus.tables import read_table

TABLES = Path(__file__).with_name("tables")
BESIDE = (0.53, -0.10, -0.12)
"""Where a hand passes on its way behind the back."""
_ROUND = 1.5
"""How much farther a way round the body is than it is long: the shoulder turns over."""


@dataclass(frozen=True, kw_only=True)
class RestPosture:
    """Where the dominant and the other hand rest."""

    dominant: HandKey
    other: HandKey


@dataclass(frozen=True, kw_only=True)
class Rests:
    """All rest postures, and what everybody's hands do now and then, as often as it is named."""

    everybody: tuple[str, ...]
    postures: dict[str, RestPosture]

    def __post_init__(self) -> None:
        """Check that the postures named are there.

        Raises:
            ValueError: for an unknown one, or if none is named.
        """
        if not self.everybody or set(self.everybody) - self.postures.keys():
            raise ValueError(f"expected everybody's rests of {', '.join(self.postures)}, got {self.everybody}")


@functools.cache
def rests() -> Rests:
    """Read the table of rest postures.

    Raises:
        InputError: if it is wrong.
    """
    table = read_table(TABLES / "rests.toml", Rests)
    for name, rest in table.postures.items():
        check_shapes(f"rests.toml: {name}", (rest.dominant, rest.other))
    return table


def moved(key: HandKey, by: Float[Array, "3"]) -> HandKey:
    """Return a key that much farther on."""
    at = np.array(key.at) + by
    return replace(key, at=(float(at[0]), float(at[1]), float(at[2])))


def is_behind(key: HandKey) -> bool:
    """Return whether the hand is behind the back."""
    return key.at[2] < -0.2


def goes_round(first: HandKey, second: HandKey) -> bool:
    """Return whether a hand would have to pass through the trunk or the shoulder: to or from behind the back."""
    return is_behind(first) != is_behind(second) and BESIDE not in (first.at, second.at)


def distance(first: HandKey, second: HandKey) -> float:
    """Return how far the way is, in arm lengths; round the body it counts more."""
    if goes_round(first, second):
        beside = np.array(BESIDE)
        way = np.linalg.norm(np.array(first.at) - beside) + np.linalg.norm(beside - np.array(second.at))
        return _ROUND * float(way)
    return float(np.linalg.norm(np.array(first.at) - np.array(second.at)))


def bow(change: Float[Array, "3"], bend: float, generator: np.random.Generator) -> tuple[float, float, float]:
    """Draw a bow across a movement: mostly upward and outward, sometimes the other way."""
    length = float(np.linalg.norm(change))
    if length < 1e-6:
        return (0.0, 0.0, 0.0)
    along = change / length
    lean = np.array((0.5, 0.55, 0.45)) * generator.choice((1.0, 1.0, -0.6)) + generator.normal(0.0, 0.7, 3)
    across = lean - along * float(lean @ along)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    height = bend * length * float(np.abs(generator.normal(0.19, 0.08)))
    across = across * height
    return (float(across[0]), float(across[1]), float(across[2]))
