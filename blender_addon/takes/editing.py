# SPDX-License-Identifier: GPL-3.0-or-later
"""A take in the active Action, to be edited by hand, and back; and keys of one's own that hide a take.

Editing is Blender's own tweak mode: the strip's Action is the active one, the character's own is kept beside it by name
and slot, in the file as well, and the strip plays as it did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import bpy
import numpy as np

from exges_core.errors import InputError

from ..character import switches
from ..face import meshes
from ..scene import attributes, compat, curves, lookup
from ..scene.tracks import SELECTED, Place
from . import faces, keyframes, layers, players, reading, record

_SELECTED = (SELECTED, "select_left_handle", "select_right_handle")


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What a character's active Action hides of the take that is shown.

    Attributes:
        bones: whose motion it hides, and shape keys.
        first, last: the frames of its keys there.
        before, after: True = it also holds what comes before the first key, after the last.
    """

    bones: tuple[str, ...]
    first: int
    last: int
    before: bool
    after: bool


def edited(character: bpy.types.Object | None) -> bpy.types.Action | None:
    """Return the take that is edited in the active Action, None if none is."""
    animation = None if character is None else character.animation_data
    if animation is None or not animation.use_tweak_mode or not keyframes.is_take(animation.action):
        return None
    return animation.action


def begin(character: bpy.types.Object, name: str) -> None:
    """Let a take's Action be the active one, no key selected; its strip goes on playing it.

    Raises:
        InputError: if the take has no strip or is in layers, or Blender refuses.
    """
    keyframes.leave_tweak_mode(character)
    animation, action = character.animation_data, bpy.data.actions[name]
    layers.require_whole(character, action, "Edit Take")
    assert animation is not None  # it has a take
    track = next((each for each in animation.nla_tracks if any(strip.action == action for strip in each.strips)), None)
    if track is None:
        raise InputError(f"{name} is an active Action, not a strip: its keys can be edited as they are.")
    record.show(character, name)
    for curve in (each for part in (action, *players.parts_of(action)) for each in compat.curves_of(part)):
        for part in _SELECTED:
            if attributes.read(curve.keyframe_points, part, np.bool_).any():
                attributes.write(curve.keyframe_points, part, np.zeros(len(curve.keyframe_points), dtype=np.bool_))
    if not _tweak(animation, track, action):
        raise InputError(f"{name} cannot be edited: Blender refuses its strip. Unlock its track in the NLA editor.")
    for track_of_face, strip in players.strips_of(character, action):
        animation_of_face = cast("bpy.types.Key", track_of_face.id_data).animation_data
        assert animation_of_face is not None
        _tweak(animation_of_face, track_of_face, cast("bpy.types.Action", strip.action))  # a locked one stays as it is


def _tweak(animation: bpy.types.AnimData, track: bpy.types.NlaTrack, action: bpy.types.Action) -> bool:
    """Let the strip of an Action be the one that is edited; return whether Blender does."""
    animation.nla_tracks.active = track
    for strip in track.strips:
        strip.select = strip.action == action
    animation.use_tweak_mode = True
    if animation.action != action:
        animation.use_tweak_mode = False
    return animation.action == action


def own_curves(character: bpy.types.Object) -> dict[Place, bpy.types.FCurve]:
    """Return the curves of the active Action, which is no take, that play instead of what the shown take has."""
    animation, take = character.animation_data, record.shown(character)
    if animation is None or take is None or animation.use_tweak_mode or keyframes.is_take(animation.action):
        return {}
    if animation.action is None or animation.action_blend_type != "REPLACE" or animation.action_influence == 0.0:
        return {}
    own = curves.by_channel(compat.curves_of(animation.action, compat.slot_handle_of(animation)))
    theirs = {curve.data_path for curve in compat.own_curves(take)}
    return {
        place: curve
        for place, curve in own.items()
        if place[0] in theirs and not curve.mute and len(curve.keyframe_points)
    }


def turned_or_moved(character: bpy.types.Object) -> Iterator[tuple[str, str]]:
    """Yield each bone and data path that turns it, in the rotation mode it has, or moves it."""
    for bone in lookup.pose_of(character).bones:
        path = switches.bone_path(bone.name)
        yield bone.name, f"{path}.{reading.rotation_name(bone)}"
        yield bone.name, f"{path}.location"


def hidden(character: bpy.types.Object | None) -> Hidden | None:
    """Return what active Actions hide of the shown take, None if nothing."""
    if character is None:
        return None
    take, body = record.shown(character), own_curves(character)
    paths = {path for path, _ in body}
    bones = dict.fromkeys(bone for bone, path in turned_or_moved(character) if path in paths) if paths else {}
    animations = {character.animation_data: list(body.values())} if bones else {}
    names = list(bones)
    for mesh, over in faces.own_over(character, take).items() if take else ():
        animations[players.faces(character)[mesh].animation_data] = list(over.values())
        names += [shape for path, _ in over if (shape := meshes.shape_in(path))]
    if not names:
        return None
    ends = [curve.range() for found in animations.values() for curve in found]
    held = [animation.action_extrapolation for animation in animations if animation is not None]
    return Hidden(
        bones=tuple(names),
        first=round(min(first for first, _ in ends)),
        last=round(max(last for _, last in ends)),
        before="HOLD" in held,
        after=any(each in {"HOLD", "HOLD_FORWARD"} for each in held),
    )
