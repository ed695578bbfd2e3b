"""Planted feet stay planted: a physical finish by leg IK after the network, ours.

Where a foot is on the ground its ball is pinned in place, the correction is blended in and out so that nothing pops,
feet are kept above the ground, and the pelvis sinks by the little that the legs lack. Numpy only. What counts as
planted is `planting`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Bool, Float, interp
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import Pose, hinge_ik
from exges_core.motion.planting import BALL_HEIGHT_M, SOLE_M, FootLockConfig, lowest_sole_m, planted, planted_runs
from exges_core.motion.rotations import (
    quat_inverse,
    quat_multiply,
    quat_normalise,
    quat_rotate,
    slerp,
)
from exges_core.motion.skeleton import LEGS, joint_index

_SIDES = ("left", "right")


def _ease(share: Array) -> Array:
    """Return 1 at 0 falling to 0 at 1 with flat ends (quintic)."""
    t = np.clip(share, 0.0, 1.0)
    return 1.0 - t**3 * (10.0 - 15.0 * t + 6.0 * t**2)


def _blend_frames(correction_m: Array, rate_hz: float, config: FootLockConfig) -> int:
    """Return how many frames a correction takes to fade."""
    # The quintic's steepest slope is 1.875 of its mean slope.
    needed_s = max(config.blend_s, 1.875 * float(np.linalg.norm(correction_m)) / config.blend_m_per_s)
    return max(1, round(needed_s * rate_hz))


def _place(ball_m: Array, sole_m: Array, is_held: Array, run: tuple[int, int], config: FootLockConfig) -> Array:
    """Return where the ball of a planted foot belongs: its median place on the ground, or where held frames have it."""
    start, stop = run
    held = np.flatnonzero(is_held[start:stop])
    if len(held):
        # Held places may differ (an edit between two ends): the foot creeps from one to the other.
        return np.stack([interp(np.arange(stop - start), held, ball_m[start + held, axis]) for axis in range(3)], -1)
    place = np.median(ball_m[start:stop], axis=0)
    place[1] = max(place[1] - np.median(sole_m[start:stop]) + config.ground_m, config.ground_m + 0.5 * BALL_HEIGHT_M)
    return np.broadcast_to(place, (stop - start, 3))


def _correction(
    ball_m: Array,
    sole_m: Array,
    is_held: Array,
    runs: list[tuple[int, int]],
    rate_hz: float,
    config: FootLockConfig,
) -> Array:
    """Return how far the ball must move in each frame."""
    frames = len(ball_m)
    correction = np.zeros_like(ball_m)
    for index, (start, stop) in enumerate(runs):
        place = _place(ball_m, sole_m, is_held, (start, stop), config)
        correction[start:stop] = place - ball_m[start:stop]
        is_first, is_last = index == 0, index + 1 == len(runs)
        before = start - (0 if is_first else runs[index - 1][1])
        after = (frames if is_last else runs[index + 1][0]) - stop
        for edge, gap, step, is_open in ((start, before, -1, is_first), (stop - 1, after, 1, is_last)):
            offset = correction[edge].copy()
            length = _blend_frames(offset, rate_hz, config)
            if not is_open:  # at the far run's own first frame it must have faded; the clip's end asks for nothing
                length = min(length, gap + 1)
            steps = np.arange(1, min(length, gap) + 1)
            fade = _ease(steps / length)
            correction[edge + step * steps] += fade[:, None] * offset
    return correction


def smooth_cover(need: Array, reach: int) -> Array:
    """Return a smooth curve that is nowhere below `need`: running maximum, then a Hann-weighted mean of equal reach."""
    if reach < 1 or not need.any():
        return need
    padded = np.pad(need, 2 * reach, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=-1)
    window = np.hanning(2 * reach + 3)[1:-1]
    return np.convolve(highest, window / window.sum(), mode="valid")


def away_from(is_held: Array, reach: int) -> Array:
    """Return 0 at held frames rising smoothly to 1 at `reach` frames from the nearest."""
    if not is_held.any():
        return np.ones(len(is_held))
    at, held = np.arange(len(is_held)), np.flatnonzero(is_held)
    after = np.minimum(np.searchsorted(held, at), len(held) - 1)
    apart = np.minimum(np.abs(held[after] - at), np.abs(at - held[np.maximum(after - 1, 0)]))
    return 1.0 - _ease(apart / reach)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Leg:
    """One leg's joints and where its ankle and foot shall be."""

    hip: int
    knee: int
    ankle: int
    foot: int
    ankle_target_m: Array
    ankle_world_wxyz: Array


def _steadied(turned_wxyz: Array, ankle_height_m: Array, runs: list[tuple[int, int]], blend: int) -> Array:
    """Return a foot's world rotations, turned to the run's mean where the whole foot is flat on the ground."""
    steady = turned_wxyz.copy()
    for start, stop in runs:
        turns = turned_wxyz[start:stop]
        signs = np.where(np.sum(turns * turns[0], axis=-1, keepdims=True) < 0, -1.0, 1.0)
        mean = quat_normalise((turns * signs).mean(axis=0))
        # A heel that rises while the ball stays is a real movement: only a flat foot is steadied.
        heel_rise_m = float(np.ptp(ankle_height_m[start:stop]))
        inwards = np.minimum(np.arange(1, stop - start + 1), np.arange(stop - start, 0, -1))
        weight = np.interp(heel_rise_m, [0.02, 0.05], [1.0, 0.0]) * (1.0 - _ease(inwards / blend))
        steady[start:stop] = slerp(turns, mean, weight)
    return steady


def _aim(
    pose: Pose, side: str, runs: list[tuple[int, int]], is_held: Array, rate_hz: float, config: FootLockConfig
) -> _Leg:
    """Return where one leg's ankle must be: pinned ball, steadied foot, nothing below the ground; held frames stay."""
    hip, knee, ankle, foot = (joint_index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "foot"))
    positions, world = pose.positions_m, pose.world_quat_wxyz
    blend = max(2, round(config.blend_s * rate_hz))
    free = away_from(is_held, blend)
    steady = slerp(world[:, ankle], _steadied(world[:, ankle], positions[:, ankle, 1], runs, blend), free)
    change = quat_multiply(steady, quat_inverse(world[:, ankle]))
    in_run = np.zeros(len(positions), bool)
    for start, stop in runs:
        in_run[start:stop] = True
    correction = _correction(positions[:, foot], lowest_sole_m(pose, side), is_held, runs, rate_hz, config)
    # A held frame within a plant leads the plant; one in a swing must not be pulled.
    ball = positions[:, foot] + away_from(is_held & ~in_run, blend)[:, None] * correction
    target = ball + quat_rotate(change, positions[:, ankle] - positions[:, foot])
    soles = [
        origin[:, None, 1] + quat_rotate(quat_multiply(change, world[:, joint])[:, None], SOLE_M[part])[..., 1]
        for joint, part, origin in ((ankle, "ankle", target), (foot, "foot", ball))
    ]
    lift = np.maximum(config.ground_m - np.concatenate(soles, axis=-1).min(axis=-1), 0.0)
    # In a plant the lift is one height, or the pinned ball would bob.
    for start, stop in runs:
        lift[start:stop] = lift[start:stop].max()
    target[:, 1] += free * smooth_cover(lift, max(1, blend // 2))
    return _Leg(hip=hip, knee=knee, ankle=ankle, foot=foot, ankle_target_m=target, ankle_world_wxyz=steady)


def _sink_m(pose: Pose, legs: list[_Leg], rate_hz: float, config: FootLockConfig) -> Array:
    """Return how far the pelvis must sink for both legs to reach, smooth in time."""
    need = np.zeros(len(pose.positions_m))
    for leg in legs:
        hip, knee, ankle = (pose.positions_m[:, joint] for joint in (leg.hip, leg.knee, leg.ankle))
        length = np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(ankle - knee, axis=-1)
        longest = np.maximum(config.max_extension * length, np.linalg.norm(ankle - hip, axis=-1))
        away = leg.ankle_target_m - hip
        level = np.minimum(np.hypot(away[:, 0], away[:, 2]), longest)
        need = np.maximum(need, -away[:, 1] - np.sqrt(longest**2 - level**2))
    return smooth_cover(np.where(need > 1e-6, need, 0.0), max(1, round(config.sink_s * rate_hz)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """What is given in advance and may not be moved by the feet.

    Attributes:
        is_leg: whether any joint of the left and the right leg is given.
        is_root: whether the root's position is.
    """

    is_leg: Bool[Array, "frames 2"]
    is_root: Bool[Array, "frames"]


def floor_m(clip: MotionClip, is_counted: Bool[Array, "frames"], config: FootLockConfig | None = None) -> float:
    """Return the median height of the lowest planted sole in some frames of a clip; the ground's where none is."""
    config = config or FootLockConfig()
    pose = clip.pose_of(LEGS)
    is_planted = planted(pose.positions_m, clip.frame_rate_hz, config) & is_counted[:, None]
    soles = np.stack([lowest_sole_m(pose, side) for side in _SIDES], axis=-1)
    return float(np.median(soles[is_planted])) if is_planted.any() else config.ground_m


def stand(
    clip: MotionClip, contacts: Float[Array, "frames 4"] | None = None, config: FootLockConfig | None = None
) -> MotionClip:
    """Return the clip raised or lowered so that the lowest planted sole is on the ground; ours.

    The shift is the running median of the lowest sole's height where a foot is planted, interpolated in between and
    smoothed over `config.stand_s`, so that bounce and steps stay; a clip without plants is left alone.
    """
    config = config or FootLockConfig()
    pose = clip.pose_of(LEGS)
    is_planted = planted(pose.positions_m, clip.frame_rate_hz, config, contacts)
    soles = np.stack([lowest_sole_m(pose, side) for side in _SIDES], axis=-1)
    lowest = np.where(is_planted, soles, np.inf).min(axis=-1) - config.ground_m
    at = np.flatnonzero(np.isfinite(lowest))
    if not len(at):
        return clip
    reach = max(1, round(0.5 * config.stand_s * clip.frame_rate_hz))
    # A foot that takes off or lands counts as planted for some frames; the median passes over them.
    around = np.lib.stride_tricks.sliding_window_view(np.pad(lowest[at], reach, mode="edge"), 2 * reach + 1)
    height = interp(np.arange(clip.frames), at, np.median(around, axis=-1))
    window = np.hanning(2 * reach + 3)[1:-1]
    smooth = np.convolve(np.pad(height, reach, mode="edge"), window / window.sum(), mode="valid")
    root = clip.root_position_m - smooth[:, None] * np.array([0.0, 1.0, 0.0])
    return MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)


def lock_feet(
    clip: MotionClip,
    contacts: Float[Array, "frames 4"] | None = None,
    config: FootLockConfig | None = None,
    held: Held | None = None,
) -> MotionClip:
    """Return the clip with planted feet pinned; only legs and the pelvis' height change.

    Args:
        clip: motion in metres with the ground at `config.ground_m`.
        contacts: probabilities per frame for joints 7, 8, 10, 11 (the network's contact channels); None = speed and
            height alone decide.
        config: limits and softness.
        held: frames in which legs or pelvis are given; plants run through them and corrections fade towards them.

    Returns:
        The clip; within a plant a ball moves only where the leg cannot reach.
    """
    config = config or FootLockConfig()
    held = held or Held(is_leg=np.zeros((clip.frames, 2), bool), is_root=np.zeros(clip.frames, bool))
    rate_hz = clip.frame_rate_hz
    pose = clip.pose_of(LEGS)
    runs = planted_runs(pose.positions_m, rate_hz, config, contacts)
    legs = [_aim(pose, side, runs[foot], held.is_leg[:, foot], rate_hz, config) for foot, side in enumerate(_SIDES)]
    is_root_held = held.is_root | held.is_leg.any(axis=1)
    sink = _sink_m(pose, legs, rate_hz, config) * away_from(is_root_held, round(config.sink_s * rate_hz))
    down = np.zeros((clip.frames, 3))
    down[:, 1] = np.negative(sink)
    local = clip.local_quat_wxyz.copy()
    for leg in legs:
        world = pose.world_quat_wxyz
        hip, knee, ankle = (pose.positions_m[:, joint] + down for joint in (leg.hip, leg.knee, leg.ankle))
        hinge = quat_rotate(world[:, leg.hip], np.array([1.0, 0.0, 0.0]))
        solution = hinge_ik(hip, knee, ankle, leg.ankle_target_m, hinge, max_extension=config.max_extension)
        thigh = quat_multiply(solution.root_turn_wxyz, world[:, leg.hip])
        shin = quat_multiply(solution.mid_turn_wxyz, world[:, leg.knee])
        local[:, leg.hip] = quat_multiply(quat_inverse(world[:, 0]), thigh)
        local[:, leg.knee] = quat_multiply(quat_inverse(thigh), shin)
        local[:, leg.ankle] = quat_multiply(quat_inverse(shin), leg.ankle_world_wxyz)
    return MotionClip(
        local_quat_wxyz=quat_normalise(local), root_position_m=clip.root_position_m + down, frame_rate_hz=rate_hz
    )
