"""Where joints are: forward kinematics, velocities, foot contacts and the analytic two-bone IK.

Numpy alone, vectorised over frames; the only loops run over generations of joints. No files and no judgement of
quality in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.motion.rotations import (
    cross,
    dot,
    length,
    quat_between,
    quat_from_matrix,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    turn_on,
    turned_by,
    unit,
)
from exges_core.motion.skeleton import CONTACT_JOINTS, DEFAULT_SKELETON, Skeleton, carriers_of

CONTACT_LIMIT_M = 0.01
"""A foot joint that moves less than this in one frame of 30 is in contact (BEAT2's definition)."""
MAX_EXTENSION = 0.9995
"""Longest reach of a two-bone limb as a share of its length: never quite straight, so that it never snaps."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pose:
    """World positions and rotations of all joints; leading axes as given (usually frames)."""

    positions_m: Float[Array, "*batch joints 3"]
    world_quat_wxyz: Float[Array, "*batch joints 4"]


def forward_kinematics(
    local_quat_wxyz: Float[Array, "*batch joints 4"],
    root_position_m: Float[Array, "*batch 3"],
    skeleton: Skeleton = DEFAULT_SKELETON,
) -> Pose:
    """Return the world pose; `root_position_m` is where the root joint (the pelvis) is."""
    # Components first, then joints: every sum runs over memory in one piece. Twice as fast as the other way round.
    world = np.moveaxis(local_quat_wxyz, (-1, -2), (0, 1)).copy()
    offsets = skeleton.rest_offsets_m.astype(local_quat_wxyz.dtype, copy=False).T
    offsets = offsets.reshape(*offsets.shape, *(1 for _ in root_position_m.shape[:-1]))
    positions = np.empty((3, *world.shape[1:]), dtype=world.dtype)
    positions[:, 0] = np.moveaxis(root_position_m, -1, 0)
    for joints, parents in _generations(skeleton.parents):
        turn = world[:, parents]
        world[:, joints] = turn_on(turn, world[:, joints])
        positions[:, joints] = positions[:, parents] + turned_by(turn, offsets[:, joints])
    return Pose(
        positions_m=np.ascontiguousarray(np.moveaxis(positions, (0, 1), (-1, -2))),
        world_quat_wxyz=np.ascontiguousarray(np.moveaxis(world, (0, 1), (-1, -2))),
    )


@lru_cache(maxsize=8)
def _generations(parents: tuple[int, ...]) -> tuple[tuple[Array, Array], ...]:
    """Return joints and their parents, generation after generation from the root: each depends on the one before."""
    depths = [0] * len(parents)
    for joint, parent in enumerate(parents):
        depths[joint] = depths[parent] + 1 if parent >= 0 else 0
    generations = [np.flatnonzero(np.equal(depths, depth)) for depth in range(1, max(depths) + 1)]
    return tuple((joints, np.asarray(parents)[joints]) for joints in generations)


def local_from_world(
    world_quat_wxyz: Float[Array, "*batch joints 4"], skeleton: Skeleton = DEFAULT_SKELETON
) -> Float[Array, "*batch joints 4"]:
    """Return local rotations of world rotations: the inverse of forward kinematics' rotation part."""
    parents = np.asarray(skeleton.parents[1:])
    local = quat_multiply(quat_inverse(world_quat_wxyz[..., parents, :]), world_quat_wxyz[..., 1:, :])
    return np.concatenate([world_quat_wxyz[..., :1, :], local], axis=-2)


def pose_of(
    joints: Sequence[int], local_quat_wxyz: Float[Array, "*batch joints 4"], root_position_m: Float[Array, "*batch 3"]
) -> Pose:
    """Return `forward_kinematics` of some joints of the canonical body and what carries them; NaN elsewhere."""
    carriers = list(carriers_of(joints))
    part = forward_kinematics(local_quat_wxyz[..., carriers, :], root_position_m, _part(tuple(carriers)))
    world = np.full(local_quat_wxyz.shape, np.nan, local_quat_wxyz.dtype)
    positions = np.full((*local_quat_wxyz.shape[:-1], 3), np.nan, local_quat_wxyz.dtype)
    world[..., carriers, :], positions[..., carriers, :] = part.world_quat_wxyz, part.positions_m
    return Pose(positions_m=positions, world_quat_wxyz=world)


@lru_cache(maxsize=32)
def _part(carriers: tuple[int, ...]) -> Skeleton:
    return DEFAULT_SKELETON.part(carriers)


def velocity_m_per_s(positions_m: Float[Array, "frames *joints 3"], rate_hz: float) -> Float[Array, "frames *joints 3"]:
    """Return central-difference velocities (one-sided at the ends); zero for a single frame."""
    if len(positions_m) < 2:
        return np.zeros_like(positions_m)
    return np.gradient(positions_m, 1.0 / rate_hz, axis=0)


def contacts(positions_m: Float[Array, "frames joints 3"], rate_hz: float = 30.0) -> Bool[Array, "frames 4"]:
    """Return which foot joints are in contact: True where the step to the next frame is below 0.01 m at 30 Hz.

    The last frame repeats the one before; a single frame counts as contact. At other rates the limit scales with time.
    """
    feet = positions_m[:, CONTACT_JOINTS]
    steps = np.linalg.norm(np.diff(feet, axis=0), axis=-1)
    steps = np.concatenate([steps, steps[-1:] if len(steps) else np.zeros((1, len(CONTACT_JOINTS)))])
    return steps < CONTACT_LIMIT_M * 30.0 / rate_hz


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoBoneSolution:
    """What a two-bone limb must do to reach.

    Attributes:
        root_turn_wxyz: world turn of the upper bone: its new world rotation is this times the old one.
        mid_turn_wxyz: the same for the lower bone (already including the upper bone's turn).
        mid_m: new position of the middle joint.
        end_m: new position of the end: the target, or the nearest reachable point on the way to it.
    """

    root_turn_wxyz: Float[Array, "*batch 4"]
    mid_turn_wxyz: Float[Array, "*batch 4"]
    mid_m: Float[Array, "*batch 3"]
    end_m: Float[Array, "*batch 3"]


def _bend_axis(upper: Array, lower: Array, hinge: Array | None) -> Array:
    """Return the axis a limb bends about; a nearly straight limb leans smoothly on its hinge, if it has one."""
    normal = cross(unit(upper), unit(lower))
    if hinge is not None:
        normal = normal + 0.03 * unit(hinge)
    across = cross(unit(upper), np.where(np.abs(unit(upper)[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))
    normal = np.where(length(normal) < 1e-9, across, normal)
    along = unit(upper + lower)
    return unit(normal - dot(normal, along) * along)


def _frame(direction: Array, normal: Array) -> Array:
    """Return the matrix with columns direction, normal (made perpendicular) and their cross product."""
    first = unit(direction)
    second = unit(normal - dot(normal, first) * first)
    return np.stack([first, second, cross(first, second)], axis=-1)


def two_bone_ik(
    root_m: Float[Array, "*batch 3"],
    mid_m: Float[Array, "*batch 3"],
    end_m: Float[Array, "*batch 3"],
    target_m: Float[Array, "*batch 3"],
    pole: Float[Array, "*batch 3"] | None = None,
    *,
    hinge: Float[Array, "*batch 3"] | None = None,
    max_extension: float = MAX_EXTENSION,
) -> TwoBoneSolution:
    """Bring the end of a two-bone limb to a target by the law of cosines; ours.

    Args:
        root_m: shoulder or hip.
        mid_m: elbow or knee.
        end_m: wrist or ankle.
        target_m: where the end shall be.
        pole: direction in the world towards which the middle joint bends; None keeps the present bend plane, so that
            a target at the end changes nothing.
        hinge: world axis about which the limb flexes, cross(upper, lower) when bent; it decides where the limb is
            straight and the plane is otherwise undefined.
        max_extension: longest reach as a share of the limb's length.

    Returns:
        World turns of both bones and the new positions; bone lengths are kept exactly.
    """
    upper, lower = mid_m - root_m, end_m - mid_m
    upper_length, lower_length = length(upper), length(lower)
    axis = _bend_axis(upper, lower, hinge)
    reach = target_m - root_m
    longest = (upper_length + lower_length) * max_extension
    # A limb that already is straighter than the limit may stay so: the limit must not move what is in its place.
    longest = np.maximum(longest, np.minimum(length(end_m - root_m), upper_length + lower_length))
    shortest = np.abs(upper_length - lower_length) + 1e-6
    span = np.clip(length(reach), shortest, longest)
    along = np.where(length(reach) < 1e-9, unit(end_m - root_m), unit(reach))
    if pole is None:
        turn = quat_between(unit(end_m - root_m), along)
        normal = quat_rotate(turn, axis)
        side = cross(along, normal)
    else:
        side = pole - dot(pole, along) * along
        fallback = cross(along, axis)
        side = np.where(length(side) < 1e-9, fallback, side)
        normal = cross(side, along)
    side, normal = unit(side), unit(normal)
    ahead = (upper_length**2 - lower_length**2 + span**2) / (2.0 * span)
    aside = np.sqrt(np.maximum(upper_length**2 - ahead**2, 0.0))
    new_mid = root_m + ahead * along + aside * side
    new_end = root_m + span * along
    root_turn = _frame(new_mid - root_m, normal) @ np.swapaxes(_frame(upper, axis), -1, -2)
    mid_turn = _frame(new_end - new_mid, normal) @ np.swapaxes(_frame(lower, axis), -1, -2)
    return TwoBoneSolution(
        root_turn_wxyz=quat_from_matrix(root_turn),
        mid_turn_wxyz=quat_from_matrix(mid_turn),
        mid_m=new_mid,
        end_m=new_end,
    )


def hinge_ik(
    root_m: Float[Array, "*batch 3"],
    mid_m: Float[Array, "*batch 3"],
    end_m: Float[Array, "*batch 3"],
    target_m: Float[Array, "*batch 3"],
    hinge: Float[Array, "*batch 3"],
    *,
    max_extension: float = MAX_EXTENSION,
) -> TwoBoneSolution:
    """Bring the end of a limb to a target by flexing about a given hinge and swinging the whole limb; ours.

    The right choice for knees: the bend never leaves the hinge, is never undefined where the leg is straight, and
    never goes backwards (a hyperextended limb comes out flexed by as much). A target at the end of a limb that is not
    hyperextended changes nothing.

    Args:
        root_m: hip.
        mid_m: knee.
        end_m: ankle.
        target_m: where the end shall be.
        hinge: world axis about which the lower bone turns in flexion.
        max_extension: longest reach as a share of the limb's length.
    """
    upper, lower, axis = mid_m - root_m, end_m - mid_m, unit(hinge)
    upper_length, lower_length = length(upper), length(lower)
    total = upper_length + lower_length
    longest = np.maximum(total * max_extension, np.minimum(length(end_m - root_m), total))
    span = np.clip(length(target_m - root_m), np.abs(upper_length - lower_length) + 1e-6, longest)
    # |upper + lower turned by phi|^2 = span^2 is  along + a cos(phi) + b sin(phi) = wanted.
    along = dot(axis, lower) * dot(axis, upper)
    a, b = dot(upper, lower) - along, dot(upper, cross(axis, lower))
    wanted = 0.5 * (span**2 - upper_length**2 - lower_length**2)
    cosine = np.clip((wanted - along) / np.maximum(np.hypot(a, b), 1e-12), -1.0, 1.0)
    flex = quat_from_rotvec((np.arctan2(b, a) + np.arccos(cosine)) * axis)
    bent = upper + quat_rotate(flex, lower)
    swing = quat_between(bent, target_m - root_m)
    return TwoBoneSolution(
        root_turn_wxyz=swing,
        mid_turn_wxyz=quat_multiply(swing, flex),
        mid_m=root_m + quat_rotate(swing, upper),
        end_m=root_m + quat_rotate(swing, bent),
    )


def angular_speed_rad_per_s(
    local_quat_wxyz: Float[Array, "frames joints 4"], rate_hz: float
) -> Float[Array, "steps joints"]:
    """Return each joint's local angular speed between consecutive frames (one fewer than frames)."""
    step = quat_multiply(quat_inverse(local_quat_wxyz[:-1]), local_quat_wxyz[1:])
    return 2.0 * rate_hz * np.arctan2(np.linalg.norm(step[..., 1:], axis=-1), np.abs(step[..., 0]))
