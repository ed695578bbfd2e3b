# SPDX-License-Identifier: GPL-3.0-or-later
"""A character's F-curves -> canonical motion: the inverse of `keyframes`. Reads only."""

from __future__ import annotations

import json
from collections.abc import Mapping

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.motion.euler import quat_from_euler
from exges_core.motion.skeleton import JOINT_NAMES, joint_index
from exges_core.rig import Retargeter, Stance
from exges_core.rig.rest import SPINE
from exges_core.timeline import MOTION_RATE_HZ

from ..character import switches
from ..scene import cooperative, coordinates, curves, lookup

_DIGITS = 7
Channels = Mapping[tuple[str, int], bpy.types.FCurve]
"""F-curves by data path and channel."""


def rotation_name(bone: bpy.types.PoseBone) -> str:
    """Return the name of the property that turns a bone in its rotation mode."""
    kind = {"QUATERNION": "quaternion", "AXIS_ANGLE": "axis_angle"}.get(bone.rotation_mode, "euler")
    return f"rotation_{kind}"


def values(channels: Channels, path: str, now: Array, frames: Array) -> Array:
    """Return a property on frames, frames x channels; what has no curve stays as it is now."""
    found = np.broadcast_to(now, (len(frames), len(now))).copy()
    for channel in range(len(now)):
        curve = channels.get((path, channel))
        if curve is not None and len(curve.keyframe_points):
            found[:, channel] = curves.values_at(curve, frames)
    return found


def turns(bone: bpy.types.PoseBone, channels: Channels, frames: Array) -> Array:
    """Return a bone's own rotation on frames as unit quaternions, frames x 4, whatever its rotation mode."""
    name = rotation_name(bone)
    path = f"{switches.bone_path(bone.name)}.{name}"
    found = values(channels, path, np.array(getattr(bone, name)[:], dtype=np.float64), frames)
    if name == "rotation_euler":
        order = coordinates.turn_order(bone.rotation_mode)
        return quat_from_euler(found[:, ["XYZ".index(axis) for axis in order]], order)
    if name == "rotation_axis_angle":
        length = np.linalg.norm(found[:, 1:], axis=1, keepdims=True)
        axis = np.where(length > 0.0, found[:, 1:] / np.maximum(length, 1e-12), np.array([0.0, 1.0, 0.0]))
        half = 0.5 * found[:, :1]
        return np.concatenate([np.cos(half), np.sin(half) * axis], axis=1)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.where(length > 1e-9, found / np.maximum(length, 1e-9), np.array([1.0, 0.0, 0.0, 0.0]))


def rest_axes(bone: bpy.types.Bone | None) -> Array:
    """Return a bone's rest axes in the armature's, 3 x 3; the armature's own without a bone."""
    return np.eye(3) if bone is None else np.array(bone.matrix_local.to_3x3().normalized(), dtype=np.float64)


def location(bone: bpy.types.PoseBone, channels: Channels, frames: Array) -> Array:
    """Return a bone's location in its own rest axes."""
    path = switches.bone_path(bone.name) + ".location"
    found = values(channels, path, np.array(bone.location[:], dtype=np.float64), frames)
    if bone.bone.use_local_location:
        return found
    return found @ rest_axes(bone.bone.parent).T @ rest_axes(bone.bone)


def pose_now(character: bpy.types.Object, retargeter: Retargeter) -> Stance:
    """Return the pose that a character is in, as channels of the bones that takes turn."""
    frames, bones = np.zeros(1), lookup.pose_of(character).bones
    return Stance(
        turns_wxyz={name: turns(bones[name], {}, frames)[0] for name, _ in retargeter.driven},
        location=location(bones[retargeter.rig_map.location_bone], {}, frames)[0],
    )


def posture_now(character: bpy.types.Object, retargeter: Retargeter) -> str:
    """Return the pose that a character is in as a posture file would have it: the joints that it has bones for."""
    pose = pose_now(character, retargeter)
    basis = np.stack([pose.turns_wxyz[bone] for bone, _ in retargeter.driven])
    clip = retargeter.to_canonical(basis[None], pose.location[None], frame_rate_hz=MOTION_RATE_HZ)
    # Joints of the trunk that have no bone share the bend of those that do.
    names = [name for name in JOINT_NAMES if name in retargeter.bones or name in {*SPINE, "neck"}]
    rounded = {
        name: [round(float(each), _DIGITS) for each in clip.local_quat_wxyz[0, joint_index(name)]] for name in names
    }
    return json.dumps({"joints": rounded})


def clipping(
    name: str,
    retargeter: Retargeter,
    curves_now: curves.CurvesNow,
    frames: Array,
    *,
    rate_hz: float,
) -> cooperative.Work[MotionClip]:
    """Return what F-curves show on frames, whole or not, as canonical motion; slice by slice.

    Args:
        name: of the character whose bones they turn.
        retargeter: of the character.
        curves_now: looks the F-curves up.
        frames: of the scene.
        rate_hz: the label of the clip: how many of these frames make a second.

    Raises:
        ExgesError: if the character, its bones or the curves have gone meanwhile.
    """
    found: dict[str, Array] = {}
    while len(found) < len(retargeter.driven):
        begun_s, bones, channels = cooperative.clock(), lookup.pose_bones(name, retargeter), curves_now()
        for bone, _ in retargeter.driven:
            if bone not in found:
                found[bone] = turns(bones[bone], channels, frames)
                if cooperative.is_over(begun_s):
                    break
        yield None
    bones = lookup.pose_bones(name, retargeter)
    location_now = location(bones[retargeter.rig_map.location_bone], curves_now(), frames)
    basis = np.stack([found[bone] for bone, _ in retargeter.driven], axis=1)
    return (yield from cooperative.aside(lambda: retargeter.to_canonical(basis, location_now, frame_rate_hz=rate_hz)))
