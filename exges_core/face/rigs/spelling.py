"""What a key's name says: which shapes of which conventions it may be, and what stands before and behind.

Text alone. A prefix or suffix is believed where it is a number, a word that such names often carry, or stands with
several keys; otherwise the key is doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from exges_core.face.rigs.convention import Convention
from exges_core.rig.names import Name, parse_name

_LONGEST = 96
"""Longer names are no shape's."""
_MANY_WORDS = 14
_TERSE = 4
"""A name of fewer letters may not have anything before or behind; a side counts for one."""
_NODE = re.compile(r"^.*blend_?shapes?_?\d*\.(?=.)", re.IGNORECASE)
"""The blend shape node before a target's name, as Maya and what reads its files write it: "blendShape2.A"."""
_NUMBER = re.compile(r"^target_\d+$")
"""What Blender's own glTF import calls a target whose name it does not find, as in a .vrm read as a .glb."""
LOST_NAME = "its name was lost in an import (the VRM add-on keeps those of a .vrm)"
_CORRECTIVE = frozenset(
    {"corr", "corrective", "correction", "fix", "jcm", "pjcm", "combo", "inbetween", "helper", "driver", "wrinkle"}
)
_USUAL = frozenset({
    "head", "face", "facial", "body", "base", "mesh", "geo", "eyes", "brows", "teeth", "tongue", "lashes", "eyelashes",
    "shape", "shapes", "blend", "blendshape", "blendshapes", "morph", "morphs", "key", "expression", "expressions",
    "exp", "ctrl", "ctrlexpressions", "arkit", "genesis", "female", "male", "lod",
})  # fmt: skip


@dataclass(frozen=True)
class Affix:
    """The words before and behind a shape's name."""

    before: tuple[str, ...]
    behind: tuple[str, ...]

    @cached_property
    def is_usual(self) -> bool:
        """Say whether nothing but numbers and usual words stand there."""
        return all(_is_usual(word, place, self.before) for place, word in enumerate(self.before)) and all(
            word.isdecimal() or word in _USUAL for word in self.behind
        )


def _is_usual(word: str, place: int, words: Sequence[str]) -> bool:
    numbers_follow = place + 1 < len(words) and words[place + 1].isdecimal()
    return word.isdecimal() or word in _USUAL or (len(word) == 1 and numbers_follow)


NO_AFFIX = Affix((), ())


@dataclass(frozen=True, kw_only=True)
class Sense:
    """One thing a name may mean: a shape of a convention."""

    convention: str
    shape: str
    affix: Affix
    rank: int


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a name says.

    Attributes:
        senses: what it may mean.
        alone: why it is left alone; "" = it is not.
    """

    senses: tuple[Sense, ...] = ()
    alone: str = ""


class Dictionary:
    """Every name of every convention."""

    def __init__(self, conventions: Sequence[Convention]) -> None:
        """Index the conventions' names."""
        self._senses: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
        self._alone: dict[tuple[str, str], str] = {}
        self._terse = {each.name for each in conventions if each.is_terse}
        for each in conventions:
            for shape, described in each.shapes.items():
                for rank, name in enumerate(described.names):
                    self._senses.setdefault(_spelt(name), []).append((each.name, shape, rank))
            self._alone |= {_spelt(name): why for name, why in each.alone.items()}
        self._texts = frozenset(text for _, text in self._senses)
        self._longest = max(map(len, self._texts), default=0)

    def read(self, name: str) -> Reading:
        """Return what a name says."""
        plain = _NODE.sub("", name).replace(".", "_")
        parsed = parse_name(plain) if len(name) <= _LONGEST else None
        if parsed is None or not (parsed.words or parsed.side) or len(parsed.words) > _MANY_WORDS:
            return Reading()
        exact = self._senses.get(_spelt(plain), [])
        if exact:
            return Reading(senses=tuple(_sense(each, NO_AFFIX) for each in exact))
        if _NUMBER.match(plain):
            return Reading(alone=LOST_NAME)
        if _spelt(plain) in self._alone:
            return Reading(alone=self._alone[_spelt(plain)])
        found = self._inside(parsed.side, parsed.words)
        if found and not _CORRECTIVE.isdisjoint(parsed.words):
            return Reading(alone="a corrective key: it follows the shapes that it corrects")
        if any(first.stop <= second.start for first in found for second in found):
            return Reading(alone="a combination of several shapes")
        longest = max(map(len, found), default=0)
        spans = [span for span in found if len(span) == longest]
        return Reading(senses=tuple(each for span in spans for each in self._senses_at(span, parsed)))

    def _inside(self, side: str, words: tuple[str, ...]) -> list[range]:
        """Return the places of the longest names that stand inside another, with or without its side."""
        found: list[range] = []
        for start in range(len(words)):
            text, longest = "", range(0)
            for stop in range(start + 1, len(words) + 1):
                text += words[stop - 1]
                if len(text) > self._longest:
                    break
                if text in self._texts and self._is_name(text, side):
                    longest = range(start, stop)
            if longest and not (found and longest.stop <= found[-1].stop):
                found.append(longest)
        return found

    def _is_name(self, text: str, side: str) -> bool:
        letters = sum(letter.isalpha() for letter in text)
        return any(letters + bool(each) >= _TERSE and bool(self._loose(each, text)) for each in {side, ""})

    def _loose(self, side: str, text: str) -> list[tuple[str, str, int]]:
        return [each for each in self._senses.get((side, text), []) if each[0] not in self._terse]

    def _senses_at(self, span: range, parsed: Name) -> Iterator[Sense]:
        words = parsed.words
        affix = Affix(words[: span.start], words[span.stop :])
        for each in self._loose(parsed.side, "".join(words[span.start : span.stop])):
            yield _sense(each, affix)


def _sense(found: tuple[str, str, int], affix: Affix) -> Sense:
    convention, shape, rank = found
    return Sense(convention=convention, shape=shape, affix=affix, rank=rank)


def _spelt(name: str) -> tuple[str, str]:
    """Return side and text; a name that is nothing but a side is its own text, so that "right" is not the viseme R."""
    parsed = parse_name(name)
    return (parsed.side, parsed.text) if parsed.words else ("", name.strip(" _").lower())


def shared_affixes(readings: Mapping[str, Reading]) -> frozenset[Affix]:
    """Return the prefixes and suffixes that stand with three shapes or more."""
    with_shapes: dict[Affix, set[str]] = {}
    for reading in readings.values():
        for sense in reading.senses:
            with_shapes.setdefault(sense.affix, set()).add(sense.shape)
    return frozenset(affix for affix, shapes in with_shapes.items() if affix.is_usual or len(shapes) >= 3)
