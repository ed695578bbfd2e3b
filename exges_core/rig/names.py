"""What a bone's name says: side and words; spellings that mean the same compare equal.

    "mixamorig:LeftForeArm", "leftForearm", "LEFTFOREARM"             -> left|forearm
    "upperarm_l", "upper_arm.L", "lUpperArm", "Upper Arm Left"        -> left|upperarm

No numpy, no rig: text alone. Which names mean which joint is in ``presets``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_NAMESPACE = re.compile(r"^.*[:|]")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_SIDE_WORDS = {
    "l": "left",
    "left": "left",
    "lft": "left",
    "lf": "left",
    "r": "right",
    "right": "right",
    "rgt": "right",
    "rt": "right",
}
_GLUED_SIDE = re.compile(r"^([lr])(?=[A-Z])|(?<=[a-z0-9])([LR])$")
_TWIST_MARKS = ("twist", "roll", "twst")


@dataclass(frozen=True)
class Name:
    """A bone's name, taken apart.

    Attributes:
        side: "left", "right" or "".
        words: what is left without namespace, side, separators and case; digits are words of their own.
    """

    side: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the words run together; digits that follow digits stay apart, so that 'toe1-2' is not 'toe12'."""
        return _joined(self.words)

    @property
    def loose(self) -> str:
        """Return the same without leading zeros: 'thumb.01' is 'thumb1'."""
        return _joined([(word.lstrip("0") or "0") if word.isdecimal() else word for word in self.words])


def _joined(words: Sequence[str]) -> str:
    parts = [
        ("_" if place and word.isdecimal() and words[place - 1].isdecimal() else "") + word
        for place, word in enumerate(words)
    ]
    return "".join(parts)


@lru_cache(maxsize=65536)
def parse_name(name: str) -> Name:
    """Take a bone's name apart."""
    plain = _NAMESPACE.sub("", name).strip()
    plain = _GLUED_SIDE.sub(lambda found: f" {found.group().lower()} ", plain)
    words = [piece for part in _PARTS.findall(plain) for piece in _unglued(part.lower())]
    sides = {_SIDE_WORDS[word] for word in words if word in _SIDE_WORDS}
    if len(sides) != 1:
        return Name("", tuple(words))
    return Name(sides.pop(), tuple(word for word in words if word not in _SIDE_WORDS))


def _unglued(part: str) -> tuple[str, ...]:
    """Split off a side that is written without a border: 'leftshoulder' -> 'left', 'shoulder'."""
    for side in ("left", "right"):
        if part.startswith(side) and len(part) > len(side) + 1:
            return side, part[len(side) :]
        if part.endswith(side) and len(part) > len(side) + 1:
            return part[: -len(side)], side
    return (part,)


def is_twist(name: str) -> bool:
    """Say whether a name is one of a bone that shares another's twist."""
    text = parse_name(name).text
    return any(mark in text for mark in _TWIST_MARKS)
