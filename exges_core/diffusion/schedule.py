"""How much noise each timestep holds. Plain numbers: no network, no tensors, no random draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from exges_core.arrays import Array, Float

LOG_SNR_RANGE = (-6.0, 2.0)
"""log(alpha / sigma) between which few steps are spent: below, nothing of a window shows; above, little is left."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A discrete variance-preserving schedule: x_t = alpha_t x_0 + sigma_t noise, alpha_t^2 + sigma_t^2 = 1.

    Attributes:
        alpha_bar: alpha_t^2 per timestep, float64, strictly falling.
    """

    alpha_bar: Float[Array, "timesteps"]

    @property
    def steps(self) -> int:
        """Return the number of timesteps."""
        return len(self.alpha_bar)

    def alpha(self, timestep: int) -> float:
        """Return the scale of the data at a timestep; 1 at timestep -1, which is the data itself."""
        return 1.0 if timestep < 0 else math.sqrt(self.alpha_bar[timestep])

    def sigma(self, timestep: int) -> float:
        """Return the scale of the noise at a timestep; 0 at timestep -1."""
        return 0.0 if timestep < 0 else math.sqrt(1.0 - self.alpha_bar[timestep])

    def half_log_snr(self, timestep: int) -> float:
        """Return log(alpha / sigma): the lambda of DPM-Solver."""
        return math.log(self.alpha(timestep)) - math.log(self.sigma(timestep))

    def half_log_snrs(self) -> Float[Array, "timesteps"]:
        """Return `half_log_snr` of every timestep; it falls."""
        return 0.5 * (np.log(self.alpha_bar) - np.log1p(-self.alpha_bar))

    def timesteps(self, count: int) -> tuple[int, ...]:
        """Return `count` timesteps, falling, spread evenly from the last one ("trailing": the first is pure noise).

        Raises:
            ValueError: if `count` is not in [1, steps].
        """
        self._check(count)
        return tuple(round(self.steps * (count - index) / count) - 1 for index in range(count))

    def log_snr_timesteps(self, count: int) -> tuple[int, ...]:
        """Return `count` timesteps, falling: the last one, then evenly in log signal-to-noise ratio.

        As Lu et al. 2022 (DPM-Solver, 3.1) space them, but over `LOG_SNR_RANGE` only. Evenly in time, ten steps jump
        from pure noise to timestep 899, where a posture that lasts a whole window already stands sixty times above the
        noise: for Gaussian motion with the corpus' spectrum its strongest components then keep 9 % of their variance,
        with this spacing 104 % (a sampler is linear there, so that is arithmetic).

        Raises:
            ValueError: if `count` is not in [1, steps].
        """
        self._check(count)
        ratios = self.half_log_snrs()
        found = [self.steps - 1]
        for index, wanted in enumerate(np.linspace(*LOG_SNR_RANGE, count)[1:]):
            nearest = int(np.abs(ratios - wanted).argmin())
            still_to_come = count - 2 - index
            found.append(max(min(nearest, found[-1] - 1), still_to_come))
        return tuple(found)

    def _check(self, count: int) -> None:
        if not 1 <= count <= self.steps:
            raise ValueError(f"timesteps: expected 1 to {self.steps}, got {count}")


@cache
def cosine_schedule(steps: int = 1000) -> Schedule:
    """Return the cosine schedule of Nichol and Dhariwal 2021 (Eq. 17), betas capped at 0.999."""
    angles = [(index / steps + 0.008) / 1.008 * math.pi / 2 for index in range(steps + 1)]
    kept = [math.cos(angle) ** 2 for angle in angles]
    betas = np.array([min(1.0 - kept[index + 1] / kept[index], 0.999) for index in range(steps)])
    return Schedule(alpha_bar=np.cumprod(1.0 - betas))
