"""Memory that is free and yet held: glibc keeps what networks freed, oneDNN the code of every shape that it met."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache

_KEPT_SHAPES = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64", "LRU_CACHE_CAPACITY": "64"}
"""Read by oneDNN and by PyTorch's own cache in front of it when the first product is computed."""


def give_back() -> None:
    """Return freed memory to the system where glibc holds it; nothing elsewhere. Takes milliseconds."""
    trim = _trim()
    if trim is not None:
        trim(0)


def keep_few_shapes() -> None:
    """Let PyTorch's products on the CPU keep the code of 64 shapes, not of 1,024, unless the environment says how many.

    Every length of speech is a new shape: a resident engine would grow by some 40 MB in its first hours. To be called
    before PyTorch computes anything.
    """
    for name, usual in _KEPT_SHAPES.items():
        os.environ.setdefault(name, usual)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    return found
