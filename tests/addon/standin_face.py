"""The face that the stand-in makes, so that steps know what to find."""

import numpy as np


def curves(seed: int, frames: int) -> np.ndarray:
    """ARKit's curves at 30 Hz, frames x 52; all move but the tongue, each its own way."""
    time_s = np.arange(frames) / 30.0
    found = 0.5 + 0.45 * np.sin(time_s[:, None] * (2.0 + 0.11 * np.arange(52)) + seed + np.arange(52))
    found[:, 51] = 0.0
    return found
