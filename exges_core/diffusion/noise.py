"""Noise that belongs to a take: one seed draws the same for a frame, whatever the take's length, section or batch."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.features import MOTION_CHANNELS

NOISE_BLOCK_FRAMES = 256
START = -1
"""The stream of noise a take starts from; the others are named by the timestep they are drawn at."""


def take_noise(frames: int, *, seed: int, stream: int, start: int = 0) -> Float[Array, "frames channels"]:
    """Return standard normal noise of a take from frame `start` on, float32.

    It is drawn block by block, so that neither the length nor the section changes what a frame gets.
    """
    blocks = range(start // NOISE_BLOCK_FRAMES, -(-(start + frames) // NOISE_BLOCK_FRAMES))
    shape = (NOISE_BLOCK_FRAMES, MOTION_CHANNELS)
    drawn = [np.random.default_rng([seed, stream + 1, block]).standard_normal(shape, np.float32) for block in blocks]
    return np.concatenate(drawn)[start % NOISE_BLOCK_FRAMES :][:frames]


def noise_on(frames: int, seed: int, timestep: int, *, start: int = 0) -> Float[Array, "frames channels"]:
    """Return a take's noise at a timestep (or `START`), from frame `start` on."""
    return take_noise(frames, seed=seed, stream=timestep, start=start)
