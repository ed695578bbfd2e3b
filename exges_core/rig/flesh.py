"""The surface of a character as points with normals, each carried by a driven bone; ours.

What is asked of it is how deep a hand is inside the body, in every frame. Capsules answer that for realistic limbs
and miss wide chests, big heads and skirts; points of the character's own mesh fit any shape, and the nearest one's
normal says how deep and which way is out. A character without a mesh gets points of tubes about its bones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum
from exges_core.motion.rotations import matrix_from_quat, quat_inverse
from exges_core.motion.skeleton import FINGERS
from exges_core.rig.rest import SPINE, RestPose, unit
from exges_core.rig.retarget_chain import Chain, Posed

SIDES = ("left", "right")
_BODY = ("pelvis", *SPINE, "neck", "head", *(f"{side}_{name}" for side in SIDES for name in ("collar", "hip", "knee")))
_APART_M = {"body": 0.04, "hand": 0.02, "forearm": 0.06}
"""One point in each cube of this edge: fine enough for the shapes that a hand meets."""
_REACH_M, _CELL_M = 0.12, 0.025
"""How far about a bone's points nearest ones are looked up, and in cells of which edge."""
_SKIN_M2, _OF_SKIN = 1.9, 0.8
"""A grown-up's skin; clothes add to it, so that a size measured by it counts as this share."""
_PIXEL_M, _FACING = 0.03, 0.5
"""Of the pictures in which a point is seen or hidden: pixels, and the least cosine at which it faces the viewer."""
_ASIDE = 0.6
"""A place below the surface lies below its nearest point: no further aside than points are apart and this share of its
depth."""
_SMOOTH_M = 0.04
"""Over how far normals are averaged."""
_DENSITY = 3.0
"""Points scattered over the triangles for each one that is kept."""
_TUBES_M: tuple[tuple[str, tuple[str, ...], tuple[float, float]], ...] = (
    ("pelvis", SPINE, (0.155, 0.11)),
    ("spine1", ("spine2", "spine3", "neck", "head"), (0.145, 0.105)),
    ("spine2", ("spine3", "neck", "head"), (0.15, 0.11)),
    ("spine3", ("neck", "head"), (0.15, 0.11)),
    ("neck", ("head",), (0.055, 0.055)),
    ("head", (), (0.075, 0.095)),
    *((f"{side}_hip", (f"{side}_knee",), (0.08, 0.08)) for side in SIDES),
    *((f"{side}_knee", (f"{side}_ankle",), (0.055, 0.055)) for side in SIDES),
    *((f"{side}_elbow", (f"{side}_wrist",), (0.037, 0.037)) for side in SIDES),
    *((f"{side}_wrist", (f"{side}_middle1", f"{side}_index1"), (0.04, 0.014)) for side in SIDES),
    *((f"{side}_{name}1", (f"{side}_{name}2",), (0.009, 0.009)) for side in SIDES for name in FINGERS),
    *((f"{side}_{name}2", (f"{side}_{name}3",), (0.009, 0.009)) for side in SIDES for name in FINGERS),
)
"""Tubes about bare bones: from a joint to the first of these that the rig has, half widths across and fore-and-aft
in canonical metres (people of middle height); a head goes on upwards, a hand without fingers as the forearm does."""
_HEAD_M, _HAND_M = 0.20, 0.15
_ROUND = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """A character's mesh at rest, in the rig's axes and unit.

    Attributes:
        vertices: places.
        triangles: three vertices each, counter-clockwise seen from outside.
        bones: names of bones.
        bone: of each vertex, the place in `bones` of the bone that has most of it; -1 = none.
    """

    vertices: Float[Array, "vertices 3"]
    triangles: Int[Array, "triangles 3"]
    bones: Sequence[str]
    bone: Int[Array, "vertices"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Patch:
    """Points of one part of the surface.

    Attributes:
        points, normals: at rest, rig axes; normals point out.
        places: the driven bone (its place in the chain) that carries each.
    """

    points: Float[Array, "points 3"]
    normals: Float[Array, "points 3"]
    places: Int[Array, "points"]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    @cached_property
    def carriers(self) -> list[int]:
        """Return the places that carry points."""
        return [int(place) for place in np.unique(self.places)]

    def posed(self, chain: Chain, posed: Posed) -> Float[Array, "frames points 3"]:
        """Return the points on a posed rig, in single precision."""
        points = np.empty((len(posed.shift), len(self), 3), dtype=np.float32)
        heads = chain.heads(posed, self.carriers)
        for place in self.carriers:
            own = self.places == place
            turned = _turned(posed.turns_wxyz[:, place], self.points[own] - chain.rest_heads[place])
            points[:, own] = heads[place][:, None] + turned
        return points


def _turned(turns_wxyz: Float[Array, "frames 4"], points: Array) -> Float[Array, "frames points 3"]:
    """Turn points (the same in every frame, or each frame's own) by each frame's turn."""
    matrices = matrix_from_quat(turns_wxyz).astype(np.float32)
    kind = "fij,pj->fpi" if points.ndim == 2 else "fij,fpj->fpi"
    return einsum(kind, matrices, points.astype(np.float32))


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
            aside=_APART_M["body"] / _CELL_M * cell,
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

    def depths(self, chain: Chain, posed: Posed, points: Float[Array, "frames points 3"]) -> Depths:
        """Return how deep points are, each below the nearest point of the surface."""
        best = np.full(points.shape[:2], np.inf, dtype=np.float32)
        depth, way = np.full_like(best, -np.inf), np.zeros_like(points)
        heads = chain.heads(posed, [grid.place for grid in self.grids])
        centre, span = points.mean(axis=1), np.linalg.norm(points - points.mean(axis=1, keepdims=True), axis=-1).max()
        for grid in self.grids:
            turns, head = posed.turns_wxyz[:, grid.place], heads[grid.place]
            rest = chain.rest_heads[grid.place]
            apart = np.linalg.norm(head + _turned(turns, (grid.centre - rest)[None])[:, 0] - centre, axis=-1)
            near = np.flatnonzero(apart < grid.radius + span)
            if not len(near):
                continue
            local = _turned(quat_inverse(turns[near]), points[near] - head[near, None].astype(np.float32)) + rest
            square, below, normal = grid.look(local.astype(np.float32))
            rows, columns = np.nonzero(square < best[near])
            at = near[rows]
            best[at, columns], depth[at, columns] = square[rows, columns], below[rows, columns]
            way[at, columns] = _turned(turns[at], normal[rows, columns][:, None])[:, 0]
        return Depths(depth=depth, way=way)


@dataclass(frozen=True, kw_only=True, eq=False)
class Flesh:
    """The parts of a character's surface that meet: what hands must stay out of, and hands and forearms.

    Attributes:
        body: trunk, neck, head and legs.
        hands, forearms: by side.
        scale: rig units per metre of a person as big as this character.
    """

    body: Surface
    hands: Mapping[str, Patch]
    forearms: Mapping[str, Patch]
    scale: float

    @classmethod
    def of_mesh(cls, chain: Chain, rest: RestPose, mesh: Mesh) -> Flesh | None:
        """Sample a character's mesh; None where it has no body or no hands (a prop, a hat)."""
        carried = _carriers(chain, mesh.bones)
        place = np.where(mesh.bone >= 0, np.append(carried, -1)[mesh.bone], -1)
        scale = max(rest.scale, _size(mesh))
        found = cls._of(chain, _seen(_scattered(mesh, place, scale), scale), scale)
        return found if found.body.grids and all(len(found.hands[side]) for side in SIDES) else None

    @classmethod
    def of_bones(cls, chain: Chain, rest: RestPose) -> Flesh:
        """Lay tubes of human girth about the bones."""
        return cls._of(chain, _tubes(chain, rest), rest.scale)

    @classmethod
    def _of(cls, chain: Chain, surface: Patch, scale: float) -> Flesh:
        part = np.array(_parts(chain))[surface.places]

        def patch(name: str, kind: str) -> Patch:
            return _thinned(surface, part == name, _APART_M[kind] * scale)

        return cls(
            body=Surface.of(_smoothed(patch("body", "body"), scale), scale),
            hands={side: patch(f"{side}_hand", "hand") for side in SIDES},
            forearms={side: patch(f"{side}_forearm", "forearm") for side in SIDES},
            scale=scale,
        )


def _parts(chain: Chain) -> list[str]:
    """Return what each driven bone belongs to: body, left_hand, left_forearm...; '' for upper arms and feet."""
    fingers = tuple(f"{name}{number}" for name in FINGERS for number in (1, 2, 3))
    part = {joint: "body" for joint in _BODY}
    for side in SIDES:
        part |= {f"{side}_{name}": f"{side}_hand" for name in ("wrist", *fingers)}
        part[f"{side}_elbow"] = f"{side}_forearm"
    found: list[str] = []
    for place, (_, joint) in enumerate(chain.driven):
        above = chain.above[place]
        found.append(part.get(joint, "") if joint else found[above] if above >= 0 else "")
    return found


def _carriers(chain: Chain, bones: Sequence[str]) -> Int[Array, "bones"]:
    """Return for each bone the driven bone that moves it: itself, the next above it, or (control rigs) the nearest."""
    rig, starts, stops, places = chain.rig, *_segments(chain)
    known = {name: index for index, name in enumerate(rig.names)}
    found: list[int] = []
    for name in bones:
        index = known.get(name, -1)
        middle = 0.5 * (rig.heads[index] + rig.tails[index])
        is_control = bool(chain.rig_map.switches or chain.rig_map.logical_parents)
        while index >= 0 and not is_control and rig.names[index] not in chain.places:
            index = rig.parents[index]
        if index < 0 and name not in known:
            found.append(-1)
        elif index >= 0 and rig.names[index] in chain.places:
            found.append(chain.places[rig.names[index]])
        else:
            found.append(int(places[np.argmin(_apart(middle, starts, stops))]))
    return np.array(found, dtype=np.int64)


def _segments(chain: Chain) -> tuple[Array, Array, Array]:
    """Return where each joint's bone begins and ends at rest, and its place in the chain."""
    rig = chain.rig
    rows = [(rig.index(bone), chain.places[bone]) for bone, joint in chain.driven if joint]
    index, places = np.array(rows).T
    return rig.heads[index], rig.tails[index], places


def _apart(point: Array, starts: Array, stops: Array) -> Array:
    """Return how far a point is from each segment."""
    along = stops - starts
    share = einsum("sx,sx->s", point - starts, along) / np.maximum(einsum("sx,sx->s", along, along), 1e-12)
    return np.linalg.norm(starts + np.clip(share, 0.0, 1.0)[:, None] * along - point, axis=-1)


def _scattered(mesh: Mesh, place: Array, scale: float) -> Patch:
    """Scatter points over the triangles, by their area."""
    corners = mesh.vertices[mesh.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double_area = np.linalg.norm(normal, axis=-1)
    wanted = _DENSITY * 0.5 * double_area / (_APART_M["hand"] * scale) ** 2
    random = np.random.default_rng(0)
    count = np.floor(wanted + random.random(len(wanted))).astype(np.int64)
    count[(count == 0) & (double_area > 0.0)] = 1
    row = np.repeat(np.arange(len(count)), count)
    weight = random.dirichlet(np.ones(3), size=len(row))
    nearest = mesh.triangles[row, weight.argmax(axis=1)]
    return Patch(
        points=einsum("pc,pcx->px", weight, corners[row]),
        normals=normal[row] / double_area[row][:, None],
        places=place[nearest],
    )


def _size(mesh: Mesh) -> float:
    """Return rig units per metre of a grown-up whose skin has the mesh's area: short legs say little of a big head."""
    corners = mesh.vertices[mesh.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return _OF_SKIN * float(np.sqrt(0.5 * np.linalg.norm(normal, axis=-1).sum() / _SKIN_M2))


def _seen(surface: Patch, scale: float) -> Patch:
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


def _smoothed(patch: Patch, scale: float) -> Patch:
    """Return a patch whose normals are those of the shape at large: pouches, folds and straps lead no hand astray."""
    apart = np.linalg.norm(patch.points[:, None] - patch.points[None], axis=-1)
    alike = np.maximum(patch.normals @ patch.normals.T, 0.0)
    mixed = (np.exp(-0.5 * (apart / (_SMOOTH_M * scale)) ** 2) * alike) @ patch.normals
    normals = mixed / np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), 1e-12)
    return Patch(points=patch.points, normals=normals, places=patch.places)


def _thinned(surface: Patch, is_wanted: Array, edge: float) -> Patch:
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


def _tubes(chain: Chain, rest: RestPose) -> Patch:
    """Return the points of tubes about the bones, each carried by the bone that it begins at."""
    points, normals, places = list[Array](), list[Array](), list[Array]()
    for joint, ends, half_widths in _TUBES_M:
        if joint not in rest.heads:
            continue
        start, stop = rest.heads[joint], _end(rest, joint, ends)
        out, ring = _ring(rest, joint, stop - start, np.array(half_widths) * rest.scale)
        along = np.linspace(0.0, 1.0, max(2, round(float(np.linalg.norm(stop - start)) / (0.02 * rest.scale))))
        centres = start + along[:, None] * (stop - start)
        points.append((centres[:, None] + ring).reshape(-1, 3))
        normals.append(np.broadcast_to(out, (len(along), *out.shape)).reshape(-1, 3))
        places.append(np.full(len(points[-1]), chain.joint_places[joint]))
    return Patch(points=np.concatenate(points), normals=np.concatenate(normals), places=np.concatenate(places))


def _end(rest: RestPose, joint: str, ends: Sequence[str]) -> Array:
    """Return where a tube ends."""
    there = next((rest.heads[name] for name in ends if name in rest.heads), None)
    if there is not None:
        return there
    if joint == "head":
        return rest.heads[joint] + _HEAD_M * rest.scale * rest.rig_from_canonical[:, 1]
    along = rest.heads[joint] - rest.heads[joint.replace("wrist", "elbow")] if joint.endswith("wrist") else np.zeros(3)
    return rest.heads[joint] + _HAND_M * rest.scale * unit(along)


def _ring(rest: RestPose, joint: str, along: Array, half_widths: Array) -> tuple[Array, Array]:
    """Return the normals and the points of a tube's cross-section, about its axis."""
    side = joint.partition("_")[0]
    knuckles = [rest.heads[name] for name in (f"{side}_index1", f"{side}_pinky1") if name in rest.heads]
    is_hand = joint.endswith("wrist") and len(knuckles) == 2
    wide = knuckles[0] - knuckles[1] if is_hand else rest.rig_from_canonical[:, 0]
    along = unit(along)
    if abs(float(unit(wide) @ along)) > 0.9:
        wide = rest.rig_from_canonical[:, 2]
    across = unit(wide - (wide @ along) * along)
    deep = np.cross(along, across)
    width, depth = half_widths
    ring = width * np.cos(_ROUND)[:, None] * across + depth * np.sin(_ROUND)[:, None] * deep
    out = depth * np.cos(_ROUND)[:, None] * across + width * np.sin(_ROUND)[:, None] * deep
    return out / np.linalg.norm(out, axis=-1, keepdims=True), ring
