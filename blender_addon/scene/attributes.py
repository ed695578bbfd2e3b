# SPDX-License-Identifier: GPL-3.0-or-later
"""One attribute of many things at once, as a numpy array: Blender's foreach_get and foreach_set, typed."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np

from exges_core.arrays import Array


class _Collection(Protocol):
    """Any of Blender's collections; its stubs leave the arrays' kind open."""

    def __len__(self) -> int: ...

    def foreach_get(self, attr: str, seq: Array, /) -> None: ...

    def foreach_set(self, attr: str, seq: Array, /) -> None: ...


def read(things: _Collection, name: str, kind: type, width: int = 1) -> Array:
    """Return an attribute of all things: one value each, or rows of `width` values."""
    flat = cast("Array", np.empty(width * len(things), dtype=kind))
    things.foreach_get(name, flat)
    return flat if width == 1 else flat.reshape(-1, width)


def write(things: _Collection, name: str, values: Array) -> None:
    """Set an attribute of all things."""
    things.foreach_set(name, np.ascontiguousarray(values).ravel())
