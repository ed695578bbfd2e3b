"""A mesh of the human as it grows: places, faces, colours, and which vertices of the base mesh each of its own follows.

Whatever is cut, resampled or laid upon the base follows it by shares, so that face shapes and skin weights carry over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from exges_core.arrays import Array, Float, Int
from tools.human.basemesh import Base

FOLLOWED = 4
"""Most vertices of the base that one vertex follows."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A mesh.

    Attributes:
        points_m: its vertices.
        corners: vertices of all faces, one face after the other.
        sizes: how many corners each face has.
        follows: vertices of the base mesh that each vertex follows.
        shares: by how much; they sum to 1.
        colours: of the vertices, sRGB, 0 to 1.
    """

    points_m: Float[Array, "vertices 3"]
    corners: Int[Array, " corners"]
    sizes: Int[Array, " faces"]
    follows: Int[Array, "vertices 4"]
    shares: Float[Array, "vertices 4"]
    colours: Float[Array, "vertices 3"]

    def blended(self, base_values: Array) -> Array:
        """Return what the vertices have of something that each vertex of the base mesh has."""
        return np.einsum("vk,vkc->vc", self.shares, base_values[self.follows])

    def moved(self, points_m: Array) -> Part:
        """Return it with its vertices elsewhere."""
        return replace(self, points_m=points_m)

    def painted(self, colours: Array | Sequence[float]) -> Part:
        """Return it in one colour, or one for each vertex."""
        return replace(self, colours=np.broadcast_to(np.asarray(colours, dtype=float), self.points_m.shape).copy())

    def triangles(self) -> Int[Array, "triangles 3"]:
        """Return its faces as fans of triangles."""
        starts = np.cumsum(self.sizes) - self.sizes
        return np.concatenate(
            [
                np.stack(
                    [self.corners[starts[here]], self.corners[starts[here] + k], self.corners[starts[here] + k + 1]],
                    axis=1,
                )
                for k in range(1, int(self.sizes.max()) - 1)
                for here in (np.flatnonzero(self.sizes > k + 1),)
            ]
        )

    def normals(self) -> Float[Array, "vertices 3"]:
        """Return the unit normals of the vertices."""
        corners = self.triangles()
        a, b, c = (self.points_m[corners[:, k]] for k in range(3))
        flat = np.cross(b - a, c - a)
        sums = np.zeros_like(self.points_m)
        for k in range(3):
            np.add.at(sums, corners[:, k], flat)
        return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)

    def smoothed(self, rounds: int, *, strength: Array | float = 1.0) -> Part:
        """Return it with every vertex drawn towards its neighbours' middle; open edges stay."""
        first, second, is_open = self._edges()
        count = np.zeros(len(self.points_m))
        np.add.at(count, first, 1.0)
        np.add.at(count, second, 1.0)
        pull = np.broadcast_to(np.asarray(strength, dtype=float), count.shape).copy()
        pull[np.unique(np.concatenate([first[is_open], second[is_open]]))] = 0.0
        points = self.points_m.copy()
        for _ in range(rounds):
            sums = np.zeros_like(points)
            np.add.at(sums, first, points[second])
            np.add.at(sums, second, points[first])
            points += 0.5 * pull[:, None] * (sums / np.maximum(count, 1.0)[:, None] - points)
        return self.moved(points)

    def _edges(self) -> tuple[Array, Array, Array]:
        starts = np.repeat(np.cumsum(self.sizes) - self.sizes, self.sizes)
        place = np.arange(len(self.corners)) - starts
        after = self.corners[starts + (place + 1) % np.repeat(self.sizes, self.sizes)]
        pairs = np.sort(np.stack([self.corners, after], axis=1), axis=1)
        edges, uses = np.unique(pairs, axis=0, return_counts=True)
        return edges[:, 0], edges[:, 1], uses == 1


def part_of(base: Base, faces: Int[Array, "faces 4"]) -> Part:
    """Return some faces of the base mesh as a part."""
    members, corners = np.unique(faces, return_inverse=True)
    follows = np.repeat(members[:, None], FOLLOWED, axis=1)
    shares = np.zeros((len(members), FOLLOWED))
    shares[:, 0] = 1.0
    return Part(
        points_m=base.points_m[members],
        corners=corners.reshape(-1),
        sizes=np.full(len(faces), faces.shape[1]),
        follows=follows,
        shares=shares,
        colours=np.ones((len(members), 3)),
    )


def rigid_part(points_m: Array, faces: Array, *, follows: int, colours: Array | Sequence[float]) -> Part:
    """Return a mesh of our own that goes where one vertex of the base mesh goes."""
    rows = np.full((len(points_m), FOLLOWED), follows)
    shares = np.zeros(rows.shape)
    shares[:, 0] = 1.0
    part = Part(
        points_m=points_m,
        corners=faces.reshape(-1),
        sizes=np.full(len(faces), faces.shape[1]),
        follows=rows,
        shares=shares,
        colours=np.ones((len(points_m), 3)),
    )
    return part.painted(colours)


def joined(parts: Sequence[Part]) -> Part:
    """Return parts as one mesh."""
    offsets = np.cumsum([0, *(len(part.points_m) for part in parts[:-1])])
    return Part(
        points_m=np.concatenate([part.points_m for part in parts]),
        corners=np.concatenate([part.corners + offset for part, offset in zip(parts, offsets, strict=True)]),
        sizes=np.concatenate([part.sizes for part in parts]),
        follows=np.concatenate([part.follows for part in parts]),
        shares=np.concatenate([part.shares for part in parts]),
        colours=np.concatenate([part.colours for part in parts]),
    )


def clipped(part: Part, inside: Callable[[Array], Array]) -> Part:
    """Return what lies where a field of the places is positive; faces are cut where it is zero."""
    values = inside(part.points_m)
    keep = np.flatnonzero(values >= 0.0)
    index = np.full(len(values), -1)
    index[keep] = np.arange(len(keep))
    cuts: dict[tuple[int, int], int] = {}
    corners: list[int] = []
    sizes: list[int] = []
    start = 0
    for size in part.sizes:
        face = part.corners[start : start + size]
        start += size
        made = _cut(face.tolist(), values, index, cuts, len(keep))
        if len(made) >= 3:
            corners += made
            sizes.append(len(made))
    first, second = np.array(list(cuts), dtype=np.int64).reshape(-1, 2).T
    at = values[first] / np.where(values[first] == values[second], 1.0, values[first] - values[second])
    return _used(
        Part(
            points_m=np.concatenate([part.points_m[keep], _mixed(part.points_m, first, second, at)]),
            corners=np.array(corners, dtype=np.int64),
            sizes=np.array(sizes, dtype=np.int64),
            colours=np.concatenate([part.colours[keep], _mixed(part.colours, first, second, at)]),
            **_shared(part, keep, first, second, at),
        )
    )


def _cut(face: list[int], values: Array, index: Array, cuts: dict[tuple[int, int], int], kept: int) -> list[int]:
    made: list[int] = []
    for here, after in zip(face, [*face[1:], face[0]], strict=True):
        if values[here] >= 0.0:
            made.append(int(index[here]))
        if (values[here] >= 0.0) != (values[after] >= 0.0):
            edge = (min(here, after), max(here, after))
            made.append(kept + cuts.setdefault(edge, len(cuts)))
    return made


def _mixed(rows: Array, first: Array, second: Array, at: Array) -> Array:
    return np.subtract(1.0, at)[:, None] * rows[first] + at[:, None] * rows[second]


def _shared(part: Part, keep: Array, first: Array, second: Array, at: Array) -> dict[str, Array]:
    """Return whom the kept vertices follow, and those on the cuts: the strongest of both ends."""
    near, far = np.subtract(1.0, at)[:, None] * part.shares[first], at[:, None] * part.shares[second]
    follows, shares = np.concatenate([part.follows[first], part.follows[second]], axis=1), np.hstack([near, far])
    order = np.argsort(np.negative(shares), axis=1, kind="stable")[:, :FOLLOWED]
    follows, shares = np.take_along_axis(follows, order, 1), np.take_along_axis(shares, order, 1)
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    return {
        "follows": np.concatenate([part.follows[keep], follows]),
        "shares": np.concatenate([part.shares[keep], shares]),
    }


def _used(part: Part) -> Part:
    """Return it without vertices that no face has."""
    members, corners = np.unique(part.corners, return_inverse=True)
    return replace(
        part,
        points_m=part.points_m[members],
        corners=corners.reshape(-1),
        follows=part.follows[members],
        shares=part.shares[members],
        colours=part.colours[members],
    )


def grid_of(faces: Int[Array, "faces 4"]) -> Int[Array, "rows columns"]:
    """Return the vertices of a sheet of quads row by row, beginning at one of its corners."""
    uses = np.bincount(faces.reshape(-1))
    corner = int(np.flatnonzero(uses == 1)[0])
    by_edge: dict[frozenset[int], list[int]] = {}
    for number, face in enumerate(faces.tolist()):
        for here, after in zip(face, [*face[1:], face[0]], strict=True):
            by_edge.setdefault(frozenset((here, after)), []).append(number)
    around: dict[int, list[int]] = {}
    for edge, owners in by_edge.items():
        if len(owners) == 1:
            one, other = edge
            around.setdefault(one, []).append(other)
            around.setdefault(other, []).append(one)
    row = [corner, around[corner][0]]
    while uses[row[-1]] != 1:
        row.append(next(each for each in around[row[-1]] if each != row[-2]))
    rows, done = [row], set[int]()
    while True:
        following: list[int] = []
        for here, after in pairwise(row):
            free = [number for number in by_edge[frozenset((here, after))] if number not in done]
            if not free:
                return np.array(rows)
            done.add(free[0])
            face = faces[free[0]].tolist()
            place = face.index(here)
            before, behind = face[place - 1], face[(place + 1) % 4]
            over, beyond = (before, face[place - 2]) if behind == after else (behind, face[(place + 2) % 4])
            following += [over, beyond] if not following else [beyond]
        rows.append(following)
        row = following


def resampled(base: Base, grid: Int[Array, "rows columns"], row: Array, column: Array) -> tuple[Array, Array]:
    """Return whom points at fractional rows and columns of a sheet follow, and by which shares."""
    low_row = np.clip(row.astype(np.int64), 0, grid.shape[0] - 2)
    low_column = np.clip(column.astype(np.int64), 0, grid.shape[1] - 2)
    v, u = row - low_row, column - low_column
    follows = np.stack([grid[low_row + i, low_column + j] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))], axis=1)
    shares = np.stack([(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u], axis=1)
    return follows, shares
