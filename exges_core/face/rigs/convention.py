"""The form of a table: the names a convention gives its shapes, and what each of them means in ARKit's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from exges_core.face.names import ARKIT_NAMES, columns_of


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A shape of a convention; it either reads curves, or is one of a set whose mixture comes nearest to them.

    Attributes:
        names: the spellings it may have, best first; case, separators and the way a side is written do not matter.
        reads: ARKit's shape -> weight; its share is their sum, from 0 to 1.
        looks: ARKit's shape -> its value where this one is full; only of shapes of the mouth.
        jaw_deg: how far the jaw's bone must turn along at `jawOpen` 1; 0 = the key does it all.
    """

    names: tuple[str, ...]
    reads: Mapping[str, float] = field(default_factory=dict[str, float])
    looks: Mapping[str, float] | None = None
    jaw_deg: float = 0.0

    @cached_property
    def is_mixed(self) -> bool:
        """Say whether its share is found together with the others of its set."""
        return self.looks is not None

    @cached_property
    def channels(self) -> frozenset[str]:
        """Return the ARKit shapes that it moves."""
        looks = self.looks or {}
        return frozenset(name for name, weight in (*self.reads.items(), *looks.items()) if weight > 0)


@dataclass(frozen=True, kw_only=True)
class Convention:
    """A family of names.

    Attributes:
        name: stable identifier.
        title: for people.
        shapes: name of a shape -> what it is called and means.
        least: on fewer of its shapes it is not believed: names such as A, I, U mean other things elsewhere.
        alone: names that are known and left alone -> why.
        most: what the shares of its mixed shapes may be together; 1 = one whole face.
        is_terse: its names are so short that nothing may stand before or behind them.
    """

    name: str
    title: str
    shapes: Mapping[str, Shape]
    least: int = 1
    alone: Mapping[str, str] = field(default_factory=dict[str, str])
    most: float = 1.0
    is_terse: bool = False


def reading(names: str, jaw_deg: float = 0.0, **weights: float) -> Shape:
    """Return a shape that reads curves; names stand apart by blanks, and a weight without a side is halved for each."""
    reads: dict[str, float] = {}
    for name, weight in weights.items():
        columns = columns_of(name)
        reads |= {ARKIT_NAMES[column]: weight / len(columns) for column in columns}
    return Shape(names=tuple(names.split()), reads=reads, jaw_deg=jaw_deg)


def looking(names: str, looks: Mapping[str, float], jaw_deg: float = 0.0) -> Shape:
    """Return a shape of a set; names stand apart by blanks, and a look without a side means both."""
    return Shape(names=tuple(names.split()), looks=sideless(looks), jaw_deg=jaw_deg)


def sideless(values: Mapping[str, float]) -> dict[str, float]:
    """Return values by ARKit's names; one without a side means both.

    >>> sideless({"mouthSmile": 0.5})
    {'mouthSmileLeft': 0.5, 'mouthSmileRight': 0.5}
    """
    return {ARKIT_NAMES[column]: value for name, value in values.items() for column in columns_of(name)}
