"""Equations of neighbours: a symmetric positive matrix that is zero but for a narrow band about its diagonal."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float

_BLOCK = 64


def solved(band: Float[Array, "width size"], force: Float[Array, "size columns"]) -> Float[Array, "size columns"]:
    """Return x of A x = force: `scipy.linalg.solveh_banded` of a lower band, by elimination in blocks.

    Args:
        band: `band[k, i]` = A[i + k, i]; what would be beyond the matrix is not read.
        force: one column a right-hand side.
    """
    reach, columns = len(band) - 1, force.shape[1]
    first, taken = np.zeros((reach, reach)), np.zeros((reach, columns))
    done: list[tuple[slice, Array, Array]] = []
    for at in _blocks(band.shape[1], max(_BLOCK, reach)):
        block, right = _square(band[:, at]), force[at].astype(np.float64)
        links, seen = _links(band, at), min(reach, len(right))
        block[:seen, :seen] -= first[:seen, :seen]
        right[:seen] -= taken[:seen]
        answer = np.linalg.solve(block, np.concatenate([links, right], axis=1))
        onto, own = answer[:, :reach], answer[:, reach:]
        first, taken = links.T @ onto, links.T @ own
        done.append((at, onto, own))
    solution = np.zeros((band.shape[1] + reach, columns))
    for at, onto, own in reversed(done):
        solution[at] = own - onto @ solution[at.stop : at.stop + reach]
    return solution[: len(solution) - reach]


def _blocks(size: int, length: int) -> list[slice]:
    return [slice(start, min(start + length, size)) for start in range(0, size, length)]


def _square(band: Float[Array, "width size"]) -> Float[Array, "size size"]:
    """Return the whole symmetric matrix."""
    size = band.shape[1]
    whole = np.zeros((size, size))
    flat = whole.reshape(-1)
    for apart, values in enumerate(band[:size]):
        inside = values[: size - apart]
        flat[apart * size :: size + 1] = flat[apart : size * (size - apart) : size + 1] = inside
    return whole


def _links(band: Float[Array, "width size"], at: slice) -> Float[Array, "block reach"]:
    """Return what links a block's rows to the first columns behind it."""
    reach, size = len(band) - 1, band.shape[1]
    links = np.zeros((at.stop - at.start, reach))
    for apart in range(1, reach + 1):
        for place in range(max(apart - (at.stop - at.start), 0), min(apart, size - at.stop)):
            links[place - apart, place] = band[apart, at.stop + place - apart]
    return links
