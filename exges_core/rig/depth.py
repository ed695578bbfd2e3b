"""How deep points lie below a character's surface: the nearest point of the surface is looked up in grids; ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum
from exges_core.rig.patch import APART_M, Patch, back, matrices
from exges_core.rig.retarget_chain import Chain, Posed

_REACH_M, _CELL_M = 0.12, 0.025
"""How far about a bone's points nearest ones are looked up, and in cells of which edge."""
_ASIDE = 0.6
"""A place below the surface lies below its nearest point: no further aside than points are apart and this share of its
depth."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Depths:
    """How deep points lie below a surface.

    Attributes:
        depth: negative outside; far away, minus infinity.
        way: out, a unit vector.
    """

    depth: Float[Array, "frames points"]
    way: Float[Array, "frames points 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Grid:
    """What one bone carries, with the nearest of its points looked up by the cell that a place lies in.

    Attributes:
        place: the bone's, in the chain.
        points, normals: at rest.
        low, cell: the grid's corner and the edge of its cells.
        nearest: per cell.
        aside: how far beside a point a place may be to be below it, besides a share of its depth.
        centre, radius: of a sphere about it all.
    """

    place: int
    points: Array
    normals: Array
    low: Array
    cell: float
    nearest: Int[Array, "x y z"]
    aside: float
    centre: Array
    radius: float

    @classmethod
    def of(cls, patch: Patch, place: int, reach: float, cell: float) -> _Grid:
        own = patch.places == place
        points = patch.points[own].astype(np.float32)
        low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
        ticks = [np.arange(low[axis] + 0.5 * cell, high[axis] + cell, cell, dtype=np.float32) for axis in range(3)]
        x, y, z = ((ticks[axis][:, None] - points[:, axis]) ** 2 for axis in range(3))
        nearest = [(row + y[:, None] + z[None]).argmin(axis=-1) for row in x]
        return cls(
            place=place,
            points=points,
            normals=patch.normals[own].astype(np.float32),
            low=low,
            cell=cell,
            nearest=np.stack(nearest),
            aside=APART_M["body"] / _CELL_M * cell,
            centre=points.mean(axis=0),
            radius=float(np.linalg.norm(points - points.mean(axis=0), axis=-1).max()),
        )

    def look(self, local: Array) -> tuple[Array, Array, Array]:
        """Return the squared distance to the nearest point, the depth below it and its normal; inf far away."""
        index = np.floor((local - self.low) / self.cell).astype(np.int32)
        is_in = ((index >= 0) & (index < self.nearest.shape)).all(axis=-1)
        index[~is_in] = 0
        found = self.nearest[index[..., 0], index[..., 1], index[..., 2]]
        off, normal = local - self.points[found], self.normals[found]
        square = np.where(is_in, einsum("...x,...x->...", off, off), np.inf)
        depth = -einsum("...x,...x->...", off, normal)
        # A place beside a rim (a collar, a fringe) is behind the plane of its nearest point, not inside the body.
        aside = np.sqrt(np.maximum(square - depth**2, 0.0))
        return square, np.where(aside < self.aside + _ASIDE * depth, depth, -np.inf), normal


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """What hands stay out of: one grid for each bone that carries some of it."""

    grids: tuple[_Grid, ...]

    @classmethod
    def of(cls, patch: Patch, scale: float) -> Surface:
        """Make the grids of a patch."""
        reach, cell = _REACH_M * scale, _CELL_M * scale
        return cls(grids=tuple(_Grid.of(patch, place, reach, cell) for place in patch.carriers))

    def posed(self, chain: Chain, posed: Posed) -> PosedSurface:
        """Return the surface on a posed rig."""
        places = [grid.place for grid in self.grids]
        heads = chain.heads(posed, places)
        turns = [matrices(posed.turns_wxyz[:, place]) for place in places]
        centres = [
            heads[grid.place]
            + ((grid.centre - chain.rest_heads[grid.place]).astype(np.float32)[None] @ back(turn))[:, 0]
            for grid, turn in zip(self.grids, turns, strict=True)
        ]
        return PosedSurface(
            grids=self.grids,
            rests=[chain.rest_heads[place] for place in places],
            turns=turns,
            heads=[heads[place] for place in places],
            centres=centres,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class PosedSurface:
    """A surface in every frame of a motion: one that stays as it is needs to be posed only once.

    Attributes:
        grids: of the surface.
        rests: where the bone of each turns about at rest.
        turns: of the bone of each, frames x 3 x 3, in single precision.
        heads: where it is, frames x 3.
        centres: of the sphere about each grid, frames x 3.
    """

    grids: Sequence[_Grid]
    rests: Sequence[Array]
    turns: Sequence[Array]
    heads: Sequence[Array]
    centres: Sequence[Array]

    def only(self, frames: Int[Array, "chosen"]) -> PosedSurface:
        """Return the surface in some of the frames."""
        turns, heads, centres = ([each[frames] for each in of] for of in (self.turns, self.heads, self.centres))
        return replace(self, turns=turns, heads=heads, centres=centres)

    def depths(self, points: Float[Array, "frames points 3"]) -> Depths:
        """Return how deep points are, each below the nearest point of the surface."""
        best = np.full(points.shape[:2], np.inf, dtype=np.float32)
        depth, way = np.full_like(best, -np.inf), np.zeros_like(points)
        if not best.size:
            return Depths(depth=depth, way=way)
        centre = points.mean(axis=1)
        span = np.linalg.norm(points - centre[:, None], axis=-1).max()
        parts = zip(self.grids, self.rests, self.turns, self.heads, self.centres, strict=True)
        for grid, rest, turns, head, middle in parts:
            near = np.flatnonzero(np.linalg.norm(middle - centre, axis=-1) < grid.radius + span)
            if not len(near):
                continue
            local = (points[near] - head[near, None].astype(np.float32)) @ turns[near] + rest
            square, below, normal = grid.look(local.astype(np.float32))
            rows, columns = np.nonzero(square < best[near])
            at = near[rows]
            best[at, columns], depth[at, columns] = square[rows, columns], below[rows, columns]
            way[at, columns] = (normal[rows, columns][:, None] @ back(turns[at]))[:, 0]
        return Depths(depth=depth, way=way)
