import json
from pathlib import Path

import numpy as np
import pytest

from exges_core.metrics.contact import JOINT_LIMITS_DEG_PER_S, is_glitch, jerk_m_per_s3, physical_report
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply
from exges_core.motion.skeleton import joint_index
from tests.motion.conftest import moving_clip, standing_clip


def test_a_person_who_stands_still_has_no_fault() -> None:
    report = physical_report(standing_clip(90))
    faults = {key: value for key, value in report.items() if key not in ("duration_s", "planted_share")}
    assert report["planted_share"] == 1.0
    assert faults == pytest.approx(dict.fromkeys(faults, 0.0), abs=1e-6)
    assert json.loads(json.dumps(report)) == report


@pytest.mark.parametrize("speed_m_per_s", [0.02, 0.05, 0.09])
def test_a_slide_reads_as_its_speed(speed_m_per_s: float) -> None:
    report = physical_report(standing_clip(90, slide_m_per_s=speed_m_per_s))
    assert report["foot_slide_p50_m_per_s"] == pytest.approx(speed_m_per_s, abs=1e-9)
    assert report["foot_slide_p95_m_per_s"] == pytest.approx(speed_m_per_s, abs=1e-9)
    assert report["wrist_speed_p50_m_per_s"] == pytest.approx(speed_m_per_s, abs=1e-9)


def test_sinking_reads_as_its_depth_and_floating_as_its_height() -> None:
    clip = standing_clip(90)
    for shift_m, depth_mm in ((-0.04, 40.0), (0.03, 0.0)):
        root = clip.root_position_m + np.array([0, shift_m, 0])
        moved = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)
        report = physical_report(moved)
        assert report["ground_penetration_max_mm"] == pytest.approx(depth_mm, abs=1e-6)
        assert report["ground_clearance_p50_mm"] == pytest.approx(1000 * shift_m, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "limit"),
    [("pelvis", 300), ("spine2", 150), ("neck", 350), ("left_collar", 220), ("right_index1", 900), ("left_ring2", 600),
     ("left_pinky3", 600), ("right_thumb2", 450), ("left_knee", 400), ("jaw", np.inf)],
)  # fmt: skip
def test_a_joint_glitches_just_above_its_limit_and_not_below(name: str, limit: float) -> None:
    joint = joint_index(name)
    assert JOINT_LIMITS_DEG_PER_S[joint] == limit
    if not np.isfinite(limit):
        return
    clip = standing_clip(30)
    for share, expected in ((0.99, 0), (1.01, 1)):
        quats = clip.local_quat_wxyz.copy()
        step = quat_from_rotvec(np.array([0.0, np.radians(share * limit / 30.0), 0.0]))
        quats[15:, joint] = quat_multiply(step, quats[15:, joint])
        found = is_glitch(MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=30.0))
        assert found.sum() == expected


def test_jerk_of_a_slow_sine_is_its_third_derivative() -> None:
    time_s = np.arange(600) / 30.0
    speed = 2 * np.pi * 0.5
    positions = np.zeros((600, 1, 3))
    positions[:, 0, 1] = 0.2 * np.sin(speed * time_s)
    jerk = jerk_m_per_s3(positions, 30.0)[100:500, 0]
    np.testing.assert_allclose(
        jerk, np.abs(0.2 * speed**3 * np.cos(speed * time_s[100:500])), atol=0.03 * 0.2 * speed**3
    )


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_the_shortest_clips_have_a_report_too(frames: int) -> None:
    assert all(np.isfinite(value) for value in physical_report(moving_clip(frames=frames)).values())


def test_a_real_take_reads_like_the_measured_targets(real_clip_folder: Path) -> None:
    report = physical_report(read_npz(real_clip_folder / "2_scott_0_1_1.npz"))
    # Measured on two other skeletons: 0.10, 0.43-0.45, 1.30-1.38, 28-32, 95-109; nobody's joints glitch.
    assert report["glitch_share"] == report["speed_glitch_share"] == 0.0
    assert report["wrist_speed_p5_m_per_s"] == pytest.approx(0.096, abs=0.015)
    assert report["wrist_speed_p50_m_per_s"] == pytest.approx(0.445, abs=0.04)
    assert report["wrist_speed_p95_m_per_s"] == pytest.approx(1.38, abs=0.12)
    assert report["wrist_jerk_p50_m_per_s3"] == pytest.approx(30.0, abs=3.0)
    assert report["wrist_jerk_p95_m_per_s3"] == pytest.approx(105.0, abs=8.0)
    assert report["foot_slide_p50_m_per_s"] < 0.021
    assert report["foot_slide_p95_m_per_s"] < 0.071
