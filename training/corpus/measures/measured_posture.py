"""Statistics of the trunk, head, legs and joint angles of a clip; definitions as measured on real speakers."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, median, percentile
from exges_core.motion.rotations import quat_from_yaw, quat_inverse, quat_multiply, quat_rotate
from training.corpus.measures.measured_body import X_AXIS, MeasuredBody, pitch_yaw_roll_deg, swing_deg, twist_deg
from training.corpus.measures.signals import (
    RATE_HZ,
    band_rms,
    half_cycles,
    low_pass,
    rate_centroid,
    runs,
    spectral_slope,
    speed,
    window_sd,
)
from training.corpus.script import SIDES

_AZIMUTH_FROM_DEG = 15.0
"""An arm that hangs closer to the trunk than this has no direction to speak of."""
_PLANTED_M, _PLANTED_M_PER_S = 0.04, 0.08
_STEP_M_PER_S, _STEP_FRAMES = 0.2, 4


def posture_statistics(body: MeasuredBody) -> dict[str, float]:
    """Return sway, weight, stance, heading and feet."""
    yaw = body.yaw_rad
    pelvis = quat_rotate(quat_inverse(quat_from_yaw(np.full(len(yaw), yaw.mean()))), body.positions_m[:, 0])
    statistics = {
        f"pelvis_sd_5s_{name}": 1000 * window_sd(pelvis[:, axis])
        for axis, name in enumerate(("lateral", "vertical", "forward"))
    }
    statistics["pelvis_rms_0.5-1.5Hz_lateral"] = 1000 * band_rms(pelvis[:, 0], 0.5, 1.5)
    statistics["pelvis_rms_1.5-4Hz_lateral"] = 1000 * band_rms(pelvis[:, 0], 1.5, 4.0)
    statistics["pelvis_rms_1.5-4Hz_vertical"] = 1000 * band_rms(pelvis[:, 1], 1.5, 4.0)
    statistics["pelvis_psd_slope_0.15-1Hz_lateral"] = spectral_slope(pelvis[:, 0], 0.15, 1.0)
    statistics["pelvis_psd_slope_1-6Hz_lateral"] = spectral_slope(pelvis[:, 0], 1.0, 6.0)
    left, right = body.at("left_ankle"), body.at("right_ankle")
    line = (left - right) * (1.0, 0.0, 1.0)
    share = np.sum((body.positions_m[:, 0] - right) * line, axis=-1) / np.sum(line**2, axis=-1)
    statistics["weight_ratio_sd_5s"] = window_sd(share)
    statistics["weight_shifts_per_min"] = _shifts(low_pass(share, 1.0)) * 60 * RATE_HZ / len(share)
    statistics["stance_width_p50"] = float(median(np.linalg.norm(line, axis=-1)))
    statistics["heading_sd_5s"] = float(np.rad2deg(window_sd(yaw)))
    statistics["yaw_rate_p95"] = float(percentile(np.abs(np.rad2deg(np.gradient(yaw, 1 / RATE_HZ))), 95))
    return statistics | _feet(body)


def _shifts(share: Float[Array, "frames"]) -> int:
    """Count how often the weight goes from one leg to the other (0.38 and 0.62 of the way)."""
    side = np.where(share > 0.62, 1, np.where(share < 0.38, -1, 0))
    sides = side[side != 0]
    return int(np.count_nonzero(np.diff(sides)))


def _feet(body: MeasuredBody) -> dict[str, float]:
    slides: list[tuple[float, float]] = []
    steps: list[float] = []
    for side in SIDES:
        ball = low_pass(body.at(f"{side}_foot"))
        going = speed(ball)
        is_planted = (ball[:, 1] < ball[:, 1].min() + _PLANTED_M) & (going < _PLANTED_M_PER_S)
        slide = np.linalg.norm(np.gradient(ball[:, (0, 2)], 1 / RATE_HZ, axis=0), axis=-1)[is_planted]
        slides.append((float(median(slide)), float(percentile(slide, 95))) if len(slide) else (np.nan, np.nan))
        steps.append(len(runs(going > _STEP_M_PER_S, _STEP_FRAMES)) * 60 * RATE_HZ / len(ball))
    middle, most = np.mean(slides, axis=0)
    return {
        "foot_slide_planted_p50": float(middle),
        "foot_slide_planted_p95": float(most),
        "steps_per_min_per_foot": float(np.mean(steps)),
    }


def head_statistics(body: MeasuredBody) -> dict[str, float]:
    """Return nods and turns against the chest, and the spectrum of the head in the body frame."""
    against_chest = pitch_yaw_roll_deg(quat_multiply(quat_inverse(body.world("spine3")), body.world("head")))
    in_body = _head_in_body(body)
    statistics: dict[str, float] = {}
    for axis, name in ((0, "pitch"), (1, "yaw")):
        sizes, spans = half_cycles(against_chest[:, axis])
        statistics[f"head_{name}_halfcycles_per_min"] = 60 * RATE_HZ * len(sizes) / len(against_chest)
        statistics[f"head_{name}_halfcycle_amp_p50"] = float(median(sizes)) if len(sizes) else float("nan")
        statistics[f"head_{name}_halfcycle_dur_p50"] = float(median(spans)) if len(spans) else float("nan")
        statistics[f"head_{name}_psd_slope_0.15-1Hz"] = spectral_slope(in_body[:, axis], 0.15, 1.0)
        statistics[f"head_{name}_psd_slope_1-6Hz"] = spectral_slope(in_body[:, axis], 1.0, 6.0)
        statistics[f"head_{name}_angvel_centroid"] = rate_centroid(in_body[:, axis])
    return statistics


def _head_in_body(body: MeasuredBody) -> Float[Array, "frames 3"]:
    return pitch_yaw_roll_deg(quat_multiply(quat_inverse(body.heading_wxyz), body.world("head")))


def angle_statistics(body: MeasuredBody) -> dict[str, float]:
    """Return how much trunk, head and arm joints vary; arms are averaged over sides."""
    chest, pelvis = body.world("spine3"), body.world("pelvis")
    statistics: dict[str, float] = {}
    for name, angles in (
        ("spine_total", pitch_yaw_roll_deg(quat_multiply(quat_inverse(pelvis), chest))),
        ("head_world", _head_in_body(body)),
        ("head_rel_chest", pitch_yaw_roll_deg(quat_multiply(quat_inverse(chest), body.world("head")))),
        ("pelvis", pitch_yaw_roll_deg(pelvis)),
    ):
        for axis, value in zip(("pitch", "yaw", "roll"), angles.std(axis=0), strict=True):
            statistics[f"{name}_{axis}_sd"] = float(value)
    sides = [_arm(body, side, sign) for side, sign in zip(SIDES, (1.0, -1.0), strict=True)]
    return statistics | {name: float(np.nanmean([one[name] for one in sides])) for name in sides[0]}


def _arm(body: MeasuredBody, side: str, sign: float) -> dict[str, float]:
    """Measure one arm by its bones; swings and twists against the T-pose."""
    to_chest = quat_inverse(body.world("spine3"))
    upper_world, lower_world = (
        body.bone(f"{side}_shoulder", f"{side}_elbow"),
        body.bone(f"{side}_elbow", f"{side}_wrist"),
    )
    upper = quat_rotate(to_chest, upper_world)
    girdle = quat_rotate(to_chest, body.bone(f"{side}_collar", f"{side}_shoulder"))
    flex = np.rad2deg(np.arccos(np.clip(np.sum(upper_world * lower_world, axis=-1), -1, 1)))
    elevation = np.rad2deg(np.arccos(np.clip(-upper[:, 1], -1, 1)))
    azimuth = np.rad2deg(np.arctan2(upper[:, 2], sign * upper[:, 0]))[elevation > _AZIMUTH_FROM_DEG]
    axial = twist_deg(quat_multiply(to_chest, body.world(f"{side}_shoulder")), X_AXIS)
    along = body.rest_bone(f"{side}_wrist")
    twist = twist_deg(body.local(f"{side}_elbow"), along) + twist_deg(body.local(f"{side}_wrist"), along)
    hand = swing_deg(body.local(f"{side}_wrist"), along)
    return {
        "clav_elev_sd": float(np.rad2deg(np.arcsin(np.clip(girdle[:, 1], -1, 1))).std()),
        "clav_prot_sd": float(np.rad2deg(np.arctan2(girdle[:, 2], sign * girdle[:, 0])).std()),
        "shoulder_elev_sd": float(elevation.std()),
        "shoulder_elev_p95": float(percentile(elevation, 95)),
        "shoulder_azim_sd": float(azimuth.std()) if len(azimuth) > RATE_HZ else float("nan"),
        "shoulder_axial_sd": float(axial.std()),
        "elbow_flex_sd": float(flex.std()),
        **{f"elbow_flex_p{percent}": float(percentile(flex, percent)) for percent in (5, 50, 95)},
        "forearm_twist_sd": float(twist.std()),
        "wrist_flex_sd": float(hand[:, 2].std()),
        "wrist_dev_radial_sd": float(hand[:, 1].std()),
    }
