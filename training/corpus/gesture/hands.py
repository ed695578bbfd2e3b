"""From timed movements to what a hand does at every frame: wrist path, hand angles and fingers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from training.corpus.gesture.arms import ARM_M, hand_angles
from training.corpus.gesture.handshapes import CHANNELS, hand_shapes, limited
from training.corpus.gesture.lexemes import HandKey
from training.corpus.gesture.movements import Movement
from training.corpus.gesture.noise import Track, coloured, frame_times, progress, smooth
from training.corpus.gesture.speakers import Speaker

ANGLE_LAG_S = 0.035
FINGER_LAG_S = 0.06
_PULSE = 0.10
"""Arm lengths that a raised hand dips when silence turns into the loudest vowel: to be felt, not to be seen.

A larger one is what a judge of motion and sound goes by, instead of strokes.
"""


@dataclass(frozen=True, kw_only=True)
class HandTracks:
    """A hand over time.

    Attributes:
        position: wrist in the body frame, arm lengths, x outward.
        angles_deg: supination, wrist flexion, wrist deviation, elbow swivel.
        fingers_deg: the 20 angles of `handshapes`.
    """

    position: Float[Array, "frames 3"]
    angles_deg: Float[Array, "frames 4"]
    fingers_deg: Float[Array, "frames 20"]


def hand_tracks(
    initial: HandKey,
    movements: list[Movement],
    loudness: Float[Array, "frames"],
    speaker: Speaker,
    *,
    generator: np.random.Generator,
) -> HandTracks:
    """Add up a hand's submovements, the pulse of the voice and physiological noise; ours."""
    frames = len(loudness)
    wrist, turn, shape = _tracks(initial, movements, speaker, generator)
    position = wrist.sample(frames) + _bows(movements, frames)
    angle = turn.sample(frames)
    finger = shape.sample(frames)
    position, angle = _turns(position, angle, movements, frames)
    position += _life(loudness, 3, (0.022, 0.010), generator) + _pulse(loudness, position, speaker, generator)
    angle += _life(loudness, 4, (5.0, 1.4), generator) * np.array((1.2, 0.9, 0.5, 0.7))
    return HandTracks(
        position=position, angles_deg=angle, fingers_deg=limited(finger + _finger_life(frames, generator))
    )


def _tracks(
    initial: HandKey, movements: list[Movement], speaker: Speaker, generator: np.random.Generator
) -> tuple[Track, Track, Track]:
    """Return place, angles and finger angles from key to key, without bows and turns."""
    keys = [initial, *(movement.key for movement in movements)]
    solved = hand_angles(keys, speaker.elbow_deg)
    scatter = generator.normal(0.0, 1.0, (len(keys), 4)) * np.array((22.0, 7.0, 3.2, 3.0))
    swivel = np.array([key.elbow for key in keys]) + speaker.elbow_deg
    angles = np.concatenate((solved, swivel[:, None]), axis=1) + scatter
    fingers = np.stack([_finger_target(key, speaker, generator) for key in keys])
    places = np.array([key.at for key in keys])
    wrist, turn, shape = Track(initial=places[0]), Track(initial=angles[0]), Track(initial=fingers[0])
    for index, movement in enumerate(movements):
        start_s, end_s = movement.start_s, movement.end_s
        wrist.add(start_s, end_s, places[index + 1] - places[index], movement.skew)
        lag_s = ANGLE_LAG_S + float(generator.normal(0.0, 0.02))
        turn_end_s = max(end_s + lag_s, start_s + 0.3)
        turn.add(start_s + lag_s, turn_end_s, angles[index + 1] - angles[index], movement.skew)
        _shape_movement(shape, movement, fingers[index + 1] - fingers[index], generator)
    return wrist, turn, shape


def _life(
    loudness: Float[Array, "frames"], channels: int, sizes: tuple[float, float], generator: np.random.Generator
) -> Array:
    """Return noise that grows while the speaker talks."""
    frames = len(loudness)
    slow = coloured(frames, channels, corner_hz=0.5, slope=0.8, generator=generator)
    quick = coloured(frames, channels, corner_hz=2.2, slope=0.0, order=3, generator=generator)
    lively = 0.4 + 1.4 * smooth(loudness[:, None], 0.25)
    return sizes[0] * slow + sizes[1] * lively * quick


def _pulse(
    loudness: Float[Array, "frames"],
    position: Float[Array, "frames 3"],
    speaker: Speaker,
    generator: np.random.Generator,
) -> Float[Array, "frames 3"]:
    """Return how a raised hand rides on the voice: down and forward with every swell, up in between (Pouw et al. 2020).

    The share of the voice that reaches the hand comes and goes over seconds; a resting hand takes none.
    """
    frames = len(loudness)
    swell = smooth(loudness[:, None], 0.105) - smooth(loudness[:, None], 0.65)
    share = 1.0 + 0.5 * coloured(frames, 1, corner_hz=0.25, generator=generator)
    raised = np.clip((smooth(position[:, 1:2], 0.2) - 0.05) / 0.25, 0.0, 1.0)
    way = np.array((0.25, -1.0, 0.45)) + generator.normal(0.0, 0.2, 3)
    return _PULSE * speaker.amplitude * np.maximum(share, 0.0) * raised * swell * way


def _finger_target(key: HandKey, speaker: Speaker, generator: np.random.Generator) -> Float[Array, "20"]:
    clarity = float(np.clip(generator.normal(0.86, 0.10), 0.55, 1.08)) * (0.9 + 0.1 * speaker.expressiveness)
    relaxed, meant = hand_shapes()["relaxed"], hand_shapes()[key.shape]
    target = relaxed + min(clarity, 1.08) * (meant - relaxed)
    per_finger = np.repeat(generator.normal(0.0, 4.5, 5), 4)
    return target + per_finger * np.tile((1.0, 0.9, 0.5, 0.15), 5) + generator.normal(0.0, 2.0, CHANNELS)


def _shape_movement(
    shape: Track, movement: Movement, change: Float[Array, "20"], generator: np.random.Generator
) -> None:
    """Shape the hand finger by finger, slightly after the wrist moves; it opens on the way."""
    span_s = max(movement.end_s - movement.start_s, 0.36)
    for finger in range(5):
        part = np.zeros(CHANNELS)
        part[4 * finger : 4 * finger + 4] = change[4 * finger : 4 * finger + 4]
        start_s = movement.start_s + FINGER_LAG_S + float(generator.normal(0.0, 0.03))
        shape.add(start_s, start_s + span_s * float(generator.uniform(0.85, 1.1)), part, movement.skew)
    opening = -float(np.abs(generator.normal(0.0, 4.0))) * np.tile((1.0, 1.0, 0.5, -0.4), 5)
    middle_s = movement.start_s + 0.5 * span_s
    shape.pulse(movement.start_s, middle_s, middle_s + 0.7 * span_s, opening)


def _finger_life(frames: int, generator: np.random.Generator) -> Float[Array, "frames 20"]:
    common = coloured(frames, 1, corner_hz=0.6, slope=0.6, generator=generator)
    fingers = np.repeat(coloured(frames, 5, corner_hz=0.8, slope=0.6, generator=generator), 4, axis=1)
    joints = coloured(frames, CHANNELS, corner_hz=1.2, slope=0.4, generator=generator)
    weights = np.tile((1.0, 1.1, 0.6, 0.25), 5)
    return weights * (3.2 * common + 2.6 * fingers + 1.0 * joints)


def _done(movements: list[Movement], frames: int) -> Float[Array, "frames movements"]:
    skew = np.array([movement.skew for movement in movements])
    return progress(
        frame_times(frames)[:, None],
        np.array([movement.start_s for movement in movements]),
        np.array([movement.end_s for movement in movements]),
        2.0 - skew,
        2.0 + skew,
    )


def _bows(movements: list[Movement], frames: int) -> Float[Array, "frames 3"]:
    if not movements:
        return np.zeros((frames, 3))
    done = _done(movements, frames)
    return (4.0 * done * (1.0 - done)) @ np.array([movement.arc for movement in movements])


def _oscillation(movement: Movement, times: Float[Array, "frames"]) -> tuple[Array, Array]:
    """Return a turn's sine, which swells and dies away, and its cosine, from 0 on."""
    span_s = movement.end_s - movement.start_s
    share = progress(times, np.array(movement.start_s), np.array(movement.end_s), np.array(0.8), np.array(0.8))
    envelope = np.clip(np.minimum(share, 1.0 - share) * max(span_s, 0.3) / 0.15, 0.0, 1.0)
    envelope = envelope * envelope * (3.0 - 2.0 * envelope)
    circle = 2.0 * np.pi * (movement.turns * share + movement.phase)
    quarter = movement.size * (np.cos(circle) - np.cos(2.0 * np.pi * movement.phase))
    return movement.size * np.sin(circle) * envelope, quarter


def _turns(position: Array, angle: Array, movements: list[Movement], frames: int) -> tuple[Array, Array]:
    """Add circles, rolls, waves and twists."""
    times = frame_times(frames)
    for movement in movements:
        if not movement.path or not movement.turns:
            continue
        wave, quarter = _oscillation(movement, times)
        if movement.path == "c":
            position = position + np.stack((-quarter * 0.9, wave, 0.3 * wave), axis=-1)
        elif movement.path == "r":
            position = position + np.stack((0.15 * wave, wave, -quarter * 0.85), axis=-1)
        elif movement.path == "w":
            position = position + np.stack((wave, -0.12 * np.abs(wave), 0.1 * wave), axis=-1)
            angle = angle + np.stack((0 * wave, 0 * wave, 60.0 * wave, 0 * wave), axis=-1)
        elif movement.path == "t":
            angle = angle + np.stack((wave, 0.2 * wave, 0.15 * wave, 0 * wave), axis=-1)
    return position, angle


def keep_apart(
    left: Float[Array, "frames 3"], right: Float[Array, "frames 3"]
) -> tuple[Float[Array, "frames 3"], Float[Array, "frames 3"]]:
    """Push wrists out of the trunk and away from each other (arm lengths, x outward for each hand); ours."""
    left, right = _outside_trunk(_around_shoulder(left)), _outside_trunk(_around_shoulder(right))
    other = right * np.array((-1.0, 1.0, 1.0))
    gap = left - other
    distance = np.linalg.norm(gap, axis=-1, keepdims=True)
    least = 0.15
    missing = np.where(distance < least, 0.5 * (least - distance), 0.0)
    push = missing * (gap + np.array((1e-3, 0.0, 0.0))) / np.maximum(distance, 0.03)
    return left + push, (other - push) * np.array((-1.0, 1.0, 1.0))


def _around_shoulder(wrist: Float[Array, "frames 3"]) -> Float[Array, "frames 3"]:
    """Lead a wrist past its own shoulder in front of it: close by, the arm would have to whip round."""
    near = np.exp(-0.5 * np.sum(((wrist - (0.36, 0.86, 0.0)) / (0.20, 0.28, 0.32)) ** 2, axis=-1))
    return wrist + near[:, None] * np.array((0.06, 0.0, 0.42))


def _outside_trunk(wrist: Float[Array, "frames 3"]) -> Float[Array, "frames 3"]:
    """Move a wrist out of the trunk's ellipse, which tapers above the shoulders and below the hips."""
    half_width, half_depth, centre_z = 0.185 / ARM_M, 0.145 / ARM_M, 0.0
    flat = np.stack((wrist[:, 0] / half_width, (wrist[:, 2] - centre_z) / half_depth), axis=-1)
    radius = np.linalg.norm(flat, axis=-1)
    height = np.clip(np.minimum((wrist[:, 1] + 0.35) / 0.1, (0.92 - wrist[:, 1]) / 0.12), 0.0, 1.0)
    soft = np.where(radius < 1.25, 1.0 + 0.25 * np.exp((radius - 1.25) / 0.25), radius)
    scale = 1.0 + height * (np.maximum(soft, radius) / np.maximum(radius, 0.15) - 1.0)
    return np.stack((wrist[:, 0] * scale, wrist[:, 1], (wrist[:, 2] - centre_z) * scale + centre_z), axis=-1)
