"""Clothes, cut from the base mesh's tights: a sweater, trousers, shoes."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from tools.human.basemesh import Base
from tools.human.parts import Part, clipped, part_of

_WOOL, _TROUSERS, _LEATHER = (0.18, 0.44, 0.48), (0.25, 0.26, 0.30), (0.20, 0.13, 0.10)
_COLLAR_M, _COLLAR_SLOPE = 1.345, 0.42
_CUFF_M = -0.012
"""Along the forearm, from the wrist on."""
_HAND_M = 0.26
"""No hand is longer, with the forearm's end."""
_HEM_M, _WAIST_M, _ANKLE_M, _SHOE_M = 0.828, 0.93, 0.050, 0.098


def beyond_collar(points_m: Float[Array, "points 3"]) -> Float[Array, " points"]:
    """Return how far above the collar places lie, in metres; it is lower in front."""
    return points_m[:, 2] - (_COLLAR_M + _COLLAR_SLOPE * (points_m[:, 1] - 0.01))


def beyond_cuff(base: Base, side: str, points_m: Float[Array, "points 3"]) -> Float[Array, " points"]:
    """Return how far beyond the cuff of a sleeve places lie, in metres; side is `l` or `r`."""
    wrist = base.joint_m(f"{side}-hand")
    along = wrist - base.joint_m(f"{side}-elbow")
    way = (points_m - wrist) @ (along / np.linalg.norm(along)) - _CUFF_M
    return np.where(np.linalg.norm(points_m - wrist, axis=1) < _HAND_M, way, -1.0)


def sweater(base: Base) -> Part:
    """Return a sweater: loose at the waist, smooth, with a round neck."""

    def inside(points: Array) -> Array:
        edges = [-beyond_collar(points), points[:, 2] - _HEM_M]
        edges += [-beyond_cuff(base, side, points) for side in ("l", "r")]
        return np.min(edges, axis=0)

    part = clipped(_tights(base).smoothed(14), inside)
    height, reach = part.points_m[:, 2], np.abs(part.points_m[:, 0])
    loose = 0.008 + 0.010 * np.exp(-(((height - 0.98) / 0.12) ** 2)) * (reach < 0.22)
    loose += 0.010 * np.clip((0.90 - height) / 0.1, 0.0, 1.0)
    loose -= 0.0035 * np.exp(-((_nearest_cuff(base, part.points_m) / 0.03) ** 2))
    loose -= 0.004 * np.clip(1.0 - np.abs(beyond_collar(part.points_m)) / 0.02, 0.0, 1.0) * (reach < 0.12)
    return part.moved(part.points_m + part.normals() * loose[:, None]).painted(_WOOL)


def _nearest_cuff(base: Base, points_m: Array) -> Array:
    return np.max([beyond_cuff(base, side, points_m) for side in ("l", "r")], axis=0)


def trousers(base: Base) -> Part:
    """Return trousers with straight legs, tight under the sweater, which no stride may pierce."""
    part = clipped(
        _tights(base).smoothed(6), lambda points: np.minimum(points[:, 2] - _ANKLE_M, _WAIST_M - points[:, 2])
    )
    heights_m = [0.05, 0.22, 0.45, 0.75, _HEM_M - 0.02, _HEM_M + 0.02, _WAIST_M]
    loose = np.interp(part.points_m[:, 2], heights_m, [0.018, 0.014, 0.008, 0.006, 0.005, -0.003, -0.008])
    return part.moved(part.points_m + part.normals() * loose[:, None]).painted(_TROUSERS)


def shoes(base: Base) -> Part:
    """Return plain shoes that stand on the ground."""
    part = clipped(_tights(base).smoothed(5), lambda points: _SHOE_M - points[:, 2])
    points = part.points_m + part.normals() * 0.006
    points[:, 2] = np.maximum(points[:, 2], 0.0)
    return part.moved(points).painted(_LEATHER)


def _tights(base: Base) -> Part:
    return part_of(base, base.faces_of("helper-tights"))
