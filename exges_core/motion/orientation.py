"""Which way is up in a motion: measured on the body, never believed.

A frame is upright about an axis if the head is above the feet along it and the legs or the trunk rise along it: so
standing, sitting, crouching and bowing are, lying and handstands are not. Where most frames are upright about +Y
nothing is done. Where nearly all are about another axis, either that is the file's up or the person lies: gravity
tells, for who stands has planted feet under a pelvis that sways level. What stays unclear is refused. Numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Bool, Float, median, quantile
from exges_core.errors import SkeletonError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_between, quat_from_rotvec, quat_multiply, quat_rotate
from exges_core.motion.skeleton import joint_index

AXES: tuple[str, ...] = ("+Y", "+Z", "+X", "-Y", "-Z", "-X")
VECTORS: Float[Array, "axes 3"] = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, -1, 0], [0, 0, -1], [-1, 0, 0.0]])
HEAD_RISE_M = 0.35
"""The head joint is that much above the ankles: 1.5 m of who stands, 0.7 m of who sits on the floor with legs
stretched out, 0.5 m in a deep bow; a pillow lifts the head of who lies by 0.2 m."""
LEAN = float(np.cos(np.deg2rad(45.0)))
"""Legs or trunk are nearer to an axis than to the one beside it."""
MOST = 0.5
"""Upright about the axis that the format promises in so many frames: that is up. Lying down now and then is allowed."""
NEARLY_ALL = 0.8
"""Upright about another axis in so many frames: the file's up may be that one."""
TILTED_RAD = float(np.deg2rad(40.0))
"""Who leans more than this all the time, legs and trunk, is filmed askew: halfway between two axes nothing is clear.
In a deep chair people recline by 30 degrees."""
PLANTED = 1.5
"""The pelvis travels that much further than the slower foot: a real speaker 7 times as far (2 where a few seconds are
quiet), made ones 100 times; a person who lies less than once, for there the pelvis carries the weight."""
ALIVE_M_PER_S = 0.005
"""A slower pelvis says nothing: even who stands at ease sways by a centimetre a second and more."""
GROUND_M = 0.15
"""The lowest foot of who stands is at height 0 to this, in files that have a ground."""
RESTING_M = (-0.1, 0.25)
"""The lowest joint of who lies on ground or bed-clothes of height 0 is within this."""
_STEP_S = 0.2
"""Speeds are measured over this, so that jitter does not count as motion."""
_LOOKS = 1500
"""So many frames, spread over the take, are looked at: enough to count shares, fast for an hour."""
LYING_RISE_M = 0.3
"""Hips lower than that above the ankles, ..."""
LYING_LEAN = float(np.cos(np.deg2rad(60.0)))
"""... and a trunk further than this from upright: the person lies (or stands on the hands)."""
SOLE_M = 0.015
"""How far above the ground the foot joints of a standing body are."""
_PELVIS, _NECK, _HEAD = (joint_index(name) for name in ("pelvis", "neck", "head"))
_ANKLES = [joint_index("left_ankle"), joint_index("right_ankle")]
_SOLES = [joint_index("left_foot"), joint_index("right_foot")]


@dataclass(frozen=True, kw_only=True)
class Stance:
    """How a body holds itself, frame by frame.

    Attributes:
        is_upright: about each of `AXES`.
        lean_rad: of trunk or legs from each axis, whichever is less.
        trunk: from the pelvis to the neck, along each axis, as a share of its length.
    """

    is_upright: Bool[Array, "frames 6"]
    lean_rad: Float[Array, "frames 6"]
    trunk: Float[Array, "frames 6"]


def stance_of(positions_m: Float[Array, "frames joints 3"]) -> Stance:
    """Return how a body holds itself against each axis."""
    ankles = positions_m[:, _ANKLES].mean(axis=1)
    rise = (positions_m[:, _HEAD] - ankles) @ VECTORS.T
    legs = _along(positions_m[:, _PELVIS] - ankles)
    trunk = _along(positions_m[:, _NECK] - positions_m[:, _PELVIS])
    nearest = np.maximum(legs, trunk)
    return Stance(
        is_upright=(rise >= HEAD_RISE_M) & (nearest >= LEAN),
        lean_rad=np.arccos(np.clip(nearest, -1.0, 1.0)),
        trunk=trunk,
    )


def _along(vector: Array) -> Array:
    return vector @ VECTORS.T / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def lying_frames(clip: MotionClip) -> Bool[Array, "frames"]:
    """Return the frames of a Y-up clip in which the person neither stands nor sits."""
    positions = clip.positions_m()
    legs = positions[:, _PELVIS, 1] - positions[:, _ANKLES, 1].mean(axis=1)
    trunk = _along(positions[:, _NECK] - positions[:, _PELVIS])[:, 0]
    return (legs < LYING_RISE_M) & (trunk < LYING_LEAN)


def upright(clip: MotionClip, *, promised: str = "+Y", where: str = "motion", say: Callable[[str], None]) -> MotionClip:
    """Return the clip standing on +Y: as it is, or turned from the axis that is up in it.

    What is turned is turned the shortest way, so that who faces the front of a Z-up file (-Y) faces +Z, and is put on
    the ground. What is upright already keeps its heading and place.

    Args:
        clip: in the file's axes.
        promised: the axis of `AXES` that the format says is up; it needs no evidence of gravity.
        where: file, for the message.
        say: takes what was done, in words.

    Raises:
        SkeletonError: if the person lies, leans halfway between two axes, or gravity does not tell which is up.
    """
    axis = up_of(clip, promised=promised, where=where)
    if axis == "+Y":
        return clip
    say(f"up is {axis} in this file, as head, feet and pelvis show; turned so that it is +Y")
    return on_ground(turned(clip, axis))


def up_of(clip: MotionClip, *, promised: str = "+Y", where: str = "motion") -> str:
    """Return which of `AXES` is up in a clip.

    Raises:
        SkeletonError: as `upright`.
    """
    looked = np.unique(np.linspace(0, clip.frames - 1, min(clip.frames, _LOOKS)).round().astype(np.int64))
    seen = replace(clip, local_quat_wxyz=clip.local_quat_wxyz[looked], root_position_m=clip.root_position_m[looked])
    stance = stance_of(seen.positions_m())
    axis = AXES.index(promised)
    if stance.is_upright[:, axis].mean() < MOST:
        axis = _other_axis(clip, stance, promised, where)
    lean_rad = float(median(stance.lean_rad[stance.is_upright[:, axis], axis]))
    if lean_rad > TILTED_RAD:
        raise _unclear(where, f"one who leans by {np.rad2deg(lean_rad):.0f} degrees from {AXES[axis]} throughout")
    return AXES[axis]


def _other_axis(clip: MotionClip, stance: Stance, promised: str, where: str) -> int:
    """Return the axis that body and gravity agree to be up, where the promised one is not.

    Raises:
        SkeletonError: if there is none.
    """
    shares = stance.is_upright.mean(axis=0)
    # One who sits with legs stretched out is upright about two axes; the trunk tells.
    axis = int(np.argmax(shares + 0.01 * stance.trunk.mean(axis=0)))
    if shares[axis] < NEARLY_ALL:
        got = f"one upright about +Y in {shares[0]:.0%} of it and about {AXES[axis]} in {shares[axis]:.0%}"
        raise _unclear(where, got)
    if not stands_along(clip, AXES[axis], promised=promised):
        raise _unclear(where, f"one stretched out along {AXES[axis]}, without planted feet under a swaying pelvis")
    return axis


def stands_along(clip: MotionClip, axis: str, *, promised: str = "+Y") -> bool:
    """Say whether gravity points down an axis: feet are planted, and at height 0 or under a pelvis that sways level.

    A body that rests on the ground of the promised axis, its feet off that of the other, lies.
    """
    step = max(1, round(_STEP_S * clip.frame_rate_hz))
    positions, place = clip.positions_m(), AXES.index(axis)
    is_upright = stance_of(positions).is_upright[:, place]
    is_step = is_upright[step:] & is_upright[:-step]
    if is_step.sum() <= step:
        return False
    body = positions[:, [_PELVIS, *_ANKLES]]
    ways = np.linalg.norm(body[step:] - body[:-step], axis=-1)[is_step]
    pelvis_m, foot_m = float(median(ways[:, 0])), float(median(ways[:, 1:].min(axis=1)))
    if pelvis_m < ALIVE_M_PER_S * step / clip.frame_rate_hz or pelvis_m < PLANTED * foot_m:
        return False
    up, seen = VECTORS[place], positions[is_upright]
    height = seen[:, _PELVIS] @ up
    level = seen[:, _PELVIS] - height[:, None] * up
    if abs(median((seen[:, _SOLES] @ up).min(axis=1))) <= GROUND_M:
        return True
    resting = median((seen @ VECTORS[AXES.index(promised)]).min(axis=1))
    is_level = height.std() <= np.sqrt(level.var(axis=0).sum())
    return bool(is_level and not RESTING_M[0] <= resting <= RESTING_M[1])


def turn_upright(axis: str) -> Float[Array, "4"]:
    """Return the shortest turn that brings an axis to +Y; upside down it goes about Z, so that +Z stays the front."""
    if axis == "-Y":
        return quat_from_rotvec(np.array([0.0, 0.0, np.pi]))
    return quat_between(VECTORS[AXES.index(axis)], VECTORS[0])


def turned(clip: MotionClip, axis: str) -> MotionClip:
    """Return a clip whose up was `axis`, with +Y up."""
    turn, quats = turn_upright(axis), clip.local_quat_wxyz.copy()
    quats[:, 0] = quat_multiply(turn, quats[:, 0])
    return replace(clip, local_quat_wxyz=quats, root_position_m=quat_rotate(turn, clip.root_position_m))


def on_ground(clip: MotionClip) -> MotionClip:
    """Return a Y-up clip with its lowest steps on the ground."""
    lowest_m = clip.positions_m()[:, _SOLES, 1].min(axis=1)
    lift = np.array([0.0, SOLE_M - float(quantile(lowest_m, 0.05)), 0.0])
    return replace(clip, root_position_m=clip.root_position_m + lift)


def _unclear(where: str, got: str) -> SkeletonError:
    do = "Lying motion cannot be used. If the person does stand, turn the file so that up is +Y, and give it again."
    return SkeletonError(message(expected="a person who stands or sits upright", got=got, where=where, do=do))
