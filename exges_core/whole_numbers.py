"""Weights as whole numbers: a matrix in a byte an entry, with a scale per column. Ours, after Jacob et al. 2018.

Graphs name what they want by a weight's name and one of the endings below; it is worked out when weights are loaded.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float

INT8, SCALE = "#int8", "#scale"
"""The entries, and what a column of them is to be multiplied by."""
LARGEST = 63
"""Seven bits: with eight, sums of two products overflow where a processor lacks VNNI, and motion would differ there."""


def base_of(name: str) -> str:
    """Return the weight that is asked for, whole or in part.

    >>> base_of("head.weight#int8")
    'head.weight'
    """
    return name.removesuffix(INT8).removesuffix(SCALE)


def part_of(name: str, weight: Float[Array, "outputs *inputs"]) -> Array:
    """Return what a graph asks for by a name: the weight itself in float32, or its columns' numbers or scales.

    Numbers are (inputs, outputs), as matrix products take them, and scales (outputs,); a column of zeros has scale 1.
    """
    if name == base_of(name):
        return np.ascontiguousarray(weight, dtype=np.float32)
    columns = weight.astype(np.float32).T
    largest = np.abs(columns).max(axis=0)
    scale = np.where(largest > 0.0, largest / LARGEST, np.float32(1.0))
    return scale if name.endswith(SCALE) else np.ascontiguousarray(np.rint(columns / scale), dtype=np.int8)


def shape_of(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of what a graph asks for, from the weight's own."""
    if name.endswith(SCALE):
        return shape[:1]
    return shape[::-1] if name.endswith(INT8) else shape
