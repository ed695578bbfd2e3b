"""The skin that is seen: head, neck and hands, with its tones. What clothes cover is not made at all."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array
from tools.human import hair, head
from tools.human.basemesh import Base
from tools.human.clothes import beyond_collar, beyond_cuff
from tools.human.parts import Part, part_of

_TONE, _RED, _LIP, _MOUTH = (0.86, 0.67, 0.57), (0.82, 0.51, 0.45), (0.74, 0.45, 0.42), (0.36, 0.13, 0.12)
_COVERED_M = 0.030
"""How far skin goes on under a collar or a cuff."""


def skin(base: Base) -> Part:
    """Return head, neck and hands."""
    faces = base.faces[base.groups["body"]]
    middle = base.points_m[faces].mean(axis=1)
    is_seen = beyond_collar(middle) > -_COVERED_M
    is_seen &= np.abs(middle[:, 0]) < 0.11
    for side in ("l", "r"):
        is_seen |= beyond_cuff(base, side, middle) > -_COVERED_M
    part = part_of(base, faces[is_seen])
    return _tucked(base, part.painted(_tones(base, part, _cavities(base, part))))


def _tucked(base: Base, part: Part) -> Part:
    """Return it thinner where clothes cover it, so that it never looks through them."""
    covered = -beyond_collar(part.points_m) * (np.abs(part.points_m[:, 0]) < 0.2)
    for side in ("l", "r"):
        beyond = beyond_cuff(base, side, part.points_m)
        covered = np.maximum(covered, np.where(beyond > -0.2, -beyond, 0.0))
    return part.moved(part.points_m - part.normals() * (0.5 * np.clip(covered, 0.0, _COVERED_M))[:, None])


def _cavities(base: Base, part: Part) -> tuple[Array, Array, Array]:
    """Return which vertices lie in the mouth, which on its rim, which behind the lids.

    Mouth and lids are pieces of their own in the texture map.
    """
    body = base.groups["body"]
    labels, sizes = np.unique(base.islands[body], return_counts=True)
    small = labels[np.argsort(sizes)[:3]]  # both pairs of lids, then the mouth
    inside = [np.isin(base.islands[body], each) for each in (small[2:], small[:2])]
    outer = base.faces[body[~inside[0] & ~inside[1]]]
    mouth, lids = (np.isin(part.follows[:, 0], base.faces[body[each]]) for each in inside)
    return mouth, mouth & np.isin(part.follows[:, 0], outer), lids


def _tones(base: Base, part: Part, cavities: tuple[Array, Array, Array]) -> Array:
    """Return each vertex's colour."""
    points, eye = part.points_m, base.joint_m("l-eye")
    x, z = np.abs(points[:, 0]), points[:, 2]
    is_head = z > 1.30
    mouth, rim, lids = cavities
    lips, depth_m = _lips(part, mouth, rim)
    blush = np.exp(-(((x - 0.040) / 0.016) ** 2) - ((z - eye[2] + 0.030) / 0.015) ** 2) * (points[:, 1] < -0.05)
    nose = np.exp(-((x / 0.012) ** 2) - ((z - eye[2] + 0.040) / 0.010) ** 2) * (points[:, 1] < -0.13)
    ears = _step(x, 0.068, 0.078) * is_head
    tones = np.broadcast_to(_TONE, points.shape).copy()
    for share, colour in ((0.45 * blush, _RED), (0.30 * nose, _RED), (0.40 * ears, _RED), (0.85 * lips, _LIP)):
        tones += share[:, None] * (np.array(colour) - tones)
    under_hair = 0.85 * _step(hair.hairline(points), -0.003, 0.009) * is_head * (x < 0.0715)
    tones += under_hair[:, None] * (np.array(hair.COLOUR) - tones)
    inner = np.where(mouth, _step(depth_m, 0.002, 0.007), 0.0)[:, None]
    tones[mouth] = _LIP
    tones += inner * (np.array(_MOUTH) - tones)
    liner = 0.75 * _step(-_from_lashes(base, points), -0.0026, -0.0008)
    tones += liner[:, None] * (np.array(head.LASH) - tones)
    tones[lids] += 0.35 * (np.array(_RED) - tones[lids])
    return tones


def _from_lashes(base: Base, points: Array) -> Array:
    """Return how far vertices are from where the upper lashes grow, in metres."""
    roots = np.concatenate([base.points_m[head.lash_sheet(base, side, "2")[0]] for side in ("l", "r")])
    return np.linalg.norm(points[:, None] - roots[None], axis=2).min(axis=1)


def _lips(part: Part, mouth: Array, is_rim: Array) -> tuple[Array, Array]:
    """Return how much of each vertex is lip, and how far behind the line of the lips it lies, in metres."""
    points = part.points_m
    x, z = np.abs(points[:, 0]), points[:, 2]
    rim = points[is_rim]
    line_m = rim[np.abs(rim[:, 0]) < 0.012, 2].mean()
    wide = np.clip(1.0 - (x / (np.abs(rim[:, 0]).max() + 0.0035)) ** 2, 0.0, 1.0)
    upper = 0.0092 * wide**0.6 - 0.0014 * np.exp(-((x / 0.004) ** 2))
    lower = 0.0112 * wide**0.75
    inside = np.where(z > line_m, upper - (z - line_m), lower - (line_m - z))
    is_front = (points[:, 1] < rim[:, 1].max()) & (np.abs(z - line_m) < 0.02) & ~mouth & (wide > 0.0)
    distance = np.linalg.norm(points[:, None] - rim[None], axis=2).min(axis=1)
    return _step(inside, -0.0006, 0.0012) * is_front, distance


def _step(values: Array, low: float, high: float) -> Array:
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
