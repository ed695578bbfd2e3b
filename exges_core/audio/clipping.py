"""Clipping as the file shows it: runs of samples at full scale, which a loud but whole peak does not have."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float

FULL_SCALE = 0.999
"""A sample at or beyond this magnitude stands at full scale."""
_RUN = 3
_COARSE = {"PCM_S8": 0.99, "PCM_U8": 0.99, "ULAW": 0.979, "ALAW": 0.984}
"""The greatest magnitudes that coarse formats can hold in both directions."""
FLOATS = ("FLOAT", "DOUBLE")
"""Sample formats that go beyond full scale without loss: only samples cut to exactly 1 are clipped."""


def is_clipped(samples: Float[Array, "samples channels"], subtype: str) -> Bool[Array, "samples"]:
    """Return which instants belong to a run of at least three samples at full scale in any channel; ours."""
    magnitude = np.abs(samples)
    at_top = magnitude == 1 if subtype in FLOATS else magnitude >= _COARSE.get(subtype, FULL_SCALE)
    if samples.shape[0] < _RUN or not at_top.any():
        return np.zeros(samples.shape[0], dtype=bool)
    core = at_top[:-2] & at_top[1:-1] & at_top[2:]
    in_run = np.zeros(at_top.shape, dtype=bool)
    for shift in range(_RUN):
        in_run[shift : shift + core.shape[0]] |= core
    return in_run.any(axis=1)
