# SPDX-License-Identifier: GPL-3.0-or-later
"""Canonical motion -> a take: a new Action with GENERATED keys, in an NLA track of its own or as the active Action.

Never touched: the scene's fps and range, the rest pose, auto-keying, the user's own keys and Actions.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TypeGuard, cast

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.rig import Retargeter
from exges_core.rig.options import RetargetOptions

from ..character import armature, skin, switches
from ..face import meshes
from ..scene import compat, cooperative, curves, lookup
from ..scene.tracks import Place, Tracks
from . import marks, modes, players, posing, reading
from .before import before_of, joined, put_back, put_back_shapes, state_of
from .marks import OWNER_KEY, TAKE_KEY
from .players import take_in


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
    origin_m: Array | None = None,
    retargeter: Retargeter | None = None,
    faces: Mapping[str, Tracks] | None = None,
) -> bpy.types.Action:
    """Write a clip onto a character as a new take, at once, and return its Action.

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
        faces: mesh -> curves of its shape keys.

    Raises:
        RigMatchError: if the character's bones cannot be mapped or cannot travel so; nothing has been changed then.
    """
    options = options or RetargetOptions()
    stand = stand_of(character, retargeter or armature.retargeter_of(character), options)
    tracks = posing.posed(
        stand,
        clip,
        start_frame=start_frame,
        rate_hz=lookup.scene_rate_hz(scene),
        options=options,
        exact_frames=tuple(exact_frames),
        origin_m=origin_m,
    )
    with_name = cooperative.now(writing(tracks, character.name, faces))
    action = bpy.data.actions[with_name]
    publish(character, action, stand, settings, start_frame=start_frame, as_active_action=as_active_action)
    return action


def stand_of(
    character: bpy.types.Object, retargeter: Retargeter, options: RetargetOptions, face: Iterable[str] = ()
) -> posing.Stand:
    """Return what a take must know of a character; reads only. `face` names the bones of a face that it moves."""
    earlier = takes_of(character)[:1]
    place = before_of(earlier[0])["object_location"] if earlier else list(character.location[:])
    bones_of_face = tuple(face)
    names = dict.fromkeys((*posing.keyed_bones(retargeter, options), *bones_of_face))
    return posing.Stand(
        retargeter=retargeter,
        bones={name: _bone(lookup.pose_of(character).bones[name]) for name in names},
        held=tuple((each.path, each.group, each.value) for each in switches.settings_of(character, retargeter)),
        place_m=np.array(place),
        turn=np.array(character.matrix_basis.to_3x3(), dtype=np.float64),
        height=float(max(character.dimensions[:]) or 1.0),
        numbers=curves.numbers(),
        mesh=skin.mesh_of(character) if options.keep_out else None,
        face=bones_of_face,
    )


def _bone(bone: bpy.types.PoseBone) -> posing.Bone:
    return posing.Bone(
        path=switches.bone_path(bone.name),
        mode=bone.rotation_mode,
        is_turn_locked=lookup.flags_of(bone.lock_rotation),
        is_place_locked=lookup.flags_of(bone.lock_location),
        own_axes=None if bone.bone.use_local_location else reading.rest_axes(bone.bone),
        parent_axes=reading.rest_axes(bone.bone.parent),
    )


def writing(tracks: Tracks, owner: str, faces: Mapping[str, Tracks] | None = None) -> cooperative.Work[str]:
    """Write curves into a new Action that nobody uses yet, slice by slice; return its name.

    A file that is saved meanwhile does not get it; a work that is given up takes it away.

    Args:
        tracks: of the character.
        owner: the character's name.
        faces: mesh -> curves of its shape keys; of one that has gone, nothing is written.
    """
    name, is_done = f"ExGes {uuid.uuid4().hex[:12]}", False

    def take() -> bpy.types.Action:
        return bpy.data.actions.get(name) or compat.new_action(name, lookup.character(owner))

    def part(mesh: str) -> curves.Target | None:
        key = players.faces(lookup.character(owner)).get(mesh)
        return None if key is None else (players.new_part(take(), key, mesh), key)

    try:
        yield from curves.writing(lambda: (take(), None), tracks)
        for mesh, each in (faces or {}).items():
            yield None
            yield from curves.writing(partial(part, mesh), each)
        yield None
        is_done = True
    finally:
        half = bpy.data.actions.get(name)
        if half is not None and not is_done:
            remove_actions(half)
    return name


def remove_actions(take: bpy.types.Action) -> None:
    """Delete an Action, and those of shape keys that belong to it."""
    for each in (*players.parts_of(take), take):
        bpy.data.actions.remove(each)


def publish(
    character: bpy.types.Object,
    action: bpy.types.Action,
    stand: posing.Stand,
    settings: Mapping[str, object],
    *,
    start_frame: int,
    as_active_action: bool,
    written_for: Mapping[str, str] | None = None,
) -> None:
    """Make a written Action a take of the character, the one that plays.

    Args:
        character: an armature object.
        action: with the take's keys.
        stand: the character as it was read.
        settings: what made the take; stored with it.
        start_frame: in the scene.
        as_active_action: instead of a track of its own.
        written_for: bone -> the rotation mode that the take is written for, where it has another one now.
    """
    leave_tweak_mode(character)
    before, takes = state_of(character, stand, shapes_in(character, action)), takes_of(character)
    for take in takes[:1]:
        before = joined(before_of(take), before)
    own = modes.before(takes)
    now = {name: bone.mode for name, bone in stand.bones.items()} | dict(written_for or {})
    had = {name: own.get(name, bone.mode) for name, bone in stand.bones.items()}
    modes.remember(action, {name: (mode, had[name]) for name, mode in now.items() if mode != had[name]})
    action.name = f"ExGes take {1 + sum(TAKE_KEY in each for each in bpy.data.actions)}"
    action[TAKE_KEY] = json.dumps({**settings, "character": character.name, "before": before})
    action[OWNER_KEY] = character.name
    action.use_fake_user = True
    strip: bpy.types.NlaStrip | None = None
    for player in players.of(character):
        part = players.part_of(action, player)
        if part is not None and part != action:
            part.name = f"{action.name}{part.name[part.name.index(' · ') :]}"
        made = players.play(player, action, start_frame, as_active_action=as_active_action, model=strip)
        strip = strip or made
    modes.put(character, takes_of(character), action)
    rest_faces(character, action)


def shapes_in(character: bpy.types.Object, take: bpy.types.Action) -> list[tuple[str, str]]:
    """Return mesh and name of every shape key that a take moves."""
    return [
        (mesh, shape)
        for mesh, key in players.faces(character).items()
        for path, _ in players.curves_of(take, key)
        if (shape := meshes.shape_in(path))
    ]


def rest_faces(character: bpy.types.Object, shown: bpy.types.Action | None) -> None:
    """Put shape keys that other takes have moved back where they were, as far as the one that is shown leaves them.

    What nothing plays stays as it was last seen: in the middle of a word.
    """
    moved = [] if shown is None else shapes_in(character, shown)
    for take in takes_of(character)[:1]:
        put_back_shapes([each for each in before_of(take).get("shapes", ()) if (each[0], each[1]) not in moved])


def leave_tweak_mode(character: bpy.types.Object) -> None:
    """Let the active Action be the character's own again: while a strip is tweaked (Tab), Blender lets nobody set it.

    Keys that were changed in the strip's Action stay changed.
    """
    for animation in players.animations(character):
        if not animation.use_tweak_mode:
            continue
        action = animation.action
        animation.use_tweak_mode = False
        for strip in [strip for track in animation.nla_tracks for strip in track.strips if take_in(strip.action)]:
            if strip.action == action and (is_take(action) or marks.FACE_KEY in cast("bpy.types.Action", action)):
                _lengthen(strip)


def _lengthen(strip: bpy.types.NlaStrip) -> None:
    """Let a strip play keys that were added before or after all others."""
    assert strip.action is not None
    first, last = strip.action.frame_range
    is_plain = strip.scale == 1.0 and strip.repeat == 1.0 and strip.frame_start == strip.action_frame_start
    if is_plain and (first < strip.action_frame_start or last > strip.action_frame_end):
        strip.action_frame_start, strip.action_frame_end = first, last
        strip.frame_start_ui = first


def is_take(action: bpy.types.Action | None) -> TypeGuard[bpy.types.Action]:
    """Say whether an Action was made by ExGes."""
    return action is not None and TAKE_KEY in action


def layers_in(character: bpy.types.Object, take: bpy.types.Action) -> tuple[bpy.types.Action, ...]:
    """Return the Actions in which a take lies on a character, lowest first; () if it is in one piece."""
    animation = character.animation_data
    strips = () if animation is None else (strip for track in animation.nla_tracks for strip in track.strips)
    found = (strip.action for strip in strips)
    return tuple(each for each in found if each is not None and each != take and take_in(each) == take)


def curves_of_take(character: bpy.types.Object, take: bpy.types.Action) -> dict[Place, bpy.types.FCurve]:
    """Return a take's curves by data path and channel, of its layers if it has some."""
    layers = layers_in(character, take) or (take,)
    return curves.by_channel(curve for action in layers for curve in compat.own_curves(action))


def curves_now(name: str, take: str) -> dict[Place, bpy.types.FCurve]:
    """Return the curves of a take on a character, both given by name.

    Raises:
        InputError: if the take has gone.
    """
    return curves_of_take(lookup.character(name), lookup.take(take))


def takes_of(character: bpy.types.Object) -> tuple[bpy.types.Action, ...]:
    """Return the takes a character has, oldest first."""
    animation = character.animation_data
    if animation is None:
        return ()
    strips = (strip for track in animation.nla_tracks for strip in track.strips)
    found = list(dict.fromkeys(take for strip in strips if (take := take_in(strip.action)) is not None))
    # Takes that were the active Action are no longer tied to the character, but still its own.
    waiting = [action for action in bpy.data.actions if action.get(OWNER_KEY) == character.name and is_take(action)]
    for action in (animation.action, *waiting):
        if is_take(action) and action not in found:
            found.append(action)
    return tuple(found)


def is_shown(character: bpy.types.Object, action: bpy.types.Action) -> bool:
    """Say whether a take of the character plays."""
    animation = character.animation_data
    if animation is None:
        return False
    return animation.action == action or any(
        take_in(strip.action) == action for track in animation.nla_tracks if not track.mute for strip in track.strips
    )


def show_take(character: bpy.types.Object, name: str) -> None:
    """Let one take play and mute the others."""
    leave_tweak_mode(character)
    for animation in players.animations(character):
        for track in animation.nla_tracks:
            takes = [take for strip in track.strips if (take := take_in(strip.action)) is not None]
            if takes:
                track.mute = all(action.name != name for action in takes)
    modes.put(character, takes_of(character), bpy.data.actions[name])
    rest_faces(character, bpy.data.actions[name])


def remove_take(character: bpy.types.Object, name: str) -> None:
    """Delete a take; the newest other one plays instead. With the last one, pose and switches go back as they were."""
    leave_tweak_mode(character)
    action = bpy.data.actions[name]
    was_shown = is_shown(character, action)
    before = before_of(action)
    has_moved = any(curve.data_path == "location" for curve in compat.own_curves(action))
    shown = [take for take in takes_of(character) if take != action and is_shown(character, take)]
    modes.put(character, takes_of(character), shown[-1] if shown else None)
    layers = layers_in(character, action)
    for animation in players.animations(character):
        for track in list(animation.nla_tracks):
            if any(take_in(strip.action) == action for strip in track.strips):
                animation.nla_tracks.remove(track)
        if take_in(animation.action) == action:
            animation.action = None
    for each in layers:
        bpy.data.actions.remove(each)
    remove_actions(action)
    others = takes_of(character)
    if not others:
        put_back(character, before, has_moved=has_moved)
    elif was_shown:
        show_take(character, others[-1].name)
