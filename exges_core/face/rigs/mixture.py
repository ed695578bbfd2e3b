"""Curves as a mixture of a coarser set's shapes: what comes nearest, lips never further apart than the curves say.

Each frame's shares are a least-squares fit of shares that are not negative and together no more than one whole face,
found for all frames at once. Jaw and lips are compared as what is seen: `mouthClose` shuts what `jawOpen` opens. Then
shapes that part the lips give way until the lips are as close as the curves have them, and where those are shut the
set's shut shape plays.
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
_ROUNDS = 50
_NEAR, _EMPTY, _FULLER = 0.003, 0.001, 6
"""So much more of a face's size may a shape be apart from it to count a third of the nearest; size of no face."""
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


def mixture_of(
    looks: Mapping[str, Mapping[str, float]], curves: Float[Array, "frames 52"], *, most: float = 1.0
) -> Mixture:
    """Return curves as a mixture.

    Args:
        looks: shape of the set -> the ARKit shapes that it is like where it is full.
        curves: 0 to 1.
        most: what all shares together may be.
    """
    faces = np.stack([shape_of(look) for look in looks.values()])
    shares = _nearest(_seen(faces), _seen(curves), most)
    parts = _parted(faces)
    openers = parts > _PARTS
    room = (_WIDER * _parted(curves) + _SLACK) / np.maximum(shares[:, openers] @ parts[openers], 1e-9)
    shares[:, openers] *= np.minimum(room, 1.0)[:, None]
    seal = np.clip(1.1 * curves[:, _CLOSE] / (curves[:, _JAW] + _SHUT_JAW), 0.0, 1.0)
    shares *= (1.0 - seal)[:, None]
    shut = int(np.argmax(faces[:, _CLOSE]))
    if faces[shut, _CLOSE] > 0:
        shares[:, shut] += seal
    by_shape = {shape: shares[:, place] for place, shape in enumerate(looks)}
    return Mixture(shares=by_shape, curves=shares @ faces)


def _seen(faces: Float[Array, "some 52"]) -> Float[Array, "some 52"]:
    """Return faces weighted by what is seen of speech: how far the mouth is open, not how the jaw and lips do it."""
    seen = faces * np.sqrt(shape_of(_WEIGHTS))
    seen[:, _JAW] = np.sqrt(_WEIGHTS["jawOpen"]) * np.maximum(faces[:, _JAW] - faces[:, _CLOSE], 0.0)
    seen[:, _CLOSE] = 0.0
    return seen


def _parted(faces: Float[Array, "some 52"]) -> Float[Array, "some"]:
    """Return how far the lips are apart."""
    return np.maximum(faces[:, _JAW] - faces[:, _CLOSE], 0.0) + 0.3 * faces[:, _LIPS].mean(axis=1)


def _nearest(
    faces: Float[Array, "shapes 52"], curves: Float[Array, "frames 52"], most: float
) -> Float[Array, "frames shapes"]:
    """Return the shares whose mixture is nearest to curves, together no more than `most`; by FISTA (Beck and Teboulle).

    Many mixtures are nearly as near as another, so the search begins at the shapes that are near by themselves: a face
    that is one shape of the set stays that shape.
    """
    alike = faces @ faces.T
    wanted = curves @ faces.T
    size = np.square(curves).sum(axis=1, keepdims=True)
    step = 1.0 / max(float(np.linalg.eigvalsh(alike)[-1]), 1e-9)
    shares = ahead = _alone(np.maximum(np.diag(alike), 1e-9), wanted, size)
    pace = 1.0
    for _ in range(_ROUNDS):
        last, shares = shares, _at_most(ahead - step * (ahead @ alike - wanted), most)
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * pace * pace))
        ahead, pace = shares + (pace - 1.0) / faster * (shares - last), faster
    return shares


def _alone(
    own: Float[Array, "shapes"], wanted: Float[Array, "frames shapes"], size: Float[Array, "frames 1"]
) -> Float[Array, "frames shapes"]:
    """Return each shape's share if it were alone, weighted by how near that comes."""
    shares = np.clip(wanted / own, 0.0, 1.0)
    apart = size - 2.0 * shares * wanted + np.square(shares) * own
    # Of two shapes that are one another's smaller selves the fuller one is meant.
    fitting = shares**_FULLER * np.exp(-(apart - apart.min(axis=1, keepdims=True)) / (_NEAR * size + _EMPTY))
    return shares * fitting / np.maximum(fitting.sum(axis=1, keepdims=True), 1e-12)


def _at_most(shares: Float[Array, "frames shapes"], most: float) -> Float[Array, "frames shapes"]:
    """Return the nearest shares that are not negative and sum up to no more than `most`."""
    kept = np.maximum(shares, 0.0)
    over = kept.sum(axis=1) > most
    if np.any(over):
        falling = -np.sort(-shares[over], axis=1)
        spare = (np.cumsum(falling, axis=1) - most) / np.arange(1, shares.shape[1] + 1)
        last = np.maximum((falling > spare).sum(axis=1), 1) - 1
        kept[over] = np.maximum(shares[over] - np.take_along_axis(spare, last[:, None], axis=1), 0.0)
    return np.minimum(kept, 1.0)
