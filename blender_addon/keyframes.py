# SPDX-License-Identifier: GPL-3.0-or-later
"""Canonical motion -> a take: a new Action with GENERATED keys, in an NLA track of its own or as the active Action.

Never touched: the scene's fps and range, the rest pose, auto-keying, the user's own keys and Actions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import bpy
import mathutils
import numpy as np

from exges_core.motion.clip import MotionClip
from exges_core.rig import RigPose, Switch

from . import armature, compat

TAKE_KEY = "exges_take"
"""Custom property of every Action that is a take: its settings as JSON, seed included."""


def scene_rate_hz(scene: bpy.types.Scene) -> float:
    """Return the scene's frames per second, 23.976 included."""
    return scene.render.fps / scene.render.fps_base


def add_take(
    scene: bpy.types.Scene,
    character: bpy.types.Object,
    clip: MotionClip,
    *,
    start_frame: int,
    settings: Mapping[str, object],
    as_active_action: bool = False,
) -> bpy.types.Action:
    """Write a clip onto a character as a new take and return its Action.

    The clip is resampled to the scene's own rate, so keys lie on whole frames and time is exact to the clip's end. It
    plays where the character stands: the middle of the take's path is the character's own place.

    Args:
        scene: whose frame rate counts.
        character: an armature object.
        clip: canonical motion; its first frame comes to lie on start_frame.
        start_frame: in the scene.
        settings: what made the take; stored with it.
        as_active_action: True = the character's active Action instead of an NLA track; the former stays in the file.

    Raises:
        RigMatchError: if the character's bones cannot be mapped; nothing has been changed then.
    """
    retargeter = armature.retargeter_of(character)
    rate_hz = scene_rate_hz(scene)
    resampled = clip if clip.frame_rate_hz == rate_hz else clip.resample(rate_hz)
    pose = retargeter.to_rig(resampled, origin_m=np.median(resampled.root_position_m, axis=0))
    frames = start_frame + np.arange(len(pose.location), dtype=np.float32)
    number = 1 + sum(TAKE_KEY in action for action in bpy.data.actions)
    action, new_curve = compat.new_action(f"ExGes take {number}", character)
    writer = _Writer(new_curve, frames)
    for index, bone in enumerate(pose.bones):
        _write_rotation(writer, character.pose.bones[bone], pose.basis_quat_wxyz[:, index])
    _write_location(writer, pose)
    for switch in retargeter.rig_map.switches:
        writer.constant(f'pose.bones["{switch.bone}"]["{switch.name}"]', switch.value, group=switch.bone)
    earlier = takes_of(character)
    before = (
        json.loads(earlier[0][TAKE_KEY])["before"]
        if earlier
        else _state(character, (*pose.bones, pose.location_bone), retargeter.rig_map.switches)
    )
    action[TAKE_KEY] = json.dumps({**settings, "character": character.name, "before": before})
    action.use_fake_user = True
    _show(character, action, start_frame, as_active_action=as_active_action)
    return action


class _Writer:
    """Adds dense F-curves of GENERATED keys over the same frames."""

    def __init__(self, new_curve: compat.NewCurve, frames: np.ndarray) -> None:
        self.new_curve, self.frames = new_curve, frames
        self.generated = compat.enum_value(bpy.types.Keyframe, "type", "GENERATED")
        self.linear = compat.enum_value(bpy.types.Keyframe, "interpolation", "LINEAR")

    def curves(self, path: str, values: np.ndarray, *, group: str) -> None:
        """Write values, frames x channels, to the channels of one property."""
        for channel in range(values.shape[1]):
            self._curve(self.new_curve(path, channel, group), self.frames, values[:, channel])

    def constant(self, path: str, value: float, *, group: str) -> None:
        """Write one key that holds."""
        self._curve(self.new_curve(path, 0, group), self.frames[:1], np.array([value]))

    def _curve(self, curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
        count = len(frames)
        points = curve.keyframe_points
        points.add(count)
        points.foreach_set("co", np.stack([frames, values], axis=-1).astype(np.float32).ravel())
        points.foreach_set("type", np.full(count, self.generated, dtype=np.int32))
        points.foreach_set("interpolation", np.full(count, self.linear, dtype=np.int32))
        curve.update()


def _write_rotation(writer: _Writer, bone: bpy.types.PoseBone, quat_wxyz: np.ndarray) -> None:
    """Write one bone's rotation in the mode the bone has."""
    path = f'pose.bones["{bone.name}"].'
    if bone.rotation_mode == "QUATERNION":
        writer.curves(path + "rotation_quaternion", quat_wxyz, group=bone.name)
        return
    turns = [mathutils.Quaternion(quat) for quat in quat_wxyz]
    if bone.rotation_mode == "AXIS_ANGLE":
        pairs = [turn.to_axis_angle() for turn in turns]
        values = np.array([(angle, *axis) for axis, angle in pairs])
        writer.curves(path + "rotation_axis_angle", values, group=bone.name)
        return
    eulers = [turns[0].to_euler(bone.rotation_mode)]
    for turn in turns[1:]:
        eulers.append(turn.to_euler(bone.rotation_mode, eulers[-1]))
    writer.curves(path + "rotation_euler", np.array([euler[:] for euler in eulers]), group=bone.name)


def _write_location(writer: _Writer, pose: RigPose) -> None:
    writer.curves(f'pose.bones["{pose.location_bone}"].location', pose.location, group=pose.location_bone)


def _rotation_name(bone: bpy.types.PoseBone) -> str:
    kind = {"QUATERNION": "quaternion", "AXIS_ANGLE": "axis_angle"}.get(bone.rotation_mode, "euler")
    return f"rotation_{kind}"


def _state(character: bpy.types.Object, names: Iterable[str], switches: tuple[Switch, ...]) -> dict[str, list]:
    """Return what takes overwrite on a character, as it is before the first one."""
    bones = character.pose.bones
    return {
        "switches": [(each.bone, each.name, float(bones[each.bone].get(each.name, each.value))) for each in switches],
        "pose": [
            (
                name,
                _rotation_name(bones[name]),
                bones[name].location[:],
                getattr(bones[name], _rotation_name(bones[name]))[:],
            )
            for name in dict.fromkeys(names)
        ],
    }


def _put_back(character: bpy.types.Object, state: Mapping[str, list]) -> None:
    bones = character.pose.bones
    for bone, prop, value in state["switches"]:
        if bone in bones:
            bones[bone][prop] = value
    for bone, rotation, location, turn in state["pose"]:
        if bone in bones:
            bones[bone].location = location
            setattr(bones[bone], rotation, turn)
    character.update_tag()


def _show(character: bpy.types.Object, action: bpy.types.Action, frame: int, *, as_active_action: bool) -> None:
    """Make the take the one that plays."""
    animation = character.animation_data_create()
    if as_active_action:
        animation.action = action
        compat.assign_slot(animation, action)
        return
    for track in animation.nla_tracks:
        if any(is_take(strip.action) for strip in track.strips):
            track.mute = True
    if animation.action is not None:
        _push_down(animation)
    track = animation.nla_tracks.new()
    track.name = action.name
    strip = track.strips.new(action.name, frame, action)
    compat.assign_slot(strip, action)


def _push_down(animation: bpy.types.AnimData) -> None:
    """Move the active Action into a track below the take, which it would otherwise hide; its keys stay as they are."""
    action = animation.action
    track = animation.nla_tracks.new()
    track.name = action.name
    strip = track.strips.new(action.name, int(action.frame_range[0]), action)
    if compat.HAS_SLOTS and animation.action_slot is not None:
        strip.action_slot = animation.action_slot
    strip.action_frame_start, strip.action_frame_end = action.frame_range
    strip.frame_start_ui = action.frame_range[0]
    track.mute = is_take(action)
    animation.action = None


def is_take(action: bpy.types.Action | None) -> bool:
    """Say whether an Action was made by ExGes."""
    return action is not None and TAKE_KEY in action


def takes_of(character: bpy.types.Object) -> tuple[bpy.types.Action, ...]:
    """Return the takes a character has, oldest first."""
    animation = character.animation_data
    if animation is None:
        return ()
    found = [strip.action for track in animation.nla_tracks for strip in track.strips if is_take(strip.action)]
    if is_take(animation.action) and animation.action not in found:
        found.append(animation.action)
    return tuple(found)


def is_shown(character: bpy.types.Object, action: bpy.types.Action) -> bool:
    """Say whether a take of the character plays."""
    animation = character.animation_data
    return animation.action == action or any(
        strip.action == action for track in animation.nla_tracks if not track.mute for strip in track.strips
    )


def show_take(character: bpy.types.Object, name: str) -> None:
    """Let one take play and mute the others."""
    for track in character.animation_data.nla_tracks:
        takes = [strip.action for strip in track.strips if is_take(strip.action)]
        if takes:
            track.mute = all(action.name != name for action in takes)


def remove_take(character: bpy.types.Object, name: str) -> None:
    """Delete a take; the newest other one plays instead. With the last one, pose and switches go back as they were."""
    action = bpy.data.actions[name]
    was_shown = is_shown(character, action)
    before = json.loads(action[TAKE_KEY])["before"]
    animation = character.animation_data
    for track in list(animation.nla_tracks):
        if any(strip.action == action for strip in track.strips):
            animation.nla_tracks.remove(track)
    if animation.action == action:
        animation.action = None
    bpy.data.actions.remove(action)
    others = takes_of(character)
    if not others:
        _put_back(character, before)
    elif was_shown:
        show_take(character, others[-1].name)
