"""A walk cycle of our own, keyed by code on an armature with SMPL-X's names: the animator's own Action in tests."""

import math
from collections.abc import Collection

import bpy
import numpy as np

from blender_addon.scene import compat
from exges_core.motion.clip import MotionClip
from exges_core.motion.euler import euler_from_quat
from exges_core.motion.rotations import quat_from_rotvec

CYCLE = 24
"""Frames of one cycle: two steps."""
_SWINGS = {
    # joint: (size, phase, middle) about the armature's own X, in radians
    "left_hip": (0.45, 0.0, -0.1),
    "right_hip": (0.45, math.pi, -0.1),
    "left_knee": (0.35, 0.9, 0.4),
    "right_knee": (0.35, math.pi + 0.9, 0.4),
    "left_ankle": (0.2, 2.0, 0.0),
    "right_ankle": (0.2, math.pi + 2.0, 0.0),
    "left_shoulder": (0.3, math.pi, 0.0),
    "right_shoulder": (0.3, 0.0, 0.0),
}
"""Joint -> how it swings about the body's left-right axis."""


def turns_of(joint: str, frames: np.ndarray) -> np.ndarray:
    """How a joint turns in the walk, frames x 4."""
    phase = 2.0 * math.pi * frames / CYCLE
    vectors = np.zeros((len(frames), 3))
    if joint in _SWINGS:
        size, shift, middle = _SWINGS[joint]
        vectors[:, 0] = middle + size * np.sin(phase + shift)
    if joint in {"pelvis", "spine2"}:
        vectors[:, 1] = (0.12 if joint == "pelvis" else -0.15) * np.sin(phase)
    return quat_from_rotvec(vectors)


def walk(body: bpy.types.Object, *, but: Collection[str] = ()) -> bpy.types.Action:
    """A walk on the spot of one cycle that goes on for ever, as an Action that nobody uses yet.

    Args:
        body: its owner.
        but: joints that are keyed by Euler angles.
    """
    action, frames = compat.new_action("Walk", body), np.arange(1, CYCLE + 2)
    for joint in ("pelvis", "spine2", *_SWINGS):
        turns, kind = turns_of(joint, frames), "quaternion"
        if joint in but:
            turns, kind = euler_from_quat(turns[:, None], "ZYX")[:, 0, ::-1], "euler"
        for channel in range(turns.shape[1]):
            path = f'pose.bones["{joint}"].rotation_{kind}'
            _key(compat.curve_in(action, path, channel, joint), frames, turns[:, channel])
    bob = 0.03 * np.cos(4.0 * math.pi * frames / CYCLE)
    for channel, values in enumerate((0.02 * np.sin(2.0 * math.pi * frames / CYCLE), bob, 0.0 * bob)):
        _key(compat.curve_in(action, 'pose.bones["pelvis"].location', channel, "pelvis"), frames, values)
    return action


def _key(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    for frame, value in zip(frames.tolist(), values.tolist(), strict=True):
        curve.keyframe_points.insert(frame, value).interpolation = "LINEAR"
    curve.modifiers.new("CYCLES")


def gesturing(*, frames: int = 60, size: float = 0.35) -> MotionClip:
    """A clip of a body that stands and moves all its joints a little, smoothly; size 0: it stands still."""
    generator = np.random.default_rng(7)
    time_s = np.arange(frames)[:, None, None] / 30.0
    phase, turns = generator.uniform(0, 6.28, (1, 55, 3)), generator.normal(scale=size, size=(1, 55, 3))
    path = np.cumsum(generator.normal(scale=0.01 * size, size=(frames, 3)), axis=0)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(turns * np.sin(3.0 * time_s + phase) + 0.2),
        root_position_m=path + np.array([0.0, 0.93, 0.0]),
        frame_rate_hz=30.0,
    )
