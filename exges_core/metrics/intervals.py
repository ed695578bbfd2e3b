"""How certain a figure is: bootstrap intervals over clips, and floors of real motion against real motion.

Clips are resampled, not frames: frames of one clip are correlated, so an interval over them would be far too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Float, Int, whole_numbers
from exges_core.errors import InputError, message
from exges_core.metrics.frechet import frechet_gesture_distance
from exges_core.metrics.protocols import MetricProtocol

CLIP_LATENTS = Float[Array, "_ channels"]


class Interval(NamedTuple):
    """Where a figure lies with the given confidence."""

    low: float
    high: float


class FrechetFloors(NamedTuple):
    """What real motion scores against real motion: no generator should be expected to do better.

    Attributes:
        held_out: held-out clips against the training clips.
        halves: mean over random splits of the held-out clips into two halves. Fewer latents inflate a Frechet distance,
            so this is a floor for sets of half the size, and not below the other.
    """

    held_out: float
    halves: float


def bootstrap_interval(
    statistic: Callable[[Int[Array, "clips"]], float],
    clips: int,
    generator: np.random.Generator,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Return the percentile interval of a statistic over clips drawn with replacement (Efron 1979).

    Args:
        statistic: of the clips with the given indices, repeats among them; cheap, because it is called `resamples`
            times: keep what each clip adds and sum that.
        clips: how many there are.
        generator: draws the indices.
        resamples: how many sets are drawn.
        confidence: share of the resamples between low and high.

    Returns:
        The interval; NaN values of the statistic are left out. A Frechet distance is biased upwards by repeats, so its
        interval may lie above the figure itself.

    Raises:
        InputError: without a clip or a resample.
    """
    if clips < 1 or resamples < 1:
        raise InputError(
            message(
                expected="at least one clip and one resample",
                got=f"{clips} clips, {resamples} resamples",
                where="bootstrap interval",
                do="Give more clips.",
            )
        )
    found = np.array([statistic(whole_numbers(generator, 0, clips, clips)) for _ in range(resamples)], dtype=np.float64)
    tail = 50.0 * (1.0 - confidence)
    low, high = np.nanpercentile(found, [tail, 100.0 - tail])
    return Interval(low=float(low), high=float(high))


def frechet_floors(
    training: Sequence[CLIP_LATENTS],
    held_out: Sequence[CLIP_LATENTS],
    protocol: MetricProtocol,
    *,
    generator: np.random.Generator,
    splits: int = 10,
) -> FrechetFloors:
    """Return FGD (x10) of held-out real clips against training clips, and of disjoint halves of the held-out ones.

    Args:
        training: latents of each real training clip.
        held_out: latents of each real held-out clip; at least two.
        protocol: whose covariance rule is used.
        generator: draws the halves.
        splits: how many random pairs of halves are averaged.

    Raises:
        InputError: if there are fewer than two held-out clips.
    """
    if len(held_out) < 2:
        raise InputError(
            message(expected="two held-out clips", got=f"{len(held_out)}", where="FGD floors", do="Give more clips.")
        )
    halves: list[float] = []
    for _ in range(splits):
        order = generator.permutation(len(held_out))
        first, second = (
            [held_out[int(place)] for place in part] for part in (order[: len(order) // 2], order[len(order) // 2 :])
        )
        halves.append(frechet_gesture_distance(first, second, protocol))
    return FrechetFloors(held_out=frechet_gesture_distance(training, held_out, protocol), halves=float(np.mean(halves)))
