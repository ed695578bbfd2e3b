"""What the motion tower sees of a motion: gesture, and nothing that would give the pair away. Only numpy.

Left out on purpose: root position and heading (they depend on where a take stands), legs and contacts (no gesture),
jaw and eyes (a recorded jaw moves with the very speech that has to be found: retrieval would become lip reading).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip, concatenate
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_from_rot6d, rot6d_from_quat
from exges_core.motion.skeleton import DEFAULT_SKELETON, carriers_of, joint_index

JOINTS = 55
ROT6D_CHANNELS = JOINTS * 6
ROTATION_JOINTS = (3, 6, 9, *range(12, 22), *range(25, 55))
"""Spine, neck, head, arms and fingers."""
POSITION_JOINTS = tuple(
    joint_index(name)
    for name in (
        *("head", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
        *("left_index3", "right_index3", "left_pinky1", "right_pinky1"),
    )
)
"""Where the hands are and which way they face; in metres, in the pelvis's own frame."""
_CARRIERS = carriers_of(POSITION_JOINTS)
_CARRYING = DEFAULT_SKELETON.part(_CARRIERS)
_PLACES = [_CARRIERS.index(joint) for joint in POSITION_JOINTS]
_WRISTS = [POSITION_JOINTS.index(joint_index(f"{side}_wrist")) for side in ("left", "right")]
_HANGING_M = np.array([[0.25, -0.09, 0.05], [-0.25, -0.09, 0.05]])
"""Where hands of the default body hang, from the pelvis."""
_ARM_LENGTH_M = 0.527
MOTION_INPUTS = len(ROTATION_JOINTS) * 6 + len(POSITION_JOINTS) * 3


_BLOCK_FRAMES = 512
"""Frames that are worked out at once: what they take stays in a processor's cache."""


def motion_inputs(features: Float[Array, "frames channels"]) -> Float[Array, "frames inputs"]:
    """Return the motion tower's inputs from network features (337 channels, or their first 330); ours.

    Local rotations (two columns each) of the upper body and hands, and positions of head, elbows, wrists and two
    knuckles relative to the pelvis. Independent of place, heading and legs.
    """
    rot6d = features[:, :ROT6D_CHANNELS].astype(np.float64).reshape(-1, JOINTS, 6)
    return _inputs(rot6d[:, ROTATION_JOINTS], quat_from_rot6d(rot6d[:, _CARRIERS]))


def motion_inputs_of_clip(clip: MotionClip) -> Float[Array, "frames inputs"]:
    """Return the motion tower's inputs from a clip; the same numbers as from its features."""
    return _inputs(rot6d_from_quat(clip.local_quat_wxyz[:, ROTATION_JOINTS]), clip.local_quat_wxyz[:, _CARRIERS])


def motion_inputs_of_clips(clips: Sequence[MotionClip]) -> list[Float[Array, "_ inputs"]]:
    """Return `motion_inputs_of_clip` of each, worked out together: many short clips cost as much as one long one."""
    frames = sum(clip.frames for clip in clips)
    inputs = np.empty((frames, MOTION_INPUTS), np.float32)
    if frames:
        whole = concatenate(clips)
        for first in range(0, frames, _BLOCK_FRAMES):
            stop = min(first + _BLOCK_FRAMES, frames)
            inputs[first:stop] = motion_inputs_of_clip(whole.cut(first, stop))
    return np.split(inputs, np.cumsum([clip.frames for clip in clips])[:-1])


def _inputs(
    rot6d: Float[Array, "frames rotations 6"], carriers_quat_wxyz: Float[Array, "frames carriers 4"]
) -> Float[Array, "frames inputs"]:
    frames = len(rot6d)
    still = carriers_quat_wxyz.copy()
    still[:, 0] = (1.0, 0.0, 0.0, 0.0)
    positions_m = forward_kinematics(still, np.zeros((frames, 3)), _CARRYING).positions_m[:, _PLACES]
    return np.concatenate([rot6d.reshape(frames, -1), positions_m.reshape(frames, -1)], axis=1).astype(np.float32)


def hand_reach(inputs: Float[Array, "frames inputs"]) -> Float[Array, "frames"]:
    """Return how far the farther wrist is from where it hangs beside the pelvis, in arm lengths; ours.

    The motion tower's inputs hold the wrists already: no second kinematics.
    """
    positions_m = inputs[:, -3 * len(POSITION_JOINTS) :].astype(np.float64).reshape(len(inputs), -1, 3)
    return np.linalg.norm(positions_m[:, _WRISTS] - _HANGING_M, axis=-1).max(axis=-1) / _ARM_LENGTH_M
