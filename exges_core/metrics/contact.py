"""Is it physically plausible? Feet that slide or sink, hands that jerk, joints that turn faster than people can.

Definitions (the targets' where they are given, else ours): 30 Hz; LP6 = second-order Butterworth at 6 Hz, zero phase;
velocity = central difference; speeds are of unfiltered world positions; jerk = third central difference of LP6
positions; angular speed = angle of the local rotation between consecutive frames times the rate. A foot is planted by
`motion.planting.planted_runs`. Figures of one clip; nothing is averaged over clips in here.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import angular_speed_rad_per_s, velocity_m_per_s
from exges_core.motion.planting import FootLockConfig, lowest_sole_m, planted
from exges_core.motion.skeleton import HANDS, JOINT_NAMES, JOINTS, joint_index
from exges_core.motion.smooth import low_pass

GLITCH_LIMITS_DEG_PER_S: dict[str, float] = {
    "pelvis": 300.0,
    "spine": 150.0,
    "neck": 350.0,
    "head": 200.0,
    "collar": 220.0,
    "shoulder": 600.0,
    "elbow": 900.0,
    "wrist": 900.0,
    "finger1": 900.0,
    "finger2": 600.0,
    "finger3": 600.0,
    "thumb": 450.0,
    "hip": 250.0,
    "knee": 400.0,
    "ankle": 350.0,
    "foot": 350.0,
}
"""Any frame above is suspect. Measured on real takes; the toe joint's limit is the ankle's, jaw and eyes have none."""
SPEED_LIMITS_M_PER_S = {"elbow": 2.5, "wrist": 3.5}


def _limit_of(joint: int) -> float:
    """Return a joint's angular limit in degrees per second (infinite for the face)."""
    name = JOINT_NAMES[joint].removeprefix("left_").removeprefix("right_")
    if joint in HANDS:
        name = "thumb" if name.startswith("thumb") else f"finger{name[-1]}"
    name = name.rstrip("0123456789") if name.startswith("spine") else name
    return GLITCH_LIMITS_DEG_PER_S.get(name, np.inf)


JOINT_LIMITS_DEG_PER_S = np.array([_limit_of(joint) for joint in range(JOINTS)])


def is_glitch(clip: MotionClip) -> Bool[Array, "steps 55"]:
    """Return where a joint turns faster than its limit between frame k and k + 1 (True)."""
    speed = np.degrees(angular_speed_rad_per_s(clip.local_quat_wxyz, clip.frame_rate_hz))
    return speed > JOINT_LIMITS_DEG_PER_S


def jerk_m_per_s3(
    positions_m: Float[Array, "frames *joints 3"], rate_hz: float, *, cutoff_hz: float = 6.0
) -> Float[Array, "frames *joints"]:
    """Return the magnitude of the third derivative of low-passed positions."""
    smooth = low_pass(positions_m, rate_hz=rate_hz, cutoff_hz=cutoff_hz)
    for _ in range(3):
        smooth = velocity_m_per_s(smooth, rate_hz)
    return np.linalg.norm(smooth, axis=-1)


def _share(values: Array) -> float:
    return float(values.mean()) if values.size else 0.0


def physical_report(clip: MotionClip) -> dict[str, float]:
    """Return the physical figures of a clip, ready for JSON.

    Keys: duration_s; foot_slide_p50/p95_m_per_s (horizontal speed of the ball in planted frames, both feet),
    planted_share (of feet and frames), ground_penetration_p95/max_mm (lowest point of either sole below the ground),
    ground_clearance_p50_mm (the same point's median height: a take that floats), wrist_speed_p5/p50/p95/p99_m_per_s,
    wrist_jerk_p50/p95/p99_m_per_s3, glitch_share (frames in which any joint exceeds its angular limit),
    speed_glitch_share (frames in which an elbow or wrist exceeds its speed limit). Wrist figures are means over both
    sides.
    """
    config = FootLockConfig()
    rate_hz = clip.frame_rate_hz
    pose = clip.pose()
    velocity = velocity_m_per_s(pose.positions_m, rate_hz)
    speed = np.linalg.norm(velocity, axis=-1)
    balls = [joint_index("left_foot"), joint_index("right_foot")]
    wrists = [joint_index("left_wrist"), joint_index("right_wrist")]
    elbows = [joint_index("left_elbow"), joint_index("right_elbow")]
    is_planted = planted(pose.positions_m, rate_hz, config)
    slide = np.linalg.norm(velocity[:, balls][..., [0, 2]], axis=-1)[is_planted]
    slide = slide if slide.size else np.zeros(1)
    sole = np.minimum(lowest_sole_m(pose, "left"), lowest_sole_m(pose, "right")) - config.ground_m
    below_mm = 1000.0 * np.maximum(-sole, 0.0)
    jerk = jerk_m_per_s3(pose.positions_m[:, wrists], rate_hz)
    too_fast = (speed[:, elbows] > SPEED_LIMITS_M_PER_S["elbow"]) | (speed[:, wrists] > SPEED_LIMITS_M_PER_S["wrist"])
    report = {
        "duration_s": clip.duration_s,
        "foot_slide_p50_m_per_s": float(np.percentile(slide, 50)),
        "foot_slide_p95_m_per_s": float(np.percentile(slide, 95)),
        "planted_share": _share(is_planted),
        "ground_penetration_p95_mm": float(np.percentile(below_mm, 95)),
        "ground_penetration_max_mm": float(below_mm.max()),
        "ground_clearance_p50_mm": float(1000.0 * np.median(sole)),
        "glitch_share": _share(is_glitch(clip).any(axis=1)),
        "speed_glitch_share": _share(too_fast.any(axis=1)),
    }
    for percent in (5, 50, 95, 99):
        report[f"wrist_speed_p{percent}_m_per_s"] = float(np.percentile(speed[:, wrists], percent, axis=0).mean())
    for percent in (50, 95, 99):
        report[f"wrist_jerk_p{percent}_m_per_s3"] = float(np.percentile(jerk, percent, axis=0).mean())
    return report
