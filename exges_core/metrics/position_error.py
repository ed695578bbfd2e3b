"""How far joints are from where they were: MPJPE and PA-MPJPE per frame, in millimetres. Pure mathematics.

The paper's Table 2 does not say whether its error is at the control frames or over the window; both are means of what
is returned here, over `frames` or over everything.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, svd
from exges_core.errors import InputError, message

_MM_PER_M = 1000.0
_TINY = 1e-12


def mpjpe_mm(
    predicted_positions: Float[Array, "frames joints 3"],
    true_positions: Float[Array, "true_frames true_joints 3"],
) -> Float[Array, "frames"]:
    """Return each frame's mean distance over joints after moving both roots (joint 0) to the origin.

    >>> mpjpe_mm(np.array([[[0.0, 0, 0], [0, 1.0, 0]]]), np.array([[[5.0, 0, 0], [5.0, 1.1, 0]]])).round(1)
    array([50.])

    Args:
        predicted_positions: in metres.
        true_positions: in metres; the same frames and joints.

    Raises:
        InputError: if the shapes differ.
    """
    _check(predicted_positions, true_positions)
    predicted = predicted_positions - predicted_positions[:, :1]
    true = true_positions - true_positions[:, :1]
    return _MM_PER_M * np.linalg.norm(predicted - true, axis=-1).mean(axis=-1)


def pa_mpjpe_mm(
    predicted_positions: Float[Array, "frames joints 3"],
    true_positions: Float[Array, "true_frames true_joints 3"],
) -> Float[Array, "frames"]:
    """Return the same after the similarity (turn, scale, shift; never a reflection) that fits each frame best.

    Least squares by Umeyama (1991): it is the squared distance that is smallest, so a frame's mean distance may, in
    rare cases, exceed its MPJPE by a little.

    Raises:
        InputError: if the shapes differ.
    """
    _check(predicted_positions, true_positions)
    fitted = procrustes(predicted_positions.astype(np.float64), true_positions.astype(np.float64))
    return _MM_PER_M * np.linalg.norm(fitted - true_positions, axis=-1).mean(axis=-1)


def procrustes(
    moved_m: Float[Array, "frames joints 3"], fixed_m: Float[Array, "frames joints 3"]
) -> Float[Array, "frames joints 3"]:
    """Return `moved_m` after the similarity that brings each frame nearest to `fixed_m` in least squares.

    With centred X and Y and the singular values X^T Y = U S V^T: R = U diag(1, 1, d) V^T with d the sign that keeps R
    a rotation, scale = tr(S diag(1, 1, d)) / |X|^2. A frame whose joints coincide only shifts.
    """
    moved = moved_m - moved_m.mean(axis=1, keepdims=True)
    centre = fixed_m.mean(axis=1, keepdims=True)
    left, singular, right = svd(np.swapaxes(moved, 1, 2) @ (fixed_m - centre))
    signs = np.ones_like(singular)
    signs[:, 2] = np.where(np.linalg.det(left @ right) < 0, -1.0, 1.0)
    turn = (left * signs[:, None, :]) @ right
    power = np.maximum((moved**2).sum(axis=(1, 2)), _TINY)
    scale = (singular * signs).sum(axis=1) / power
    return scale[:, None, None] * (moved @ turn) + centre


def _check(predicted: Array, true: Array) -> None:
    if predicted.shape != true.shape:
        raise InputError(
            message(
                expected=f"positions of shape {true.shape}",
                got=f"{predicted.shape}",
                where="position error",
                do="Compare the same frames and joints.",
            )
        )
