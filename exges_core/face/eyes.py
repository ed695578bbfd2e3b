"""Eyes: blinks at the ends of phrases and in pauses; gaze away while a phrase is planned, back before it ends.

Rates and times are those of people in conversation: 10 to 25 blinks a minute (Bentivoglio and others, 1997), lids that
close in 60 to 150 ms, fixations of 0.3 to 4 s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.mouth import frames_of, smooth
from exges_core.face.names import ARKIT_NAMES, COLUMN, columns_of
from exges_core.face.phrases import Phrase
from exges_core.timeline import MOTION_RATE_HZ

HOLDS_S = (0.35, 3.8)
"""How short and how long a fixation may be."""
_BLINK_GAP_S = (1.6, 5.4)
_SNAP_S = 0.9
_CLOSE_S, _SHUT_S, _OPEN_S = 0.1, 0.05, 0.17
_LIDS_AHEAD_S = 0.05
_SACCADE_S = 0.06
_AFTER_END_S = 0.05
_FULL_OUT_DEG, _FULL_UP_DEG = 32.0, 25.0
"""Where ARKit's looks are 1."""


@dataclass(frozen=True, kw_only=True)
class Fixation:
    """Where the eyes are from an instant on: degrees to the left and up; (0, 0) is the listener."""

    start_s: float
    left_deg: float
    up_deg: float


def blinks_s(
    phrases: Sequence[Phrase], duration_s: float, generator: np.random.Generator, often: float = 1.0
) -> tuple[float, ...]:
    """Return when lids begin to close: about 15 a minute times `often`, at phrase ends where one is near."""
    if often <= 0:
        return ()
    least_s, most_s = (each / often for each in _BLINK_GAP_S)
    ends = [each.end_s + _LIDS_AHEAD_S for each in phrases]
    found: list[float] = []
    at_s = float(generator.uniform(0.3, 2.0)) / often
    while at_s < duration_s - 0.5:
        found.append(at_s)
        wanted_s = at_s + min(max(math.exp(generator.normal(math.log(3.5), 0.3)) / often, least_s), most_s)
        near = [end_s for end_s in ends if abs(end_s - wanted_s) <= _SNAP_S and least_s <= end_s - at_s <= most_s]
        at_s = min(near, key=lambda end_s: abs(end_s - wanted_s), default=wanted_s)
    return tuple(found)


def lids_of(blinks: Sequence[float], frames: int) -> Float[Array, "frames 52"]:
    """Return the curves of blinks."""
    lids = np.zeros(frames)
    for start_s in blinks:
        # A frame is where the lids are shut, so that every blink is one at 30 frames a second, too.
        shut_s = np.ceil((start_s + _CLOSE_S) * MOTION_RATE_HZ - 1e-6) / MOTION_RATE_HZ
        first, stop = frames_of(shut_s - _CLOSE_S, shut_s + _SHUT_S + _OPEN_S, frames)
        at_s = np.arange(first, stop) / MOTION_RATE_HZ
        closing, opening = (at_s - shut_s) / _CLOSE_S + 1.0, (shut_s + _SHUT_S - at_s) / _OPEN_S + 1.0
        lids[first:stop] = np.maximum(lids[first:stop], smooth(np.minimum(closing, opening)))
    curves = np.zeros((frames, len(ARKIT_NAMES)))
    curves[:, columns_of("eyeBlink")] = lids[:, None]
    return curves


def fixations_of(phrases: Sequence[Phrase], duration_s: float, generator: np.random.Generator) -> tuple[Fixation, ...]:
    """Return where the eyes rest, in order: away before a phrase and while it begins, at the listener at its end."""
    side = -1.0 if generator.random() < 0.5 else 1.0
    found = [Fixation(start_s=0.0, left_deg=0.0, up_deg=0.0)]
    for start_s, back_s in [*_aways(phrases, generator), (duration_s, duration_s)]:
        if start_s - found[-1].start_s >= HOLDS_S[0]:
            found += _about_listener(found[-1].start_s, start_s, generator)
        if back_s <= start_s or start_s - found[-1].start_s < HOLDS_S[0]:
            continue
        same = side if generator.random() < 0.7 else -side
        left_deg, up_deg = same * generator.uniform(7.0, 15.0), generator.choice((-6.0, 3.0, 6.0))
        found.append(Fixation(start_s=start_s, left_deg=float(left_deg), up_deg=float(up_deg)))
        found.append(Fixation(start_s=back_s, **_near_listener(generator)))
    return tuple(found)


def _aways(phrases: Sequence[Phrase], generator: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Yield (away, back) for the phrases that are long enough and begin a thought."""
    begins, free_s = True, 0.0
    for each in phrases:
        if begins and each.duration_s >= 1.2:
            away_s = max(free_s, each.start_s - float(generator.uniform(0.25, 0.6)))
            stay_s = min(float(generator.uniform(0.4, 1.3)), 0.5 * each.duration_s)
            yield away_s, min(each.start_s + stay_s, away_s + HOLDS_S[1])
        begins, free_s = each.ends_sentence, each.end_s + _AFTER_END_S


def _about_listener(start_s: float, end_s: float, generator: np.random.Generator) -> list[Fixation]:
    """Return small moves about the listener's face between two instants, so that no look is a stare."""
    found: list[Fixation] = []
    at_s = start_s + float(generator.uniform(0.7, 2.8))
    while at_s < end_s - HOLDS_S[0]:
        found.append(Fixation(start_s=at_s, **_near_listener(generator)))
        at_s += float(generator.uniform(0.7, 2.8))
    return found


def _near_listener(generator: np.random.Generator) -> dict[str, float]:
    return {"left_deg": float(generator.uniform(-2.5, 2.5)), "up_deg": float(generator.uniform(-2.0, 1.5))}


def gaze_of(fixations: Sequence[Fixation], frames: int, strength: float = 1.0) -> Float[Array, "frames 2"]:
    """Return where the eyes look at every frame, degrees to the left and up; they jump within two frames."""
    at_s = np.arange(frames) / MOTION_RATE_HZ
    starts_s = np.array([each.start_s for each in fixations])
    targets = np.array([(0.0, 0.0), *((each.left_deg, each.up_deg) for each in fixations)])
    latest = np.searchsorted(starts_s, at_s, side="right") - 1
    moved = smooth((at_s - starts_s[latest]) / _SACCADE_S)[:, None]
    return strength * ((1.0 - moved) * targets[latest] + moved * targets[latest + 1])


def looks_of(gaze_deg: Float[Array, "frames 2"]) -> Float[Array, "frames 52"]:
    """Return gaze as ARKit's curves."""
    curves = np.zeros((len(gaze_deg), len(ARKIT_NAMES)))
    left, up = gaze_deg[:, 0] / _FULL_OUT_DEG, gaze_deg[:, 1] / _FULL_UP_DEG
    curves[:, [COLUMN["eyeLookOutLeft"], COLUMN["eyeLookInRight"]]] = np.maximum(left, 0.0)[:, None]
    curves[:, [COLUMN["eyeLookInLeft"], COLUMN["eyeLookOutRight"]]] = np.maximum(-left, 0.0)[:, None]
    curves[:, columns_of("eyeLookUp")] = np.maximum(up, 0.0)[:, None]
    curves[:, columns_of("eyeLookDown")] = np.maximum(-up, 0.0)[:, None]
    return np.clip(curves, 0.0, 1.0)


def gaze_in(curves: Float[Array, "frames 52"]) -> Float[Array, "frames 2"]:
    """Return where a face's eyes look, degrees to the left and up, mean of both eyes."""
    out = curves[:, COLUMN["eyeLookOutLeft"]] + curves[:, COLUMN["eyeLookInRight"]]
    into = curves[:, COLUMN["eyeLookInLeft"]] + curves[:, COLUMN["eyeLookOutRight"]]
    up = curves[:, columns_of("eyeLookUp")].mean(axis=1) - curves[:, columns_of("eyeLookDown")].mean(axis=1)
    return np.stack([_FULL_OUT_DEG * (out - into) / 2, _FULL_UP_DEG * up], axis=1)
