"""Which shape key plays what: binds and names read, conventions weighed mesh by mesh, and what is left alone said.

What an animator chooses goes before what the file binds, and that before names. Of two conventions on one mesh that
move the same part, the finer plays; the other would move it twice. Keys of one name on several meshes (teeth, tongue,
lashes) all play.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs.binds import Bind, Bound, read_binds
from exges_core.face.rigs.convention import Convention, Shape
from exges_core.face.rigs.keys import FaceChannel, ShapeKey, has_range
from exges_core.face.rigs.spelling import NO_AFFIX, Affix, Dictionary, Reading, shared_affixes
from exges_core.face.rigs.tables import CONVENTIONS
from exges_core.face.rigs.weigh import Hit, Weighed, believed, weigh, without_coarser_names

GROUPS: Mapping[str, frozenset[str]] = {
    "mouth": frozenset({"jawOpen"}),
    "brows": frozenset({"browInnerUp", "browOuterUpLeft", "browOuterUpRight"}),
    "blinks": frozenset({"eyeBlinkLeft", "eyeBlinkRight"}),
    "gaze": frozenset(name for name in ARKIT_NAMES if name.startswith("eyeLook")),
    "mood": frozenset({"mouthSmileLeft", "mouthSmileRight"}),
}
"""The parts of a performance; a part is there if anything plays one of its shapes."""


@dataclass(frozen=True, kw_only=True)
class FaceMatch:
    """A face's keys by what they play.

    Attributes:
        channels: the keys that play.
        conventions: mesh -> title of the convention that most of its keys follow.
        missing: parts of `GROUPS` that no key plays.
        doubtful: "mesh/key" -> why a person should look at it; it may play or not, as the text says.
        left_alone: "mesh/key" -> why it does not play though its name is a shape's.
        played: the ARKit shapes that keys play; bones need not.
        jaw_deg: how far the jaw's bone must turn along with the keys at `jawOpen` 1; 0 = they do it all.
    """

    channels: tuple[FaceChannel, ...] = ()
    conventions: Mapping[str, str] = field(default_factory=dict[str, str])
    missing: tuple[str, ...] = tuple(GROUPS)
    doubtful: Mapping[str, str] = field(default_factory=dict[str, str])
    left_alone: Mapping[str, str] = field(default_factory=dict[str, str])
    played: frozenset[str] = frozenset()
    jaw_deg: float = 0.0


@dataclass(kw_only=True)
class _Notes:
    """What is said of keys while they are matched."""

    doubtful: dict[str, str] = field(default_factory=dict[str, str])
    left_alone: dict[str, str] = field(default_factory=dict[str, str])


def match_shapes(
    keys: Sequence[ShapeKey],
    chosen: Mapping[str, str] | None = None,
    binds: Sequence[Bind] = (),
    *,
    conventions: Sequence[Convention] = CONVENTIONS,
) -> FaceMatch:
    """Return which of a character's shape keys play what.

    Args:
        keys: of all its meshes.
        chosen: "mesh/key" -> an ARKit shape, or a convention's shape as "oculus:PP", or "" for none; before all else.
        binds: what the file says of its keys; before names, unless these give the mesh a finer set.
        conventions: the tables to weigh.
    """
    wanted, notes = dict(chosen or {}), _Notes()
    by_name = {each.name: each for each in conventions}
    dictionary = _own_dictionary() if conventions is CONVENTIONS else Dictionary(conventions)
    readings = {name: dictionary.read(name) for name in dict.fromkeys(key.name for key in keys)}
    affixes = shared_affixes(readings)
    bound = read_binds(binds, dictionary)
    by_mesh: dict[str, list[Hit]] = {}
    for key in keys:
        hits = by_mesh.setdefault(key.mesh, [])
        if key.path in wanted:
            hits += _forced(key, wanted.pop(key.path), by_name, notes)
        else:
            said, reading = bound.get(key.path, Bound()), readings[key.name]
            hits += _bound(key, said, by_name, notes)
            hits += _hits(key, reading, by_name, affixes, _Notes() if said.shares else notes)
            if said.alone and not (said.shares or reading.senses):
                notes.left_alone[key.path] = said.alone
    notes.doubtful |= {path: "chosen, but there is no such key now" for path in wanted}
    weighed = [without_coarser_names(hits) for hits in by_mesh.values()]
    families = believed(weighed)
    return _matched([weigh(hits, families) for hits in weighed], notes, by_name)


def _matched(meshes: Sequence[Weighed], notes: _Notes, by_name: Mapping[str, Convention]) -> FaceMatch:
    channels = [channel for mesh in meshes for channel in mesh.channels.values()]
    for mesh in meshes:
        notes.doubtful |= mesh.doubtful
        notes.left_alone |= mesh.left_alone
    played = _played(channels, by_name)
    playing = [list(mesh.channels.values()) for mesh in meshes if mesh.channels]
    return FaceMatch(
        channels=tuple(channels),
        conventions={each[0].mesh: _title(each, by_name) for each in playing},
        missing=tuple(group for group, shapes in GROUPS.items() if not shapes & played),
        doubtful=notes.doubtful,
        left_alone=notes.left_alone,
        played=played,
        jaw_deg=max((shape.jaw_deg for shape in _shapes_of(channels, by_name)), default=0.0),
    )


@cache
def _own_dictionary() -> Dictionary:
    return Dictionary(CONVENTIONS)


def _forced(key: ShapeKey, target: str, by_name: Mapping[str, Convention], notes: _Notes) -> Iterator[Hit]:
    """Yield what an animator has chosen for a key."""
    name, _, shape = target.rpartition(":")
    convention = by_name.get(name or "arkit")
    if not target:
        notes.left_alone[key.path] = "chosen so"
    elif convention is None or shape not in convention.shapes:
        notes.doubtful[key.path] = f"chosen for {target!r}, which is no shape known"
    elif not _can_play(key, notes):
        return
    else:
        yield Hit(key=key, convention=convention, shape=shape, is_chosen=True)


def _bound(key: ShapeKey, bound: Bound, by_name: Mapping[str, Convention], notes: _Notes) -> Iterator[Hit]:
    """Yield what a file binds a key to; one that speaks is left to the speech, whatever moods open the mouth by it."""
    shapes = {meant: by_name[meant[0]].shapes[meant[1]] for meant in bound.shares}
    speaking = {convention for (convention, _), shape in shapes.items() if shape.is_mixed}
    if bound.shares and _can_play(key, notes):
        for (convention, name), shape in shapes.items():
            if shape.is_mixed or convention not in speaking:
                share = bound.shares[convention, name]
                yield Hit(key=key, convention=by_name[convention], shape=name, is_bound=True, share=share)


def _can_play(key: ShapeKey, notes: _Notes) -> bool:
    """Say whether a key may be moved; if not, note why."""
    why = "a driver moves it" if key.is_driven else "locked or muted" if key.is_locked else ""
    if not why and not has_range(key.low, key.high):
        why = f"its slider has no range ({key.low:g} to {key.high:g})"
    if why:
        notes.left_alone[key.path] = why
    return not why


def _hits(
    key: ShapeKey, reading: Reading, by_name: Mapping[str, Convention], affixes: frozenset[Affix], notes: _Notes
) -> Iterator[Hit]:
    """Yield what a key may play by its name."""
    if reading.alone:
        notes.left_alone[key.path] = reading.alone
    if not reading.senses or not _can_play(key, notes):
        return
    for sense in reading.senses:
        affix = sense.affix
        is_sure = affix in affixes or affix == NO_AFFIX
        yield Hit(
            key=key,
            convention=by_name[sense.convention],
            shape=sense.shape,
            order=(len(affix.before) + len(affix.behind), sense.rank),
            more="" if is_sure else " ".join((*affix.before, "...", *affix.behind)),
        )


def _title(channels: Iterable[FaceChannel], by_name: Mapping[str, Convention]) -> str:
    """Return the convention that most channels follow."""
    counted = Counter(channel.convention for channel in channels)
    return by_name[counted.most_common(1)[0][0]].title


def _played(channels: Iterable[FaceChannel], by_name: Mapping[str, Convention]) -> frozenset[str]:
    """Return the ARKit shapes that channels play; what speech does to a mouth is all played by a set's mixture."""
    shapes = list(_shapes_of(channels, by_name))
    speech = {"mouthClose"} if any(shape.is_mixed for shape in shapes) else set[str]()
    return frozenset(speech).union(*(shape.channels for shape in shapes))


def _shapes_of(channels: Iterable[FaceChannel], by_name: Mapping[str, Convention]) -> Iterator[Shape]:
    """Yield every shape that channels play."""
    for part in (part for channel in channels for part in channel.parts):
        yield by_name[part.convention].shapes[part.shape]
