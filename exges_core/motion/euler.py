"""Euler angles for file formats that insist on them: any axis order, continuous in time. Numpy alone.

Order "ZXY" means what BVH means by the channels Zrotation Xrotation Yrotation: R = Rz Rx Ry (intrinsic).
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import IDENTITY_QUAT_WXYZ, matrix_from_quat, quat_multiply

_TURN = 2.0 * np.pi
_BLOCK_FRAMES = 4096
"""Frames whose matrices are held at a time: an hour's would need gigabytes."""


def quat_from_euler(angles_rad: Float[Array, "*batch angles"], order: str) -> Float[Array, "*batch 4"]:
    """Return the product of turns about the axes of `order`, one angle each (one to three of them)."""
    quat = np.broadcast_to(IDENTITY_QUAT_WXYZ, (*angles_rad.shape[:-1], 4))
    for place, axis in enumerate(order):
        half = 0.5 * angles_rad[..., place]
        turn = np.zeros((*half.shape, 4))
        turn[..., 0], turn[..., 1 + "XYZ".index(axis)] = np.cos(half), np.sin(half)
        quat = quat_multiply(quat, turn)
    return quat


def euler_from_quat(quat_wxyz: Float[Array, "frames joints 4"], order: str) -> Float[Array, "frames joints 3"]:
    """Return Euler angles (three different axes) that never jump by a turn from frame to frame.

    Every rotation has two triples, (a, b, c) and (a + pi, pi - b, c + pi), and whole turns of each; the one nearest to
    the frame before is taken, the smaller one in the first frame.
    """
    angles = np.empty((*quat_wxyz.shape[:-1], 3))
    previous = np.zeros(angles.shape[1:])
    for start in range(0, len(angles), _BLOCK_FRAMES):
        first, other = _both_triples(quat_wxyz[start : start + _BLOCK_FRAMES], order)
        block = angles[start : start + _BLOCK_FRAMES]
        block[:] = _without_turns(first, previous)
        before = np.concatenate([previous[None], block[:-1]])
        other_near = other - _TURN * np.round((other - before) / _TURN)
        is_other = np.abs(other_near - before).sum(axis=-1) < np.abs(block - before).sum(axis=-1)
        # Most joints keep to the first triple throughout; the others are followed frame by frame.
        wavering = np.flatnonzero(is_other.any(axis=0))
        if len(wavering):
            block[:, wavering] = _followed(first[:, wavering], other[:, wavering], previous[wavering])
        previous = block[-1]
    return angles


def _without_turns(angles: Array, previous: Array) -> Array:
    """Return angles less the whole turns that make each the nearest to the one before."""
    steps = np.diff(np.concatenate([previous[None], angles]), axis=0)
    return angles - _TURN * np.cumsum(np.round(steps / _TURN), axis=0)


def _followed(first: Array, other: Array, previous: Array) -> Array:
    """Return in every frame whichever triple is nearer to the frame before."""
    angles = np.empty_like(first)
    for frame in range(len(first)):
        both = np.stack([first[frame], other[frame]])
        both -= _TURN * np.round((both - previous) / _TURN)
        is_other = np.abs(both[1] - previous).sum(axis=-1) < np.abs(both[0] - previous).sum(axis=-1)
        previous = np.where(is_other[:, None], both[1], both[0])
        angles[frame] = previous
    return angles


def _both_triples(quat_wxyz: Array, order: str) -> tuple[Array, Array]:
    i, j, k = ("XYZ".index(axis) for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    m = matrix_from_quat(quat_wxyz)
    # R = Ri Rj Rk: m[i, k] = sign * sin(b); at cos(b) = 0 the first and last turn are one and the last is set to 0.
    cosine = np.hypot(m[..., i, i], m[..., i, j])
    b = np.arctan2(sign * m[..., i, k], cosine)
    is_locked = cosine < 1e-7
    a = np.where(
        is_locked, np.arctan2(sign * m[..., k, j], m[..., j, j]), np.arctan2(-sign * m[..., j, k], m[..., k, k])
    )
    c = np.where(is_locked, 0.0, np.arctan2(-sign * m[..., i, j], m[..., i, i]))
    return np.stack([a, b, c], axis=-1), np.stack([a + np.pi, np.pi - b, c + np.pi], axis=-1)
