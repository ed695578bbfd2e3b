# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a take plays on: the character, and the shape keys of its meshes. What holds for one holds for the others.

From Blender 4.4 on a take is one Action with a slot for each. Before, an Action is for one alone: those of shape keys
are Actions of their own that belong to the take's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import bpy

from ..face import meshes
from ..scene import compat, curves, nla
from ..scene.compat import Player
from ..scene.tracks import Place
from . import marks


def take_in(action: bpy.types.Action | None) -> bpy.types.Action | None:
    """Return the take that an Action is, or is a part of; None if it is the animator's own."""
    if action is None:
        return None
    return action if marks.TAKE_KEY in action else cast("bpy.types.Action | None", action.get(marks.LAYER_KEY))


def faces(character: bpy.types.Object) -> dict[str, bpy.types.Key]:
    """Return mesh -> shape keys that takes may move; those of linked meshes are left out."""
    return {mesh: key for mesh, key in meshes.faced(character).items() if meshes.is_editable(key)}


def of(character: bpy.types.Object) -> tuple[Player, ...]:
    """Return the character and its shape keys."""
    return (character, *faces(character).values())


def animations(character: bpy.types.Object) -> Iterator[bpy.types.AnimData]:
    """Yield the animation data of all players that have some."""
    for player in of(character):
        if player.animation_data is not None:
            yield player.animation_data


def part_of(take: bpy.types.Action, player: Player) -> bpy.types.Action | None:
    """Return the Action that has what a take does with a player, None if it leaves it alone."""
    if isinstance(player, bpy.types.Object):
        return take
    if compat.HAS_SLOTS:
        return take if compat.slot_for(take, player) is not None else None
    playing = [strip.action for strip in compat.users_in(player.animation_data)]
    waiting = [each for each in bpy.data.actions if each.get(marks.FACE_KEY) == player.name]
    found = (each for each in (*playing, *waiting) if each is not None and marks.FACE_KEY in each)
    return next((each for each in found if take_in(each) == take), None)


def parts_of(take: bpy.types.Action) -> list[bpy.types.Action]:
    """Return the Actions beside its own that a take has for shape keys; where there are slots, those below it alone."""
    found = (each for each in bpy.data.actions if marks.FACE_KEY in each or marks.FACE_BELOW_KEY in each)
    return [each for each in found if take_in(each) == take]


def new_part(take: bpy.types.Action, key: bpy.types.Key, title: str) -> bpy.types.Action:
    """Return the Action for what a take does with shape keys; `title` names it where it is one of its own."""
    found = part_of(take, key)
    if found is not None:
        return found
    if compat.HAS_SLOTS:
        compat.add_slot(take, key)
        return take
    action = compat.new_action(f"{take.name} · {title}", key)
    action[marks.LAYER_KEY], action[marks.FACE_KEY] = take, key.name
    action.use_fake_user = True
    return action


def curves_of(take: bpy.types.Action, player: Player) -> dict[Place, bpy.types.FCurve]:
    """Return what a take does with a player, by data path and channel."""
    action = part_of(take, player)
    return {} if action is None else curves.by_channel(compat.own_curves(action, player))


def active_curves(player: Player) -> dict[Place, bpy.types.FCurve]:
    """Return the curves of a player's active Action, by data path and channel."""
    animation = player.animation_data
    if animation is None or animation.action is None:
        return {}
    return curves.by_channel(compat.curves_of(animation.action, compat.slot_handle_of(animation)))


def play(
    player: Player, take: bpy.types.Action, frame: int, *, as_active_action: bool, model: bpy.types.NlaStrip | None
) -> bpy.types.NlaStrip | None:
    """Make a take the one that plays on a player; return its strip. One that leaves the player alone leaves it silent.

    Args:
        player: the character, or shape keys.
        take: has keys for it, or not.
        frame: where it begins.
        as_active_action: instead of a track of its own.
        model: the character's strip, whose times shape keys follow.
    """
    action = part_of(take, player)
    animation = player.animation_data_create() if action is not None else player.animation_data
    if animation is None:
        return None
    if action is None:
        silence(animation, active_too=True)
        return None
    if as_active_action:
        animation.action = action
        compat.assign_slot(animation, action, player)
        return None
    silence(animation, active_too=False)
    return _in_track(animation, player, action, frame, model)


def silence(animation: bpy.types.AnimData, *, active_too: bool) -> None:
    """Mute the tracks of takes; `active_too`: let go of one that is the active Action."""
    for track in animation.nla_tracks:
        if any(take_in(strip.action) for strip in track.strips):
            track.mute = True
    if active_too and take_in(animation.action) is not None:
        animation.action = None


def _in_track(
    animation: bpy.types.AnimData,
    player: Player,
    action: bpy.types.Action,
    frame: int,
    model: bpy.types.NlaStrip | None,
) -> bpy.types.NlaStrip:
    own = animation.action
    if own is not None:  # it would hide the take
        track = animation.nla_tracks.new()
        track.name, track.mute = own.name, take_in(own) is not None
        nla.push_down(animation, track, (action.frame_range[0], action.frame_range[1]))
        if not track.mute:
            own[marks.BELOW_KEY] = True
    track = animation.nla_tracks.new()
    track.name = action.name
    strip = track.strips.new(action.name, frame, action)
    compat.assign_slot(strip, action, player)
    if model is not None:
        nla.align(strip, model)
    return strip


def strips_of(
    character: bpy.types.Object, take: bpy.types.Action
) -> list[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]]:
    """Return where a take plays on the shape keys of a character."""
    return [(track, strip) for track, strip, is_below in _strips(character, take) if not is_below]


def _strips(
    character: bpy.types.Object, take: bpy.types.Action
) -> Iterator[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip, bool]]:
    """Yield tracks and strips that a take has on shape keys, and whether these hold what lies below it."""
    for key in faces(character).values():
        for track in key.animation_data.nla_tracks if key.animation_data else ():
            for strip in track.strips:
                if strip.action is not None and take_in(strip.action) == take:
                    yield track, strip, marks.FACE_BELOW_KEY in strip.action


def lift_below(character: bpy.types.Object, take: bpy.types.Action) -> None:
    """Take away what lies below a take in layers on shape keys."""
    for track, strip in [(track, strip) for track, strip, is_below in _strips(character, take) if is_below]:
        key, action = cast("bpy.types.Key", track.id_data), cast("bpy.types.Action", strip.action)
        track.strips.remove(strip)
        if not track.strips and key.animation_data is not None:
            key.animation_data.nla_tracks.remove(track)
        if not action.users:
            bpy.data.actions.remove(action)


def strip_of(
    player: Player, take: bpy.types.Action, model: bpy.types.NlaStrip | None
) -> tuple[bpy.types.NlaTrack, bpy.types.NlaStrip] | None:
    """Return where a take lies on a player; one that was the active Action gets a track. None = it leaves it alone.

    Args:
        player: the character, or shape keys.
        take: in one piece.
        model: the character's strip, whose times shape keys follow.
    """
    action, animation = part_of(take, player), player.animation_data
    if action is None or animation is None:
        return None
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action == action:
                return track, strip
    is_shown = animation.action == action
    if is_shown:
        animation.action = None
    track = animation.nla_tracks.new()
    track.name, track.mute = action.name, not is_shown
    strip = track.strips.new(action.name, round(action.frame_range[0]), action)
    compat.assign_slot(strip, action, player)
    if model is not None:
        nla.align(strip, model)
    return track, strip
