"""Pelvis, spine and breath above the legs of `standing`: sway, lean, and movements that accompany gestures.

Angles are (pitch, yaw, roll) in degrees: forward, to the left, to the right is negative roll about +Z. Knows what
gestures were performed, not how the hands move them; hand reach comes in as numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import quat_from_yaw, quat_rotate
from training.corpus.gesture.noise import Track, coloured, smooth
from training.corpus.gesture.phrasing import Performed
from training.corpus.gesture.speakers import Speaker
from training.corpus.gesture.standing import PITCH, ROLL, YAW, Stance, pelvis_on_legs, sentence_starts, spread_m
from training.corpus.script import SpokenTake

_PELVIS_DEG, _SPINE_DEG = 1.0, 4.0
"""How far pelvis and, against it, chest lean forward in easy standing."""
_PELVIS_AHEAD_M = 0.022
"""Of the ankles: the weight rests on the middle of the foot."""
_TRUNK_DEG = {
    "dip": (4.5, 0, 0),
    "forward": (6.0, 0, 0),
    "back": (-4.5, 0, 0),
    "drop": (6.5, 0, 1.5),
    "bounce": (2.0, 0, 0),
    "settle": (-1.5, 0, 0),
}
"""How far the trunk leans with a lexeme's `trunk`."""
_BREATH_PAUSE_S = 0.3
"""A silence of this length is enough to breathe in."""


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """Pelvis and spine over time: world pelvis, local rotations of spine1-3 in degrees."""

    pelvis_m: Float[Array, "frames 3"]
    pelvis_deg: Float[Array, "frames 3"]
    spine_deg: Float[Array, "frames 3"]
    breath: Float[Array, "frames"]


def breathing(frames: int, take: SpokenTake, *, generator: np.random.Generator) -> Float[Array, "frames"]:
    """Return how full the chest is, about -1 to 1: a quick breath before each phrase, slow breaths in silence; ours."""
    duration_s = frames / 30.0
    phrase_starts: list[float] = []
    last_end_s = -1.0
    for word in take.words:
        if word.start_s - last_end_s >= _BREATH_PAUSE_S:
            phrase_starts.append(word.start_s)
        last_end_s = word.end_s
    track = Track(initial=np.array((float(generator.uniform(-0.6, 0.0)),)))
    time_s, level = 0.0, float(track.initial[0])
    for phrase_s in [*phrase_starts, duration_s + 2.0]:
        while phrase_s - time_s > 4.5:
            level = _breathe(track, time_s, float(generator.uniform(1.1, 1.5)), level, 0.85, generator)
            time_s += float(generator.uniform(3.2, 4.3))
        start_s = max(time_s, phrase_s - float(generator.uniform(0.45, 0.7)))
        level = _breathe(track, start_s, max(phrase_s + 0.08 - start_s, 0.3), level, 0.9, generator)
        time_s = phrase_s + 0.9
    return track.sample(frames)[:, 0]


def _breathe(
    track: Track, start_s: float, inhale_s: float, level: float, full: float, generator: np.random.Generator
) -> float:
    """Write one breath; returns how full the chest is when the next may begin."""
    top = full * float(generator.uniform(0.8, 1.2))
    low = float(generator.uniform(-0.75, -0.4))
    track.add(start_s, start_s + inhale_s, np.array((top - level,)))
    track.add(start_s + inhale_s, start_s + inhale_s + float(generator.uniform(1.9, 2.7)), np.array((low - top,)), 0.4)
    return low


def trunk(
    frames: int,
    standing: Stance,
    reach: Float[Array, "frames 2 3"],
    performed: tuple[Performed, ...],
    take: SpokenTake,
    speaker: Speaker,
    *,
    generator: np.random.Generator,
) -> Trunk:
    """Sway, lean and turn; the spine takes back part of what the pelvis does and follows the hands; ours."""
    sway = coloured(frames, 3, corner_hz=0.38, order=2, slope=0.8, generator=generator) * speaker.sway
    quick = coloured(frames, 3, corner_hz=1.3, order=2, slope=0.5, generator=generator)
    lean, drop = Track(initial=np.zeros(3)), Track(initial=np.zeros(1))
    _companions(lean, drop, performed, speaker, generator)
    _accents(lean, take, speaker, generator)
    _posture_shifts(lean, take, speaker, frames, generator)
    leaning = lean.sample(frames) * speaker.trunk
    turns = coloured(frames, 3, corner_hz=0.50, slope=0.9, generator=generator) * (0.75 + 0.25 * speaker.sway)
    pelvis, pelvis_deg = _pelvis(standing, sway, quick, leaning, turns)
    pelvis[:, 1] += drop.sample(frames)[:, 0]
    breath = breathing(frames, take, generator=generator)
    spine = coloured(frames, 3, corner_hz=0.45, slope=1.0, generator=generator) * speaker.expressiveness
    against_deg = pelvis_deg - standing.heading_deg[:, None] * np.eye(3)[YAW]
    spine_deg = _spine(_SPINE_DEG + speaker.lean_deg, spine, leaning, against_deg, reach)
    spine_deg[:, PITCH] -= 0.9 * breath
    return Trunk(pelvis_m=pelvis, pelvis_deg=pelvis_deg, spine_deg=spine_deg, breath=breath)


def _pelvis(
    standing: Stance,
    sway: Float[Array, "frames 3"],
    quick: Float[Array, "frames 3"],
    leaning: Float[Array, "frames 3"],
    turns: Float[Array, "frames 3"],
) -> tuple[Float[Array, "frames 3"], Float[Array, "frames 3"]]:
    """Return the pelvis's place (m) and angles (degrees) over feet that stand."""
    zero = np.zeros(len(sway))
    ahead = _PELVIS_AHEAD_M + 0.032 * sway[:, 2] + 0.0030 * quick[:, 2] - 0.0016 * leaning[:, PITCH]
    swayed = np.stack((0.018 * sway[:, 0] + 0.0030 * quick[:, 0], zero, ahead), axis=-1)
    pelvis = spread_m(standing) + quat_rotate(quat_from_yaw(np.deg2rad(standing.heading_deg)), swayed)
    pitch = _PELVIS_DEG + 3.0 * turns[:, 0] + 0.25 * leaning[:, PITCH]
    yaw = standing.heading_deg + 6.6 * turns[:, 1] + 0.5 * leaning[:, YAW]
    pelvis_deg = np.stack((pitch, yaw, zero), axis=-1)
    pelvis[:, 1], pelvis_deg[:, ROLL] = pelvis_on_legs(pelvis, pelvis_deg, standing)
    return pelvis, pelvis_deg


def _spine(
    upright_deg: float,
    spine: Float[Array, "frames 3"],
    leaning: Float[Array, "frames 3"],
    pelvis_deg: Float[Array, "frames 3"],
    reach: Float[Array, "frames 2 3"],
) -> Float[Array, "frames 3"]:
    """Return the spine's angles: against the pelvis's (without the heading), after the hands."""
    forward, asymmetry = reach[:, :, 2].mean(axis=1) - 0.25, reach[:, 1, 2] - reach[:, 0, 2]
    side = reach[:, 0, 0] - reach[:, 1, 0]
    back = 0.55 * (pelvis_deg[:, PITCH] - _PELVIS_DEG)
    pitch = upright_deg - back + 2.3 * spine[:, 0] + leaning[:, PITCH] + 5.0 * forward
    yaw = -0.45 * pelvis_deg[:, YAW] + 2.2 * spine[:, 1] + leaning[:, YAW] + 7.0 * asymmetry
    roll = -0.9 * pelvis_deg[:, ROLL] + 2.2 * spine[:, 2] + leaning[:, ROLL] - 3.0 * side
    return np.stack((pitch, yaw, roll), axis=-1)


def _companions(
    lean: Track, drop: Track, performed: tuple[Performed, ...], speaker: Speaker, generator: np.random.Generator
) -> None:
    for gesture in performed:
        mark, kind = gesture.mark, gesture.lexeme.trunk
        if not kind or generator.uniform() < 0.2:
            continue
        size = np.array(_TRUNK_DEG[kind]) * float(generator.uniform(0.5, 1.25)) * speaker.expressiveness
        start_s = mark.stroke_start_s - float(generator.uniform(0.05, 0.25))
        top_s = max(mark.stroke_end_s, start_s + 0.4)
        lean.add(start_s, top_s, size)
        back_s = max(mark.hold_end_s, top_s) + float(generator.uniform(0.0, 0.4))
        lean.add(back_s, back_s + float(generator.uniform(0.7, 1.3)), -size)
        if kind in ("bounce", "dip"):
            dip = np.array((-0.014 if kind == "bounce" else -0.008,)) * speaker.expressiveness
            drop.pulse(start_s, top_s, top_s + 0.45, dip)


def _accents(lean: Track, take: SpokenTake, speaker: Speaker, generator: np.random.Generator) -> None:
    """Stress words with the trunk: usually a short dip, sometimes a toss back."""
    last_s = -1.0
    for word in take.words:
        if not (word.is_focus or word.accent > 0.75) or word.stress_s - last_s < 0.8 or generator.uniform() < 0.35:
            continue
        last_s = word.stress_s
        size = float(generator.gamma(4.0, 1.45)) * speaker.expressiveness * (0.6 + 0.4 * word.loudness)
        way = np.array((1.0 if generator.uniform() < 0.75 else -0.7, 0.0, 0.0))
        way = way + generator.normal(0.0, 0.4, 3) * np.array((0.0, 1.0, 1.0))
        top_s = word.stress_s + float(generator.normal(0.03, 0.05))
        rise_s, fall_s = float(generator.uniform(0.26, 0.42)), float(generator.uniform(0.4, 0.8))
        lean.pulse(top_s - rise_s, top_s, top_s + fall_s, way * size)


def _posture_shifts(
    lean: Track, take: SpokenTake, speaker: Speaker, frames: int, generator: np.random.Generator
) -> None:
    """Settle into a new posture at sentence boundaries."""
    now = np.zeros(3)
    times = [start_s - 0.25 for start_s in sentence_starts(take)] + [
        time_s for time_s in np.arange(3.0, frames / 30.0, 7.0) if generator.uniform() < 0.5
    ]
    for time_s in sorted(times):
        if generator.uniform() < 0.3:
            continue
        goal = generator.normal(0.0, 1.0, 3) * np.array((3.0, 2.4, 2.0)) * (0.7 + 0.3 * speaker.expressiveness)
        lean.add(time_s, time_s + float(generator.uniform(0.7, 1.5)), goal - now)
        now = goal


def loudness(take: SpokenTake, frames: int) -> Float[Array, "frames"]:
    """Return each frame's level beside the take's loud ones: 0 in silence, about 1 on loud vowels."""
    samples = np.asarray(take.samples, dtype=np.float64)
    if not len(samples):
        return np.zeros(frames)
    edges = np.linspace(0, len(samples), frames + 1).astype(np.int64)
    power = np.add.reduceat(samples**2, np.minimum(edges[:-1], len(samples) - 1))
    level = np.sqrt(power / max(len(samples) / frames, 1.0))
    loud = float(np.quantile(level, 0.95)) + 1e-4
    return np.clip(level / loud, 0.0, 1.2) * (loud > 1e-3)


def mouth_deg(take: SpokenTake, frames: int) -> Float[Array, "frames"]:
    """Open the jaw with loudness: 0 in silence, some 8 degrees on loud vowels."""
    return smooth((8.0 * loudness(take, frames) ** 0.7)[:, None], 0.04)[:, 0]
