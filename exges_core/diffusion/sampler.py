"""Samplers: pure functions from noise to data over a callable that predicts the data.

Arrays may be of any library with plain operators (torch, numpy): nothing here imports one. Noise is injected, so that
whoever calls decides what is drawn. Observed entries, windows and guidance live inside `denoise`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

from exges_core.diffusion.schedule import Schedule

ArrayT = TypeVar("ArrayT")
Denoise = Callable[[ArrayT, int], ArrayT]
"""From (x at a timestep, the timestep) to the predicted data x0."""
Noise = Callable[[int], ArrayT]
"""From a timestep to standard normal noise of x's shape, drawn when leaving that timestep."""


class Sampler(Protocol):
    """From noise at the first timestep to data."""

    def __call__(
        self, denoise: Denoise[ArrayT], x: ArrayT, *, schedule: Schedule, timesteps: Sequence[int], noise: Noise[ArrayT]
    ) -> ArrayT:
        """Sample; `noise` is drawn by those that need it."""
        ...


def ddpm(
    denoise: Denoise[ArrayT], x: ArrayT, *, schedule: Schedule, timesteps: Sequence[int], noise: Noise[ArrayT]
) -> ArrayT:
    """Sample ancestrally: Ho et al. 2020, Eq. 6-7 with the true posterior variance; the paper's sampler."""
    for now, after in _pairs(timesteps):
        x0 = denoise(x, now)
        if after < 0:
            return x0
        kept_now, kept_after = schedule.alpha_bar[now], schedule.alpha_bar[after]
        step_alpha = kept_now / kept_after
        mean = _sum(
            math.sqrt(kept_after) * (1 - step_alpha) / (1 - kept_now),
            x0,
            math.sqrt(step_alpha) * (1 - kept_after) / (1 - kept_now),
            x,
        )
        deviation = math.sqrt((1 - kept_after) / (1 - kept_now) * (1 - step_alpha))
        x = _sum(1.0, mean, deviation, noise(now))
    return x


def ddim(
    denoise: Denoise[ArrayT],
    x: ArrayT,
    *,
    schedule: Schedule,
    timesteps: Sequence[int],
    noise: Noise[ArrayT] | None = None,
) -> ArrayT:
    """Sample without noise: Song et al. 2021, Eq. 12 with sigma = 0. `noise` is never drawn."""
    for now, after in _pairs(timesteps):
        x0 = denoise(x, now)
        ratio = schedule.sigma(after) / schedule.sigma(now)
        x = _sum(schedule.alpha(after) - ratio * schedule.alpha(now), x0, ratio, x)
    return x


def dpmpp_2m(
    denoise: Denoise[ArrayT],
    x: ArrayT,
    *,
    schedule: Schedule,
    timesteps: Sequence[int],
    noise: Noise[ArrayT] | None = None,
) -> ArrayT:
    """Sample with DPM-Solver++(2M): Lu et al. 2022, Algorithm 2; first order on the first and last step.

    `noise` is never drawn.
    """
    previous: ArrayT | None = None
    width_before = 0.0
    for now, after in _pairs(timesteps):
        x0 = denoise(x, now)
        if after < 0:
            return x0
        width = schedule.half_log_snr(after) - schedule.half_log_snr(now)
        corrected = x0
        if previous is not None:
            share = width / (2.0 * width_before)
            corrected = _sum(1.0 + share, x0, -share, previous)
        ratio = schedule.sigma(after) / schedule.sigma(now)
        x = _sum(ratio, x, -schedule.alpha(after) * math.expm1(-width), corrected)
        previous, width_before = x0, width
    return x


SAMPLERS: dict[str, Sampler] = {"dpmpp": dpmpp_2m, "ddim": ddim, "ddpm": ddpm}
DEFAULT_SAMPLER = "dpmpp"
DEFAULT_STEPS = {"dpmpp": 5, "ddim": 50, "ddpm": 1000}
"""Where more steps are no better: with 5 of dpmpp strokes meet their words as often as with 10, and jerk less."""


def timesteps_of(sampler: str, schedule: Schedule, steps: int) -> tuple[int, ...]:
    """Return where a sampler stops on its way: ancestral sampling evenly in time, the others in log signal-to-noise.

    Raises:
        ValueError: if `steps` is not in [1, timesteps of the schedule].
    """
    return schedule.timesteps(steps) if sampler == "ddpm" else schedule.log_snr_timesteps(steps)


def _pairs(timesteps: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise((*timesteps, -1)))


def _sum(first_scale: float, first: ArrayT, second_scale: float, second: ArrayT) -> ArrayT:
    # Python floats keep the arrays' own precision; numpy scalars would not.
    return float(first_scale) * first + float(second_scale) * second  # type: ignore[operator]
