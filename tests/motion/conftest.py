"""Motions made up for the tests of this room."""

import numpy as np
import pytest

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import JOINT_NAMES, JOINTS, STANDING_PELVIS_HEIGHT_M, joint_index

_OTHER = {"left": "right", "right": "left"}
MIRRORED_JOINTS = [
    JOINT_NAMES.index("_".join([_OTHER.get(first, first), *rest]))
    for first, *rest in (n.split("_") for n in JOINT_NAMES)
]
"""The joint on the other side for each joint; itself on the midline."""


def moving_clip(frames: int = 90, rate_hz: float = 30.0, seed: int = 0) -> MotionClip:
    """A smooth made-up motion of all joints: sums of slow sines."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(frames)[:, None, None] / rate_hz
    size, speed, phase = (generator.uniform(low, high, (JOINTS, 3)) for low, high in ((0, 0.4), (0.2, 1.2), (0, 6.3)))
    rotvec = size * np.sin(2 * np.pi * speed * time_s + phase)
    root = np.array([0.3, STANDING_PELVIS_HEIGHT_M, -0.2]) + 0.05 * np.sin(time_s[:, 0] * [1.1, 2.3, 0.7])
    return MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=rate_hz)


def standing_clip(frames: int = 120, slide_m_per_s: float = 0.0, flex_rad: float = 0.25) -> MotionClip:
    """A person who stands with slightly bent knees and slides sideways as a whole."""
    rotvec = np.zeros((frames, JOINTS, 3))
    for side in ("left", "right"):
        for joint, share in (("hip", -1.0), ("knee", 2.0), ("ankle", -1.0)):
            rotvec[:, joint_index(f"{side}_{joint}"), 0] = share * flex_rad
    root = np.zeros((frames, 3))
    root[:, 0] = slide_m_per_s * np.arange(frames) / 30.0
    clip = MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=30.0)
    root[:, 1] = 0.015 - clip.positions_m()[0, joint_index("left_foot"), 1]
    return MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)


@pytest.fixture
def clip() -> MotionClip:
    return moving_clip()
