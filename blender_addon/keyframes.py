# SPDX-License-Identifier: GPL-3.0-or-later
"""Canonical motion -> a take: a new Action with GENERATED keys, in an NLA track of its own or as the active Action.

Never touched: the scene's fps and range, the rest pose, auto-keying, the user's own keys and Actions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import bpy
import numpy as np

from exges_core.motion.clip import MotionClip
from exges_core.motion.euler import euler_from_quat
from exges_core.rig import Retargeter, RigPose
from exges_core.rig.retarget import RetargetOptions

from . import armature, compat, coordinates, switches

TAKE_KEY = "exges_take"
"""Custom property of every Action that is a take: its settings as JSON, seed included."""

OWNER_KEY = "exges_of"
"""Custom property of a take: the name of its character."""


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
    options: RetargetOptions | None = None,
    exact_frames: Iterable[float] = (),
    origin_m: np.ndarray | None = None,
    retargeter: Retargeter | None = None,
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
        options: what travels and which contacts are kept; None = the hips travel, feet and hands keep contact.
        exact_frames: scene frames of the animator's own keys, where contact changes nothing.
        retargeter: of the character, if it is at hand; it costs half of all this.
        origin_m: the point of the clip's ground that lies where the character stands; None = the middle of its path.

    Raises:
        RigMatchError: if the character's bones cannot be mapped or cannot travel so; nothing has been changed then.
    """
    retargeter = retargeter or armature.retargeter_of(character)
    rate_hz = scene_rate_hz(scene)
    resampled = clip if clip.frame_rate_hz == rate_hz else clip.resample(rate_hz)
    frames = start_frame + np.arange(resampled.frames, dtype=np.float32)
    pose = retargeter.to_rig(
        resampled,
        origin_m=np.median(resampled.root_position_m, axis=0) if origin_m is None else origin_m,
        options=options or RetargetOptions(),
        is_exact=np.isin(frames, np.round(np.array(list(exact_frames), dtype=np.float32))),
    )
    held = switches.settings_of(character, retargeter)
    number = 1 + sum(TAKE_KEY in action for action in bpy.data.actions)
    action, new_curve = compat.new_action(f"ExGes take {number}", character)
    before = _state(character, pose, held)
    for take in takes_of(character)[:1]:
        before = _joined(json.loads(take[TAKE_KEY])["before"], before)
    _write_pose(_Writer(new_curve, frames), character, pose, held, np.array(before["object_location"]))
    action[TAKE_KEY] = json.dumps({**settings, "character": character.name, "before": before})
    action[OWNER_KEY] = character.name
    action.use_fake_user = True
    _show(character, action, start_frame, as_active_action=as_active_action)
    return action


def _write_pose(
    writer: _Writer,
    character: bpy.types.Object,
    pose: RigPose,
    held: tuple[switches.Setting, ...],
    place: np.ndarray,
) -> None:
    for index, name in enumerate(pose.bones):
        _write_rotation(writer, character.pose.bones[name], pose.basis_quat_wxyz[:, index])
    _write_location(writer, character.pose.bones[pose.location_bone], pose.location)
    if pose.root_bone:
        _write_location(writer, character.pose.bones[pose.root_bone], pose.root_location)
    if pose.object_shift.any():
        turn = np.array(character.matrix_basis.to_3x3(), dtype=np.float64)
        moved = coordinates.points_to_blender(pose.object_shift) @ turn.T
        writer.curves("location", place + moved, group="Object Transforms")
    for setting in held:
        writer.constant(setting.path, setting.value, group=setting.group)


class _Writer:
    """Adds dense F-curves of GENERATED keys over the same frames."""

    def __init__(self, new_curve: compat.NewCurve, frames: np.ndarray) -> None:
        self.new_curve, self.frames = new_curve, frames
        self.generated = compat.enum_value(bpy.types.Keyframe, "type", "GENERATED")
        self.linear = compat.enum_value(bpy.types.Keyframe, "interpolation", "LINEAR")

    def curves(self, path: str, values: np.ndarray, *, group: str, is_locked: Sequence[bool] = ()) -> None:
        """Write values, frames x channels, to the channels of one property that are not locked."""
        for channel in range(values.shape[1]):
            if not (is_locked and is_locked[channel]):
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
    """Write one bone's rotation in the mode the bone has; locked channels get no keys."""
    path = switches.bone_path(bone.name) + "."
    is_locked = tuple(bone.lock_rotation)
    if all(is_locked):
        return
    if bone.rotation_mode == "QUATERNION":
        writer.curves(path + "rotation_quaternion", quat_wxyz, group=bone.name)
    elif bone.rotation_mode == "AXIS_ANGLE":
        writer.curves(path + "rotation_axis_angle", _axis_angles(quat_wxyz), group=bone.name)
    else:
        order = coordinates.turn_order(bone.rotation_mode)
        angles = euler_from_quat(quat_wxyz[:, None], order)[:, 0]
        values = angles[:, [order.index(axis) for axis in "XYZ"]]
        writer.curves(path + "rotation_euler", values, group=bone.name, is_locked=is_locked)


def _axis_angles(quat_wxyz: np.ndarray) -> np.ndarray:
    """Return angle and axis per frame, continuous: both signs and whole turns are the same rotation."""
    sine = np.linalg.norm(quat_wxyz[:, 1:], axis=-1)
    angle = 2.0 * np.arctan2(sine, quat_wxyz[:, 0])
    axis = quat_wxyz[:, 1:] / np.maximum(sine, 1e-12)[:, None]
    for frame in range(1, len(angle)):
        if axis[frame] @ axis[frame - 1] < 0.0:
            angle[frame], axis[frame] = -angle[frame], -axis[frame]
        angle[frame] -= 2.0 * np.pi * np.round((angle[frame] - angle[frame - 1]) / (2.0 * np.pi))
    return np.concatenate([angle[:, None], axis], axis=-1)


def _write_location(writer: _Writer, bone: bpy.types.PoseBone, location: np.ndarray) -> None:
    """Write a bone's location, given in its own rest axes, in the axes the bone uses; locked channels get no keys."""
    if not bone.bone.use_local_location:
        own = np.array(bone.bone.matrix_local.to_3x3().normalized(), dtype=np.float64)
        parent = bone.bone.parent
        axes = np.eye(3) if parent is None else np.array(parent.matrix_local.to_3x3().normalized(), dtype=np.float64)
        location = location @ own.T @ axes
    path = switches.bone_path(bone.name) + ".location"
    writer.curves(path, location, group=bone.name, is_locked=tuple(bone.lock_location))


def _rotation_name(bone: bpy.types.PoseBone) -> str:
    kind = {"QUATERNION": "quaternion", "AXIS_ANGLE": "axis_angle"}.get(bone.rotation_mode, "euler")
    return f"rotation_{kind}"


def _state(character: bpy.types.Object, pose: RigPose, held: tuple[switches.Setting, ...]) -> dict[str, list]:
    """Return what takes overwrite on a character, as it is before the first one."""
    bones = character.pose.bones
    names = (*pose.bones, pose.location_bone, *((pose.root_bone,) if pose.root_bone else ()))
    return {
        "settings": [(each.path, switches.present_value(character, each.path)) for each in held],
        "object_location": list(character.location),
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


def _joined(earlier: Mapping[str, list], now: Mapping[str, list]) -> dict[str, list]:
    """Return what was before the first take, and what later ones overwrite besides."""
    joined = {"object_location": earlier["object_location"]}
    for part in ("settings", "pose"):
        known = {each[0] for each in earlier[part]}
        joined[part] = [*earlier[part], *(each for each in now[part] if each[0] not in known)]
    return joined


def _put_back(character: bpy.types.Object, state: Mapping[str, list], *, has_moved: bool) -> None:
    bones = character.pose.bones
    for path, value in state["settings"]:
        if value is not None:
            switches.put_back(character, path, value)
    for bone, rotation, location, turn in state["pose"]:
        if bone in bones:
            bones[bone].location = location
            setattr(bones[bone], rotation, turn)
    if has_moved:
        character.location = state["object_location"]
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
    # Takes that were the active Action are no longer tied to the character, but still its own.
    waiting = [action for action in bpy.data.actions if action.get(OWNER_KEY) == character.name and is_take(action)]
    for action in (animation.action, *waiting):
        if is_take(action) and action not in found:
            found.append(action)
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
    has_moved = any(curve.data_path == "location" for curve in compat.curves_of(action))
    animation = character.animation_data
    for track in list(animation.nla_tracks):
        if any(strip.action == action for strip in track.strips):
            animation.nla_tracks.remove(track)
    if animation.action == action:
        animation.action = None
    bpy.data.actions.remove(action)
    others = takes_of(character)
    if not others:
        _put_back(character, before, has_moved=has_moved)
    elif was_shown:
        show_take(character, others[-1].name)
