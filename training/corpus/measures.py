"""What is measured on a clip: wrist space, movement units, coordination, angles, posture, head. Pure functions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.signal import butter, filtfilt, find_peaks, peak_prominences, welch

from exges_core.arrays import Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import angular_speed_rad_per_s
from exges_core.motion.rotations import (
    matrix_from_quat,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    yaw_of,
)
from exges_core.motion.skeleton import joint_index

RATE_HZ = 30.0
ARM_M = 0.527
_SIDES = ("left", "right")
_GROUPS: dict[str, tuple[str, ...]] = {
    "root": ("pelvis",),
    "spine": ("spine1", "spine2", "spine3"),
    "neck": ("neck",),
    "head": ("head",),
    "clavicle": ("left_collar", "right_collar"),
    "shoulder": ("left_shoulder", "right_shoulder"),
    "elbow": ("left_elbow", "right_elbow"),
    "wrist": ("left_wrist", "right_wrist"),
    "fingers_MCP": tuple(f"{s}_{f}1" for s in _SIDES for f in ("index", "middle", "ring", "pinky")),
    "fingers_PIP": tuple(f"{s}_{f}2" for s in _SIDES for f in ("index", "middle", "ring", "pinky")),
    "fingers_DIP": tuple(f"{s}_{f}3" for s in _SIDES for f in ("index", "middle", "ring", "pinky")),
    "thumb": tuple(f"{s}_thumb{k}" for s in _SIDES for k in (1, 2, 3)),
    "hip": ("left_hip", "right_hip"),
    "knee": ("left_knee", "right_knee"),
    "ankle": ("left_ankle", "right_ankle"),
}


def glitch_rates(clip: MotionClip) -> dict[str, Float[np.ndarray, "steps joints"]]:
    """Return angular speeds by joint group (degrees per second)."""
    speeds = np.rad2deg(angular_speed_rad_per_s(clip.local_quat_wxyz, clip.frame_rate_hz))
    return {name: speeds[:, [joint_index(joint) for joint in joints]] for name, joints in _GROUPS.items()}


def clip_statistics(clip: MotionClip) -> dict[str, float]:
    """Return the targets' statistics of one clip; sides are averaged. Clips under 6 s give nothing."""
    if clip.frames < 180:
        return {}
    pose = clip.pose()
    positions = pose.positions_m
    yaw = np.unwrap(yaw_of(pose.world_quat_wxyz[:, 0]))
    heading = quat_from_yaw(_moving_mean(yaw, 30))
    found: dict[str, float] = {}
    wrists = _wrists(positions, heading)
    found |= _wrist_space(wrists)
    found |= _world_speeds(positions)
    found |= _units(wrists)
    found |= _coordination(wrists)
    found |= _posture(positions, yaw, heading)
    found |= _angles(clip, pose.world_quat_wxyz)
    found |= _head(pose.world_quat_wxyz)
    for name, rates in glitch_rates(clip).items():
        found[f"{name}_p99"] = float(np.quantile(rates, 0.99))
    return found


def _moving_mean(values: np.ndarray, window: int) -> np.ndarray:
    kernel = np.ones(window) / window
    return np.convolve(np.pad(values, (window // 2, window - window // 2 - 1), mode="edge"), kernel, mode="valid")


def _butterworth(cut: float | tuple[float, float], kind: str) -> tuple[np.ndarray, np.ndarray]:
    found: tuple[np.ndarray, ...] = butter(2, cut, btype=kind)  # pyright: ignore[reportAssignmentType, reportArgumentType]
    return found[0], found[1]


def _low_pass(values: np.ndarray, cut_hz: float = 6.0) -> np.ndarray:
    b, a = _butterworth(cut_hz / (RATE_HZ / 2), "low")
    return filtfilt(b, a, values, axis=0)


def _wrists(positions: np.ndarray, heading: np.ndarray) -> Float[np.ndarray, "2 frames 3"]:
    """Return wrist positions in the body frame, metres, lateral outward."""
    found = []
    for side, sign in zip(_SIDES, (1.0, -1.0), strict=True):
        offset = positions[:, joint_index(f"{side}_wrist")] - positions[:, 0]
        found.append(quat_rotate(quat_inverse(heading), offset) * np.array((sign, 1.0, 1.0)))
    return np.stack(found)


def _speed(values: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.gradient(values, 1 / RATE_HZ, axis=0), axis=-1)


def _wrist_space(wrists: np.ndarray) -> dict[str, float]:
    found: dict[str, float] = {}
    for axis, name in enumerate(("lateral_out", "vertical", "forward")):
        for percent in (5, 50, 95):
            found[f"wrist_{name}_p{percent}"] = float(np.percentile(wrists[:, :, axis], percent, axis=1).mean()) / ARM_M
    slow, rest, hold, hold_lengths = [], [], [], []
    for wrist in wrists:
        speed = _speed(_low_pass(wrist))
        slow.append(np.mean(speed < 0.10))
        still = wrist[(speed < 0.10) & (wrist[:, 1] < 0.15)]
        home = np.median(still, axis=0) if len(still) else np.array((0.25, -0.09, 0.05))
        near = np.linalg.norm(wrist - home, axis=-1) < 0.15
        rest.append(np.mean(near & (speed < 0.25)))
        runs = _runs((speed < 0.20) & ~near, 6)
        hold.append(sum(runs) / max(np.sum(~near), 1))
        hold_lengths += [run / RATE_HZ for run in runs]
    found["slow_fraction_lt0p10"], found["rest_fraction"] = float(np.mean(slow)), float(np.mean(rest))
    found["hold_lt0.20_fraction_of_gesture_time"] = float(np.mean(hold))
    found["hold_lt0.20_duration_p50"] = float(np.median(hold_lengths)) if hold_lengths else float("nan")
    found["time_wrist_above_pelvis_5cm"] = float(np.mean(wrists[:, :, 1] > 0.05))
    return found


def _runs(is_in: np.ndarray, least: int) -> list[int]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_in.astype(np.int8), [0]))))
    return [int(b - a) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def _world_speeds(positions: np.ndarray) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, joints in (
        ("wrist", ("left_wrist", "right_wrist")),
        ("elbow", ("left_elbow", "right_elbow")),
        ("head", ("head",)),
        ("pelvis", ("pelvis",)),
    ):
        speeds = np.stack([_speed(positions[:, joint_index(joint)]) for joint in joints])
        found[f"{name}_speed_world_mean"] = float(speeds.mean())
        for percent in (5, 50, 95, 99, 99.9):
            found[f"{name}_speed_world_p{percent:g}"] = float(np.percentile(speeds, percent, axis=1).mean())
    return found


def _units(wrists: np.ndarray) -> dict[str, float]:
    """Cut movement units out of each wrist's speed and describe them."""
    by_side = []
    for wrist in wrists:
        smooth = _low_pass(wrist)
        speed = _speed(smooth)
        acceleration = np.linalg.norm(np.diff(wrist, 2, axis=0), axis=-1) * RATE_HZ**2
        jerk = np.linalg.norm(np.diff(smooth, 3, axis=0), axis=-1) * RATE_HZ**3
        found = {f"wrist_acc_raw_p{p}": float(np.percentile(acceleration, p)) for p in (50, 95, 99)}
        found |= {f"wrist_jerk_lp6_p{p}": float(np.percentile(jerk, p)) for p in (50, 95)}
        rows = [row for row in _unit_rows(smooth, speed) if row is not None]
        if len(rows) >= 8:
            found |= _describe(np.array(rows), len(speed) / RATE_HZ)
        by_side.append(found)
    names = set(by_side[0]) & set(by_side[1])
    return {name: float(np.mean([side[name] for side in by_side])) for name in names}


def _unit_rows(wrist: np.ndarray, speed: np.ndarray) -> list[tuple[float, ...] | None]:
    peaks, _ = find_peaks(speed, height=0.15)
    peaks = peaks[peak_prominences(speed, peaks)[0] >= 0.10] if len(peaks) else peaks
    edges = [0, *(int(a + np.argmin(speed[a:b])) for a, b in pairwise(peaks)), len(speed) - 1]
    return [_unit(wrist, speed, int(peak), edges[k], edges[k + 1]) for k, peak in enumerate(peaks)]


def _unit(wrist: np.ndarray, speed: np.ndarray, peak: int, low: int, high: int) -> tuple[float, ...] | None:
    floor = 0.1 * speed[peak]
    start = peak - int(np.argmax(speed[low : peak + 1][::-1] < floor)) if (speed[low : peak + 1] < floor).any() else low
    stop = peak + int(np.argmax(speed[peak : high + 1] < floor)) if (speed[peak : high + 1] < floor).any() else high
    if stop - start < 4:
        return None
    here, duration = speed[start : stop + 1], (stop - start) / RATE_HZ
    chord = float(np.linalg.norm(wrist[stop] - wrist[start]))
    path = float(np.sum(np.linalg.norm(np.diff(wrist[start : stop + 1], axis=0), axis=-1)))
    second = np.gradient(np.gradient(here, 1 / RATE_HZ), 1 / RATE_HZ)
    ldlj = -np.log(max(duration**3 / speed[peak] ** 2 * float(np.sum(second**2)) / RATE_HZ, 1e-9))
    return (
        peak / RATE_HZ,
        duration,
        float(speed[peak]),
        chord,
        chord / max(path, 1e-6),
        (peak - start) / (stop - start),
        float(speed[peak] / here.mean()),
        float(ldlj),
        _sparc(here),
    )


def _sparc(speed: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(speed, 1024))
    rate = np.fft.rfftfreq(1024, 1 / RATE_HZ)
    keep = rate <= 10.0
    rate, spectrum = rate[keep], spectrum[keep] / spectrum[0]
    last = np.flatnonzero(spectrum >= 0.05)[-1]
    rate, spectrum = rate[: last + 1], spectrum[: last + 1]
    return float(-np.sum(np.hypot(np.diff(rate) / max(rate[-1] - rate[0], 1e-6), np.diff(spectrum))))


def _describe(rows: np.ndarray, duration_s: float) -> dict[str, float]:
    time, duration, peak, chord, straight, to_peak, over_mean, ldlj, sparc = rows.T
    is_stroke = (peak >= 0.30) & (chord >= 0.05)
    found = {
        "unit_peak_speed_p50": np.median(peak[is_stroke]),
        "unit_peak_speed_p95": np.percentile(peak[is_stroke], 95),
        "unit_amplitude_p50": np.median(chord[is_stroke]),
        "unit_amplitude_p95": np.percentile(chord[is_stroke], 95),
        "unit_straightness_p50": np.median(straight[is_stroke]),
        "unit_time_to_peak_mean": to_peak[is_stroke].mean(),
        "unit_time_to_peak_sd": to_peak[is_stroke].std(),
        "unit_peak_over_mean_p50": np.median(over_mean[is_stroke]),
        "unit_peak_over_mean_sd": over_mean[is_stroke].std(),
        "unit_LDLJ_p50": np.median(ldlj[is_stroke]),
        "unit_SPARC_p50": np.median(sparc[is_stroke]),
        "unit_duration_sd": duration[is_stroke].std(),
        "strokes_per_min_per_hand": 60 * is_stroke.sum() / duration_s,
    }
    found |= {f"unit_duration_p{p}": np.percentile(duration[is_stroke], p) for p in (5, 50, 95)}
    gaps = np.diff(time[is_stroke])
    found |= {"inter_stroke_interval_p50": np.median(gaps), "inter_stroke_interval_sd": gaps.std()}
    logs = np.log(np.maximum(rows[is_stroke][:, 1:4], 1e-3))
    found["slope_log_peakspeed_vs_log_amp"] = np.polyfit(logs[:, 2], logs[:, 1], 1)[0]
    found["slope_log_dur_vs_log_amp"] = np.polyfit(logs[:, 2], logs[:, 0], 1)[0]
    return {name: float(value) for name, value in found.items()}


def _coordination(wrists: np.ndarray) -> dict[str, float]:
    velocity = np.gradient(np.stack([_low_pass(wrist) for wrist in wrists]), 1 / RATE_HZ, axis=1)
    speed = np.linalg.norm(velocity, axis=-1)
    found: dict[str, float] = {}
    for limit in (0.15, 0.30):
        moving = speed > limit
        found[f"both_moving_given_any ({limit:.2f} m/s)"] = float(moving.all(0).sum() / max(moving.any(0).sum(), 1))
    left, right = velocity
    found["mirror_velocity_corr"] = _correlation(left.ravel(), right.ravel())
    windows = [_correlation(left[k : k + 60].ravel(), right[k : k + 60].ravel()) for k in range(0, len(left) - 60, 30)]
    found["mirror_velocity_corr_2s_sd"] = float(np.std(windows))
    found["speed_corr_LR"] = float(np.corrcoef(speed)[0, 1])
    return found


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.sum(first * second) / max(np.sqrt(np.sum(first**2) * np.sum(second**2)), 1e-9))


def _band_rms(values: np.ndarray, low: float, high: float) -> float:
    b, a = _butterworth((low / 15.0, high / 15.0), "band")
    return float(np.std(filtfilt(b, a, values)) * 1000)


def _slope(values: np.ndarray, low: float, high: float) -> float:
    rate, power = welch(values - values.mean(), RATE_HZ, nperseg=min(512, len(values)))
    keep = (rate >= low) & (rate <= high)
    return float(np.polyfit(np.log(rate[keep]), np.log(power[keep] + 1e-12), 1)[0])


def _window_sd(values: np.ndarray, seconds: float = 5.0) -> float:
    span = int(seconds * RATE_HZ)
    return float(np.median([float(np.std(values[k : k + span])) for k in range(0, len(values) - span, 30)]))


def _posture(positions: np.ndarray, yaw: np.ndarray, heading: np.ndarray) -> dict[str, float]:
    mean_turn = quat_from_yaw(np.full(len(yaw), yaw.mean()))
    pelvis = quat_rotate(quat_inverse(mean_turn), positions[:, 0])
    found = {
        f"pelvis_sd_5s_{name}": 1000 * _window_sd(pelvis[:, axis])
        for axis, name in enumerate(("lateral", "vertical", "forward"))
    }
    found["pelvis_rms_0.5-1.5Hz_lateral"] = _band_rms(pelvis[:, 0], 0.5, 1.5)
    found["pelvis_rms_1.5-4Hz_lateral"] = _band_rms(pelvis[:, 0], 1.5, 4.0)
    found["pelvis_rms_1.5-4Hz_vertical"] = _band_rms(pelvis[:, 1], 1.5, 4.0)
    found["pelvis_psd_slope_0.15-1Hz_lateral"] = _slope(pelvis[:, 0], 0.15, 1.0)
    found["pelvis_psd_slope_1-6Hz_lateral"] = _slope(pelvis[:, 0], 1.0, 6.0)
    left, right = (positions[:, joint_index(f"{side}_ankle")] for side in _SIDES)
    line = left - right
    share = np.sum((positions[:, 0] - right) * line * (1, 0, 1), axis=-1) / np.sum(line**2 * (1, 0, 1), axis=-1)
    found["weight_ratio_sd_5s"] = _window_sd(share)
    found["weight_shifts_per_min"] = _shifts(_low_pass(share, 1.0)) * 60 * RATE_HZ / len(share)
    found["stance_width_p50"] = float(np.median(np.linalg.norm(line[:, (0, 2)], axis=-1)))
    found["heading_sd_5s"] = float(np.rad2deg(_window_sd(yaw)))
    found["yaw_rate_p95"] = float(np.percentile(np.abs(np.rad2deg(np.gradient(yaw, 1 / RATE_HZ))), 95))
    return found | _feet(positions)


def _feet(positions: np.ndarray) -> dict[str, float]:
    slides, steps = [], []
    for side in _SIDES:
        foot = positions[:, joint_index(f"{side}_foot")]
        speed = np.linalg.norm(np.gradient(foot[:, (0, 2)], 1 / RATE_HZ, axis=0), axis=-1)
        planted = (foot[:, 1] < np.percentile(foot[:, 1], 5) + 0.012) & (speed < 0.2)
        slides.append(speed[planted])
        steps.append(len(_runs(_speed(foot) > 0.15, 4)) * 60 * RATE_HZ / len(foot))
    slide = np.concatenate(slides)
    return {
        "foot_slide_planted_p50": float(np.median(slide)),
        "foot_slide_planted_p95": float(np.percentile(slide, 95)),
        "steps_per_min_per_foot": float(np.mean(steps)),
    }


def _shifts(share: np.ndarray) -> float:
    state, count = 0, 0
    for value in share:
        side = 1 if value > 0.62 else -1 if value < 0.38 else state
        count += int(side != state and state != 0)
        state = side
    return float(count)


def _pitch_yaw_roll(quats: np.ndarray) -> Float[np.ndarray, "frames 3"]:
    """Return (pitch, yaw, roll) in degrees of a rotation yaw * pitch * roll."""
    matrix = matrix_from_quat(quats)
    pitch = np.arcsin(np.clip(-matrix[:, 1, 2], -1, 1))
    yaw = np.unwrap(np.arctan2(matrix[:, 0, 2], matrix[:, 2, 2]))
    roll = np.arctan2(matrix[:, 1, 0], matrix[:, 1, 1])
    return np.rad2deg(np.stack((pitch, yaw, roll), axis=-1))


def _angles(clip: MotionClip, world: np.ndarray) -> dict[str, float]:
    chest, head, pelvis = (world[:, joint_index(name)] for name in ("spine3", "head", "pelvis"))
    found: dict[str, float] = {}
    for name, quats in (
        ("spine_total", quat_multiply(quat_inverse(pelvis), chest)),
        ("head_world", head),
        ("head_rel_chest", quat_multiply(quat_inverse(chest), head)),
        ("pelvis", pelvis),
    ):
        for axis, value in zip(("pitch", "yaw", "roll"), _pitch_yaw_roll(quats).std(axis=0), strict=True):
            found[f"{name}_{axis}_sd"] = float(value)
    return found | _arm_angles(clip, world)


def _arm_angles(clip: MotionClip, world: np.ndarray) -> dict[str, float]:
    sides: list[dict[str, float]] = []
    for side, sign in zip(_SIDES, (1.0, -1.0), strict=True):
        out = np.array((sign, 0.0, 0.0))
        chest = world[:, joint_index("spine3")]
        arm_world = quat_rotate(world[:, joint_index(f"{side}_shoulder")], out)
        arm = quat_rotate(quat_inverse(chest), arm_world)
        forearm = quat_rotate(world[:, joint_index(f"{side}_elbow")], out)
        girdle = quat_rotate(clip.local_quat_wxyz[:, joint_index(f"{side}_collar")], out)
        flex = np.rad2deg(np.arccos(np.clip(np.sum(arm_world * forearm, axis=-1), -1, 1)))
        elevation = np.rad2deg(np.arccos(np.clip(-arm[:, 1], -1, 1)))
        swing = quat_multiply(
            clip.local_quat_wxyz[:, joint_index(f"{side}_elbow")], clip.local_quat_wxyz[:, joint_index(f"{side}_wrist")]
        )
        twist = _twist_deg(swing)
        wrist = _pitch_yaw_roll(clip.local_quat_wxyz[:, joint_index(f"{side}_wrist")])
        sides.append(
            {
                "clav_elev_sd": float(np.rad2deg(np.arcsin(girdle[:, 1])).std()),
                "clav_prot_sd": float(np.rad2deg(np.arctan2(girdle[:, 2], girdle[:, 0] * sign)).std()),
                "shoulder_elev_sd": float(elevation.std()),
                "shoulder_elev_p95": float(np.percentile(elevation, 95)),
                "elbow_flex_sd": float(flex.std()),
                **{f"elbow_flex_p{p}": float(np.percentile(flex, p)) for p in (5, 50, 95)},
                "forearm_twist_sd": float(twist.std()),
                "wrist_flex_sd": float(wrist[:, 2].std()),
                "wrist_dev_radial_sd": float(wrist[:, 1].std()),
            }
        )
    return {name: float(np.mean([one[name] for one in sides])) for name in sides[0]}


def _twist_deg(quats: np.ndarray) -> np.ndarray:
    """Return the twist about X of rotations."""
    angle = 2 * np.arctan2(quats[:, 1], quats[:, 0])
    return np.rad2deg(np.unwrap(angle, period=2 * np.pi))


def _head(world: np.ndarray) -> dict[str, float]:
    chest, head = world[:, joint_index("spine3")], world[:, joint_index("head")]
    relative = _pitch_yaw_roll(quat_multiply(quat_inverse(chest), head))
    absolute = _pitch_yaw_roll(head)
    found: dict[str, float] = {}
    for axis, name in ((0, "pitch"), (1, "yaw")):
        sizes, spans = _half_cycles(_low_pass(relative[:, axis]), 2.0)
        found[f"head_{name}_halfcycles_per_min"] = 60 * RATE_HZ * len(sizes) / len(relative)
        found[f"head_{name}_halfcycle_amp_p50"] = float(np.median(sizes)) if len(sizes) else float("nan")
        found[f"head_{name}_halfcycle_dur_p50"] = float(np.median(spans)) if len(spans) else float("nan")
        found[f"head_{name}_psd_slope_0.15-1Hz"] = _slope(absolute[:, axis], 0.15, 1.0)
        found[f"head_{name}_psd_slope_1-6Hz"] = _slope(absolute[:, axis], 1.0, 6.0)
        rate, power = welch(np.gradient(absolute[:, axis], 1 / RATE_HZ), RATE_HZ, nperseg=min(512, len(absolute)))
        keep = (rate > 0.1) & (rate < 6.0)
        found[f"head_{name}_angvel_centroid"] = float(np.sum(rate[keep] * power[keep]) / np.sum(power[keep]))
    return found


def _half_cycles(values: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return sizes and durations of swings between reversals of at least `least`."""
    turns, going, extreme = [0], 0, 0
    for index in range(1, len(values)):
        change = values[index] - values[extreme]
        if going == 0 and abs(change) >= least:
            going, extreme = int(np.sign(change)), index
        elif going * change > 0:
            extreme = index
        elif going and -going * change >= least:
            turns.append(extreme)
            going, extreme = -going, index
    marks = np.array(turns)
    return np.abs(np.diff(values[marks])), np.diff(marks) / RATE_HZ
