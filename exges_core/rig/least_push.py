"""The least of a push that still clears: each frame's own share of it, joined by a smooth curve; ours.

A push that comes and goes slowly and keeps one direction goes further than most of its frames need. Along its own way
each frame is asked how little would do (`least_shares`), and of all curves that a smooth bump can be summed to, the
one with the least of them that covers all frames is taken (`least_cover`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exges_core.arrays import Array, Bool, Float, convolve

_HALVINGS = 5
"""A share is found to 1 / 2 ** this."""
_STEPS = 80
"""Of the gradient: what is missing afterwards is below a hundredth of the greatest need."""


def least_shares(
    wanted: Bool[Array, "frames"], is_inside: Callable[[Float[Array, "frames"]], Bool[Array, "frames"]]
) -> Float[Array, "frames"]:
    """Return for each frame the least share of its push that clears, halving between none and all.

    Args:
        wanted: the frames that need a push; the others' share is 0.
        is_inside: says which of them a share of the push per frame leaves inside.
    """
    short, enough = np.zeros(len(wanted)), wanted.astype(np.float64)
    for _ in range(_HALVINGS if wanted.any() else 0):
        middle = 0.5 * (short + enough)
        is_short = is_inside(middle)
        short, enough = np.where(is_short, middle, short), np.where(is_short, enough, middle)
    return enough


def least_cover(need: Float[Array, "frames"], reach: int) -> Float[Array, "frames"]:
    """Return a smooth curve over a need: the least sum of bumps that covers it to a hundredth.

    A bump is a Hann window averaged by itself, so that it has no negative frequency and the dual of the least curve
    (weights that only push) is found by accelerated gradient steps.

    Args:
        need: 0 or more, per frame.
        reach: frames to either side over which half a bump comes and goes.
    """
    if reach < 1 or not need.any():
        return need
    half = np.hanning(2 * reach + 3)[1:-1]
    bump = convolve(half, half)
    bump /= bump.sum()
    weight = ahead = np.zeros(len(need))
    pace = 1.0
    for _ in range(_STEPS):
        after = np.maximum(ahead + need - _summed(ahead, bump), 0.0)
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * pace**2))
        ahead = after + (pace - 1.0) / faster * (after - weight)
        weight, pace = after, faster
    return _summed(weight, bump)


def _summed(weight: Array, bump: Array) -> Array:
    """Return the sum of bumps about each frame, as long as the weights."""
    spare = len(bump) // 2
    return convolve(weight, bump)[spare : spare + len(weight)]
