# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that turns Blender's axes (Z up, facing -Y) into canonical ones (Y up, facing +Z) and back."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array

CANONICAL_FROM_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Rotation matrix: a point (x, y, z) of Blender is (x, z, -y) here. The character's left stays +X."""
BLENDER_FROM_CANONICAL = CANONICAL_FROM_BLENDER.T


def points_to_canonical(points: Array) -> Array:
    """Return points, rows of 3, in canonical axes."""
    return points @ CANONICAL_FROM_BLENDER.T


def points_to_blender(points: Array) -> Array:
    """Return points, rows of 3, in Blender's axes."""
    return points @ BLENDER_FROM_CANONICAL.T


def frames_to_canonical(matrices: Array) -> Array:
    """Return bone frames (columns are the bone's axes), as seen in canonical axes."""
    return CANONICAL_FROM_BLENDER @ matrices


def turn_order(mode: str) -> str:
    """Return a rotation mode's axes as multiplied, outermost first: Blender's 'XYZ' turns about X first, Rz Ry Rx."""
    return mode[::-1]
