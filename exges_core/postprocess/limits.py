"""Joints stay within what a body can do: fingers, thumbs and elbows do not bend backwards, arms not too far behind.

Only hyperextension is looked at, and softly: from a little below a limit on, an angle is bent towards it and never
reaches it, so that nothing pops. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, interp
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_between, quat_from_rotvec, quat_multiply, quat_normalise, quat_rotate
from exges_core.motion.skeleton import FINGERS, joint_index

_SIDES = {"left": 1.0, "right": -1.0}
_DOWN, _BACK = np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, -1.0])
_THUMB_AXIS = np.array([0.55, 0.80, -0.24]) / np.linalg.norm([0.55, 0.80, -0.24])
"""The left thumb's outer joints flex about it (its rest pose points forwards and down); the right one is mirrored."""


@dataclass(frozen=True, kw_only=True)
class HingeLimit:
    """How far a joint may bend backwards.

    Attributes:
        joint: the name without its side.
        soft_deg: up to here nothing is changed.
        limit_deg: never reached.
    """

    joint: str
    soft_deg: float
    limit_deg: float


HINGE_LIMITS: tuple[HingeLimit, ...] = (
    HingeLimit(joint="elbow", soft_deg=4.0, limit_deg=10.0),
    *(
        HingeLimit(joint=f"{finger}{number}", soft_deg=soft, limit_deg=limit)
        for finger in FINGERS
        if finger != "thumb"
        for number, soft, limit in ((1, 22.0, 30.0), (2, 8.0, 12.0), (3, 10.0, 15.0))
    ),
    HingeLimit(joint="thumb2", soft_deg=22.0, limit_deg=30.0),
    HingeLimit(joint="thumb3", soft_deg=16.0, limit_deg=25.0),
)
"""Source: active ranges of the American Academy of Orthopaedic Surgeons and of Boone and Azen (1979): backwards, elbow
0 degrees, finger base up to 45, middle and end joints 0, thumb 0 to 10 and 15 to 20. Ours are somewhere between those
and what a real BEAT2 speaker's 99.9th percentile needs (elbow 0, base 21, middle 8, end 10, thumb 22 and 15), so that
real motion passes unchanged."""
SHOULDER_LIMITS_DEG: tuple[tuple[float, float], ...] = ((-90.0, 25.0), (0.0, 62.0), (90.0, 45.0), (180.0, 15.0))
"""How far the upper arm may point behind the plane of the chest (second), by the angle at which it is raised sideways
(first; 0 hangs, 90 is level, negative is across the back). Source: Boone and Azen (1979), backward extension 62 and
horizontal extension 45 degrees; the others ours. Relative to the collar bone, which adds its own turn. Where the upper
arm points, not its twist: SMPL-X's split of twist between shoulder, elbow and wrist is arbitrary."""
SHOULDER_MARGIN_DEG = 12.0
"""Softness: arms are left alone up to so far below their limit."""


def keep_in_range(clip: MotionClip) -> MotionClip:
    """Return the clip without hyperextension of shoulders, elbows, fingers and thumbs; joints within keep every bit."""
    quats = clip.local_quat_wxyz.copy()
    for side in _SIDES:
        joint = joint_index(f"{side}_shoulder")
        _lay_in(quats, joint, _shoulder_excess(quats[:, joint], side))
        for limit in HINGE_LIMITS:
            joint = joint_index(f"{side}_{limit.joint}")
            axis = flexion_axis(limit.joint, side)
            back = hyperextension_deg(quats[:, joint], axis)
            excess = back - _softly(back, limit.soft_deg, limit.limit_deg)
            _lay_in(quats, joint, quat_from_rotvec(np.radians(excess)[:, None] * axis))
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=clip.frame_rate_hz)


def flexion_axis(joint: str, side: str) -> Float[Array, "3"]:
    """Return the axis, in rest axes, about which a hinge flexes by positive angles.

    Args:
        joint: elbow, or a finger's joint, without its side.
        side: left or right.
    """
    mirror = np.array([1.0, _SIDES[side], _SIDES[side]])
    straight = (0.0, -1.0, 0.0) if joint == "elbow" else (0.0, 0.0, -1.0)
    return mirror * (_THUMB_AXIS if joint.startswith("thumb") else np.array(straight))


def hyperextension_deg(local_quat_wxyz: Float[Array, "*batch 4"], axis: Float[Array, "3"]) -> Float[Array, "*batch"]:
    """Return how far rotations turn backwards about an axis, degrees in (-180, 180]: minus their twist about it."""
    twist = 2.0 * np.arctan2(local_quat_wxyz[..., 1:] @ axis, local_quat_wxyz[..., 0])
    return np.asarray(-np.degrees(np.arctan2(np.sin(twist), np.cos(twist))))


def arm_behind_deg(
    shoulder_quat_wxyz: Float[Array, "*batch 4"], side: str
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Return how far the upper arm points behind the plane of the chest, and how far behind it may."""
    x, y, z = np.moveaxis(quat_rotate(shoulder_quat_wxyz, np.array([_SIDES[side], 0.0, 0.0])), -1, 0)
    raised = np.degrees(np.arctan2(_SIDES[side] * x, -y))
    # Beyond straight up and across the back are one continuous course: -180 is 180.
    at, limits = np.array([*SHOULDER_LIMITS_DEG, (270.0, SHOULDER_LIMITS_DEG[0][1])]).T
    limit = interp(np.where(raised < at[0], raised + 360.0, raised), at, limits)
    return np.asarray(np.degrees(np.arcsin(np.clip(-z, -1.0, 1.0)))), limit


def _shoulder_excess(quats: Array, side: str) -> Array:
    """Return the turn that brings the upper arm forwards, at the angle at which it is raised."""
    behind, limit = arm_behind_deg(quats, side)
    wanted = np.radians(_softly(behind, limit - SHOULDER_MARGIN_DEG, limit))[:, None]
    arm = quat_rotate(quats, np.array([_SIDES[side], 0.0, 0.0]))
    flat = arm * np.array([1.0, 1.0, 0.0])
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    flat = np.where(length > 1e-6, flat / np.maximum(length, 1e-6), _DOWN)
    return quat_between(arm, np.cos(wanted) * flat + np.sin(wanted) * _BACK)


def _softly(angle: Array, soft: float | Array, limit: float | Array) -> Array:
    """Return angles bent towards a limit from `soft` on; the slope is continuous."""
    room = np.maximum(np.asarray(limit) - soft, 1e-6)
    return np.where(angle > soft, soft + room * np.tanh((angle - soft) / room), angle)


def _lay_in(quats: Array, joint: int, turn_wxyz: Array) -> None:
    """Turn a joint where there is anything to turn, in place."""
    is_over = np.abs(turn_wxyz[:, 1:]).max(axis=-1) > 1e-9
    quats[is_over, joint] = quat_normalise(quat_multiply(turn_wxyz[is_over], quats[is_over, joint]))
