"""A measured value with its confidence interval, as every table cell shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Int
from exges_core.metrics.intervals import bootstrap_interval

RESAMPLES = 400


class Figure(NamedTuple):
    """A value and its 95 % bootstrap interval over clips."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """Return it by names."""
        return self._asdict()


def over_clips(statistic: Callable[[Int[Array, "clips"]], float], clips: int, *, resamples: int = RESAMPLES) -> Figure:
    """Return a statistic over all clips with its interval; tables of equally many clips share their resamples."""
    low, high = bootstrap_interval(statistic, clips, np.random.default_rng(0), resamples)
    return Figure(statistic(np.arange(clips)), low, high)
