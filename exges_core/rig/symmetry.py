"""The mirror of a character at rest: its plane, which bones lie on it, which bone is the other side of which.

Heads and parents alone: names, tails and rolls say nothing here. Numpy alone; what the bones are is ``geometry``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.rig.bones import Rig

_PLANES = 24
"""So many different planes are tried, those of the largest pairs of siblings first."""
_TOLERANCE = 0.012
"""How far from its mirror image a bone may be, as a share of the character's size (2 cm of 1.7 m)."""
_ON_PLANE = 0.008
"""How far off the plane a bone of the middle may be."""
_GRID = 0.25 * _TOLERANCE
_PARALLEL = 0.999
_ALIKE = 0.08
"""Siblings may differ so much in length and still be one another's mirror image."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mirror:
    """A plane of symmetry.

    Attributes:
        normal: unit vector across it.
        offset: of each head along the normal, in shares of the size; 0 = on the plane.
        side: -1, 0 or 1 for each bone.
        partner: the bone at the mirror image of each; itself in the middle; -1 for none.
        size: of the character, in the rig's unit: what most bones span.
        share: of the bones off the plane, how many have a partner.
    """

    normal: Float[Array, "3"]
    offset: Float[Array, "bones"]
    side: Int[Array, "bones"]
    partner: Int[Array, "bones"]
    size: float
    share: float


def size_of(rig: Rig) -> float:
    """Return how far the bones that carry others spread: targets and tips far away do not count."""
    carriers = sorted({parent for parent in rig.parents if parent >= 0}) or list(range(len(rig.names)))
    near = rig.heads[carriers]
    return float(np.linalg.norm(near.max(axis=0) - near.min(axis=0)))


def subtree_sizes(parents: tuple[int, ...]) -> Int[Array, "bones"]:
    """Return how many bones hang below each, itself included; parents come first."""
    sizes = np.ones(len(parents), dtype=np.int64)
    for bone in range(len(parents) - 1, -1, -1):
        if parents[bone] >= 0:
            sizes[parents[bone]] += sizes[bone]
    return sizes


def mirror_of(rig: Rig) -> Mirror | None:
    """Return the plane across which most of a rig's bones have a counterpart; None if no plane fits."""
    size = size_of(rig)
    if size <= 0.0:
        return None
    heads = rig.heads / size
    best: tuple[float, Array, float] | None = None
    # Control rigs stack many bones in one place, which says nothing more about sides than one of them.
    places = np.unique(np.round(heads / _GRID), axis=0) * _GRID
    for normal, distance in _planes(rig, heads):
        share = _mirrored_share(places, normal, distance)
        if best is None or share > best[0] + 1e-9:
            best = (share, normal, distance)
    if best is None:
        return None
    share, normal, distance = best
    offset = heads @ normal - distance
    side = np.where(np.abs(offset) <= _ON_PLANE, 0, np.sign(offset)).astype(np.int64)
    return Mirror(
        normal=normal,
        offset=offset,
        side=side,
        partner=_partners(rig, heads, normal, offset, side),
        size=size,
        share=share,
    )


def _planes(rig: Rig, heads: Array) -> list[tuple[Array, float]]:
    """Return planes half-way between siblings of like length and following, the largest first, each once."""
    sizes = subtree_sizes(rig.parents)
    children: dict[int, list[int]] = {}
    for bone, parent in enumerate(rig.parents):
        children.setdefault(parent, []).append(bone)
    pairs: list[tuple[int, int, int]] = []
    for parent, below in children.items():
        for place, one in enumerate(below):
            for other in below[place + 1 :]:
                few, many = sorted((int(sizes[one]), int(sizes[other])))
                if few >= 2 and many <= 2 * few and _is_alike(heads, parent, one, other):
                    pairs.append((few, one, other))
    planes: list[tuple[Array, float]] = []
    for _, one, other in sorted(pairs, reverse=True):
        across = heads[one] - heads[other]
        if np.linalg.norm(across) < 2.0 * _ON_PLANE:
            across = _spread(rig, heads, one) - _spread(rig, heads, other)
        length = float(np.linalg.norm(across))
        if length < 2.0 * _ON_PLANE:
            continue
        normal = across / length
        distance = float(normal @ (0.5 * (heads[one] + heads[other])))
        if not any(_is_same(normal, distance, *known) for known in planes):
            planes.append((normal, distance))
        if len(planes) == _PLANES:
            break
    return planes


def _is_same(normal: Array, distance: float, other: Array, other_distance: float) -> bool:
    turn = float(normal @ other)
    return bool(abs(turn) > _PARALLEL and abs(distance - np.sign(turn) * other_distance) < _TOLERANCE)


def _is_alike(heads: Array, parent: int, one: int, other: int) -> bool:
    if parent < 0:
        return True
    lengths = sorted(float(np.linalg.norm(heads[bone] - heads[parent])) for bone in (one, other))
    return lengths[1] - lengths[0] <= _ALIKE * lengths[1] + 0.2 * _TOLERANCE


def _spread(rig: Rig, heads: Array, bone: int) -> Array:
    """Return the middle of everything below a bone: tells sides apart where both begin on the plane."""
    below = {bone}
    for each, parent in enumerate(rig.parents):
        if parent in below:
            below.add(each)
    return heads[sorted(below)].mean(axis=0)


def _mirrored_share(heads: Array, normal: Array, distance: float) -> float:
    offset = heads @ normal - distance
    off = heads[np.abs(offset) > _ON_PLANE]
    if not len(off):
        return 0.0
    images = off - 2.0 * (off @ normal - distance)[:, None] * normal
    gaps = np.linalg.norm(images[:, None] - heads[None], axis=2).min(axis=1)
    # What lies on the plane is no evidence against it, yet a plane through few bones must not win by that.
    return float((gaps <= _TOLERANCE).sum()) / len(heads) + 1e-3 * float((gaps <= _TOLERANCE).mean())


def _partners(rig: Rig, heads: Array, normal: Array, offset: Array, side: Array) -> Array:
    images = heads - 2.0 * offset[:, None] * normal
    gaps = np.linalg.norm(images[:, None] - heads[None], axis=2)
    sizes = subtree_sizes(rig.parents)
    depths = np.zeros(len(heads))
    for bone, parent in enumerate(rig.parents):
        depths[bone] = depths[parent] + 1 if parent >= 0 else 0
    # Bones in one place (a twist on its limb's joint) are told apart by what hangs below them and how deep they hang.
    unlike = np.abs(np.log(sizes[:, None] / sizes[None])) + np.abs(depths[:, None] - depths[None])
    cost = np.where(gaps <= _TOLERANCE, gaps / _TOLERANCE + unlike, np.inf)
    np.fill_diagonal(cost, np.inf)
    partner = np.where(np.isfinite(cost.min(axis=1)), cost.argmin(axis=1), -1)
    partner[side == 0] = np.flatnonzero(side == 0)
    return partner.astype(np.int64)
