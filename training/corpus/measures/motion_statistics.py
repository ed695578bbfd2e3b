"""What is measured on a clip: wrist space, speeds, movement units, coordination, angles, posture. Pure functions.

The definitions are those of the measured targets (30 Hz, body frame with the heading of the last second, movement units
cut out of the wrist's speed) and reproduce its figures on a real clip posed on that clip's own body.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, median, percentile
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import angular_speed_rad_per_s
from exges_core.motion.skeleton import DEFAULT_SKELETON, Skeleton, joint_index
from training.corpus.measures.measured_body import MeasuredBody, measured_body
from training.corpus.measures.measured_posture import angle_statistics, head_statistics, posture_statistics
from training.corpus.measures.measured_units import movement_units, rests_and_holds, unit_statistics
from training.corpus.measures.signals import RATE_HZ, correlation, speed
from training.corpus.script import SIDES

SHORTEST_S = 6.0
"""A shorter clip has no statistics."""
_GROUPS: dict[str, tuple[str, ...]] = {
    "root": ("pelvis",),
    "spine": ("spine1", "spine2", "spine3"),
    "neck": ("neck",),
    "head": ("head",),
    "clavicle": ("left_collar", "right_collar"),
    "shoulder": ("left_shoulder", "right_shoulder"),
    "elbow": ("left_elbow", "right_elbow"),
    "wrist": ("left_wrist", "right_wrist"),
    "fingers_MCP": tuple(f"{s}_{f}1" for s in SIDES for f in ("index", "middle", "ring", "pinky")),
    "fingers_PIP": tuple(f"{s}_{f}2" for s in SIDES for f in ("index", "middle", "ring", "pinky")),
    "fingers_DIP": tuple(f"{s}_{f}3" for s in SIDES for f in ("index", "middle", "ring", "pinky")),
    "thumb": tuple(f"{s}_thumb{k}" for s in SIDES for k in (1, 2, 3)),
    "hip": ("left_hip", "right_hip"),
    "knee": ("left_knee", "right_knee"),
    "ankle": ("left_ankle", "right_ankle"),
}


def glitch_rates(clip: MotionClip) -> dict[str, Float[Array, "steps joints"]]:
    """Return angular speeds by joint group (degrees per second)."""
    speeds = np.rad2deg(angular_speed_rad_per_s(clip.local_quat_wxyz, clip.frame_rate_hz))
    return {name: speeds[:, [joint_index(joint) for joint in joints]] for name, joints in _GROUPS.items()}


def head_rates(body: MeasuredBody) -> Float[Array, "steps 1"]:
    """Return how fast the head turns in the world (degrees per second)."""
    head = body.world_quat_wxyz[:, joint_index("head")][:, None]
    return np.rad2deg(angular_speed_rad_per_s(head, RATE_HZ))


def limb_speeds(body: MeasuredBody) -> dict[str, Float[Array, "2 frames"]]:
    """Return world speeds of both wrists and of both elbows (m/s)."""
    return {name: np.stack([speed(body.at(f"{side}_{name}")) for side in SIDES]) for name in ("wrist", "elbow")}


def clip_statistics(clip: MotionClip, skeleton: Skeleton = DEFAULT_SKELETON) -> dict[str, float]:
    """Return the targets' statistics of one clip; sides are averaged. Clips under 6 s give nothing."""
    return body_statistics(measured_body(clip, skeleton))


def body_statistics(body: MeasuredBody) -> dict[str, float]:
    """Return the statistics of a posed clip, as `clip_statistics`."""
    if body.clip.frames < SHORTEST_S * RATE_HZ:
        return {}
    statistics = _wrist_space(body) | _world_speeds(body) | _units(body) | _coordination(body)
    statistics |= posture_statistics(body) | angle_statistics(body) | head_statistics(body)
    for name, rates in {**glitch_rates(body.clip), "head_world": head_rates(body)}.items():
        statistics[f"{name}_p99"] = float(np.quantile(rates, 0.99))
    return statistics


def _wrist_space(body: MeasuredBody) -> dict[str, float]:
    statistics: dict[str, float] = {}
    for axis, name in enumerate(("lateral_out", "vertical", "forward")):
        for percent in (5, 50, 95):
            value = percentile(body.wrists_m[:, :, axis], percent, axis=1).mean()
            statistics[f"wrist_{name}_p{percent}"] = float(value) / body.arm_m
    rest, hold, hold_s = list[float](), list[float](), list[float]()
    frames = body.clip.frames
    for wrist, going in zip(body.smooth_wrists_m, body.wrist_speed_m_per_s, strict=True):
        rests, holds = rests_and_holds(wrist, going)
        resting = sum(stop - start for start, stop in rests)
        lengths = [(stop - start) / RATE_HZ for start, stop in holds]
        rest.append(resting / frames)
        hold.append(sum(lengths) * RATE_HZ / max(frames - resting, 1))
        hold_s.append(float(median(lengths)) if lengths else float("nan"))
    statistics["slow_fraction_lt0p10"] = float(np.mean(body.wrist_speed_m_per_s < 0.10))
    statistics["rest_fraction"] = float(np.mean(rest))
    statistics["hold_lt0.20_fraction_of_gesture_time"] = float(np.mean(hold))
    statistics["hold_lt0.20_duration_p50"] = _mean_of_known(hold_s)
    statistics["time_wrist_above_pelvis_5cm"] = float(np.mean(body.wrists_m[:, :, 1] > 0.05))
    return statistics


def _mean_of_known(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _world_speeds(body: MeasuredBody) -> dict[str, float]:
    statistics: dict[str, float] = {}
    tracks = limb_speeds(body) | {name: speed(body.at(name))[None] for name in ("head", "pelvis")}
    for name, speeds in tracks.items():
        statistics[f"{name}_speed_world_mean"] = float(speeds.mean())
        for percent in (5, 50, 95, 99, 99.9):
            statistics[f"{name}_speed_world_p{percent:g}"] = float(percentile(speeds, percent, axis=1).mean())
    return statistics


def _units(body: MeasuredBody) -> dict[str, float]:
    """Describe each wrist's accelerations and movement units."""
    by_side: list[dict[str, float]] = []
    for raw, smooth, going in zip(body.wrists_m, body.smooth_wrists_m, body.wrist_speed_m_per_s, strict=True):
        acceleration = np.linalg.norm(np.diff(raw, 2, axis=0), axis=-1) * RATE_HZ**2
        third = smooth
        for _ in range(3):
            third = np.gradient(third, 1 / RATE_HZ, axis=0)
        jerk = np.linalg.norm(third, axis=-1)
        statistics = {f"wrist_acc_raw_p{p}": float(percentile(acceleration, p)) for p in (50, 95, 99)}
        statistics |= {f"wrist_jerk_lp6_p{p}": float(percentile(jerk, p)) for p in (50, 95)}
        by_side.append(statistics | unit_statistics(movement_units(smooth, going), len(going) / RATE_HZ))
    names = set(by_side[0]) | set(by_side[1])
    return {name: float(np.mean([side[name] for side in by_side if name in side])) for name in names}


def _coordination(body: MeasuredBody) -> dict[str, float]:
    going = body.wrist_speed_m_per_s
    statistics: dict[str, float] = {}
    for limit in (0.15, 0.30):
        moving = going > limit
        statistics[f"both_moving_given_any ({limit:.2f} m/s)"] = float(
            moving.all(0).sum() / max(moving.any(0).sum(), 1)
        )
    left, right = np.gradient(body.smooth_wrists_m, 1 / RATE_HZ, axis=1)
    statistics["mirror_velocity_corr"] = correlation(left, right)
    windows = [correlation(left[k : k + 60], right[k : k + 60]) for k in range(0, len(left) - 60, 30)]
    statistics["mirror_velocity_corr_2s_sd"] = float(np.std(windows))
    statistics["speed_corr_LR"] = float(np.corrcoef(going)[0, 1])
    return statistics
