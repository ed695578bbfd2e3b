"""BVH hierarchies whose zero pose is no person: every bone along one axis, as Rokoko's and other suits export them.

With all rotations at zero such a skeleton is folded into a line; the pose that its makers mean as rest stands in the
motion. So a frame of the motion serves as rest: the first, or else the first in which the person stands. Everything is
re-expressed against that frame (`unfolded`), and back for writing (`refolded`):

    W_j: world rotation in the file, P_j: the same in the rest frame;  W'_j = W_j P_j^-1

The rest frame is turned so that it faces the front, its trunk set upright and its feet flat and ahead, so that heading,
lean, raised heels and toes turned out stay motion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import RigMatchError
from exges_core.motion.bvh import BvhMotion
from exges_core.motion.orientation import AXES, VECTORS, turn_upright
from exges_core.motion.rotations import (
    matrix_from_quat,
    quat_angle,
    quat_between,
    quat_from_matrix,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.motion.skeleton import joint_index
from exges_core.rig.bones import Rig, body_frame, rig_from_hierarchy
from exges_core.rig.match import RigMap, match_rig
from exges_core.rig.presets import PRESETS, Preset
from exges_core.rig.rest import REST_M, RestPose

_UPRIGHT = float(np.cos(np.deg2rad(35.0)))
"""Thighs and shins of who stands go on from the trunk within this angle; T- and A-poses keep it to 5 degrees."""
_FOOT_RAD = float(np.deg2rad(15.0))
"""A foot that points further away from where ours points at rest is raised or turned out in that frame; skeletons
differ by 10 degrees."""
_CORNERS = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
_TRIES = 100
"""So many frames, spread over the take, are tried after the first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RestedRig:
    """A hierarchy with a rest pose that shows a person.

    Attributes:
        motion: against that rest pose: of the file itself, or of one of its frames.
        rig: its bones at rest.
        rig_map: which bone plays which joint.
        zero: the motion as the file has it.
        frame: that serves as rest; None = the zero pose does.
        pose_quat_wxyz: world rotation of each joint in that frame; None = identity.
    """

    motion: BvhMotion
    rig: Rig
    rig_map: RigMap
    zero: BvhMotion
    frame: int | None = None
    pose_quat_wxyz: Float[Array, "joints 4"] | None = None

    @property
    def remark(self) -> str:
        """Return what was taken as rest and how that leans, in words; "" for a zero pose that stands upright."""
        lean = RestPose(rig=self.rig, bones=self.rig_map.bones).lean.remark
        if self.frame is None:
            return lean
        what = "the first frame" if self.frame == 0 else f"frame {self.frame} (the first in which the person stands)"
        folded = f"its zero pose is folded up, so {what} serves as rest"
        return f"{folded}; {lean}" if lean else folded

    def refolded(self, motion: BvhMotion) -> BvhMotion:
        """Return motion against the rest pose as the file's own rotations, offsets and places."""
        pose = self.pose_quat_wxyz
        if pose is None:
            return motion
        world = quat_multiply(world_rotations(motion), pose)
        return replace(
            motion,
            offsets=self.zero.offsets,
            end_sites=self.zero.end_sites,
            local_quat_wxyz=_local(world, motion.parents),
            local_position=_by_parents(motion.local_position, quat_inverse(pose), motion.parents),
        )


def rested_rig(motion: BvhMotion, *, presets: Sequence[Preset] = PRESETS) -> RestedRig:
    """Return a hierarchy's rig, its map, and its motion against a rest pose that shows a person.

    Raises:
        RigMatchError: if neither the zero pose nor a frame of the motion shows a person standing.
    """
    rig = rig_from_hierarchy(motion.names, motion.parents, motion.offsets)
    try:
        return RestedRig(motion=motion, rig=rig, rig_map=match_rig(rig, presets=presets), zero=motion)
    except RigMatchError as error:
        for frame in range(0, motion.frames, max(1, motion.frames // _TRIES)):
            found = _rested_at(motion, frame, presets)
            if found is not None:
                return found
        if motion.frames < 2:  # a skeleton alone: there is nothing else to look at
            raise
        raise RigMatchError(f"{error} No frame of its motion shows a person standing either.") from error


def _rested_at(motion: BvhMotion, frame: int, presets: Sequence[Preset]) -> RestedRig | None:
    """Return the rig at rest in one frame, or None if that shows nobody standing."""
    alone = replace(
        motion,
        local_quat_wxyz=motion.local_quat_wxyz[frame : frame + 1],
        local_position=motion.local_position[frame : frame + 1],
    )
    pose = world_rotations(alone)[0]
    posed = unfolded(alone, pose)
    rig = rig_from_hierarchy(posed.names, posed.parents, posed.offsets)
    try:
        found = match_rig(rig, presets=presets)
        heads = {joint: rig.heads[rig.index(bone)] for joint, bone in found.bones.items()}
        if not _is_standing(heads):
            return None
        up, pose = _facing_front(pose, rig, found, heads)
    except RigMatchError:
        return None
    rested = unfolded(motion, pose, frame, (VECTORS[up] != 0.0).tolist())
    rig = rig_from_hierarchy(rested.names, rested.parents, rested.offsets)
    return RestedRig(motion=rested, rig=rig, rig_map=found, zero=motion, frame=frame, pose_quat_wxyz=pose)


def _is_standing(heads: Mapping[str, Array]) -> bool:
    """Say whether thighs and shins go on from the trunk."""
    trunk = _trunk(heads)
    bones = [
        heads[f"{side}_{upper}"] - heads[f"{side}_{lower}"]
        for side in ("left", "right")
        for upper, lower in (("hip", "knee"), ("knee", "ankle"))
    ]
    sizes = [float(np.linalg.norm(bone) * np.linalg.norm(trunk)) for bone in bones]
    return all(bone @ trunk >= _UPRIGHT * max(size, 1e-12) for bone, size in zip(bones, sizes, strict=True))


def _trunk(heads: Mapping[str, Array]) -> Array:
    """Return the way from between the hips to between the shoulders, doubled."""
    left_hip, right_hip, left_shoulder, right_shoulder = (heads[joint] for joint in _CORNERS)
    return left_shoulder + right_shoulder - left_hip - right_hip


def _facing_front(
    pose: Float[Array, "joints 4"], rig: Rig, rig_map: RigMap, heads: Mapping[str, Array]
) -> tuple[int, Float[Array, "joints 4"]]:
    """Return which of `AXES` is up in the rest frame, and its rotations turned to the front, the trunk upright."""
    frame = body_frame(heads)
    up = int(np.argmax(VECTORS @ frame[:, 1]))
    front = matrix_from_quat(quat_inverse(turn_upright(AXES[up])))
    yaw = quat_from_matrix(front @ frame.T)
    canonical = {joint: REST_M[joint_index(joint)] for joint in _CORNERS}
    lift = quat_between(quat_rotate(yaw, _trunk(heads)), front @ _trunk(canonical))
    turned = quat_multiply(yaw, pose)
    legs = _below(rig, [rig_map.bones[f"{side}_hip"] for side in ("left", "right")])
    turned[~legs] = quat_multiply(lift, turned[~legs])
    for side in ("left", "right"):
        foot = rig_map.bones.get(f"{side}_foot")
        if foot is not None:
            toes = quat_rotate(yaw, heads[f"{side}_foot"] - heads[f"{side}_ankle"])
            below = _below(rig, [rig_map.bones[f"{side}_ankle"]])
            turned[below] = quat_multiply(_standing_foot(toes, front, side), turned[below])
    return up, turned


def _below(rig: Rig, bones: Sequence[str]) -> Array:
    """Return which bones are one of these or hang on one."""
    return np.array([any(name == bone or rig.is_ancestor(bone, name) for bone in bones) for name in rig.names])


def _standing_foot(toes: Array, front: Array, side: str) -> Array:
    """Return the turn that puts a foot flat and to the front: identity for one that rests so, as skeletons differ."""
    flat = front @ (REST_M[joint_index(f"{side}_foot")] - REST_M[joint_index(f"{side}_ankle")])
    if quat_angle(quat_between(toes, flat)) < _FOOT_RAD:
        return np.array([1.0, 0.0, 0.0, 0.0])
    level = np.eye(3) - np.outer(front[:, 1], front[:, 1])
    ahead = quat_between(level @ toes, level @ flat)  # about the vertical first, so that no sole is tilted
    return quat_multiply(quat_between(quat_rotate(ahead, toes), flat), ahead)


def unfolded(
    motion: BvhMotion, pose: Float[Array, "joints 4"], frame: int = 0, is_up: Sequence[bool] = (True, True, True)
) -> BvhMotion:
    """Return the motion against a rest pose of given world rotations, bones as long as in a frame of it.

    Args:
        motion: as the file has it.
        pose: world rotation of each joint at rest.
        frame: where the root is at rest, and all joints that have places of their own.
        is_up: the coordinates of that place that count; the others are 0, above the origin of the ground.
    """
    offsets = _by_parents(motion.local_position[frame], pose, motion.parents)
    offsets[0] *= is_up
    world = quat_multiply(world_rotations(motion), quat_inverse(pose))
    ends = tuple((joint, tuple(quat_rotate(pose[joint], np.array(end)).tolist())) for joint, end in motion.end_sites)
    return replace(
        motion,
        offsets=offsets,
        end_sites=ends,
        local_quat_wxyz=_local(world, motion.parents),
        local_position=_by_parents(motion.local_position, pose, motion.parents),
    )


def world_rotations(motion: BvhMotion) -> Float[Array, "frames joints 4"]:
    """Return the world rotations of every joint."""
    world = motion.local_quat_wxyz.copy()
    for joint, parent in enumerate(motion.parents):
        if parent >= 0:
            world[:, joint] = quat_multiply(world[:, parent], world[:, joint])
    return world


def _local(world: Array, parents: Sequence[int]) -> Array:
    local = world.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            local[:, joint] = quat_multiply(quat_inverse(world[:, parent]), world[:, joint])
    return local


def _by_parents(places: Array, turns: Array, parents: Sequence[int]) -> Array:
    """Return places against the parents turned with the parents' rest; the root's stay the world's."""
    moved = places.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            moved[..., joint, :] = quat_rotate(turns[parent], places[..., joint, :])
    return moved
