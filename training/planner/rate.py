"""The numbers that a planner is set by after training: drawn freely, it makes as many strokes as speakers do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exges_core.planning.planner import plan
from training.planner.takes import PlannerTake
from training.planner.task import PlannerTask

_FIRST_STEP, _LARGEST, _ROUNDS = 0.3, 1.0, 6
"""Steps are in units of the factor that logits have when strokes are drawn."""
_CLOSE = 0.01
_TAKES_OF_STYLE = 8


class Rate(NamedTuple):
    """What was found: the bias, the rate it gives and the one that was wanted, strokes a minute."""

    bias: float
    strokes_per_min: float
    wanted_per_min: float


def bias_for_rate(task: PlannerTask, takes: Sequence[PlannerTake], *, seed: int, start: float = 0.0) -> Rate:
    """Return the bias with which the best weights make as many strokes on these takes as were acted (secant)."""
    minutes = sum(take.score.duration_s for take in takes) / 60
    wanted = sum(len(take.score.strokes) for take in takes) / minutes
    scale = task.preset.stroke_scale
    tried = [(start, _rate(task, takes, start, seed))]
    while abs(tried[-1][1] - wanted) > _CLOSE * wanted and len(tried) < _ROUNDS:
        bias, rate = tried[-1]
        slope = (rate - tried[-2][1]) / (bias - tried[-2][0]) if len(tried) > 1 else 0.0
        step = (wanted - rate) / slope if slope > 0 else scale * _FIRST_STEP * (1 if rate < wanted else -1)
        bias = min(max(bias + step, start - scale * _LARGEST), start + scale * _LARGEST)
        if bias == tried[-1][0]:
            break
        tried.append((bias, _rate(task, takes, bias, seed)))
    best, rate = min(tried, key=lambda each: abs(each[1] - wanted))
    return Rate(best, rate, wanted)


def biases_of_styles(task: PlannerTask, *, bias: float, seed: int) -> tuple[float, ...]:
    """Return what each style needs beside the common bias: surer than trained, calm speakers would not move at all.

    Of a few validation and training takes of each; 0 for a style of which there is none.
    """
    everybody = [*task.held_out, *task.takes]
    found: list[float] = []
    for style in task.codes.styles:
        own = [take for take in everybody if take.speaker == style][:_TAKES_OF_STYLE]
        of_style = bias_for_rate(task, own, seed=seed, start=bias).bias if own else bias
        found.append(round(of_style - bias, 4))
    return tuple(found)


def _rate(task: PlannerTask, takes: Sequence[PlannerTake], bias: float, seed: int) -> float:
    planner = task.planner(stroke_bias=bias)
    minutes = sum(take.score.duration_s for take in takes) / 60
    scores = [plan(planner, take.words, take.features, style=take.speaker, seed=seed) for take in takes]
    return sum(len(score.strokes) for score in scores) / minutes
