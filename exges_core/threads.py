"""How many threads a process may use, where somebody said so: batches do for each of their workers."""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "EXGES_THREADS"
_OF_LIBRARIES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Read by PyTorch, FAISS and NumPy when they are loaded."""


def at_most(usual: int) -> int:
    """Return how many threads a network gets: the usual number, or fewer where the environment says so."""
    said = os.environ.get(VARIABLE, "")
    return min(usual, int(said)) if said.isdecimal() and int(said) > 0 else usual


def environment_for(threads: int) -> Mapping[str, str]:
    """Return the variables that hold a new process to so many threads."""
    return {name: str(threads) for name in (VARIABLE, *_OF_LIBRARIES)}
