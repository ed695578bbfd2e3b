"""Nothing bends backwards, what may be stays, and no limit makes a pop."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.metrics.contact import is_glitch
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import angular_speed_rad_per_s
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.motion.skeleton import joint_index
from exges_core.postprocess.limits import (
    HINGE_LIMITS,
    HingeLimit,
    arm_behind_deg,
    flexion_axis,
    hyperextension_deg,
    keep_in_range,
)
from tests.motion.conftest import standing_clip

SIDES = ("left", "right")


def with_turns(joint: str, rotvecs: np.ndarray) -> MotionClip:
    """Return a standing person who turns one joint."""
    clip = standing_clip(len(rotvecs))
    quats = clip.local_quat_wxyz.copy()
    quats[:, joint_index(joint)] = quat_from_rotvec(rotvecs)
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=30.0)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("limit", HINGE_LIMITS, ids=lambda each: each.joint)
def test_a_joint_bent_back_forty_degrees_comes_back(side: str, limit: HingeLimit) -> None:
    axis = flexion_axis(limit.joint, side)
    bend = np.radians(-40.0 * np.hanning(60))
    clip = with_turns(f"{side}_{limit.joint}", bend[:, None] * axis)
    found = keep_in_range(clip)
    joint = joint_index(f"{side}_{limit.joint}")
    before, after = (hyperextension_deg(each.local_quat_wxyz[:, joint], axis) for each in (clip, found))
    assert before.max() > 39
    assert after.max() < limit.limit_deg
    is_fine = before < limit.soft_deg
    np.testing.assert_array_equal(found.local_quat_wxyz[is_fine], clip.local_quat_wxyz[is_fine])
    assert np.all(np.diff(after[:30]) >= -1e-9)
    speeds = [angular_speed_rad_per_s(each.local_quat_wxyz, 30.0)[:, joint].max() for each in (clip, found)]
    assert speeds[1] <= speeds[0] + 1e-9


@pytest.mark.parametrize(("side", "mirror"), [("left", 1.0), ("right", -1.0)])
def test_a_fist_and_a_bent_elbow_are_no_hyperextension(side: str, mirror: float) -> None:
    """Towards flexion nothing is touched: the signs are the body's."""
    clip = standing_clip(20)
    bend = np.radians(np.linspace(0, 95, 20))[:, None]
    fingers, arm = clip.local_quat_wxyz.copy(), clip.local_quat_wxyz.copy()
    for finger in ("index", "middle", "ring", "pinky"):
        for number in (1, 2, 3):
            fingers[:, joint_index(f"{side}_{finger}{number}")] = quat_from_rotvec(bend * [0.0, 0.0, -mirror])
    arm[:, joint_index(f"{side}_elbow")] = quat_from_rotvec(bend * [0.0, -mirror, 0.0])
    fist, bent = (
        MotionClip(local_quat_wxyz=each, root_position_m=clip.root_position_m, frame_rate_hz=30.0)
        for each in (fingers, arm)
    )
    tip, knuckle, wrist, elbow = (joint_index(f"{side}_{name}") for name in ("index3", "index1", "wrist", "elbow"))
    assert fist.positions_m()[10, tip, 1] < fist.positions_m()[10, knuckle, 1] - 0.01
    assert bent.positions_m()[-1, wrist, 2] > bent.positions_m()[-1, elbow, 2] + 0.1
    np.testing.assert_array_equal(keep_in_range(fist).local_quat_wxyz, fingers)
    np.testing.assert_array_equal(keep_in_range(bent).local_quat_wxyz, arm)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("raised_deg", [0.0, 45.0, 90.0, 150.0])
def test_an_arm_thrown_back_comes_forward(side: str, raised_deg: float) -> None:
    sign = 1.0 if side == "left" else -1.0
    lift = quat_from_rotvec(np.array([0.0, 0.0, sign * np.radians(raised_deg - 90.0)]))
    sideways = np.array([sign * np.sin(np.radians(raised_deg)), -np.cos(np.radians(raised_deg)), 0.0])
    axis = np.cross(sideways, [0.0, 0.0, -1.0])
    back = quat_from_rotvec(np.radians(85.0 * np.hanning(90))[:, None] * axis)
    clip = standing_clip(90)
    quats, joint = clip.local_quat_wxyz.copy(), joint_index(f"{side}_shoulder")
    quats[:, joint] = quat_multiply(back, lift)
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=30.0)
    found = keep_in_range(clip)
    behind, limit = arm_behind_deg(found.local_quat_wxyz[:, joint], side)
    assert arm_behind_deg(quats[:, joint], side)[0].max() > 80
    assert np.all(behind < limit)
    assert behind.max() > limit.min() - 12
    assert is_glitch(found)[:, joint].sum() <= is_glitch(clip)[:, joint].sum()
    np.testing.assert_array_equal(found.local_quat_wxyz[:5], clip.local_quat_wxyz[:5])


def test_a_real_speaker_passes_unchanged(real_clip_folder: Path) -> None:
    clip = read_npz(real_clip_folder / "2_scott_0_1_1.npz")
    turn = quat_multiply(quat_inverse(clip.local_quat_wxyz), keep_in_range(clip).local_quat_wxyz)
    assert np.degrees(quat_angle(turn)).max() < 0.05
