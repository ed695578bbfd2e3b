"""The one number that a planner is set by after training: drawn freely, it makes as many strokes as speakers do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exges_core.planning.planner import plan
from training.planner.takes import PlannerTake
from training.planner.task import PlannerTask

_FIRST_STEP, _LARGEST, _ROUNDS = 0.3, 1.0, 4
_CLOSE = 0.01


class Rate(NamedTuple):
    """What was found: the bias, the rate it gives and the one that was wanted, strokes a minute."""

    bias: float
    strokes_per_min: float
    wanted_per_min: float


def bias_for_rate(task: PlannerTask, takes: Sequence[PlannerTake], *, seed: int) -> Rate:
    """Return the bias with which the best weights make as many strokes on these takes as were acted (secant)."""
    minutes = sum(take.score.duration_s for take in takes) / 60
    wanted = sum(len(take.score.strokes) for take in takes) / minutes
    tried = [(0.0, _rate(task, takes, 0.0, seed))]
    while abs(tried[-1][1] / wanted - 1.0) > _CLOSE and len(tried) < _ROUNDS:
        bias, rate = tried[-1]
        slope = (rate - tried[-2][1]) / (bias - tried[-2][0]) if len(tried) > 1 else 0.0
        step = (wanted - rate) / slope if slope > 0 else _FIRST_STEP * (1 if rate < wanted else -1)
        bias = min(max(bias + step, -_LARGEST), _LARGEST)
        if bias == tried[-1][0]:
            break
        tried.append((bias, _rate(task, takes, bias, seed)))
    best, rate = min(tried, key=lambda each: abs(each[1] - wanted))
    return Rate(best, rate, wanted)


def _rate(task: PlannerTask, takes: Sequence[PlannerTake], bias: float, seed: int) -> float:
    planner = task.planner(stroke_bias=bias)
    minutes = sum(take.score.duration_s for take in takes) / 60
    scores = [plan(planner, take.words, take.features, style=take.speaker, seed=seed) for take in takes]
    return sum(len(score.strokes) for score in scores) / minutes
