"""What moves with the face beside the skin: eyes, lashes, brows, teeth, tongue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int
from tools.human.basemesh import Base
from tools.human.parts import Part, grid_of, joined, part_of, resampled, rigid_part

LASH, BROW = (0.06, 0.04, 0.035), (0.22, 0.14, 0.095)
_ENAMEL, _GUM, _TONGUE = (0.93, 0.90, 0.84), (0.72, 0.40, 0.38), (0.70, 0.36, 0.36)
_IRIS = (
    # how far out of the iris' middle, in shares of the eye's radius; colour
    (0.000, (0.010, 0.009, 0.008)),
    (0.165, (0.010, 0.009, 0.008)),
    (0.180, (0.36, 0.22, 0.11)),
    (0.260, (0.33, 0.19, 0.09)),
    (0.360, (0.21, 0.12, 0.06)),
    (0.410, (0.09, 0.055, 0.035)),
    (0.440, (0.30, 0.26, 0.24)),
    (0.470, (0.80, 0.78, 0.76)),
    (0.640, (0.82, 0.79, 0.77)),
    (0.820, (0.80, 0.70, 0.67)),
    (0.950, (0.76, 0.60, 0.57)),
)
_TURNS = 32
_ROUND_M = 0.01
"""No triangle of a face is larger."""
_BACK_M = 0.0012
"""How much further back the teeth are than in the base mesh, so that closed lips hide them."""
_LASHES = {"2": (52, 0.90), "1": (34, 0.34)}
"""Sheets of lashes at the upper and at the lower lid: how many hairs, how long in shares of the sheet."""


@dataclass(frozen=True, kw_only=True)
class Eye:
    """An eyeball of our own where the base mesh has a rough one."""

    part: Part
    centre_m: Float[Array, "3"]
    members: Int[Array, " some"]

    def turned(self, base: Base, shape: str) -> Float[Array, "vertices 3"]:
        """Return what a face shape adds: the rough eye's own turn, done by a sphere."""
        rest = base.points_m[self.members] - self.centre_m
        moved = rest + base.shapes_m[shape][self.members]
        u, _, v = np.linalg.svd((moved - moved.mean(axis=0)).T @ (rest - rest.mean(axis=0)))
        turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))]) @ v
        offsets = self.part.points_m - self.centre_m
        return offsets @ turn.T - offsets


def eye(base: Base, side: str) -> Eye:
    """Return an eyeball with iris and pupil; side is `l` or `r`."""
    members = np.unique(base.faces[base.groups[f"helper-{side}-eye"]])
    rough = base.points_m[members]
    centre = 0.5 * (rough.min(axis=0) + rough.max(axis=0))
    radius = 0.25 * np.ptp(rough[:, 0]) + 0.25 * np.ptp(rough[:, 2])
    centre[1] = rough[:, 1].max() - radius
    front = radius + (centre[1] - rough[:, 1].min() - radius)
    sines = np.array([each for each, _ in _IRIS])
    angles = np.concatenate([np.arcsin(sines), np.pi - np.arcsin(np.array([0.9, 0.6, 0.2]))])
    colours = np.array([each for _, each in _IRIS] + [_IRIS[-1][1]] * 3)
    turns = np.linspace(0.0, 2.0 * np.pi, _TURNS, endpoint=False)
    # The cornea bulges over the iris.
    bulge = (front - radius) * np.clip(1.0 - np.sin(angles) / 0.5, 0.0, 1.0) * (angles < 1.0)
    rings = np.stack(
        [
            np.outer(np.sin(angles), np.cos(turns)) * radius,
            -(np.cos(angles) * radius + bulge)[:, None] * np.ones(_TURNS),
            np.outer(np.sin(angles), np.sin(turns)) * radius,
        ],
        axis=2,
    )
    shade = np.repeat(colours[:, None], _TURNS, axis=1)
    fibres = 1.0 + 0.16 * np.sin(9.0 * turns) * np.sin(14.0 * turns + 1.0)
    is_iris = (sines > 0.17) & (sines < 0.42)
    shade[: len(sines)][is_iris] *= fibres[None, :, None]
    part = rigid_part(
        centre + rings.reshape(-1, 3),
        _ring_faces(len(angles), _TURNS, is_outward=True),
        follows=int(members[0]),
        colours=shade.reshape(-1, 3),
    )
    return Eye(part=part, centre_m=centre, members=members)


def _ring_faces(rings: int, turns: int, *, is_outward: bool) -> Array:
    here = np.arange(turns)
    after = (here + 1) % turns
    faces = np.concatenate(
        [
            np.stack([row * turns + here, row * turns + after, (row + 1) * turns + after, (row + 1) * turns + here], 1)
            for row in range(rings - 1)
        ]
    )
    return faces if is_outward else faces[:, ::-1]


def lashes(base: Base, side: str) -> Part:
    """Return the lashes of an eye as single hairs, along the base mesh's sheets."""
    return joined([_hairs(base, lash_sheet(base, side, sheet), *each) for sheet, each in _LASHES.items()])


def lash_sheet(base: Base, side: str, sheet: str) -> Int[Array, "rows columns"]:
    """Return the base mesh's sheet of lashes, row by row from the lid outwards; 2 is the upper one."""
    grid = grid_of(base.faces_of(f"helper-{side}-eyelashes-{sheet}"))
    if grid.shape[0] > grid.shape[1]:
        grid = grid.T
    distance = np.linalg.norm(base.points_m[grid] - base.joint_m(f"{side}-eye"), axis=2).mean(axis=1)
    return grid if distance[0] < distance[-1] else grid[::-1]


def _hairs(base: Base, grid: Array, count: int, length: float) -> Part:
    """Return slim blades from a sheet's first row on, each with a tip, fanned out to its ends."""
    along, columns = grid.shape[0] - 1.0, grid.shape[1] - 1.0
    middle = np.linspace(0.02, 0.98, count) * columns
    fan = 0.35 * (middle / columns - 0.5)
    waver = 1.0 + 0.12 * np.sin(2.4 * np.arange(count)) - 0.35 * (2.0 * np.abs(middle / columns - 0.5)) ** 4
    rows, cols = [], []
    for share, half in ((0.0, 0.125), (0.45, 0.06), (1.0, 0.0)):
        for side in (-1.0, 1.0) if half else (0.0,):
            rows.append(np.clip(share * length * waver * along, 0.0, along))
            cols.append(np.clip(middle + share * fan * 2.0 + side * half, 0.0, columns))
    row, column = np.stack(rows, 1).reshape(-1), np.stack(cols, 1).reshape(-1)
    follows, shares = resampled(base, grid, row, column)
    first = 5 * np.arange(count)[:, None]
    quads = first + np.array([[0, 1, 3, 2]])
    tips = first + np.array([[2, 3, 4]])
    points = np.einsum("vk,vkc->vc", shares, base.points_m[follows])
    return Part(
        points_m=points,
        corners=np.concatenate([quads.reshape(-1), tips.reshape(-1)]),
        sizes=np.concatenate([np.full(count, 4), np.full(count, 3)]),
        follows=follows,
        shares=shares,
        colours=np.broadcast_to(LASH, points.shape).copy(),
    )


def brows(base: Base, skin: Part) -> Part:
    """Return both brows as strokes of hair that lie on the skin and follow it."""
    eye_m = base.joint_m("l-eye")
    generator = np.random.default_rng(3)
    count = 230
    along = np.sort(generator.uniform(0.0, 1.0, count))
    across = generator.uniform(-1.0, 1.0, count)
    x, z, half = _brow_line(along, eye_m)
    z = z + across * half
    lean = np.interp(along, [0.0, 0.25, 0.6, 1.0], [1.15, 0.55, 0.12, -0.35]) - 0.25 * across
    length = np.interp(along, [0.0, 0.2, 1.0], [0.0062, 0.0085, 0.0070])
    made: list[Part] = []
    for side in (1.0, -1.0):
        made.append(_strokes(skin, side * x, z, side, lean, length))
    return joined(made)


def _brow_line(along: Array, eye_m: Array) -> tuple[Array, Array, Array]:
    """Return x, z and half the height of a brow from its inner to its outer end."""
    x = eye_m[0] + np.interp(along, [0.0, 1.0], [-0.0165, 0.0190])
    z = eye_m[2] + np.interp(along, [0.0, 0.3, 0.62, 1.0], [0.0165, 0.0195, 0.0210, 0.0150])
    return x, z, np.interp(along, [0.0, 0.15, 0.6, 1.0], [0.0022, 0.0026, 0.0018, 0.0004])


def _strokes(skin: Part, x: Array, z: Array, side: float, lean: Array, length: Array) -> Part:
    step = np.stack([side * np.cos(lean), np.sin(lean)], axis=1) * length[:, None]
    out = np.stack([-step[:, 1], step[:, 0]], axis=1) / length[:, None]
    places: list[Array] = []
    for share, half in ((0.0, 0.00028), (0.5, 0.00034), (1.0, 0.0)):
        for way in (-1.0, 1.0) if half else (0.0,):
            places.append(np.stack([x, z], axis=1) + share * step + way * half * out)
    flat = np.stack(places, axis=1).reshape(-1, 2)
    points, follows, shares = projected(skin, flat)
    points[:, 1] -= np.tile([0.0002, 0.0002, 0.0007, 0.0007, 0.0004], len(x))
    first = 5 * np.arange(len(x))[:, None]
    quads, tips = first + np.array([[0, 1, 3, 2]]), first + np.array([[2, 3, 4]])
    return Part(
        points_m=points,
        corners=np.concatenate([quads.reshape(-1), tips.reshape(-1)]),
        sizes=np.concatenate([np.full(len(x), 4), np.full(len(x), 3)]),
        follows=follows,
        shares=shares,
        colours=np.broadcast_to(BROW, points.shape).copy(),
    )


def projected(skin: Part, flat: Float[Array, "points 2"]) -> tuple[Array, Array, Array]:
    """Return where places in the x-z plane meet the front of the skin, and whom they follow there."""
    corners = skin.triangles()
    middle = skin.points_m[corners].mean(axis=1)[:, [0, 2]]
    corners = corners[((middle > flat.min(axis=0) - _ROUND_M) & (middle < flat.max(axis=0) + _ROUND_M)).all(axis=1)]
    a, b, c = (skin.points_m[corners[:, k]][:, [0, 2]] for k in range(3))
    area = _cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    points, follows, shares = [], [], []
    for place in flat:
        second, third = _cross(place - a, c - a) / area, _cross(b - a, place - a) / area
        weights = np.stack([1.0 - second - third, second, third], axis=1)
        depth = np.einsum("tk,tk->t", weights, skin.points_m[corners][:, :, 1])
        depth[(weights < -1e-6).any(axis=1)] = np.inf
        hit = int(np.argmin(depth))
        owners = corners[hit]
        points.append(weights[hit] @ skin.points_m[owners])
        follows.append([*skin.follows[owners, 0], skin.follows[owners[0], 0]])
        shares.append([*weights[hit], 0.0])
    return np.array(points), np.array(follows), np.array(shares)


def _cross(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def teeth(base: Base) -> Part:
    """Return both rows of teeth, single teeth modelled into the base mesh's bands."""
    return joined([_row_of_teeth(base, "helper-upper-teeth", 1.0), _row_of_teeth(base, "helper-lower-teeth", -1.0)])


def _row_of_teeth(base: Base, group: str, up: float) -> Part:
    grid = grid_of(base.faces_of(group))
    if grid.shape[0] > grid.shape[1]:
        grid = grid.T
    heights = base.points_m[grid][..., 2].mean(axis=1) * up
    if heights[0] < heights[-1]:
        grid = grid[::-1]  # from the gum to the edge
    count, steps = 14, 6
    column = np.linspace(0.0, grid.shape[1] - 1.0, count * steps + 1)
    row = np.array([0.0, 0.35, 0.5, 0.8, 1.2, 1.7, 2.2, 2.7, 3.0])
    row = row * (grid.shape[0] - 1.0) / 3.0
    rows, columns = np.meshgrid(row, column, indexing="ij")
    follows, shares = resampled(base, grid, rows.reshape(-1), columns.reshape(-1))
    points = np.einsum("vk,vkc->vc", shares, base.points_m[follows])
    tooth = np.abs(np.sin(np.pi * columns.reshape(-1) / (grid.shape[1] - 1.0) * count))
    share = rows.reshape(-1) / (grid.shape[0] - 1.0)
    middle = np.array([0.0, points[:, 1].max(), 0.0])
    inward = middle - points
    inward[:, 2] = 0.0
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    groove = (1.0 - tooth) ** 3
    points = points + inward * (0.0008 * groove * (share > 0.1))[:, None] + np.array([0.0, _BACK_M, 0.0])
    faces = _sheet_faces(len(row), len(column))
    is_gum = np.clip((0.30 + 0.10 * groove - share) / 0.05, 0.0, 1.0)[:, None]
    # The lips and the cheeks shade what lies behind them.
    shade = 1.0 - 0.65 * np.clip((np.abs(points[:, 0]) - 0.010) / 0.016, 0.0, 1.0)
    enamel = np.array(_ENAMEL) * (1.0 - 0.40 * groove[:, None])
    return Part(
        points_m=points,
        corners=faces.reshape(-1),
        sizes=np.full(len(faces), 4),
        follows=follows,
        shares=shares,
        colours=((1.0 - is_gum) * enamel + is_gum * np.array(_GUM)) * shade[:, None],
    )


def _sheet_faces(rows: int, columns: int) -> Array:
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    low = (row * columns + column).reshape(-1)
    return np.stack([low, low + 1, low + columns + 1, low + columns], axis=1)


def tongue(base: Base) -> Part:
    """Return the tongue."""
    part = part_of(base, base.faces_of("helper-tongue"))
    back = np.clip((part.points_m[:, 1] - part.points_m[:, 1].min()) / 0.05, 0.0, 1.0)
    shaded = np.array(_TONGUE) * (1.0 - 0.6 * back)[:, None]
    return part.moved(part.points_m - np.array([0.0, 0.0, 0.0035])).painted(shaded)
