"""The mouth: visemes blended by dominance (after Cohen and Massaro, 1993), lips that shut, a jaw no faster than real.

Each viseme pulls the mouth to its shape with a weight that falls off before and behind its time; a frame's mouth is the
weighted mean, so neighbours colour each other and a firm one hardly changes. Lips that must touch do so on top of that.
The louder, the wider. Where no phone is known, loudness and voice open the jaw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from exges_core.arrays import Array, Float, median
from exges_core.audio.features import ENERGY, VOICEDNESS, energy_db_of
from exges_core.face.names import ARKIT_NAMES, COLUMN, columns_of, shape_of
from exges_core.face.visemes import SHUT, Timed, Viseme, visemes_of
from exges_core.signals.filters import gaussian
from exges_core.speech.phones import Phone
from exges_core.timeline import MOTION_RATE_HZ

LEAD_S = 0.03
"""A mouth is where it means to be a little before it is heard."""
JAW_PER_S = 7.5
"""The chin of a jaw that opens 4 cm moves 0.3 m/s at this speed."""
_FALL_S, _REACH_S = 0.065, 0.25
_SEAL_RAMP_S, _SEAL_LEAST_S = 0.05, 0.05
_LOUDER_DB, _GAIN = 8.0, (0.72, 1.3)
_ACTIVE_BEFORE_S, _ACTIVE_AFTER_S, _ACTIVE_RAMP_S = 0.05, 0.03, 0.09
_SPEECH_RANGE_DB = 22.0
_OPENERS = [COLUMN["jawOpen"], *columns_of("mouthLowerDown"), *columns_of("mouthUpperUp")]
_JAW = COLUMN["jawOpen"]
_PARTING = [*columns_of("mouthLowerDown"), *columns_of("mouthUpperUp"), COLUMN["tongueOut"]]


def mouth_of(
    phones: Sequence[Phone], features: Float[Array, "frames 84"], by_sound: Sequence[tuple[float, float]]
) -> Float[Array, "frames 52"]:
    """Return the mouth's curves at 30 Hz.

    Args:
        phones: with their times.
        features: of the sound.
        by_sound: stretches (start, end) of speech without phones, in which loudness opens the jaw.
    """
    timed = list(visemes_of(phones))
    frames = len(features)
    curves = _blended(timed, frames) * loudness_gain(features)[:, None] ** _is_opener()
    _follow_sound(curves, features, by_sound)
    curves *= _activity([(each.start_s, each.end_s) for each in phones], by_sound, frames)[:, None]
    _bite(curves, timed)
    curves[:, _JAW] = slowed(curves[:, _JAW], JAW_PER_S / MOTION_RATE_HZ)
    _shut(curves, timed)
    return np.clip(curves, 0.0, 1.0)


def stronger(curves: Float[Array, "frames 52"], strength: float) -> Float[Array, "frames 52"]:
    """Return a mouth that moves so many times as far; what is shut stays shut, and its jaw is no faster than real."""
    moved = np.minimum(strength * curves, 1.0)
    if strength > 1.0:
        moved[:, _JAW] = slowed(moved[:, _JAW], JAW_PER_S / MOTION_RATE_HZ)
    moved[:, COLUMN["mouthClose"]] = np.minimum(moved[:, COLUMN["mouthClose"]], moved[:, _JAW])
    return moved


def _is_opener() -> Float[Array, "52"]:
    exponent = np.zeros(len(ARKIT_NAMES))
    exponent[_OPENERS] = 1.0
    return exponent


def _blended(timed: Sequence[Timed], frames: int) -> Float[Array, "frames 52"]:
    """Return the mean of the visemes' shapes at every frame, weighted by their dominance."""
    total, weight = np.zeros((frames, len(ARKIT_NAMES))), np.full((frames, len(ARKIT_NAMES)), 1e-3)
    known: dict[int, tuple[Array, Array]] = {}
    for each in timed:
        shape, firmness = known.setdefault(id(each.viseme), _as_rows(each.viseme))
        first, stop = frames_of(each.start_s - _REACH_S, each.end_s + _REACH_S, frames)
        at_s = np.arange(first, stop) / MOTION_RATE_HZ + LEAD_S
        middle_s, half_s = (each.start_s + each.end_s) / 2, (each.end_s - each.start_s) / 4
        beyond = np.maximum(np.abs(at_s - middle_s) - half_s, 0.0) / _FALL_S
        pull = np.exp(-np.square(beyond))[:, None] * firmness
        total[first:stop] += pull * shape
        weight[first:stop] += pull
    return total / weight


def _as_rows(viseme: Viseme) -> tuple[Array, Array]:
    firmness = np.full(len(ARKIT_NAMES), viseme.lips)
    firmness[_JAW] = viseme.jaw
    return shape_of(viseme.shape), firmness


def frames_of(start_s: float, end_s: float, frames: int) -> tuple[int, int]:
    """Return the frames [first, stop) of a stretch of time, inside so many frames."""
    first = max(0, int(np.ceil(start_s * MOTION_RATE_HZ)))
    return min(first, frames), min(max(first, int(end_s * MOTION_RATE_HZ) + 1), frames)


def loudness_gain(features: Float[Array, "frames 84"]) -> Float[Array, "frames"]:
    """Return how much wider than usual a mouth opens at every frame: 1 at the take's own usual loudness."""
    energy_db = energy_db_of(features[:, ENERGY])
    is_speech = energy_db > np.percentile(energy_db, 95) - _SPEECH_RANGE_DB
    usual_db = float(median(energy_db[is_speech]))
    over = gaussian(energy_db - usual_db, 0.06 * MOTION_RATE_HZ) / _LOUDER_DB
    low, high = _GAIN
    return np.where(over > 0, 1.0 + (high - 1.0) * np.tanh(over), 1.0 + (1.0 - low) * np.tanh(over))


def _follow_sound(curves: Array, features: Array, stretches: Iterable[tuple[float, float]]) -> None:
    """Open the jaw by loudness and voice in stretches of speech without phones."""
    energy_db = gaussian(energy_db_of(features[:, ENERGY]), 0.03 * MOTION_RATE_HZ)
    loud_db = np.percentile(energy_db, 95)
    voice = gaussian(features[:, VOICEDNESS].astype(np.float64), 0.03 * MOTION_RATE_HZ)
    level = np.clip((energy_db - loud_db + _SPEECH_RANGE_DB) / _SPEECH_RANGE_DB, 0.0, 1.0)
    jaw = 0.55 * np.square(level) * np.clip(0.35 + voice, 0.0, 1.0)
    for start_s, end_s in stretches:
        first, stop = frames_of(start_s, end_s, len(curves))
        curves[first:stop] = 0.0
        curves[first:stop, _JAW] = jaw[first:stop]
        curves[first:stop, _OPENERS[1:]] = 0.3 * jaw[first:stop, None]


def _activity(
    spoken: Iterable[tuple[float, float]], by_sound: Iterable[tuple[float, float]], frames: int
) -> Float[Array, "frames"]:
    """Return 1 where something is said, 0 in silence, and a short rise and fall between."""
    at_s = np.arange(frames) / MOTION_RATE_HZ
    active = np.zeros(frames)
    for start_s, end_s in _joined([*spoken, *by_sound]):
        first, stop = frames_of(start_s - 0.3, end_s + 0.3, frames)
        near = at_s[first:stop]
        rise = (near - (start_s - _ACTIVE_BEFORE_S - _ACTIVE_RAMP_S)) / _ACTIVE_RAMP_S
        fall = ((end_s + _ACTIVE_AFTER_S + _ACTIVE_RAMP_S) - near) / _ACTIVE_RAMP_S
        active[first:stop] = np.maximum(active[first:stop], smooth(np.minimum(rise, fall)))
    return active


def _joined(stretches: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start_s, end_s in sorted(stretches):
        if joined and start_s - joined[-1][1] < 0.12:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return joined


def smooth(share: Float[Array, "*some"]) -> Float[Array, "*some"]:
    """Return 0 below 0, 1 above 1, and a smooth step between."""
    inside = np.clip(share, 0.0, 1.0)
    return inside * inside * (3.0 - 2.0 * inside)


def slowed(course: Float[Array, "frames"], step: float) -> Float[Array, "frames"]:
    """Return the highest course below this one that changes by no more than a step a frame: what is shut stays shut."""
    slow = np.array(course, dtype=np.float64)
    for apart in range(1, min(len(slow), int(np.ceil(1.0 / step)) + 1)):
        slow[apart:] = np.minimum(slow[apart:], course[:-apart] + apart * step)
        slow[:-apart] = np.minimum(slow[:-apart], course[apart:] + apart * step)
    return slow


def _bite(curves: Array, timed: Sequence[Timed]) -> None:
    """Bring the lower lip to the upper teeth where a phone wants it."""
    columns = [_JAW, COLUMN["mouthRollLower"], *columns_of("mouthLowerDown"), *columns_of("mouthUpperUp")]
    for each in timed:
        if each.viseme.is_bitten:
            first, held = _held(each, len(curves))
            target = shape_of(each.viseme.shape)
            part = curves[first : first + len(held)]
            part[:, columns] += held[:, None] * (target[columns] - part[:, columns])


def _shut(curves: Array, timed: Sequence[Timed]) -> None:
    """Bring lips together where a phone wants it, whatever else they do; `mouthClose` takes them along with the jaw."""
    seal = np.zeros(len(curves))
    for each in timed:
        if each.viseme.is_shut:
            first, held = _held(each, len(curves))
            seal[first : first + len(held)] = np.maximum(seal[first : first + len(held)], held)
    pressed = np.array(curves)
    pressed[:, _PARTING] = 0.0
    lips = [column for column in np.flatnonzero(shape_of(SHUT.shape)) if column != _JAW]
    pressed[:, lips] = np.maximum(pressed[:, lips], shape_of(SHUT.shape)[lips])
    curves += seal[:, None] * (pressed - curves)
    curves[:, COLUMN["mouthClose"]] = seal * curves[:, _JAW]


def _held(each: Timed, frames: int) -> tuple[int, Float[Array, "some"]]:
    """Return the first frame and the weights of a touch: 1 on at least one frame, with ramps before and behind."""
    low_s = each.start_s - 0.01
    high_s = max(each.end_s - 0.015, low_s + _SEAL_LEAST_S)
    first, stop = frames_of(low_s - _SEAL_RAMP_S, high_s + _SEAL_RAMP_S, frames)
    at_s = np.arange(first, stop) / MOTION_RATE_HZ
    return first, smooth(np.minimum(at_s - low_s, high_s - at_s) / _SEAL_RAMP_S + 1.0)
