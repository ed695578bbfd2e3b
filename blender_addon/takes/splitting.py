# SPDX-License-Identifier: GPL-3.0-or-later
"""A take put into layers, and what lies below them: the pose and the face before the take, where nothing else moves.

What a layer leaves free, wholly or in part, goes back to it and not to Blender's own rest. That is nobody's pose, and
for shape keys not the same in every version: 0, but 1 in Blender 5.0.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import cast

import bpy
import numpy as np

from exges_core.errors import InputError
from exges_core.rig import Retargeter

from ..character import switches
from ..face import found as faces
from ..face import meshes
from ..scene import compat, curves, nla, tracks
from ..scene.tracks import Place
from . import before as before_takes
from . import body_parts, keyframes, marks, players, user_keys
from .layers import BEFORE, FACE, PART_TITLES, PLACES_KEY, Layer, layers_of, remember, remove_layers, state_of

_SAMPLES = 16
_QUATERNION = ".rotation_quaternion"


def split(character: bpy.types.Object, take: bpy.types.Action, retargeter: Retargeter) -> None:
    """Put a take into layers, one for each part of the body that it moves, where it lies now.

    Raises:
        InputError: if the take has no curves, or as `nla.require_room_below`.
    """
    keyframes.leave_tweak_mode(character)
    for track_of_face, _ in players.strips_of(character, take):
        nla.require_room_below(_animation_of(track_of_face), track_of_face)
    part_of = body_parts.parts_of_places(character, retargeter, curves.by_channel(compat.own_curves(take)))
    if before_takes.has_face(take):
        of_face = tuple(f"{switches.bone_path(each.bone)}." for each in faces.face_of(character).bones.channels)
        part_of = {place: FACE if place[0].startswith(of_face) else part for place, part in part_of.items()}
    if not part_of:
        raise InputError(f"Split into Layers: {take.name} has no curves. Choose another take.")
    track, model = _strip_of(character, take)
    parts = {
        *part_of.values(),
        *(FACE for key in players.faces(character).values() if players.strip_of(key, take, model)),
    }
    animation = character.animation_data
    assert animation is not None
    lowest = track
    for part in reversed(PART_TITLES):
        if part in parts:
            action = _layer_action(take, part, part_of)
            above = animation.nla_tracks.new(prev=lowest)
            above.name, above.mute = action.name, track.mute
            strip = nla.copied(above, model, action)
            is_animated = strip.use_animated_influence
            remember(action, {"part": part, "level": 1.0, "is_animated": is_animated, "negated": []})
            lowest = above
    track.strips.remove(model)
    if not track.strips:
        animation.nla_tracks.remove(track)
    settle(character, take)


def _strip_of(character: bpy.types.Object, take: bpy.types.Action) -> tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]:
    """Return where a take lies; one that was the active Action gets a track."""
    found = players.strip_of(character, take, None)
    assert found is not None
    return found


def _layer_action(take: bpy.types.Action, part: str, part_of: Mapping[Place, str]) -> bpy.types.Action:
    """Return a copy of a take that has one part's curves, modifiers and all, and nothing of what a take remembers."""
    action = cast("bpy.types.Action", take.copy())
    action.name = f"{take.name} · {PART_TITLES[part]}"
    compat.remove_curves(action, lambda curve: part_of.get((curve.data_path, curve.array_index)) != part)
    compat.remove_slots_of_keys(action)
    for key in [key for key in cast("Mapping[str, object]", action).keys() if key.startswith("exges_")]:  # noqa: SIM118
        del action[key]
    action.asset_clear()
    action.use_fake_user = False
    action[marks.LAYER_KEY] = take
    action[PLACES_KEY] = json.dumps([place for place, each in part_of.items() if each == part])
    return action


def settle(character: bpy.types.Object, take: bpy.types.Action) -> None:
    """Let layers go with what else moves the character now: the signs of quaternions, and what lies below."""
    own = user_keys.own_channels(character)
    for part, layer in layers_of(character, take).items():
        if part != BEFORE:
            _agree(layer, own)
    _lay_pose_below(character, take, user_keys.own_channels(character, with_muted=True).keys())
    _lay_faces_below(character, take)


def _agree(layer: Layer, own: Mapping[Place, bpy.types.FCurve]) -> None:
    """Give quaternions the sign of those they are blended with: Blender blends their numbers one by one."""
    state, moving = state_of(layer.action), curves.by_channel(compat.own_curves(layer.action))
    shares = np.linspace(0.0, 1.0, _SAMPLES)
    strip = layer.strip
    scene_frames = strip.frame_start + shares * (strip.frame_end - strip.frame_start)
    frames = strip.action_frame_start + shares * (strip.action_frame_end - strip.action_frame_start)
    for path in {path for path, _ in moving if path.endswith(_QUATERNION)}:
        places = [(path, channel) for channel in range(4)]
        if not all(place in moving and place in own for place in places):
            continue
        products = [
            curves.values_at(moving[place], frames) * curves.values_at(own[place], scene_frames) for place in places
        ]
        if float(sum(each.sum() for each in products)) < 0.0:
            for place in places:
                curves.write(moving[place], curves.read(moving[place]).negated())
            state["negated"] = sorted({path} ^ set(state["negated"]))
    remember(layer.action, state)


def _lay_pose_below(character: bpy.types.Object, take: bpy.types.Action, own: Collection[Place]) -> None:
    """Put what the take found below its layers, in channels that nothing else moves; renew it if it lies there."""
    animation, found = character.animation_data, layers_of(character, take)
    assert animation is not None
    old = found.pop(BEFORE, None)
    if old is not None:
        remove_layers(animation, [old])
    lowest = next(track for track in animation.nla_tracks if track in [each.track for each in found.values()])
    before, numbers = before_takes.values_before(take), curves.numbers()
    first = np.array([take.frame_range[0]])
    moving = keyframes.curves_of_take(character, take)
    written: tracks.Tracks = {}
    for place, curve in moving.items():
        if place in before and place not in own:
            sign = _sign(moving, before, place[0])
            keys = tracks.dense(first, np.array([sign * before[place]]), numbers)
            written[place] = tracks.Track(group=curve.group.name if curve.group else "", keys=keys)
    if not written:
        return
    action = compat.new_action(f"{take.name} · Pose Before", character)
    for place, track in written.items():
        curves.write(compat.curve_in(action, *place, track.group), track.keys)
    action[marks.LAYER_KEY] = take
    remember(action, {"part": BEFORE, "level": 1.0, "is_animated": False, "negated": []})
    is_muted = lowest.mute
    below = nla.new_track_below(animation, action.name, lowest)
    below.mute = is_muted
    compat.assign_slot(below.strips.new(action.name, round(take.frame_range[0]), action), action)


def _sign(moving: Mapping[Place, bpy.types.FCurve], before: Mapping[Place, float], path: str) -> float:
    """Return the sign with which a quaternion from before the take blends with the take's."""
    places = [(path, channel) for channel in range(4)]
    if not path.endswith(_QUATERNION) or not all(place in moving and place in before for place in places):
        return 1.0
    first = moving[places[0]].range()[0]
    return -1.0 if sum(moving[place].evaluate(first) * before[place] for place in places) < 0.0 else 1.0


def _lay_faces_below(character: bpy.types.Object, take: bpy.types.Action) -> None:
    """Put shape keys as the take found them below its strips, where nothing of the animator's lies; renew them."""
    players.lift_below(character, take)
    before = {(mesh, shape): value for mesh, shape, value in before_takes.before_of(take).get("shapes", ())}
    lowest = {track.id_data: track for track, _ in reversed(players.strips_of(character, take))}
    for mesh, key in players.faces(character).items():
        if key in lowest:
            moved = players.curves_of(take, key).keys() - _own_below(lowest[key])
            found = {place: before.get((mesh, meshes.shape_in(place[0])), 0.0) for place in moved}
            if found:
                _lay_face_below(take, mesh, key, lowest[key], found)


def _own_below(lowest: bpy.types.NlaTrack) -> set[Place]:
    """Return what the animator's own strips below a track move; of muted tracks, too: they may play at any time."""
    found: set[Place] = set()
    for track in _animation_of(lowest).nla_tracks:
        if track == lowest:
            break
        for strip in track.strips:
            if strip.action is not None and players.take_in(strip.action) is None:
                found |= curves.by_channel(compat.curves_of(strip.action, compat.slot_handle_of(strip))).keys()
    return found


def _animation_of(track: bpy.types.NlaTrack) -> bpy.types.AnimData:
    """Return where a track of shape keys lies."""
    animation = cast("bpy.types.Key", track.id_data).animation_data
    assert animation is not None
    return animation


def _lay_face_below(
    take: bpy.types.Action, mesh: str, key: bpy.types.Key, lowest: bpy.types.NlaTrack, values: Mapping[Place, float]
) -> None:
    """Put one key for each channel into a new track below another one; a strip holds it before and after itself."""
    numbers, first = curves.numbers(), np.array([take.frame_range[0]])
    action = compat.new_action(f"{take.name} · {mesh} Before", key)
    action[marks.LAYER_KEY], action[marks.FACE_BELOW_KEY] = take, key.name
    for place, value in sorted(values.items()):
        curves.write(compat.curve_in(action, *place, ""), tracks.dense(first, np.array([value]), numbers))
    is_muted = lowest.mute
    below = nla.new_track_below(_animation_of(lowest), action.name, lowest)
    below.mute = is_muted
    compat.assign_slot(below.strips.new(action.name, round(take.frame_range[0]), action), action)
