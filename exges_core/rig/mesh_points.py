"""A mesh -> points of its surface: scattered by area, seen from outside, thinned; ours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Int, einsum
from exges_core.rig.patch import APART_M, Mesh, Patch
from exges_core.rig.rest import unit

_SKIN_M2, _OF_SKIN = 1.9, 0.8
"""A grown-up's skin; clothes add to it, so that a size measured by it counts as this share."""
_PIXEL_M, _FACING = 0.03, 0.5
"""Of the pictures in which a point is seen or hidden: pixels, and the least cosine at which it faces the viewer."""
_SMOOTH_M = 0.04
"""Over how far normals are averaged."""
_BLOCK = 256
_GAP_M, _GAP_CELL_M, _OPPOSED = 0.045, 0.03, -0.4
"""A gap in which no hand has room, the edge of the cells in which it is crossed, and the cosine of opposed faces."""
_COUNTABLE = 2**62
"""As many cells can be numbered."""
_DENSITY = 3.0
"""Points scattered over the triangles for each one that is kept."""


def scattered(mesh: Mesh, place: Array, scale: float) -> Patch:
    """Scatter points over the triangles, by their area."""
    normal, area = mesh.areas
    wanted = _DENSITY * area / (APART_M["hand"] * scale) ** 2
    random = np.random.default_rng(0)
    count = np.floor(wanted + random.random(len(wanted))).astype(np.int64)
    count[(count == 0) & (area > 0.0)] = 1
    row = np.repeat(np.arange(len(count)), count)
    weight = random.dirichlet(np.ones(3), size=len(row))
    nearest = mesh.triangles[row, weight.argmax(axis=1)]
    return Patch(
        points=einsum("pc,pcx->px", weight, mesh.vertices[mesh.triangles[row]]),
        normals=normal[row],
        places=place[nearest],
    )


def size_of(mesh: Mesh) -> float:
    """Return rig units per metre of a grown-up whose skin has the mesh's area: short legs say little of a big head."""
    return _OF_SKIN * float(np.sqrt(mesh.areas[1].sum() / _SKIN_M2))


def seen(surface: Patch, scale: float) -> Patch:
    """Return the points that are seen from outside: no linings, teeth or bodies below clothes that face inwards."""
    is_seen = np.zeros(len(surface), dtype=bool)
    for x, y, z in np.ndindex(3, 3, 3):
        way = np.array([x, y, z], dtype=np.float64) - 1.0
        if not way.any():
            continue
        way = unit(way)
        across = unit(np.cross(way, np.array([0.0, 0.0, 1.0]) if abs(way[2]) < 0.9 else np.array([1.0, 0.0, 0.0])))
        flat = surface.points @ np.stack([across, np.cross(way, across)], axis=-1)
        pixel = _which(np.floor(flat / (_PIXEL_M * scale)).astype(np.int64))
        height = surface.points @ way
        highest = np.full(pixel.max() + 1, -np.inf)
        np.maximum.at(highest, pixel, height)
        is_top = height > highest[pixel] - 2.0 * _PIXEL_M * scale
        is_seen |= is_top & (surface.normals @ way > _FACING)
    return surface.only(is_seen)


def _which(cells: Int[Array, "rows axes"]) -> Int[Array, "rows"]:
    """Return which of the different rows each row is, these in order."""
    if not len(cells):
        return np.zeros(0, dtype=np.int64)
    low, high = cells.min(axis=0), cells.max(axis=0)
    sizes = [stop - start + 1 for start, stop in zip(low.tolist(), high.tolist(), strict=True)]
    if math.prod(sizes) >= _COUNTABLE:
        return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    # Rows take thirty times as long to sort as their numbers.
    return np.unique(np.ravel_multi_index(tuple((cells - low).T), sizes), return_inverse=True)[1].reshape(-1)


def roomy(surface: Patch, scale: float) -> Patch:
    """Return the points before which a hand has room.

    There is none between a pouch and the thigh it hangs at: out through those faces leads into the body, and for a hand
    outside the pouch they may be the nearest that it lies behind.
    """
    if not len(surface):
        return surface
    edge, ids = _GAP_CELL_M * scale, _Cells.about(surface, _GAP_CELL_M * scale)
    rows, row = np.unique(6 * ids.number(surface.points) + _facing(surface.normals), return_inverse=True)
    points, normals = (_means(each, row) for each in (surface.points, surface.normals))
    has_room = np.ones(len(surface), dtype=bool)
    for step in range(round(2.0 * _GAP_M / _GAP_CELL_M) + 1):
        cell = 6 * ids.number(surface.points + 0.5 * step * edge * surface.normals)
        for side in range(6):
            found = np.minimum(np.searchsorted(rows, cell + side), len(rows) - 1)
            ahead = einsum("px,px->p", points[found] - surface.points, surface.normals)
            is_near = (rows[found] == cell + side) & (ahead > 0.1 * edge) & (ahead < _GAP_M * scale)
            has_room &= ~(is_near & (einsum("px,px->p", normals[found], surface.normals) < _OPPOSED))
    return surface.only(has_room)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """Cubes about a patch, numbered."""

    low: Array
    size: Array
    edge: float

    @classmethod
    def about(cls, patch: Patch, edge: float) -> _Cells:
        spare = round(_GAP_M / _GAP_CELL_M) + 1
        low, high = (np.floor(each / edge).astype(np.int64) for each in (patch.points.min(0), patch.points.max(0)))
        return cls(low=low - spare, size=high - low + 2 * spare + 1, edge=edge)

    def number(self, points: Array) -> Array:
        """Return the number of the cube that each point lies in."""
        x, y, z = (np.floor(points / self.edge).astype(np.int64) - self.low).T
        return (x * self.size[1] + y) * self.size[2] + z


def _facing(normals: Array) -> Array:
    """Return which of six ways each normal points most."""
    steepest = np.abs(normals).argmax(axis=-1)
    return 2 * steepest + (np.take_along_axis(normals, steepest[:, None], axis=-1)[:, 0] < 0.0)


def _means(values: Array, row: Array) -> Array:
    """Return the mean of vectors per row."""
    return np.stack([np.bincount(row, values[:, axis]) for axis in range(3)], axis=-1) / np.bincount(row)[:, None]


def smoothed(patch: Patch, around: Patch, scale: float) -> Patch:
    """Return a patch whose normals are those of the shape at large: pouches, folds and straps lead no hand astray.

    Args:
        patch: few points.
        around: all points of the same surface, as dense as its area: of a thin thing's faces the wide ones decide.
        scale: rig units per metre of a person as big as this character.
    """
    mixed = np.empty_like(patch.normals)
    for start in range(0, len(patch), _BLOCK):
        block = slice(start, start + _BLOCK)
        points, normals = patch.points[block], patch.normals[block]
        squares = (points**2).sum(axis=1)[:, None] + (around.points**2).sum(axis=1) - 2.0 * points @ around.points.T
        alike = np.maximum(normals @ around.normals.T, 0.0)
        mixed[block] = (np.exp(-0.5 * squares / (_SMOOTH_M * scale) ** 2) * alike) @ around.normals
    normals = mixed / np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), 1e-12)
    return Patch(points=patch.points, normals=normals, places=patch.places)


def thinned(surface: Patch, is_wanted: Array, edge: float) -> Patch:
    """Return one wanted point of each cube, the one nearest to the mean of those in it."""
    own = np.flatnonzero(is_wanted & (surface.places >= 0))
    cube = _which(np.floor(surface.points[own] / edge).astype(np.int64))
    count = np.maximum(np.bincount(cube), 1)
    middle = np.stack([np.bincount(cube, surface.points[own, axis]) / count for axis in range(3)], axis=-1)
    off = np.linalg.norm(surface.points[own] - middle[cube], axis=-1)
    order = np.lexsort((off, cube))
    first = order[np.unique(cube[order], return_index=True)[1]]
    return surface.only(own[first])
