# SPDX-License-Identifier: GPL-3.0-or-later
"""Small systems of equations, symmetric and positive, without a general solver; ours.

Numpy alone. NumPy's `inv` and `solve` hand even four rows to all cores. Of thousands of such calls each waits for the
core that comes last, and beside other work that takes longer than all else; a Cholesky factor is found on the spot.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from exges_core.arrays import Array

_BEYOND = 1e200
"""More than any inverse holds: a matrix with that below it on its diagonal is positive, too."""


def inverse(square: Array) -> Array:
    """Return the inverse of a matrix, rows x rows.

    The factor of [[A, 1], [1, beyond]] holds, below A's own factor L, the inverse of L's transpose; A's inverse is that
    times its own transpose.
    """
    count = len(square)
    both = _bordered(count).copy()
    both[:count, :count] = square
    below: Array = np.ascontiguousarray(np.linalg.cholesky(both)[count:, :count])
    return below @ below.T


@cache
def _bordered(count: int) -> Array:
    found = np.eye(2 * count, k=-count)
    found[count:, count:] = _BEYOND * np.eye(count)
    return found


def solved(squares: Array, right_sides: Array) -> Array:
    """Return the solutions of systems, one right side each.

    The factor of [[A, b], [b, beyond]] holds, below A's own factor L, what L's transpose makes of the solution.

    Args:
        squares: systems (any leading axes) x rows x rows.
        right_sides: systems x rows.
    """
    count = squares.shape[-1]
    both = np.empty((*squares.shape[:-2], count + 1, count + 1))
    both[..., :count, :count], both[..., count, :count], both[..., count, count] = squares, right_sides, _BEYOND
    factor: Array = np.linalg.cholesky(both)
    factor = factor[..., :count] / np.diagonal(factor, axis1=-2, axis2=-1)[..., None, :count]
    found = factor[..., count, :].copy()
    for row in range(count - 1, 0, -1):
        found[..., :row] -= found[..., row, None] * factor[..., row, :row]
    return found
