"""Hair: drawn back over the scalp into a low bun, in strands; its line is also where the skin darkens."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from tools.human.basemesh import Base
from tools.human.parts import Part, clipped, joined, rigid_part

COLOUR = (0.155, 0.095, 0.062)
_MIDDLE_M = (0.0, -0.040, 1.505)
_POLE = (0.0, 0.90, -0.10)
"""From the middle of the head to the bun."""
_LINE = (
    # how far back, how high the hair begins there (m)
    (-0.150, 1.5570),
    (-0.128, 1.5550),
    (-0.112, 1.5480),
    (-0.098, 1.5330),
    (-0.086, 1.5130),
    (-0.076, 1.4930),
    (-0.066, 1.4860),
    (-0.052, 1.5020),
    (-0.036, 1.5140),
    (-0.020, 1.5060),
    (-0.008, 1.4780),
    (0.002, 1.4480),
    (0.020, 1.4200),
    (0.060, 1.4100),
)
_RINGS, _STRANDS = 72, 192
_COARSE = (36, 64)
"""How finely the head below is felt for."""
_THICK_M, _DEEP_M = 0.0075, 0.0022
"""How high hair lies over the skin, how far its edge goes under it."""
_BUN_M = (0.034, 0.024, 0.032)


def hairline(points_m: Float[Array, "points 3"]) -> Float[Array, " points"]:
    """Return how far places lie behind the hairline, in metres; negative in the face."""
    back, height = np.array(_LINE).T
    return points_m[:, 2] - np.interp(points_m[:, 1], back, height)


def hair(base: Base, skin: Part) -> Part:
    """Return the hair; it goes where the head goes, whatever the face does."""
    crown = int(np.argmax(np.where(np.abs(base.points_m[:, 0]) < 0.2, base.points_m[:, 2], -1.0)[: _body_end(base)]))
    directions = _directions(_RINGS, _STRANDS)
    reach = _finer(_filled(_reach(skin, _directions(*_COARSE)).reshape(_COARSE)))
    surface = np.array(_MIDDLE_M) + directions * reach.reshape(-1, 1)
    behind = hairline(surface)
    rise = np.clip(behind / 0.022, 0.0, 1.0)
    rise = rise * rise * (3.0 - 2.0 * rise)
    strand = np.tile(_strand_noise(_STRANDS), _RINGS)
    lift = -_DEEP_M + rise * (_THICK_M + _DEEP_M) + 0.0011 * strand * rise
    cap = rigid_part(
        surface + directions * lift[:, None],
        _wrapped_faces(_RINGS, _STRANDS),
        follows=crown,
        colours=_shaded(strand),
    )
    cap = clipped(cap, lambda points: hairline(points) + 0.004)
    return joined([cap, _bun(cap, crown)])


def _body_end(base: Base) -> int:
    return int(base.faces[base.groups["body"]].max()) + 1


def _directions(rings: int, strands: int) -> Array:
    """Return unit vectors in rings around the bun, each strand one direction away from it."""
    pole = np.array(_POLE) / np.linalg.norm(_POLE)
    side = np.array([1.0, 0.0, 0.0])
    up = np.cross(side, pole)
    angle = np.linspace(0.02, np.deg2rad(158.0), rings)
    turn = np.linspace(0.0, 2.0 * np.pi, strands, endpoint=False)
    ring = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up
    rows = np.cos(angle)[:, None, None] * pole + np.sin(angle)[:, None, None] * ring
    return rows.reshape(-1, 3)


def _reach(skin: Part, directions: Array) -> Array:
    """Return how far the skin is from the head's middle in each direction; ears are looked through, misses are nan."""
    corners = skin.triangles()
    a, b, c = (skin.points_m[corners[:, k]] - np.array(_MIDDLE_M) for k in range(3))
    middle = (a + b + c) / 3.0
    is_ear = (np.abs(middle[:, 0]) > 0.0665) & (middle[:, 2] < 0.005)
    is_near = (middle[:, 2] > -0.11) & ~is_ear & (np.linalg.norm(middle, axis=1) > 0.055)
    a, b, c = a[is_near], b[is_near], c[is_near]
    first, second = b - a, c - a
    found = np.full(len(directions), np.nan)
    for start in range(0, len(directions), 512):
        rays = directions[start : start + 512]
        h = np.cross(rays[:, None], second[None])
        area = np.einsum("tk,rtk->rt", first, h)
        area = np.where(np.abs(area) < 1e-15, np.inf, area)
        u = -np.einsum("tk,rtk->rt", a, h) / area
        q = np.cross(-a, first)
        v = np.einsum("rk,tk->rt", rays, q) / area
        t = np.einsum("tk,tk->t", second, q)[None] / area
        t = np.where((u >= -1e-6) & (v >= -1e-6) & (u + v <= 1.0 + 1e-6) & (t > 0.0), t, -np.inf)
        best = t.max(axis=1)
        found[start : start + 512] = np.where(np.isfinite(best), best, np.nan)
    return found


def _filled(reach: Array) -> Array:
    """Return the grid with its gaps filled from around, and all of it a little smoother."""
    known = np.isfinite(reach)
    grid = np.where(known, reach, np.nanmean(reach))
    for _ in range(200):
        around = 0.25 * (np.roll(grid, 1, 1) + np.roll(grid, -1, 1) + _rows(grid, 1) + _rows(grid, -1))
        grid = np.where(known, reach, around)
    for _ in range(3):
        grid = 0.5 * grid + 0.125 * (np.roll(grid, 1, 1) + np.roll(grid, -1, 1) + _rows(grid, 1) + _rows(grid, -1))
    return grid


def _finer(grid: Array) -> Array:
    """Return the grid with as many rings and strands as the hair has."""
    rings = np.linspace(0.0, len(grid) - 1.0, _RINGS)
    strands = np.arange(_STRANDS) * grid.shape[1] / _STRANDS
    closed = np.concatenate([grid, grid[:, :1]], axis=1)
    wide = np.stack([np.interp(strands, np.arange(closed.shape[1]), row) for row in closed])
    return np.stack([np.interp(rings, np.arange(len(grid)), column) for column in wide.T], axis=1)


def _rows(grid: Array, step: int) -> Array:
    index = np.clip(np.arange(len(grid)) + step, 0, len(grid) - 1)
    return grid[index]


def _strand_noise(count: int) -> Array:
    turn = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    waves = ((17, 0.3, 0.35), (29, 1.1, 0.35), (43, 2.0, 0.3), (61, 0.7, 0.25), (83, 2.9, 0.2))
    return np.sum([size * np.sin(number * turn + phase) for number, phase, size in waves], axis=0)


def _shaded(strand: Array) -> Array:
    return np.clip(np.array(COLOUR) * (1.0 + 0.30 * strand)[:, None], 0.0, 1.0)


def _wrapped_faces(rings: int, turns: int) -> Array:
    ring, turn = np.meshgrid(np.arange(rings - 1), np.arange(turns), indexing="ij")
    after = (turn + 1) % turns
    faces = [ring * turns + turn, (ring + 1) * turns + turn, (ring + 1) * turns + after, ring * turns + after]
    return np.stack([each.reshape(-1) for each in faces], axis=1)


def _bun(cap: Part, follows: int) -> Part:
    """Return a flat ball with strands wound around it, half sunk into the back of the head."""
    pole = np.array(_POLE) / np.linalg.norm(_POLE)
    side = np.array([1.0, 0.0, 0.0])
    up = np.cross(side, pole)
    offsets = cap.points_m - np.array(_MIDDLE_M)
    nearest = offsets @ pole > 0.97 * np.linalg.norm(offsets, axis=1)
    place = np.array(_MIDDLE_M) + pole * ((offsets[nearest] @ pole).max() + 0.30 * _BUN_M[1])
    rings, turns = 28, 64
    angle = np.linspace(0.03, np.pi - 0.6, rings)[:, None]
    turn = np.linspace(0.0, 2.0 * np.pi, turns, endpoint=False)[None]
    wound = np.sin(3.0 * turn + 5.0 * angle) + 0.5 * np.sin(7.0 * turn - 9.0 * angle + 1.0)
    size = 1.0 + 0.022 * wound
    wide, deep, high = _BUN_M
    points = (
        place
        + (np.sin(angle) * np.cos(turn) * size * wide)[..., None] * side
        + (np.sin(angle) * np.sin(turn) * size * high)[..., None] * up
        + (np.cos(angle) * size * deep)[..., None] * pole
    )
    colours = np.clip(np.array(COLOUR) * (1.0 + 0.22 * wound.reshape(-1, 1)), 0.0, 1.0)
    return rigid_part(points.reshape(-1, 3), _wrapped_faces(rings, turns), follows=follows, colours=colours)
