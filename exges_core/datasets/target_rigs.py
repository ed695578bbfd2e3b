"""Motion written for somebody else's rig: BVH in the hierarchy of a BVH file or of a rig family.

A target is the path of a BVH (its skeleton at rest; its motion is used only where its zero pose is folded up), the path
of a preset's JSON, or a family's name. Matching and retargeting are the rig room's; here are files and what BVH wants.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exges_core.datasets.bvh_rigs import read_rig, refuse_characters
from exges_core.errors import RigMatchError, message
from exges_core.motion.bvh import SOLE_M, BvhMotion, end_sites_of, write_motion
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS, Skeleton
from exges_core.rig.bones import Rig, rig_from_hierarchy
from exges_core.rig.match import RigMap
from exges_core.rig.options import RetargetOptions
from exges_core.rig.preset_files import read_preset
from exges_core.rig.presets import PRESETS, Preset
from exges_core.rig.retarget import Retargeter
from exges_core.rig.zero_pose import RestedRig


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetRig:
    """A hierarchy that motion can be written in.

    Attributes:
        name: as it was asked for.
        rest: the hierarchy, its motion not used.
        retargeter: of its bones.
        rested: the file it came from, whose own rest pose may be another; None = a family.
    """

    name: str
    rest: BvhMotion
    retargeter: Retargeter
    rested: RestedRig | None = None

    @property
    def rig_map(self) -> RigMap:
        """Return which bone plays which joint."""
        return self.retargeter.rig_map

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what was taken as rest where the file's zero pose shows nobody."""
        remark = "" if self.rested is None else self.rested.remark
        return (f"{Path(self.name).name}: {remark}",) if remark else ()


def read_target(name: str) -> TargetRig:
    """Return the rig that a path or a family's name means.

    Raises:
        InputError: if it is a file that only Blender reads.
        SkeletonError: if a BVH cannot be read.
        RigMatchError: if its bones are no humanoid's, or there is neither such a file nor such a family.
    """
    path = Path(name)
    refuse_characters(path, "a rig as .bvh, or a family's name, for --rig")
    if path.suffix.lower() == ".bvh":
        found = read_rig(path)
        retargeter = Retargeter(rig=found.rig, rig_map=found.rig_map)
        return TargetRig(name=name, rest=found.motion, retargeter=retargeter, rested=found)
    if path.suffix.lower() == ".json":
        return _of_preset(name, read_preset(path))
    preset = next((each for each in PRESETS if name.lower() in (each.name, each.title.lower())), None)
    if preset is None:
        names = [each.name for each in PRESETS if _is_writable(each)]
        near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
        do = f"Did you mean {' or '.join(near)}?" if near else "Give a BVH file with the rig's skeleton."
        expected = f"a .bvh file, a preset's .json or one of {', '.join(names)}"
        raise RigMatchError(message(expected=expected, got=repr(name), where="--rig", do=do))
    return _of_preset(name, preset)


def _is_writable(preset: Preset) -> bool:
    """Say whether a family's bones form a chain by themselves; a control rig's depend on more than its table lists."""
    return not (preset.carriers or preset.logical_parents or preset.switches)


def _of_preset(name: str, preset: Preset) -> TargetRig:
    """Return our own body in a family's names: T-pose, metres, the joints that the family has."""
    if not _is_writable(preset):
        raise RigMatchError(
            message(
                expected="a family whose bones can be written as they are",
                got=f"the control rig {preset.title}",
                where="--rig",
                do="Use the Blender extension, or give a BVH file of its skeleton.",
            )
        )
    joints = [joint for joint in JOINT_NAMES if joint in preset.bones]
    places = DEFAULT_SKELETON.rest_positions_m()
    parents = tuple(_parent_among(joint, joints) for joint in joints)
    offsets = np.stack(
        [
            places[JOINT_NAMES.index(joint)] - (places[JOINT_NAMES.index(joints[parent])] if parent >= 0 else 0.0)
            for joint, parent in zip(joints, parents, strict=True)
        ]
    )
    body = Skeleton(names=tuple(joints), parents=parents, rest_offsets_m=offsets)
    names = tuple(preset.bones[joint][0] for joint in joints)
    rest = BvhMotion(
        names=names,
        parents=parents,
        offsets=offsets,
        end_sites=end_sites_of(body),
        local_quat_wxyz=np.zeros((0, len(joints), 4)),
        local_position=np.zeros((0, len(joints), 3)),
        frame_rate_hz=30.0,
    )
    rig = rig_from_hierarchy(names, parents, offsets)
    found = RigMap(
        preset=preset.name,
        title=preset.title,
        bones=dict(zip(joints, names, strict=True)),
        missing=tuple(joint for joint in JOINT_NAMES if joint not in joints),
        score=1.0,
        location_bone=names[0],
        carriers={},
        logical_parents={},
        switches=(),
    )
    return TargetRig(name=name, rest=_on_ground(rest, rig), retargeter=Retargeter(rig=rig, rig_map=found))


def _parent_among(joint: str, joints: list[str]) -> int:
    parent = PARENTS[JOINT_NAMES.index(joint)]
    while parent >= 0 and JOINT_NAMES[parent] not in joints:
        parent = PARENTS[parent]
    return joints.index(JOINT_NAMES[parent]) if parent >= 0 else -1


def _on_ground(rest: BvhMotion, rig: Rig) -> BvhMotion:
    """Return the hierarchy with its root lifted so that the rest pose stands on y = 0, as our own files do."""
    offsets = rest.offsets.copy()
    offsets[0, 1] -= rig.heads[:, 1].min() - SOLE_M
    return replace(rest, offsets=offsets)


def motion_on(target: TargetRig, clip: MotionClip, options: RetargetOptions | None = None) -> BvhMotion:
    """Return a clip in the target's hierarchy and unit, standing on the ground of the target's own axes.

    The ground is where the lowest joint or End Site of the rest pose is; it comes to lie at height 0 whether or not
    the file's root offset lifts it there. Feet and hands keep their contacts unless the options say otherwise.

    Raises:
        RigMatchError: if the bone that must travel, or one above it, has no place in the file.
    """
    retargeter, rest = target.retargeter, target.rest
    pose = retargeter.to_rig(clip, options=options or RetargetOptions())
    quats = np.zeros((clip.frames, len(rest.names), 4))
    quats[..., 0] = 1.0
    # Bone frames of a BVH are aligned to the world at rest, and what lies between driven bones does not turn.
    rig = retargeter.rig
    quats[:, [rig.index(bone) for bone in pose.bones]] = pose.basis_quat_wxyz
    position = np.broadcast_to(rest.offsets, (clip.frames, *rest.offsets.shape)).copy()
    up = retargeter.rig_from_canonical[:, 1]
    lift = -_ground_height(target) * up
    carrier = _carrier(target, rig.index(pose.location_bone))
    position[:, carrier] += pose.location + lift
    moved = replace(rest, local_quat_wxyz=quats, local_position=position, frame_rate_hz=clip.frame_rate_hz)
    return moved if target.rested is None else target.rested.refolded(moved)


def _ground_height(target: TargetRig) -> float:
    """Return how high the ground below the standing rest pose is, along the rig's own up."""
    rig, rest = target.retargeter.rig, target.rest
    up = target.retargeter.rig_from_canonical[:, 1]
    stood = target.retargeter.rest.stood
    heads = rig.heads - rig.heads[0] + rest.offsets[0]
    ends = [stood(heads[joint] + np.array(offset)) for joint, offset in rest.end_sites]
    heads = stood(heads)
    soles = heads @ up - SOLE_M * target.retargeter.scale
    return float(min(soles.min(), *(end @ up for end in ends)) if ends else soles.min())


def _carrier(target: TargetRig, bone: int) -> int:
    """Return the joint that can carry the location: the bone itself, or one above it that does not turn."""
    rest, driven = target.rest, set(target.retargeter.chain.places)
    joint = bone
    while joint > 0 and rest.channels and sum(channel[1] == "p" for channel in rest.channels[joint]) != 3:
        joint = rest.parents[joint]
        if rest.names[joint] in driven:
            raise RigMatchError(
                message(
                    expected=f"position channels on {rest.names[bone]!r} or its root",
                    got="none",
                    where=target.name,
                    do="Export the skeleton with a position on the hips or the root.",
                )
            )
    return joint


def write_on(path: Path, clip: MotionClip, target: TargetRig, options: RetargetOptions | None = None) -> None:
    """Write a clip as BVH in the target's hierarchy; atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    write_motion(path, motion_on(target, clip, options))
