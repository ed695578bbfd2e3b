"""A mesh -> points of its surface: scattered by area, seen from outside, thinned; ours."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, einsum
from exges_core.rig.patch import APART_M, Mesh, Patch
from exges_core.rig.rest import unit

_SKIN_M2, _OF_SKIN = 1.9, 0.8
"""A grown-up's skin; clothes add to it, so that a size measured by it counts as this share."""
_PIXEL_M, _FACING = 0.03, 0.5
"""Of the pictures in which a point is seen or hidden: pixels, and the least cosine at which it faces the viewer."""
_SMOOTH_M = 0.04
"""Over how far normals are averaged."""
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
        _, pixel = np.unique(np.floor(flat / (_PIXEL_M * scale)).astype(np.int64), axis=0, return_inverse=True)
        height = surface.points @ way
        highest = np.full(pixel.max() + 1, -np.inf)
        np.maximum.at(highest, pixel.reshape(-1), height)
        is_top = height > highest[pixel.reshape(-1)] - 2.0 * _PIXEL_M * scale
        is_seen |= is_top & (surface.normals @ way > _FACING)
    return Patch(points=surface.points[is_seen], normals=surface.normals[is_seen], places=surface.places[is_seen])


def smoothed(patch: Patch, scale: float) -> Patch:
    """Return a patch whose normals are those of the shape at large: pouches, folds and straps lead no hand astray."""
    apart = np.linalg.norm(patch.points[:, None] - patch.points[None], axis=-1)
    alike = np.maximum(patch.normals @ patch.normals.T, 0.0)
    mixed = (np.exp(-0.5 * (apart / (_SMOOTH_M * scale)) ** 2) * alike) @ patch.normals
    normals = mixed / np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), 1e-12)
    return Patch(points=patch.points, normals=normals, places=patch.places)


def thinned(surface: Patch, is_wanted: Array, edge: float) -> Patch:
    """Return one wanted point of each cube, the one nearest to the mean of those in it."""
    own = np.flatnonzero(is_wanted & (surface.places >= 0))
    _, cube = np.unique(np.floor(surface.points[own] / edge).astype(np.int64), axis=0, return_inverse=True)
    cube = cube.reshape(-1)
    count = np.maximum(np.bincount(cube), 1)
    middle = np.stack([np.bincount(cube, surface.points[own, axis]) / count for axis in range(3)], axis=-1)
    off = np.linalg.norm(surface.points[own] - middle[cube], axis=-1)
    order = np.lexsort((off, cube))
    first = order[np.unique(cube[order], return_index=True)[1]]
    kept = own[first]
    return Patch(points=surface.points[kept], normals=surface.normals[kept], places=surface.places[kept])
