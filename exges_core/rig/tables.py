"""A table laid over a rig by names alone: which of its bones are there, under which prefix or suffix, in which order.

Numpy is not needed here. All tables are laid and weighed in ``match``; where names fail ``geometry`` takes over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from exges_core.motion.skeleton import JOINT_NAMES, PARENTS
from exges_core.rig.bones import EYES, MAIN_JOINTS, Rig
from exges_core.rig.names import Name, parse_name
from exges_core.rig.presets import Preset

Spelt = tuple[str, str, str, str]
"""A name in a table: as written, side, text, text without leading zeros."""
_AFFIXES = 3
"""So many pairs of prefix and suffix are tried per table, the most frequent ones, besides none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedRig:
    """A rig whose bones can be asked for by any spelling of their names."""

    rig: Rig

    @cached_property
    def exact(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Return (side, text) -> bones with that name, parents first."""
        return self._by_key(lambda name: name.text)

    @cached_property
    def loose(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Return the same without leading zeros."""
        return self._by_key(lambda name: name.loose)

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the bones' names as they are."""
        return frozenset(self.rig.names)

    def _by_key(self, spelling: Callable[[Name], str]) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for bone in self.rig.names:
            parsed = parse_name(bone)
            key = (parsed.side, spelling(parsed))
            found[key] = (*found.get(key, ()), bone)
        return found


@dataclass(frozen=True, kw_only=True)
class Laid:
    """A table laid over a rig.

    Attributes:
        preset: the table.
        bones: joint -> bone.
        in_order: share of these bones that hang below their joint's parent's bone, where both are mapped.
        is_signed: the table has a signature and all of it is there.
        is_foreign: names have in them what no name of this family has.
        lacking: main joints that the table has a name for and the rig no bone.
    """

    preset: Preset
    bones: Mapping[str, str]
    in_order: float
    is_signed: bool
    is_foreign: bool
    lacking: tuple[str, ...]

    @property
    def is_contradicted(self) -> bool:
        """Say whether the table's signature is not all there, or a name is another's: then it is not this family."""
        return self.is_foreign or (bool(self.preset.signature) and not self.is_signed)


def lay(named: NamedRig, preset: Preset) -> Laid:
    """Lay a table over a rig; nothing is required here."""
    best, common = dict[str, str](), ("", "")
    for affix in (common, *_affixes(named, preset)):
        bones = _with_affix(named, preset, affix)
        if _weight(bones) > _weight(best):
            best, common = bones, affix
    signed = all(_find(named, _spelt((name,)), common, set()) is not None for name in preset.signature)
    # A control rig's bones need not hang together: its switches make them follow each other.
    order = 1.0 if preset.carriers else in_order_share(named.rig, best)
    return Laid(
        preset=preset,
        bones=best,
        in_order=order,
        is_signed=bool(preset.signature) and signed,
        is_foreign=any(mark in bone for mark in preset.foreign for bone in named.names),
        lacking=tuple(joint for joint in MAIN_JOINTS if joint in preset.bones and joint not in best),
    )


def _weight(bones: Mapping[str, str]) -> tuple[int, int]:
    return sum(joint in bones for joint in MAIN_JOINTS), sum(joint not in EYES for joint in bones)


def _affixes(named: NamedRig, preset: Preset) -> list[tuple[str, str]]:
    """Return pairs of prefix and suffix under which most of the table's required bones are found."""
    votes: Counter[tuple[str, str]] = Counter()
    texts: dict[str, list[str]] = {}
    for side, text in named.exact:
        texts.setdefault(side, []).append(text)
    for joint in MAIN_JOINTS:
        seen: set[tuple[str, str]] = set()
        for _, side, wanted, _ in _spelt(tuple(preset.bones.get(joint, ()))):
            for text in texts.get(side, ()):
                start = text.find(wanted)
                if start >= 0 and text != wanted:
                    seen.add((text[:start], text[start + len(wanted) :]))
        votes.update(seen)
    return [affix for affix, count in votes.most_common(_AFFIXES) if count > 2]


def _with_affix(named: NamedRig, preset: Preset, affix: tuple[str, str]) -> dict[str, str]:
    bones: dict[str, str] = {}
    used: set[str] = set()
    for joint in JOINT_NAMES:
        found = _find(named, _spelt(tuple(preset.bones.get(joint, ()))), affix, used)
        if found is not None:
            bones[joint] = found
            used.add(found)
    return bones


def _find(named: NamedRig, names: Sequence[Spelt], affix: tuple[str, str], used: Collection[str]) -> str | None:
    """Return the first bone with one of these names that no other joint has yet."""
    affixes = dict.fromkeys((affix, ("", "")))
    for spelt in names:
        if spelt[0] in named.names and spelt[0] not in used:
            return spelt[0]
    for index, spelling in ((named.exact, 2), (named.loose, 3)):
        for spelt in names:
            for before, after in affixes:
                for bone in index.get((spelt[1], before + spelt[spelling] + after), ()):
                    if bone not in used:
                        return bone
    return None


@lru_cache(maxsize=4096)
def _spelt(names: tuple[str, ...]) -> tuple[Spelt, ...]:
    """Return each name as it is, its side, its text and that without leading zeros; asked for again and again."""
    parsed = [(name, parse_name(name)) for name in names]
    return tuple((name, each.side, each.text, each.loose) for name, each in parsed)


def in_order_share(rig: Rig, bones: Mapping[str, str]) -> float:
    """Return the share of mapped joints whose bone hangs below the bone of their nearest mapped parent."""
    asked = wrong = 0
    for joint, bone in bones.items():
        upper = mapped_parent(joint, bones)
        if upper is not None:
            asked += 1
            wrong += not rig.is_ancestor(bones[upper], bone)
    return 1.0 - wrong / max(1, asked)


def mapped_parent(joint: str, bones: Mapping[str, str]) -> str | None:
    """Return the nearest joint above that has a bone; None if there is none."""
    parent = PARENTS[JOINT_NAMES.index(joint)]
    while parent >= 0 and JOINT_NAMES[parent] not in bones:
        parent = PARENTS[parent]
    return JOINT_NAMES[parent] if parent >= 0 else None
