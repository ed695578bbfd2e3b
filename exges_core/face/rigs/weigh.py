"""The keys of one mesh weighed: of what moves the same part twice the finer plays, the rest is left alone and said."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs.convention import Convention, Shape
from exges_core.face.rigs.keys import FaceChannel, ShapeKey

_MOUTH = frozenset(name for name in ARKIT_NAMES if name.startswith(("jaw", "mouth", "tongue")))
_MOODS = frozenset(f"mouth{part}{side}" for part in ("Smile", "Frown", "Dimple") for side in ("Left", "Right"))
"""What a mood does to a mouth beside speech, without parting the lips."""
_JAW = "jawOpen"
_CHOSEN = ""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A key and one thing it may play; the lower its order, the better its name fits.

    Attributes:
        is_bound: the file says so, whatever the key's name is.
        share: how far the key goes where the shape is full; of one that is bound.
        more: what else its name says, of one that does not play for that reason; "" = it may play.
    """

    key: ShapeKey
    convention: Convention
    shape: str
    order: tuple[int, ...] = ()
    is_chosen: bool = False
    is_bound: bool = False
    share: float = 1.0
    more: str = ""

    @property
    def described(self) -> Shape:
        """Return the convention's shape."""
        return self.convention.shapes[self.shape]

    @property
    def mover(self) -> str:
        """Return who moves what it plays: a convention, or the animator who chose it."""
        return _CHOSEN if self.is_chosen and not self.described.is_mixed else self.convention.name


@dataclass(kw_only=True)
class Weighed:
    """One mesh's keys: those that play, and what is said of the others."""

    channels: dict[str, FaceChannel] = field(default_factory=dict[str, FaceChannel])
    doubtful: dict[str, str] = field(default_factory=dict[str, str])
    left_alone: dict[str, str] = field(default_factory=dict[str, str])
    movers: dict[str, Hit] = field(default_factory=dict[str, Hit])


def believed(meshes: Iterable[Sequence[Hit]]) -> frozenset[str]:
    """Return the conventions of which one mesh at least has enough; teeth and tongue may then have a few of it."""
    return frozenset(
        group[0].convention.name
        for hits in meshes
        for group in _by_convention(hit for hit in hits if not hit.more)
        if any(hit.is_chosen for hit in group) or len({hit.shape for hit in group}) >= group[0].convention.least
    )


def without_coarser_names(hits: Sequence[Hit]) -> list[Hit]:
    """Drop what the names of one mesh's bound keys say, unless their convention has more shapes here than are bound."""
    bound: dict[str, set[str]] = {}
    for hit in hits:
        if hit.is_bound:
            bound.setdefault(hit.key.path, set()).add(hit.convention.name)
    count = len({(hit.convention.name, hit.shape) for hit in hits if hit.is_bound})
    named = [hit for hit in hits if not (hit.is_bound or hit.is_chosen or hit.more)]
    finer = {group[0].convention.name for group in _by_convention(named) if len({hit.shape for hit in group}) > count}
    return [
        hit
        for hit in hits
        if hit.is_bound or hit.key.path not in bound or hit.convention.name in finer - bound[hit.key.path]
    ]


def weigh(hits: Sequence[Hit], conventions: Container[str]) -> Weighed:
    """Return what plays on one mesh, of the conventions that are believed."""
    mesh = Weighed()
    sure = [hit for hit in hits if not hit.more]
    best = _without_wholes(_without_strangers(_without_doubles(sure, mesh), conventions, mesh), mesh)
    for group in _in_order(best):
        for hit in group:
            _play(hit, mesh)
        for hit in group:
            for channel in hit.described.channels:
                mesh.movers.setdefault(channel, hit)
    for hit in hits:
        if hit.more and hit.described.channels.isdisjoint(mesh.movers):
            mesh.doubtful[hit.key.path] = f"is it {hit.shape}? its name has more in it ({hit.more}); does not play"
    mesh.doubtful = {path: why for path, why in mesh.doubtful.items() if path not in mesh.channels}
    mesh.left_alone = {
        path: why for path, why in mesh.left_alone.items() if path not in {**mesh.channels, **mesh.doubtful}
    }
    return mesh


def _without_doubles(hits: Sequence[Hit], mesh: Weighed) -> list[Hit]:
    """Return one key for each shape; all that are chosen, or else all that the file binds."""
    best: dict[tuple[str, str], list[Hit]] = {}
    for hit in sorted(hits, key=lambda each: (not each.is_chosen, not each.is_bound, each.order)):
        same = best.setdefault((hit.convention.name, hit.shape), [])
        if not same or hit.is_chosen or (hit.is_bound and same[0].is_bound):
            same.append(hit)
        elif hit.key.path not in {each.key.path for each in same}:
            mesh.doubtful[hit.key.path] = f"{same[0].key.name!r} plays {hit.shape} on this mesh, this one does not"
    return [hit for same in best.values() for hit in same]


def _without_strangers(hits: Sequence[Hit], conventions: Container[str], mesh: Weighed) -> list[Hit]:
    """Drop conventions of which too little is there to believe in them."""
    kept: list[Hit] = []
    for hit in hits:
        if hit.is_chosen or hit.is_bound or hit.convention.name in conventions:
            kept.append(hit)
        else:
            why = f"is it {hit.shape} of {hit.convention.title}? too few of its shapes are here; does not play"
            mesh.doubtful.setdefault(hit.key.path, why)
    return kept


def _without_wholes(hits: Sequence[Hit], mesh: Weighed) -> list[Hit]:
    """Drop keys that move several shapes, as of both sides, where keys of the same convention move each."""
    kept: list[Hit] = []
    for group in _by_convention(hits):
        narrow = [hit.described.channels for hit in group if not hit.described.is_mixed]
        for hit in group:
            whole = hit.described.channels
            parts = [part for part in narrow if part < whole]
            is_doubled = not hit.described.is_mixed and len(whole) > 1 and frozenset[str]().union(*parts) == whole
            if is_doubled and not hit.is_chosen:
                mesh.left_alone[hit.key.path] = "keys for its parts play"
            else:
                kept.append(hit)
    return kept


def _by_convention(hits: Iterable[Hit]) -> Iterator[list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.convention.name, []).append(hit)
    yield from groups.values()


def _in_order(hits: Sequence[Hit]) -> Iterator[list[Hit]]:
    """Yield what is chosen, then groups of one convention, the finest first: those of the mouth, those of the rest."""
    yield [hit for hit in hits if hit.mover == _CHOSEN]
    free = [hit for hit in hits if hit.mover != _CHOSEN]
    for is_mouth in (True, False):
        part = [hit for hit in free if bool(hit.described.channels & _MOUTH) == is_mouth]
        yield from sorted(_by_convention(part), key=lambda group: -_fineness(group, is_mouth=is_mouth))


def _fineness(group: Sequence[Hit], *, is_mouth: bool) -> int:
    """Return how many shapes a convention has here; a mouth that cannot open counts for nothing."""
    opens = any(_JAW in hit.described.channels for hit in group)
    return len({hit.shape for hit in group}) if opens or not is_mouth else 0


def _play(hit: Hit, mesh: Weighed) -> None:
    """Let a key play unless something finer moves the same; one that a file binds to several shapes plays them all."""
    path = hit.key.path
    before = mesh.channels.get(path)
    if before is not None and not (hit.is_bound and hit.convention.name == before.convention):
        return
    described = hit.described
    channels = described.channels if not described.is_mixed else {_JAW}
    others = [mesh.movers[each] for each in sorted(channels) if each in mesh.movers]
    other = next((each for each in others if each.mover != hit.mover), None)
    is_mood = not described.is_mixed and described.channels <= _MOODS
    if other is None or (is_mood and other.described.is_mixed):
        channel = _channel(hit, beyond="" if other is None else other.convention.name)
        mesh.channels[path] = channel if before is None else _together(before, channel)
    else:
        mover = other.convention.title if other.mover else repr(other.key.name)
        mesh.left_alone.setdefault(path, f"{mover} moves the same, and finer" if other.mover else f"{mover} is chosen")


def _channel(hit: Hit, *, beyond: str) -> FaceChannel:
    return FaceChannel(
        mesh=hit.key.mesh,
        key=hit.key.name,
        weights=dict(hit.described.reads),
        low=hit.key.low,
        high=hit.key.high,
        convention=hit.convention.name,
        shape=hit.shape,
        is_mixed=hit.described.is_mixed,
        beyond=beyond,
        share=hit.share,
    )


def _together(before: FaceChannel, more: FaceChannel) -> FaceChannel:
    """Return a key's channel with one more shape, the one that moves it most first."""
    first, *rest = sorted((replace(before, also=()), *before.also, more), key=lambda each: -each.share)
    return replace(first, also=tuple(rest))
