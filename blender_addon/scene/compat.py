# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between Blender 4.2 and 5.2, in one place: actions, the sequencer, engines, video, data of add-ons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import bpy

HAS_SLOTS = bpy.app.version >= (4, 4, 0)
HAS_SOUND = bool(getattr(cast("Any", bpy.app).build_options, "audaspace", False))
"""False in some builds (the Python module of 4.2): they cannot read sound into the sequencer."""


def _of_any_version(thing: object) -> Any:  # noqa: ANN401 - the stubs know one version; this is asked of others
    """Return a thing of Blender's for an attribute that not every version has."""
    return thing


Player: TypeAlias = bpy.types.Object | bpy.types.Key
"""What F-curves of a take move: a character, or the shape keys of one of its meshes."""


def new_action(name: str, owner: Player) -> bpy.types.Action:
    """Return an empty Action for an object, or for shape keys; `curve_in` adds curves to it."""
    action = bpy.data.actions.new(name)
    if HAS_SLOTS:
        action.layers.new("Layer").strips.new(type="KEYFRAME")
        add_slot(action, owner)
    return action


def add_slot(action: bpy.types.Action, owner: Player) -> None:
    """Add a slot for somebody else to an Action that `new_action` made."""
    slot = action.slots.new(id_type="KEY" if isinstance(owner, bpy.types.Key) else "OBJECT", name=owner.name)
    _channels_in(action.layers[0].strips[0], slot)


def slot_for(action: bpy.types.Action, owner: Player) -> bpy.types.ActionSlot | None:
    """Return the slot of an Action that is for an object or for shape keys, None if it has none.

    An object's is the first one. That of shape keys is the one which they play already, or has their name.
    """
    kind = "KEY" if isinstance(owner, bpy.types.Key) else "OBJECT"
    slots = [slot for slot in action.slots if slot.target_id_type in {kind, "UNSPECIFIED"}]
    if kind == "OBJECT":
        return slots[0] if slots else None
    played = {user.action_slot_handle for user in users_in(owner.animation_data) if user.action == action}
    known = [slot for slot in slots if slot.handle in played] or [
        slot for slot in slots if slot.name_display == owner.name
    ]
    return known[0] if known else None


def users_in(
    animation: bpy.types.AnimData | None,
) -> Iterator[bpy.types.AnimData | bpy.types.NlaStrip]:
    """Yield what plays Actions: all strips, and animation data itself."""
    if animation is not None:
        yield from (strip for track in animation.nla_tracks for strip in track.strips)
        yield animation


def _keys_of(strip: bpy.types.ActionStrip) -> bpy.types.ActionKeyframeStrip:
    """Return a layered Action's strip as the only kind there is."""
    return cast("bpy.types.ActionKeyframeStrip", strip)


def _channels_in(strip: bpy.types.ActionStrip, slot: bpy.types.ActionSlot) -> bpy.types.ActionChannelbag:
    """Return a slot's channels in a strip, made if they are missing."""
    bag = _keys_of(strip).channelbag(slot, ensure=True)
    assert bag is not None
    return bag


def curves_of(action: bpy.types.Action, slot_handle: int | None = None) -> Iterable[bpy.types.FCurve]:
    """Return the F-curves of an Action: all, or those of one slot where several objects share the Action."""
    if not HAS_SLOTS:
        return tuple(_of_any_version(action).fcurves)
    return tuple(
        curve
        for layer in action.layers
        for strip in layer.strips
        if strip.type == "KEYFRAME"
        for bag in _keys_of(strip).channelbags
        if slot_handle is None or bag.slot_handle == slot_handle
        for curve in bag.fcurves
    )


def own_curves(action: bpy.types.Action, owner: Player | None = None) -> Iterable[bpy.types.FCurve]:
    """Return the F-curves of an Action that are for somebody; without an owner, for the character of a take."""
    if not HAS_SLOTS:
        return curves_of(action)
    if owner is None:
        return curves_of(action, action.slots[0].handle) if action.slots else ()
    slot = slot_for(action, owner)
    return () if slot is None else curves_of(action, slot.handle)


def slot_handle_of(user: bpy.types.AnimData | bpy.types.NlaStrip) -> int | None:
    """Return the handle of the slot that animation data or an NLA strip plays, None where there are no slots."""
    if not HAS_SLOTS:
        return None
    return user.action_slot_handle


def curve_in(
    action: bpy.types.Action, path: str, index: int, group: str, owner: Player | None = None
) -> bpy.types.FCurve:
    """Add one F-curve to an Action that `new_action` made: to the first slot, or that of an owner."""
    if not HAS_SLOTS:
        return _of_any_version(action).fcurves.new(path, index=index, action_group=group)
    slot = action.slots[0] if owner is None else slot_for(action, owner)
    assert slot is not None
    bag = _channels_in(action.layers[0].strips[0], slot)
    curve = bag.fcurves.new(path, index=index)
    if group:
        curve.group = bag.groups.get(group) or bag.groups.new(group)
    return curve


def remove_curves(
    action: bpy.types.Action, is_unwanted: Callable[[bpy.types.FCurve], bool], owner: Player | None = None
) -> None:
    """Remove F-curves of an Action, of all its slots or of an owner's alone."""
    slot = slot_for(action, owner) if HAS_SLOTS and owner is not None else None
    for holder in _curve_holders(action, None if slot is None else slot.handle):
        for curve in tuple(holder.fcurves):
            if is_unwanted(curve):
                holder.fcurves.remove(curve)


def _curve_holders(action: bpy.types.Action, slot_handle: int | None) -> Iterator[bpy.types.ActionChannelbag]:
    """Yield what holds F-curves: channelbags, or the Action itself where there are none."""
    if not HAS_SLOTS:
        yield _of_any_version(action)
        return
    for layer in action.layers:
        for strip in layer.strips:
            if strip.type == "KEYFRAME":
                bags = _keys_of(strip).channelbags
                yield from (bag for bag in bags if slot_handle is None or bag.slot_handle == slot_handle)


def assign_slot(
    target: bpy.types.AnimData | bpy.types.NlaStrip, action: bpy.types.Action, owner: Player | None = None
) -> None:
    """Let animation data or an NLA strip play the first slot of an Action, or an owner's: the Action alone may not."""
    if HAS_SLOTS and action.slots:
        target.action_slot = action.slots[0] if owner is None else slot_for(action, owner)


def remove_slots_of_keys(action: bpy.types.Action) -> None:
    """Take out of an Action what is for shape keys."""
    for slot in tuple(action.slots) if HAS_SLOTS else ():
        if slot.target_id_type == "KEY":
            action.slots.remove(slot)


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene whose sequencer the user sees: from 5.0 on it may be another one than the 3D scene."""
    return getattr(context.workspace, "sequencer_scene", None) or context.scene


def strips_of(scene: bpy.types.Scene) -> tuple[bpy.types.Strip, ...]:
    """Return all strips of a scene's sequencer, metas opened."""
    editor = _of_any_version(scene.sequence_editor)
    if editor is None:
        return ()
    return tuple(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def _new_strips(scene: bpy.types.Scene) -> bpy.types.StripsTopLevel:
    """Return where strips are added to a scene's sequencer."""
    editor = _of_any_version(scene.sequence_editor or scene.sequence_editor_create())
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def strip_range(strip: bpy.types.Strip) -> tuple[int, int]:
    """Return the first frame of a strip and the frame after its last, trims counted."""
    if hasattr(strip, "left_handle"):
        return int(strip.left_handle), int(strip.right_handle)
    return int(strip.frame_final_start), int(strip.frame_final_end)


def content_range(strip: bpy.types.Strip) -> tuple[float, float]:
    """Return where the untrimmed content of a strip begins and ends, in frames."""
    if hasattr(strip, "content_start"):
        return float(strip.content_start), float(strip.content_start + strip.content_duration)
    return float(strip.frame_start), float(strip.frame_start + strip.frame_duration)


def add_sound(scene: bpy.types.Scene, *, name: str, filepath: str, channel: int, frame: int) -> bpy.types.SoundStrip:
    """Add a sound strip."""
    return cast("bpy.types.SoundStrip", _new_strips(scene).new_sound(name, filepath, channel, frame))


def free_channel(scene: bpy.types.Scene) -> int:
    """Return the number of the lowest channel above all strips of a scene's sequencer."""
    return 1 + max((strip.channel for strip in strips_of(scene)), default=0)


def enum_value(struct: type, prop: str, identifier: str) -> int:
    """Return the number behind an enum item, for foreach_set."""
    return int(_of_any_version(struct).bl_rna.properties[prop].enum_items[identifier].value)


def data_of_addon(thing: bpy.types.ID, name: str) -> object:
    """Return what another add-on keeps with a data-block: its property group, or what is left of it while it is off.

    None if there is nothing. From 5.0 on the properties of add-ons do not lie among the animator's own.
    """
    group = getattr(thing, name, None)
    if group is not None:
        return group
    data = _of_any_version(thing)
    kept = data.bl_system_properties_get() if hasattr(data, "bl_system_properties_get") else data
    return None if kept is None else kept.get(name)


def is_selected(bone: bpy.types.PoseBone) -> bool:
    """Return whether a bone is selected in Pose Mode: from 5.0 on the pose bone says so itself."""
    owner = _of_any_version(bone)
    return bool(owner.select if hasattr(owner, "select") else owner.bone.select)


def add_pictures(
    scene: bpy.types.Scene, *, name: str, pictures: Sequence[Path], channel: int, frame: int
) -> bpy.types.ImageStrip:
    """Add picture files of one folder as a strip, one frame each, in their own size; return it."""
    strip = cast("bpy.types.ImageStrip", _new_strips(scene).new_image(name, str(pictures[0]), channel, frame))
    for picture in pictures[1:]:
        strip.elements.append(picture.name)
    return strip


def set_picture_output(scene: bpy.types.Scene) -> None:
    """Let the scene write PNG files."""
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_mode, settings.compression = "PNG", "RGB", 15


def set_video_output(scene: bpy.types.Scene) -> None:
    """Let the scene write H.264 with AAC sound in an MP4 file."""
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    ffmpeg = scene.render.ffmpeg
    assert ffmpeg is not None
    ffmpeg.format, ffmpeg.codec, ffmpeg.constant_rate_factor = "MPEG4", "H264", "HIGH"
    ffmpeg.audio_codec, ffmpeg.audio_bitrate, ffmpeg.audio_channels = "AAC", 128, "MONO"
