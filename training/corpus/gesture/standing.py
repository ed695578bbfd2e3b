"""How people stand: where the feet are, which leg bears, how soft each knee is, small steps and turns to others.

Knees are authored, height and roll of the pelvis follow from them: the bearing leg is nearly straight, the other is let
go, and the hip on its side sinks. Sides are (left, right) throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import quat_from_rotvec, quat_from_yaw, quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import REST_OFFSETS_M, joint_index
from training.corpus.gesture.noise import Track, coloured, smooth
from training.corpus.gesture.speakers import Speaker
from training.corpus.script import SpokenTake

ANKLE_HEIGHT_M = 0.075
"""Of the ankle above the ground when the sole is flat."""
PITCH, YAW, ROLL = 0, 1, 2
HIP_M = REST_OFFSETS_M[joint_index("left_hip")]
_THIGH_M, _SHIN_M = (float(np.linalg.norm(REST_OFFSETS_M[joint_index(f"left_{name}")])) for name in ("knee", "ankle"))
_STRAIGHTEST_DEG = 2.5
_LARGEST_ROLL_DEG = 9.0
_EASY_STANCE_M = 0.24
"""Wider apart than this, weight cannot go as far over one foot without a bent knee."""
_LISTENERS_DEG = (14.0, 30.0)
"""How far aside other listeners stand."""


@dataclass(frozen=True, kw_only=True)
class Stance:
    """Where the feet are, how the weight moves between them, which way the speaker has turned.

    `feet_m` holds ankle positions, `foot_yaw_deg` where the feet point, `weight` the pelvis between the ankles (-1 over
    the right foot, 1 over the left), `knees_deg` how far each knee is meant to bend, `heading_deg` the turn to the
    left of where the take began.
    """

    feet_m: Float[Array, "frames 2 3"]
    foot_yaw_deg: Float[Array, "frames 2"]
    foot_pitch_deg: Float[Array, "frames 2"]
    weight: Float[Array, "frames"]
    knees_deg: Float[Array, "frames 2"]
    heading_deg: Float[Array, "frames"]


def quat_from_angles(angles_deg: Float[Array, "frames 3"]) -> Float[Array, "frames 4"]:
    """Return yaw after pitch after roll as one rotation."""
    radians = np.deg2rad(angles_deg)
    pitch, yaw, roll = (quat_from_rotvec(radians[..., column : column + 1] * np.eye(3)[column]) for column in range(3))
    return quat_multiply(yaw, quat_multiply(pitch, roll))


def sentence_starts(take: SpokenTake) -> list[float]:
    """Return when sentences begin (seconds)."""
    return [take.words[sentence.first].start_s for sentence in take.sentences if sentence.first < len(take.words)]


class _Standing:
    """Feet, weight and heading while a stance is written."""

    def __init__(self, speaker: Speaker, generator: np.random.Generator) -> None:
        self._speaker, self._generator = speaker, generator
        half = speaker.stance_m / 2
        self._home = np.array(((half, 0.0, -0.02), (-half, 0.0, -0.02)))
        stagger = generator.normal(speaker.favours * 0.02, 0.022)
        self._home[:, 2] += np.array((-0.5, 0.5)) * stagger + generator.normal(0.0, 0.008, 2)
        self._place = self._home + np.array((0.0, ANKLE_HEIGHT_M, 0.0))
        out_deg = generator.uniform(6.0, 16.0, 2) * np.array((1.0, -1.0))
        self._goal_heading = 0.0
        self.now = float(np.clip(generator.normal(0.45 * speaker.favours, 0.25), -0.7, 0.7))
        self.feet = [Track(initial=self._place[side].copy()) for side in range(2)]
        self.yaw = [Track(initial=out_deg[side : side + 1]) for side in range(2)]
        self.pitch = [Track(initial=np.zeros(1)) for _ in range(2)]
        self.weight = Track(initial=np.array((self.now,)))
        self.heading = Track(initial=np.zeros(1))
        self._yaw_now = [0.0, 0.0]

    def shift(self, start_s: float, goal: float) -> float:
        """Shift the weight; returns when it is there."""
        span_s = float(self._generator.uniform(0.8, 1.5)) * (0.8 + 0.35 * abs(goal - self.now))
        self.weight.add(
            start_s, start_s + span_s, np.array((goal - self.now,)), float(self._generator.normal(0.15, 0.3))
        )
        self.now = goal
        return start_s + span_s

    def bear(self, start_s: float, side: int) -> float:
        """Take the weight off a foot; returns when it is free."""
        goal = float(self._generator.uniform(0.78, 0.92)) * (1.0, -1.0)[1 - side]
        return self.shift(start_s, goal)

    def wander(self, start_s: float) -> float:
        """Shift to the other leg, or a little; returns when it is done."""
        favours, draw = self._speaker.favours, self._generator.uniform()
        side = 1.0 if self._generator.uniform() < 0.5 + 0.5 * favours else -1.0
        if abs(favours) < 0.3 and draw < 0.8:
            side = -float(np.sign(self.now + 1e-6))
        goal = side * float(self._generator.uniform(0.45, 0.95)) if draw < 0.8 else self.now * 0.4
        return self.shift(start_s, float(np.clip(goal * self._speaker.sway, -0.9, 0.9)))

    def step(self, side: int, time_s: float) -> float:
        """Set a free foot down near its home; returns when it stands."""
        generator = self._generator
        spread = generator.normal(0.0, 1.0, 3) * np.array((0.018, 0.0, 0.03))
        turn = quat_from_yaw(np.array(np.deg2rad(self._goal_heading)))
        goal = quat_rotate(turn, self._home[side] + spread) + np.array((0.0, ANKLE_HEIGHT_M, 0.0))
        change = goal - self._place[side]
        span_s = float(generator.uniform(0.42, 0.58)) + 0.5 * float(np.linalg.norm(change))
        self.feet[side].add(time_s + 0.05, time_s + span_s - 0.03, change)
        self._place[side] = goal
        lift = np.array((0.0, float(generator.uniform(0.022, 0.04)), 0.0))
        self.feet[side].pulse(time_s, time_s + 0.45 * span_s, time_s + span_s, lift)
        heel = np.array((float(generator.uniform(6.0, 14.0)),))
        self.pitch[side].pulse(time_s, time_s + 0.3 * span_s, time_s + span_s, heel)
        swing = self._goal_heading - self._yaw_now[side]
        self.yaw[side].add(time_s + 0.04, time_s + span_s - 0.03, np.array((swing,)))
        self._yaw_now[side] = self._goal_heading
        return time_s + span_s

    def turn(self, start_s: float) -> float:
        """Turn to another listener or back: pelvis over both steps, the near foot first; returns when it is done."""
        aside = float(self._generator.uniform(*_LISTENERS_DEG)) * float(self._generator.choice((-1.0, 1.0)))
        goal = 0.0 if abs(self._goal_heading) > 1.0 else aside
        change, self._goal_heading = goal - self._goal_heading, goal
        near = 0 if change > 0 else 1
        free_s = self.bear(start_s, near)
        down_s = self.step(near, free_s - 0.15)
        free_s = self.bear(down_s - 0.25, 1 - near)
        end_s = self.step(1 - near, free_s - 0.15)
        self.heading.add(start_s + 0.3, end_s - 0.1, np.array((change,)))
        return end_s


def stance(frames: int, take: SpokenTake, speaker: Speaker, *, generator: np.random.Generator) -> Stance:
    """Shift weight every few seconds, rather at sentence starts; step with a free foot; turn to others; ours."""
    standing, duration_s, boundaries = _Standing(speaker, generator), frames / 30.0, sentence_starts(take)
    time_s = float(generator.uniform(0.3, 2.0))
    while time_s < duration_s:
        near = [start for start in boundaries if abs(start - 0.3 - time_s) < 0.9]
        start_s = max(near[0] - 0.3 if near else time_s, time_s - 0.3)
        draw = generator.uniform() * 60.0 / 3.3
        if near and draw < 3.0 * speaker.turn_rate:
            time_s = standing.turn(start_s)
        elif draw > 60.0 / 3.3 - speaker.step_rate:
            side = 1 if standing.now > 0 else 0
            time_s = standing.step(side, standing.bear(start_s, side) - 0.12)
        else:
            time_s = standing.wander(start_s)
        time_s += (float(generator.gamma(2.0, 0.6)) + 0.1) * speaker.dwell
    weight = standing.weight.sample(frames)[:, 0]
    heading = standing.heading.sample(frames)[:, 0]
    return Stance(
        feet_m=np.stack([track.sample(frames) for track in standing.feet], axis=1),
        foot_yaw_deg=np.concatenate([track.sample(frames) for track in standing.yaw], axis=1),
        foot_pitch_deg=np.concatenate([track.sample(frames) for track in standing.pitch], axis=1),
        weight=weight,
        knees_deg=_knees(weight, speaker, generator),
        heading_deg=heading,
    )


def _knees(weight: Float[Array, "frames"], speaker: Speaker, generator: np.random.Generator) -> Array:
    """Return how far each knee is bent (degrees): the leg that bears least, the more the freer it is.

    Noise is in proportion: a straight knee is locked, a soft one plays.
    """
    frames = len(weight)
    free = 1.0 / (1.0 + np.exp(5.0 * weight[:, None] * np.array((1.0, -1.0))))
    habit = speaker.bearing_deg + (speaker.soft_deg - speaker.bearing_deg) * free
    slow = coloured(frames, 3, corner_hz=0.3, slope=0.6, generator=generator)
    quick = coloured(frames, 3, corner_hz=2.0, slope=0.2, order=2, generator=generator)
    play = 0.15 * slow[:, :2] + 0.30 * slow[:, 2:] + 0.10 * quick[:, :2] + 0.20 * quick[:, 2:]
    return _STRAIGHTEST_DEG + (habit - _STRAIGHTEST_DEG) * np.exp(generator.normal(0.0, 0.08, 2) + play)


def spread_m(standing: Stance) -> Float[Array, "frames 3"]:
    """Return where over the ground the weight is; between feet that are far apart it goes less far."""
    half = 0.5 * (standing.feet_m[:, 0] - standing.feet_m[:, 1]) * np.array((1.0, 0.0, 1.0))
    far = 0.78 * np.minimum(1.0, _EASY_STANCE_M / (2.0 * np.linalg.norm(half, axis=-1)))
    middle = smooth(standing.feet_m.mean(axis=1), 0.35) * np.array((1.0, 0.0, 1.0))
    return middle + (standing.weight * far)[:, None] * smooth(half, 0.2)


def pelvis_on_legs(
    pelvis_m: Float[Array, "frames 3"], pelvis_deg: Float[Array, "frames 3"], standing: Stance
) -> tuple[Float[Array, "frames"], Float[Array, "frames"]]:
    """Return the height (m) and roll (degrees) at which both legs stand with the knees they are meant to have.

    Args:
        pelvis_m: its place over the ground; heights are ignored.
        pelvis_deg: its pitch and yaw; roll is ignored.
        standing: the feet; one that is lifted counts as if it stood.
    """
    bend = np.deg2rad(standing.knees_deg)
    leg = np.sqrt(_THIGH_M**2 + _SHIN_M**2 + 2.0 * _THIGH_M * _SHIN_M * np.cos(bend))
    angles = pelvis_deg.copy()
    angles[:, ROLL] = 0.0
    reached, below = np.zeros((2, len(pelvis_m), 2))
    for _ in range(3):
        quats = quat_from_angles(angles)
        for side, sign in enumerate((1.0, -1.0)):
            hip = quat_rotate(quats, HIP_M * np.array((sign, 1.0, 1.0)))
            away = standing.feet_m[:, side] - pelvis_m - hip
            flat = np.minimum(away[:, 0] ** 2 + away[:, 2] ** 2, 0.2)
            reached[:, side] = ANKLE_HEIGHT_M + np.sqrt(leg[:, side] ** 2 - flat)
            below[:, side] = reached[:, side] - hip[:, 1]
        tilt = np.rad2deg((reached[:, 0] - reached[:, 1]) / (2.0 * HIP_M[0]))
        angles[:, ROLL] = smooth(_LARGEST_ROLL_DEG * np.tanh(tilt / _LARGEST_ROLL_DEG)[:, None], 0.06)[:, 0]
    lowest = below.min(axis=1) - 0.002 * np.log1p(np.exp(-np.abs(below[:, 0] - below[:, 1]) / 0.002))
    return smooth(lowest[:, None], 0.06)[:, 0] + 0.0008, angles[:, ROLL]


def legs(
    pelvis_m: Float[Array, "frames 3"], pelvis_quat: Float[Array, "frames 4"], standing: Stance
) -> dict[str, Float[Array, "frames 4"]]:
    """Solve both legs to feet that stay where they are; returns local rotations by joint name."""
    locals_by_name: dict[str, Array] = {}
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
            max_extension=0.99985,
        )
        foot = quat_from_angles(
            np.stack((standing.foot_pitch_deg[:, index], standing.foot_yaw_deg[:, index], np.zeros_like(yaw)), axis=-1)
        )
        locals_by_name[f"{side}_hip"] = quat_multiply(quat_inverse(pelvis_quat), solved.root_turn_wxyz)
        locals_by_name[f"{side}_knee"] = quat_multiply(quat_inverse(solved.root_turn_wxyz), solved.mid_turn_wxyz)
        locals_by_name[f"{side}_ankle"] = quat_multiply(quat_inverse(solved.mid_turn_wxyz), foot)
    return locals_by_name
