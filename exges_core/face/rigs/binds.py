"""What a file itself says of its keys: the expressions that a .vrm binds them to, whatever the keys are called."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from exges_core.face.rigs.spelling import NO_AFFIX, Dictionary, Sense

_OWN = "vrm"
"""Of several conventions that know an expression's name this one is meant."""
_LEAST = 0.05
"""A bind of less is none: files keep many of weight 0."""


@dataclass(frozen=True, kw_only=True)
class Bind:
    """A key as a part of an expression.

    Attributes:
        expression: as the file calls it: "aa", "Joy", "blink_l", or one of its author's own, as "browInnerUp".
        mesh, key: which.
        weight: how far the key goes where the expression is full, 0 to 1.
    """

    expression: str
    mesh: str
    key: str
    weight: float = 1.0

    @property
    def path(self) -> str:
        """Return mesh and key as lists and presets write them."""
        return f"{self.mesh}/{self.key}"


@dataclass(kw_only=True)
class Bound:
    """What a file binds one key to.

    Attributes:
        shares: (convention, shape) -> how far the key goes where the shape is full, 0 to 1.
        alone: why it does not play though it is bound; "" = it may play.
    """

    shares: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    alone: str = ""


def read_binds(binds: Iterable[Bind], dictionary: Dictionary) -> Mapping[str, Bound]:
    """Return "mesh/key" -> what it is bound to; expressions whose names mean no shape do not count.

    Binds of one key to one expression add up, as they do where the file is shown.
    """
    found: dict[str, Bound] = {}
    known: dict[str, tuple[list[Sense], str]] = {}
    for bind in binds:
        if not (math.isfinite(bind.weight) and bind.weight >= _LEAST):
            continue
        if bind.expression not in known:
            known[bind.expression] = _meant(bind.expression, dictionary)
        senses, alone = known[bind.expression]
        if senses or alone:
            bound = found.setdefault(bind.path, Bound())
            bound.alone = bound.alone or alone
        for sense in senses:
            shares, meant = found[bind.path].shares, (sense.convention, sense.shape)
            shares[meant] = min(shares.get(meant, 0.0) + bind.weight, 1.0)
    for bound in found.values():
        _share_between_sides(bound.shares)
    return found


def _meant(expression: str, dictionary: Dictionary) -> tuple[list[Sense], str]:
    """Return the shapes that an expression's name means, or why it is left alone."""
    reading = dictionary.read(expression)
    senses = [sense for sense in reading.senses if sense.affix == NO_AFFIX or sense.affix.is_usual]
    return [sense for sense in senses if sense.convention == _OWN] or senses, reading.alone


def _share_between_sides(shares: dict[tuple[str, str], float]) -> None:
    """Let a key that shows both sides at once go no further than either takes it: both eyes blink together."""
    for left, right in list(_pairs(shares)):
        both = shares[left] + shares[right]
        if both > 1.0:
            most = max(shares[left], shares[right])
            shares[left], shares[right] = (shares[side] * most / both for side in (left, right))


def _pairs(shares: Mapping[tuple[str, str], float]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield the left and right half of a shape where a key is bound to both."""
    for convention, shape in shares:
        other = (convention, f"{shape.removesuffix('Left')}Right")
        if shape.endswith("Left") and other in shares:
            yield (convention, shape), other
