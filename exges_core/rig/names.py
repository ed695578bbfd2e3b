"""What a bone's name says: side, words, number; spellings that mean the same compare equal.

    "mixamorig:LeftForeArm", "mixamorig_LeftForeArm.001", "LEFTFOREARM"   -> left, fore arm
    "Bip01 L UpperArm", "upperarm_l", "upper_arm.L", "lUpperArm"          -> left, upper arm

No numpy, no rig: text alone. Which words mean which joint is in ``presets``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_NAMESPACE = re.compile(r"^.*[:|]")
_DUPLICATE = re.compile(r"\.\d{3}$")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIDE_WORDS = {"l": "left", "left": "left", "lft": "left", "r": "right", "right": "right", "rgt": "right"}
_GLUED_SIDE = re.compile(r"^([lr])(?=[A-Z])|(?<=[a-z0-9])([LR])$")
_TWIST = frozenset({"twist", "roll", "twst", "twister"})
_COMMON_SHARE = 0.6


@dataclass(frozen=True)
class Name:
    """A bone's name, taken apart.

    Attributes:
        side: "left", "right" or "".
        words: what is left without namespace, side, separators and case, digits as words of their own.
    """

    side: str
    words: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the one spelling that all spellings of this name share: 'left fore_arm' -> 'left|forearm'."""
        numbers = [str(int(word)) if word.isdigit() else word for word in self.words]
        return f"{self.side}|{''.join(_separated(numbers))}"


def _separated(words: Sequence[str]) -> list[str]:
    """Keep digits that follow digits apart: 'toe 1 2' is not 'toe 12'."""
    return [
        ("_" if index and word.isdigit() and words[index - 1].isdigit() else "") + word
        for index, word in enumerate(words)
    ]


@lru_cache(maxsize=65536)
def parse_name(name: str) -> Name:
    """Take a bone's name apart."""
    plain = _DUPLICATE.sub(lambda found: found.group() if _is_numbered(name) else "", _NAMESPACE.sub("", name))
    plain = _GLUED_SIDE.sub(lambda found: f" {found.group().lower()} ", plain.strip())
    parts = [part.lower() for part in _PARTS.findall(plain)]
    parts = [piece for part in parts for piece in _unglued(part)]
    sides = [_SIDE_WORDS[part] for part in parts if part in _SIDE_WORDS]
    if len(set(sides)) != 1:
        return Name("", tuple(parts))
    return Name(sides[0], tuple(part for part in parts if part not in _SIDE_WORDS))


def _is_numbered(name: str) -> bool:
    """Say whether '.001' counts bones of one chain, as in 'spine.001', and does not mark a duplicate."""
    return re.search(r"(spine|tail|neck|hair)[^.]*\.\d{3}$", name.lower()) is not None


def _unglued(part: str) -> list[str]:
    """Split a side that is written in front in lower case: 'leftshoulder' -> 'left', 'shoulder'."""
    for side in ("left", "right"):
        if part.startswith(side) and len(part) > len(side) + 1:
            return [side, part[len(side) :]]
        if part.endswith(side) and len(part) > len(side) + 1:
            return [part[: -len(side)], side]
    return [part]


def is_twist(name: str) -> bool:
    """Say whether a name is one of a bone that shares another's twist."""
    return any(mark in word for word in parse_name(name).words for mark in _TWIST)


def common_prefix(names: Sequence[str]) -> tuple[str, ...]:
    """Return the words that most names begin with ('CC_Base_', 'Bip01 ', 'Armature_Hero_'); () if there are none."""
    counts: dict[tuple[str, ...], int] = {}
    for name in names:
        words = parse_name(name).words
        for end in range(1, len(words)):
            counts[words[:end]] = counts.get(words[:end], 0) + 1
    shared = [prefix for prefix, count in counts.items() if count >= _COMMON_SHARE * len(names)]
    return max(shared, key=len, default=())


def without_prefix(name: str, prefix: tuple[str, ...]) -> Name:
    """Return a name without the words that all names of its rig begin with."""
    parsed = parse_name(name)
    if prefix and len(parsed.words) > len(prefix) and parsed.words[: len(prefix)] == prefix:
        return Name(parsed.side, parsed.words[len(prefix) :])
    return parsed
