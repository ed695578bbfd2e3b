"""Pelvis, legs, spine, neck and head: standing, shifting weight, stepping, breathing, leaning, nodding, looking.

Angles are (pitch, yaw, roll) in degrees: forward, to the left, to the right is negative roll about +Z. Knows what
gestures were performed, not how the hands move them; hand reach comes in as numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Float
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import quat_from_rotvec, quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import REST_OFFSETS_M, joint_index
from training.corpus.noise import Track, coloured, smooth
from training.corpus.phrasing import Performed
from training.corpus.script import SpokenTake
from training.corpus.speakers import Speaker

ANKLE_HEIGHT_M = 0.075
"""Of the ankle above the ground when the sole is flat."""
LEG_M = 0.80
_HIP_M = REST_OFFSETS_M[joint_index("left_hip")]
STANDING_HIP_M = 0.8715
"""Hip height in easy standing: knees not quite straight."""
PITCH, YAW, ROLL = 0, 1, 2
_BREATH_PAUSE_S = 0.3
"""A silence of this length is enough to breathe in."""


@dataclass(frozen=True, kw_only=True)
class Stance:
    """Where the feet are and how the weight moves between them.

    `feet_m` holds ankle positions (left, right), `foot_yaw_deg` their turn out, `weight` the pelvis between the ankles
    (-1 over the right foot, 1 over the left).
    """

    feet_m: Float[np.ndarray, "frames 2 3"]
    foot_yaw_deg: Float[np.ndarray, "frames 2"]
    foot_pitch_deg: Float[np.ndarray, "frames 2"]
    weight: Float[np.ndarray, "frames"]


def quat_from_angles(angles_deg: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 4"]:
    """Return yaw after pitch after roll as one rotation."""
    radians = np.deg2rad(angles_deg)
    pitch, yaw, roll = (quat_from_rotvec(radians[..., column : column + 1] * np.eye(3)[column]) for column in range(3))
    return quat_multiply(yaw, quat_multiply(pitch, roll))


def sentence_starts(take: SpokenTake) -> list[float]:
    """Return when sentences begin (seconds)."""
    return [take.words[sentence.first].start_s for sentence in take.sentences if sentence.first < len(take.words)]


def stance(frames: int, take: SpokenTake, speaker: Speaker, *, generator: np.random.Generator) -> Stance:
    """Shift weight every few seconds, rather at sentence starts, and step when one foot is free; ours."""
    half = speaker.stance_m / 2
    out_deg = generator.uniform(6.0, 16.0, 2)
    home = np.array(((half, ANKLE_HEIGHT_M, -0.02), (-half, ANKLE_HEIGHT_M, -0.02)))
    home[:, 2] += generator.normal(0.0, 0.025, 2)
    feet = [Track(initial=home[side].copy()) for side in range(2)]
    yaw = [Track(initial=np.array((out_deg[side] * (1, -1)[side],))) for side in range(2)]
    pitch = [Track(initial=np.zeros(1)) for _ in range(2)]
    weight = Track(initial=np.array((float(generator.uniform(-0.4, 0.4)),)))
    now, place, duration_s = float(weight.initial[0]), home.copy(), frames / 30.0
    boundaries = sentence_starts(take)
    time_s = float(generator.uniform(0.3, 2.0))
    while time_s < duration_s:
        near = [start for start in boundaries if abs(start - 0.3 - time_s) < 0.9]
        start_s = near[0] - 0.3 if near else time_s
        start_s = max(start_s, time_s - 0.3)
        does_step = generator.uniform() < speaker.step_rate * 3.3 / 60.0
        goal = -np.sign(now + 1e-6) * float(generator.uniform(0.15, 0.85)) if generator.uniform() < 0.8 else now * 0.3
        goal = float(np.sign(goal) * generator.uniform(0.78, 0.92)) if does_step else float(goal * speaker.sway)
        span_s = float(generator.uniform(0.8, 1.5)) * (0.8 + 0.35 * abs(goal - now))
        weight.add(start_s, start_s + span_s, np.array((goal - now,)), float(generator.normal(0.15, 0.3)))
        now, time_s = goal, start_s + span_s
        if does_step:
            side = 1 if goal > 0 else 0
            time_s = _step(feet[side], yaw[side], pitch[side], place[side], home[side], time_s - 0.12, generator)
        time_s += float(generator.gamma(2.0, 0.6)) + 0.1
    return Stance(
        feet_m=np.stack([track.sample(frames) for track in feet], axis=1),
        foot_yaw_deg=np.concatenate([track.sample(frames) for track in yaw], axis=1),
        foot_pitch_deg=np.concatenate([track.sample(frames) for track in pitch], axis=1),
        weight=weight.sample(frames)[:, 0],
    )


def _step(
    foot: Track,
    yaw: Track,
    pitch: Track,
    place: np.ndarray,
    home: np.ndarray,
    time_s: float,
    generator: np.random.Generator,
) -> float:
    """Write one step of a free foot near its home; returns when it is over."""
    goal = home + generator.normal(0.0, 1.0, 3) * np.array((0.022, 0.0, 0.05))
    span_s = float(generator.uniform(0.42, 0.58))
    foot.add(time_s + 0.05, time_s + span_s - 0.03, goal - place)
    place[:] = goal
    lift = np.array((0.0, float(generator.uniform(0.025, 0.045)), 0.0))
    foot.pulse(time_s, time_s + 0.45 * span_s, time_s + span_s, lift)
    pitch.pulse(time_s, time_s + 0.3 * span_s, time_s + span_s, np.array((float(generator.uniform(6.0, 14.0)),)))
    turn = float(generator.normal(0.0, 3.0))
    yaw.pulse(time_s, time_s + 0.5 * span_s, time_s + span_s, np.array((turn,)))
    return time_s + span_s


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """Pelvis and spine over time: world pelvis, local rotations of spine1-3 in degrees."""

    pelvis_m: Float[np.ndarray, "frames 3"]
    pelvis_deg: Float[np.ndarray, "frames 3"]
    spine_deg: Float[np.ndarray, "frames 3"]
    breath: Float[np.ndarray, "frames"]


def breathing(frames: int, take: SpokenTake, *, generator: np.random.Generator) -> Float[np.ndarray, "frames"]:
    """Return how full the chest is, about -1 to 1: a quick breath before each phrase, slow breaths in silence; ours."""
    duration_s = frames / 30.0
    phrase_starts, last_end_s = [], -1.0
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
    reach: Float[np.ndarray, "frames 2 3"],
    performed: tuple[Performed, ...],
    take: SpokenTake,
    speaker: Speaker,
    *,
    generator: np.random.Generator,
) -> Trunk:
    """Sway, lean and turn; the spine takes back part of what the pelvis does and follows the hands; ours."""
    sway = coloured(frames, 3, corner_hz=0.38, order=2, slope=0.8, generator=generator) * speaker.sway
    quick = coloured(frames, 3, corner_hz=1.3, order=2, slope=0.5, generator=generator)
    lean = Track(initial=np.zeros(3))
    drop = Track(initial=np.zeros(1))
    _companions(lean, drop, performed, speaker, generator)
    _accents(lean, take, speaker, generator)
    _posture_shifts(lean, take, speaker, frames, generator)
    leaning = lean.sample(frames)
    turns = coloured(frames, 3, corner_hz=0.50, slope=0.9, generator=generator) * (0.75 + 0.25 * speaker.sway)

    half = 0.5 * (standing.feet_m[:, 0] - standing.feet_m[:, 1])
    middle = smooth(standing.feet_m.mean(axis=1), 0.35)
    pelvis = np.zeros((frames, 3))
    pelvis[:, 0] = (
        middle[:, 0] + standing.weight * np.abs(half[:, 0]) * 0.78 + 0.015 * sway[:, 0] + 0.0030 * quick[:, 0]
    )
    pelvis[:, 2] = middle[:, 2] + 0.012 + 0.028 * sway[:, 2] + 0.0030 * quick[:, 2] - 0.0016 * leaning[:, PITCH]
    pelvis_deg = np.stack(
        (
            -4.0 + 3.0 * turns[:, 0] + 0.25 * leaning[:, PITCH],
            6.6 * turns[:, 1] + 0.5 * leaning[:, YAW],
            1.8 * turns[:, 2] + 2.4 * standing.weight,
        ),
        axis=-1,
    )
    pelvis[:, 1] = (
        _height(pelvis, pelvis_deg, standing) + 0.004 * sway[:, 1] + 0.0027 * quick[:, 1] + drop.sample(frames)[:, 0]
    )
    breath = breathing(frames, take, generator=generator)
    spine = coloured(frames, 3, corner_hz=0.45, slope=1.0, generator=generator) * speaker.expressiveness
    forward, asymmetry = reach[:, :, 2].mean(axis=1) - 0.25, reach[:, 1, 2] - reach[:, 0, 2]
    side = reach[:, 0, 0] - reach[:, 1, 0]
    spine_deg = np.stack(
        (
            8.0
            - 0.55 * (pelvis_deg[:, 0] + 4.0)
            + 2.3 * spine[:, 0]
            + leaning[:, PITCH]
            + 5.0 * forward
            - 0.9 * breath,
            -0.45 * pelvis_deg[:, 1] + 2.2 * spine[:, 1] + leaning[:, YAW] + 7.0 * asymmetry,
            -0.9 * pelvis_deg[:, 2] + 2.2 * spine[:, 2] + leaning[:, ROLL] - 3.0 * side,
        ),
        axis=-1,
    )
    return Trunk(pelvis_m=pelvis, pelvis_deg=pelvis_deg, spine_deg=spine_deg, breath=breath)


def _height(pelvis: np.ndarray, pelvis_deg: np.ndarray, standing: Stance) -> Float[np.ndarray, "frames"]:
    """Return the pelvis height at which both legs reach the ground with soft knees."""
    quats = quat_from_angles(pelvis_deg)
    heights = []
    for side in range(2):
        hip = quat_rotate(quats, _HIP_M * np.array(((1.0, -1.0)[side], 1.0, 1.0)))
        away = standing.feet_m[:, side] - pelvis - hip
        flat = np.minimum(away[:, 0] ** 2 + away[:, 2] ** 2, 0.2)
        heights.append(ANKLE_HEIGHT_M + np.sqrt((0.985 * LEG_M) ** 2 - flat) - hip[:, 1])
    lowest = -0.006 * np.logaddexp(-heights[0] / 0.006, -heights[1] / 0.006)
    return smooth(np.minimum(lowest, STANDING_HIP_M - _HIP_M[1])[:, None], 0.12)[:, 0] - 0.002


def _companions(
    lean: Track, drop: Track, performed: tuple[Performed, ...], speaker: Speaker, generator: np.random.Generator
) -> None:
    sizes = {
        "dip": (4.5, 0, 0),
        "forward": (6.0, 0, 0),
        "back": (-4.5, 0, 0),
        "drop": (6.5, 0, 1.5),
        "bounce": (2.0, 0, 0),
        "settle": (-1.5, 0, 0),
    }
    for gesture in performed:
        mark, kind = gesture.mark, gesture.lexeme.trunk
        if not kind or generator.uniform() < 0.2:
            continue
        size = np.array(sizes[kind]) * float(generator.uniform(0.5, 1.25)) * speaker.expressiveness
        start_s = mark.stroke_start_s - float(generator.uniform(0.05, 0.25))
        top_s = max(mark.stroke_end_s, start_s + 0.4)
        lean.add(start_s, top_s, size)
        back_s = max(mark.hold_end_s, top_s) + float(generator.uniform(0.0, 0.4))
        lean.add(back_s, back_s + float(generator.uniform(0.7, 1.3)), -size)
        if kind in ("bounce", "dip"):
            dip = np.array((-0.010 if kind == "bounce" else -0.004,)) * speaker.expressiveness
            drop.pulse(start_s, top_s, top_s + 0.45, dip)


def _accents(lean: Track, take: SpokenTake, speaker: Speaker, generator: np.random.Generator) -> None:
    """Put the trunk behind stressed words: a short dip, or now and then a toss back."""
    last_s = -1.0
    for word in take.words:
        if not (word.is_focus or word.accent > 0.75) or word.stress_s - last_s < 0.8 or generator.uniform() < 0.35:
            continue
        last_s = word.stress_s
        size = float(generator.gamma(4.0, 1.0)) * speaker.expressiveness * (0.6 + 0.4 * word.loudness)
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


def legs(
    pelvis_m: Float[np.ndarray, "frames 3"], pelvis_quat: Float[np.ndarray, "frames 4"], standing: Stance
) -> dict[str, Float[np.ndarray, "frames 4"]]:
    """Solve both legs to feet that stay where they are; returns local rotations by joint name."""
    locals_by_name: dict[str, np.ndarray] = {}
    for index, side in enumerate(("left", "right")):
        offsets = [REST_OFFSETS_M[joint_index(f"{side}_{name}")] for name in ("hip", "knee", "ankle")]
        hip = pelvis_m + quat_rotate(pelvis_quat, offsets[0])
        yaw = np.deg2rad(standing.foot_yaw_deg[:, index])
        outward = np.stack((np.sin(yaw), np.zeros_like(yaw), np.cos(yaw)), axis=-1)
        across = np.stack((np.cos(yaw), np.zeros_like(yaw), -np.sin(yaw)), axis=-1)
        knee = hip + np.broadcast_to(offsets[1], hip.shape)
        solved = two_bone_ik(
            hip,
            knee,
            knee + offsets[2],
            standing.feet_m[:, index],
            outward,
            hinge=np.broadcast_to(np.array((1.0, 0.0, 0.0)), across.shape),
            max_extension=0.9985,
        )
        foot = quat_from_angles(
            np.stack((standing.foot_pitch_deg[:, index], standing.foot_yaw_deg[:, index], np.zeros_like(yaw)), axis=-1)
        )
        locals_by_name[f"{side}_hip"] = quat_multiply(quat_inverse(pelvis_quat), solved.root_turn_wxyz)
        locals_by_name[f"{side}_knee"] = quat_multiply(quat_inverse(solved.root_turn_wxyz), solved.mid_turn_wxyz)
        locals_by_name[f"{side}_ankle"] = quat_multiply(quat_inverse(solved.mid_turn_wxyz), foot)
    return locals_by_name


def loudness(take: SpokenTake, frames: int) -> Float[np.ndarray, "frames"]:
    """Return each frame's level beside the take's loud ones: 0 in silence, about 1 on loud vowels."""
    samples = np.asarray(take.samples, dtype=np.float64)
    if not len(samples):
        return np.zeros(frames)
    edges = np.linspace(0, len(samples), frames + 1).astype(np.int64)
    power = np.add.reduceat(samples**2, np.minimum(edges[:-1], len(samples) - 1))
    level = np.sqrt(power / max(len(samples) / frames, 1.0))
    loud = float(np.quantile(level, 0.95)) + 1e-4
    return np.clip(level / loud, 0.0, 1.2) * (loud > 1e-3)


def mouth_deg(take: SpokenTake, frames: int) -> Float[np.ndarray, "frames"]:
    """Open the jaw with loudness: 0 in silence, some 8 degrees on loud vowels."""
    return smooth((8.0 * loudness(take, frames) ** 0.7)[:, None], 0.04)[:, 0]
