"""Quantities as bins: a network says which bin, and a uniform draw says where in it. NumPy alone."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, Int

_NOTHING_S = 0.005
_ATOM_SHARE = 0.02


def edges_of(values: Float[Array, "values"], bins: int) -> Float[Array, "edges"]:
    """Return bins + 1 edges between which about as many values lie; where many are 0, the first bin is 0 alone."""
    if not len(values):
        return np.linspace(0.0, 1.0, bins + 1)
    is_nothing = np.abs(values) < _NOTHING_S
    if is_nothing.mean() > _ATOM_SHARE and not is_nothing.all():
        rest = np.quantile(values[~is_nothing], np.linspace(0.002, 0.998, bins))
        return np.concatenate([[0.0], np.maximum.accumulate(rest)])
    return np.quantile(values, np.linspace(0.002, 0.998, bins + 1))


def is_atomic(edges: Float[Array, "edges"]) -> bool:
    """Return whether the first bin is 0 alone."""
    return bool(edges[0] == 0.0 and edges[1] > 0.0)


def bin_of(values: Float[Array, "values"], edges: Float[Array, "edges"]) -> Int[Array, "values"]:
    """Return the bin of each value."""
    found = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    if not is_atomic(edges):
        return found
    return np.where(np.abs(values) < _NOTHING_S, 0, np.maximum(found, 1))


def value_of(number: int, share: float, edges: Float[Array, "edges"]) -> float:
    """Return the value that lies at a share (0 .. 1) of a bin."""
    if number == 0 and is_atomic(edges):
        return 0.0
    return float(edges[number] + share * (edges[number + 1] - edges[number]))


def drawn(probabilities: Float[Array, "choices"], chance: float) -> tuple[int, float]:
    """Return which choice a uniform number picks, and where in that choice's part of 0 .. 1 it lies."""
    total = np.cumsum(probabilities, dtype=np.float64)
    place = chance * float(total[-1])
    number = int(min(np.searchsorted(total, place, side="right"), len(total) - 1))
    low = total[number - 1] if number else 0.0
    return number, float(np.clip((place - low) / max(total[number] - low, 1e-12), 0.0, 1.0))


def median_of(probabilities: Float[Array, "choices"], edges: Float[Array, "edges"]) -> float:
    """Return the value that half of what is likely lies below."""
    return value_of(*drawn(probabilities, 0.5), edges)


def softmax(logits: Float[Array, "*rows choices"]) -> Float[Array, "*rows choices"]:
    """Return probabilities."""
    grown = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)
