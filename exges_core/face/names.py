"""ARKit's 52 face shapes: their names in Apple's order and spelling, and columns by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exges_core.arrays import Array, Float

_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_MOUTH = (
    "Close", "Funnel", "Pucker", "Left", "Right", "SmileLeft", "SmileRight", "FrownLeft", "FrownRight", "DimpleLeft",
    "DimpleRight", "StretchLeft", "StretchRight", "RollLower", "RollUpper", "ShrugLower", "ShrugUpper", "PressLeft",
    "PressRight", "LowerDownLeft", "LowerDownRight", "UpperUpLeft", "UpperUpRight",
)  # fmt: skip
ARKIT_NAMES: tuple[str, ...] = (
    *(f"eye{each}{side}" for side in ("Left", "Right") for each in _EYE),
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    *(f"mouth{each}" for each in _MOUTH),
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
COLUMN: Mapping[str, int] = {name: column for column, name in enumerate(ARKIT_NAMES)}


MIRRORED = tuple(
    COLUMN[name.replace("Left", "Right") if "Left" in name else name.replace("Right", "Left")] for name in ARKIT_NAMES
)
"""Of each shape, the one on the other side: an eye that looks out to the left is one that looks out to the right."""


def columns_of(name: str) -> list[int]:
    """Return the column of a shape, or those of its left and right half where it has two.

    >>> [ARKIT_NAMES[column] for column in columns_of("mouthSmile")]
    ['mouthSmileLeft', 'mouthSmileRight']
    """
    return [COLUMN[name]] if name in COLUMN else [COLUMN[name + side] for side in ("Left", "Right")]


def shape_of(values: Mapping[str, float]) -> Float[Array, "52"]:
    """Return a face by the names of its shapes; a name without a side means both."""
    shape = np.zeros(len(ARKIT_NAMES))
    for name, value in values.items():
        shape[columns_of(name)] = value
    return shape
