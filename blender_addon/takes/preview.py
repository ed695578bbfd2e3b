# SPDX-License-Identifier: GPL-3.0-or-later
"""A candidate's key pose on the character, for looking at; then everything is as it was."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import mathutils  # pyright: ignore[reportMissingModuleSource] - Blender has it
import numpy as np

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.rig import Retargeter

from ..scene import lookup
from . import reading

_LOWER = ("hip", "knee", "ankle", "foot", "pelvis")
_CHANNELS = ("rotation_quaternion", "rotation_euler", "rotation_axis_angle")


@dataclass(eq=False)
class Before:
    """What a preview has changed: names and values, no references."""

    scene: str
    character: str
    frame: int
    turns: dict[str, tuple[tuple[float, ...], ...]]


class Shown:
    """The preview that is on a character now."""

    before: Before | None = None


def _is_upper(joint: str) -> bool:
    return bool(joint) and not any(part in joint for part in _LOWER)


def show(
    scene: bpy.types.Scene, character: bpy.types.Object, retargeter: Retargeter, pose_wxyz: Array, frame: int
) -> None:
    """Put the upper body of a pose on a character at a frame; `restore` takes it off again.

    Args:
        scene: goes to the frame.
        character: an armature object.
        retargeter: of the character.
        pose_wxyz: local rotations, joints x 4.
        frame: where the pose would lie.
    """
    restore()
    names = [name for name, joint in retargeter.driven if _is_upper(joint)]
    before = scene.frame_current
    scene.frame_set(frame)
    now = _pose_now(character, retargeter, pose_wxyz)
    rig = retargeter.to_rig(now)
    bones = lookup.pose_of(character).bones
    Shown.before = Before(
        scene=scene.name,
        character=character.name,
        frame=before,
        turns={name: tuple(tuple(getattr(bones[name], channel)) for channel in _CHANNELS) for name in names},
    )
    for name in names:
        _turn(bones[name], rig.basis_quat_wxyz[0, rig.bones.index(name)])


def _pose_now(character: bpy.types.Object, retargeter: Retargeter, pose_wxyz: Array) -> MotionClip:
    """Return the pose on the lower body that the character has: as a take would show it."""
    frames = np.zeros(1)
    basis = np.stack(
        [reading.turns(lookup.pose_of(character).bones[name], {}, frames) for name, _ in retargeter.driven], axis=1
    )
    own = retargeter.to_canonical(basis, np.zeros((1, 3)), frame_rate_hz=30.0)
    local = pose_wxyz[None].copy()
    for joint in retargeter.rig_map.bones:
        if not _is_upper(joint):
            local[0, joint_index(joint)] = own.local_quat_wxyz[0, joint_index(joint)]
    root = np.array([[0.0, STANDING_PELVIS_HEIGHT_M, 0.0]])
    return MotionClip(local_quat_wxyz=local, root_position_m=root, frame_rate_hz=30.0)


def _turn(bone: bpy.types.PoseBone, quat_wxyz: Array) -> None:
    quat = mathutils.Quaternion(quat_wxyz.tolist())
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = quat
    elif bone.rotation_mode == "AXIS_ANGLE":
        axis, angle = quat.to_axis_angle()
        bone.rotation_axis_angle = (angle, *axis)  # pyright: ignore[reportAttributeAccessIssue]
    else:
        bone.rotation_euler = quat.to_euler(bone.rotation_mode, bone.rotation_euler)


def restore() -> bool:
    """Put back what a preview has changed; return whether there was one."""
    before, Shown.before = Shown.before, None
    if before is None:
        return False
    character, scene = bpy.data.objects.get(before.character), bpy.data.scenes.get(before.scene)
    if character is not None and character.pose is not None:
        for name, turns in before.turns.items():
            bone = lookup.pose_of(character).bones.get(name)
            if bone is not None:
                for channel, turn in zip(_CHANNELS, turns, strict=True):
                    setattr(bone, channel, turn)
        character.update_tag()
    if scene is not None:
        scene.frame_set(before.frame)
    return True
