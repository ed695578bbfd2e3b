"""Brows: they rise on the accents that have a stroke, so that face and hands stress the same words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.mouth import frames_of, smooth
from exges_core.face.names import ARKIT_NAMES, shape_of
from exges_core.score.records import Score, Stroke
from exges_core.timeline import MOTION_RATE_HZ

TOGETHER_S = 0.25
"""An accent so near to a stroke may be that stroke's."""
_APART_S = 0.9
_RISE_S, _HOLD_S, _FALL_S = 0.16, 0.12, 0.35
_AHEAD_S = 0.04
_RAISED = {"browInnerUp": 0.5, "browOuterUp": 0.6, "eyeWide": 0.12}
_SIZES = (0.6, 1.3)


def raises_s(accents_s: Sequence[float], score: Score | None) -> list[tuple[float, float]]:
    """Return (instant, size) of every raise: each stroke's accent; without a score, every accent, half as high."""
    low, high = _SIZES
    if score is None:
        wanted = [(accent_s, 0.5) for accent_s in accents_s]
    else:
        nearest = [(_accent_of(each, accents_s), each.size) for each in score.strokes]
        wanted = [(accent_s, min(max(size, low), high)) for accent_s, size in nearest if accent_s is not None]
    kept: list[tuple[float, float]] = []
    for accent_s, size in sorted(wanted, key=lambda each: -each[1]):  # of two close ones the larger stays
        if all(abs(accent_s - other_s) >= _APART_S for other_s, _ in kept):
            kept.append((accent_s, size))
    return sorted(kept)


def _accent_of(stroke: Stroke, accents_s: Sequence[float]) -> float | None:
    near = [each for each in accents_s if stroke.stroke_start_s - TOGETHER_S <= each <= stroke.apex_s + TOGETHER_S]
    return min(near, key=lambda each: abs(stroke.apex_s - each), default=None)


def brows_of(
    raises: Sequence[tuple[float, float]], frames: int, generator: np.random.Generator
) -> Float[Array, "frames 52"]:
    """Return the brows' curves: raises whose height and lean to one side are drawn."""
    curves = np.zeros((frames, len(ARKIT_NAMES)))
    for accent_s, size in raises:
        peak_s = accent_s - _AHEAD_S
        first, stop = frames_of(peak_s - _RISE_S, peak_s + _HOLD_S + _FALL_S, frames)
        at_s = np.arange(first, stop) / MOTION_RATE_HZ
        rise = (at_s - (peak_s - _RISE_S)) / _RISE_S
        fall = ((peak_s + _HOLD_S + _FALL_S) - at_s) / _FALL_S
        height = size * generator.uniform(0.75, 1.0)
        lean = generator.uniform(-0.15, 0.15)
        shape = shape_of(_RAISED)
        shape *= np.array([1 + lean * (name.endswith("Left") - name.endswith("Right")) for name in ARKIT_NAMES])
        raised = smooth(np.minimum(rise, fall))[:, None] * height * shape
        curves[first:stop] = np.maximum(curves[first:stop], raised)
    return curves
