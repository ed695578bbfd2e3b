"""Fitting the network that knows strokes among movements: labelled takes in, weights out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from exges_core.arrays import Array, interp
from exges_core.motion.clip import MotionClip
from exges_core.score.movement_features import features_of
from exges_core.score.movements import Course, course_along, course_of, movements_of, rest_of
from exges_core.score.records import SIDES, Score, Stroke
from exges_core.score.stroke_network import OUTPUTS, TENSORS, StrokeNetwork
from exges_core.tensors import array_of, manual_seed, take_step
from exges_core.timeline import MOTION_RATE_HZ

_ENOUGH = 0.25
"""A movement is a stroke's if they share so much of the time that both take together."""
_HINT = 0.05
_FARTHEST_S = 2.5
_BATCH = 512


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """How the network is fitted.

    Attributes:
        widths: of the two hidden layers.
        copies: of every take, made larger or smaller and faster or slower, with either hand and both: others' bodies
            and manners.
        sizes, tempos: between which factors.
        epochs: over all of them.
        noise, dropout: against learning takes by heart; in standard deviations, and a share.
        rate, decay: of AdamW.
        hands, times: weight of those parts of the loss.
    """

    widths: tuple[int, int] = (48, 24)
    copies: int = 2
    sizes: tuple[float, float] = (0.6, 1.3)
    tempos: tuple[float, float] = (0.8, 1.25)
    epochs: int = 30
    noise: float = 0.4
    dropout: float = 0.15
    rate: float = 4e-3
    decay: float = 1e-2
    hands: float = 1.0
    times: float = 0.3


class Examples(NamedTuple):
    """Movements and what they are; `offsets_s` as in `Judgements`, meaningless where there is no stroke."""

    features: Array
    is_stroke: Array
    is_both: Array
    offsets_s: Array


def examples_of(
    takes: Iterable[tuple[MotionClip, Score]], settings: FitSettings, *, generator: np.random.Generator
) -> Examples:
    """Return the movements of labelled takes and of their changed copies."""
    parts: list[Examples] = []
    for clip, score in takes:
        course = course_of(clip)
        if course is None:
            continue
        parts += [_examples(course, score.strokes, 1.0, side) for side in (0, 1)]
        for number in range(settings.copies):
            size, tempo = np.exp(cast("Array", generator.uniform(*np.log([settings.sizes, settings.tempos]).T)))
            changed = _changed(course, float(size), float(tempo))
            parts += [_examples(changed, score.strokes, float(tempo), side) for side in (0, 1)]
            side = number % 2
            parts.append(_alone(changed, score.strokes, float(tempo), side))
    return Examples(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _alone(course: Course, strokes: Sequence[Stroke], tempo: float, side: int) -> Examples:
    """Return one hand's movements while the other one rests: its strokes are its own now.

    Where it only came along with a stroke of the other hand, nobody can say what it does now; that is left out.
    """
    stilled = _stilled(course, 1 - side)
    own = [replace(each, hand=SIDES[side]) for each in strokes if each.uses(SIDES[side])]
    found = _examples(stilled, own, tempo, side)
    times_s = movements_of(stilled, side)[:, [0, 2]] / MOTION_RATE_HZ * tempo
    unclear = np.zeros(len(times_s), dtype=bool)
    for each in strokes:
        if not each.uses(SIDES[side]):
            unclear |= (times_s[:, 1] > each.start_s) & (times_s[:, 0] < each.apex_s)
    return Examples(*(each[~unclear | found.is_stroke] for each in found))


def _stilled(course: Course, side: int) -> Course:
    """Return the course with one hand at its place of rest, but for a hint of what it does."""
    places, attitude = course.places.copy(), course.attitude.copy()
    rest = rest_of(course, side)
    places[:, side] = rest + _HINT * (places[:, side] - rest)
    attitude[:, side] += (_HINT - 1.0) * (attitude[:, side] - attitude[:, side].mean(axis=0))
    return course_along(places, attitude, course.arm_m)


def _changed(course: Course, size: float, tempo: float) -> Course:
    """Return the course about its mean place, so many times as large and as fast."""
    middle = course.places.mean(axis=0)
    at = np.arange(int((course.frames - 1) / tempo) + 1) * tempo
    values = np.concatenate([middle + size * (course.places - middle), course.attitude], axis=-1).reshape(-1, 18)
    frames = np.arange(course.frames)
    values = np.stack([interp(at, frames, each) for each in values.T], axis=-1).reshape(-1, 2, 9)
    return course_along(values[..., :3], values[..., 3:], course.arm_m)


def _examples(course: Course, strokes: Sequence[Stroke], tempo: float, side: int) -> Examples:
    movements = movements_of(course, side)
    features = features_of(course, movements, side)
    edges_s = movements[:, [0, 0, 2, 2, 2]] / MOTION_RATE_HZ
    is_stroke, is_both = np.zeros((2, len(movements)), dtype=bool)
    offsets_s = np.zeros((len(movements), 5))
    for stroke in strokes if len(movements) else ():
        times_s = np.array(stroke.times_s) / tempo
        shared_s = np.minimum(edges_s[:, 2], times_s[2]) - np.maximum(edges_s[:, 0], times_s[1])
        taken_s = np.maximum(edges_s[:, 2], times_s[2]) - np.minimum(edges_s[:, 0], times_s[1])
        best = int((shared_s / np.maximum(taken_s, 1e-6)).argmax())
        if stroke.uses(SIDES[side]) and shared_s[best] > _ENOUGH * taken_s[best]:
            is_stroke[best], is_both[best] = True, stroke.hand == "both"
            offsets_s[best] = times_s - edges_s[best]
    return Examples(features.astype(np.float32), is_stroke, is_both, offsets_s.clip(-_FARTHEST_S, _FARTHEST_S))


def fit(examples: Examples, settings: FitSettings, *, seed: int) -> StrokeNetwork:
    """Return the network after `settings.epochs`; the same for the same seed and machine."""
    manual_seed(seed)
    mean, scale = examples.features.mean(axis=0), examples.features.std(axis=0) + 1e-3
    standard = np.clip((examples.features - mean) / scale, -4.0, 4.0)
    data = [torch.as_tensor(each.astype(np.float32)) for each in (standard, *examples[1:])]
    network = _network(standard.shape[1], settings)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=settings.decay)
    batches = max(1, len(standard) // _BATCH)
    steps = settings.epochs * batches
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps + 1)
    order = torch.zeros(0, dtype=torch.long)
    for step in range(steps):
        if step % batches == 0:
            order = torch.randperm(len(standard))
        chosen = order[(step % batches) * _BATCH :][:_BATCH]
        optimiser.zero_grad()
        torch.autograd.backward(_loss(network, [each[chosen] for each in data], settings))
        take_step(optimiser)
        schedule.step()
    layers = [each for each in network if isinstance(each, nn.Linear)]
    weights = [array_of(array) for each in layers for array in (each.weight.T, each.bias)]
    return StrokeNetwork(tensors=dict(zip(TENSORS, (mean, scale, *weights), strict=True)))


def _network(inputs: int, settings: FitSettings) -> nn.Sequential:
    first, second = settings.widths
    return nn.Sequential(
        nn.Dropout(settings.dropout),
        nn.Linear(inputs, first),
        nn.Tanh(),
        nn.Dropout(settings.dropout),
        nn.Linear(first, second),
        nn.Tanh(),
        nn.Linear(second, OUTPUTS),
    )


def _loss(network: nn.Module, batch: Sequence[Tensor], settings: FitSettings) -> Tensor:
    """Return how wrong strokes, hands and times are; hands and times of true strokes alone."""
    features, is_stroke, is_both, offsets_s = batch
    said = network(features + settings.noise * torch.randn_like(features))
    loss = nn.functional.binary_cross_entropy_with_logits(said[:, 0], is_stroke)
    real = is_stroke > 0
    if not bool(real.any()):
        return loss
    hands = nn.functional.binary_cross_entropy_with_logits(said[real, 1], is_both[real])
    times = (said[real, 2:] - offsets_s[real]).abs().mean()
    return loss + settings.hands * hands + settings.times * times
