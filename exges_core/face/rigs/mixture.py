"""Curves as a mixture of a coarser set's shapes: what comes nearest, lips never further apart than the curves say.

Each frame's shares are a least-squares fit with bounds 0 and 1, found by coordinate descent over all frames at once.
Jaw and lips are compared as what is seen: `mouthClose` shuts what `jawOpen` opens. Then shapes that part the lips give
way until the lips are as close as the curves have them, and where they are shut the set's shut shape plays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.names import COLUMN, columns_of, shape_of

_JAW, _CLOSE = COLUMN["jawOpen"], COLUMN["mouthClose"]
_LIPS = [*columns_of("mouthLowerDown"), *columns_of("mouthUpperUp")]
_WEIGHTS: Mapping[str, float] = {
    "jawOpen": 2.5, "mouthLowerDown": 0.8, "mouthUpperUp": 0.8, "mouthFunnel": 1.2, "mouthPucker": 1.5,
    "mouthStretch": 0.7, "mouthSmile": 0.5, "mouthRollLower": 1.2, "mouthRollUpper": 1.0, "mouthPress": 0.7,
    "mouthShrugUpper": 0.5, "mouthShrugLower": 0.5, "tongueOut": 0.6,
}  # fmt: skip
"""How much a shape tells of speech; what moods alone move counts for nothing."""
_SWEEPS = 24
_RIDGE = 0.004
_PARTS = 0.03
"""A shape that parts the lips by less is none that must give way."""
_WIDER, _SLACK = 1.15, 0.015
"""How much wider than the curves a mixture may be."""
_SHUT_JAW = 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """Shares of a set's shapes, 0 to 1 at every frame, and the curves that they make together."""

    shares: Mapping[str, Float[Array, "frames"]]
    curves: Float[Array, "frames 52"]


def mixture_of(looks: Mapping[str, Mapping[str, float]], curves: Float[Array, "frames 52"]) -> Mixture:
    """Return curves as a mixture.

    Args:
        looks: shape of the set -> the ARKit shapes that it is like where it is full.
        curves: 0 to 1.
    """
    faces = np.stack([shape_of(look) for look in looks.values()])
    shares = _nearest(_seen(faces), _seen(curves))
    parted, parts = _parted(curves), _parted(faces)
    openers = parts > _PARTS
    room = (_WIDER * parted + _SLACK) / np.maximum(parts[openers] @ shares[openers], 1e-9)
    shares[openers] *= np.minimum(room, 1.0)
    seal = np.clip(1.1 * curves[:, _CLOSE] / (curves[:, _JAW] + _SHUT_JAW), 0.0, 1.0)
    shares *= 1.0 - seal
    shut = int(np.argmax([look.get("mouthClose", 0.0) for look in looks.values()]))
    if faces[shut, _CLOSE] > 0:
        shares[shut] += seal
    return Mixture(shares=dict(zip(looks, shares, strict=True)), curves=shares.T @ faces)


def _seen(faces: Float[Array, "some 52"]) -> Float[Array, "some 52"]:
    """Return faces weighted by what is seen of speech: how far the mouth is open, not how the jaw and lips do it."""
    seen = faces * np.sqrt(shape_of(_WEIGHTS))
    seen[:, _JAW] = np.sqrt(_WEIGHTS["jawOpen"]) * np.maximum(faces[:, _JAW] - faces[:, _CLOSE], 0.0)
    seen[:, _CLOSE] = 0.0
    return seen


def _parted(faces: Float[Array, "some 52"]) -> Float[Array, "some"]:
    """Return how far the lips are apart."""
    return np.maximum(faces[:, _JAW] - faces[:, _CLOSE], 0.0) + 0.3 * faces[:, _LIPS].mean(axis=1)


def _nearest(faces: Float[Array, "shapes 52"], curves: Float[Array, "frames 52"]) -> Float[Array, "shapes frames"]:
    """Return the shares whose mixture is nearest to curves, each between 0 and 1."""
    alike = faces @ faces.T
    wanted = faces @ curves.T
    own = np.diag(alike) + _RIDGE
    shares = np.zeros_like(wanted)
    for _ in range(_SWEEPS):
        for shape in np.flatnonzero(own > 2 * _RIDGE):
            other = wanted[shape] - alike[shape] @ shares + alike[shape, shape] * shares[shape]
            shares[shape] = np.clip(other / own[shape], 0.0, 1.0)
    return shares
