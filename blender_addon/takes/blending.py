# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of one's own that were set over a take, blended into it: a new take that passes through them and flows on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.errors import InputError
from exges_core.rig.options import RetargetOptions

from ..character import rigcache
from ..face import moving
from ..face.found import face_of
from ..scene import cooperative, curves, lookup, tracks
from . import editing, faces, keyframes, layers, players, posing, record, splice


def blend(scene: bpy.types.Scene, character: bpy.types.Object, *, ease_s: float) -> bpy.types.Action:
    """Make a new take of the shown one and the active Action's keys; that Action goes below it, unchanged.

    Args:
        scene: whose frame rate counts.
        character: an armature object.
        ease_s: how long before and after a key the take gives way to it.

    Raises:
        InputError: if there are no such keys while the take plays, or it is in layers.
    """
    take, own = record.shown(character), editing.own_curves(character)
    own_face = {} if take is None else faces.own_over(character, take)
    if take is None or not (own or own_face):
        raise InputError("There are no keys of your own over a take. Key a pose while a take is shown.")
    layers.require_whole(character, take, "Blend My Keys")
    retargeter = rigcache.retargeter_of(character)
    if isinstance(retargeter, str):
        raise InputError(retargeter)
    there = cooperative.now(curves.reading(lambda: lookup.curves_of_action(take.name)))
    travel = "root" if record.settings_of(take).get("travel") == "root" else "hips"
    of_face = [each.bone for each in face_of(character).bones.channels]
    stand = keyframes.stand_of(character, retargeter, RetargetOptions(travel=travel, keep_out=False), of_face)
    reach = ease_s * lookup.scene_rate_hz(scene)
    face = faces.of_take(character, take)
    shown = {mesh: players.curves_of(take, key) for mesh, key in players.faces(character).items() if mesh in face}
    has_met = faces.blended(face, own_face, shown, frames=record.frames_of(take), reach=reach)
    over = _blended(character, take, there, own, reach)
    if not (over or has_met):
        first, stop = record.frames_of(take)
        raise InputError(f"Your keys are not on frames of {take.name} ({first} to {stop - 1}). Key a pose there.")
    tolerance_deg = float(cast("float", record.settings_of(take).get("tolerance_deg", 0.0)))
    if tolerance_deg > 0.0:
        kept = {int(frame) for path, channel in over for frame in _own_frames(over[path, channel].keys)}
        over = posing.fewer(over, stand, tolerance_deg, kept=tuple(kept))
    return _published(character, take, {**there, **over}, face, stand)


def _blended(
    character: bpy.types.Object,
    take: bpy.types.Action,
    there: tracks.Tracks,
    own: Mapping[tracks.Place, bpy.types.FCurve],
    reach: float,
) -> tracks.Tracks:
    """Return those curves of the take that pass through own keys, with a key on every frame."""
    first, stop = record.frames_of(take)
    frames, numbers = np.arange(first, stop, dtype=np.float64), curves.numbers()
    shown = lookup.curves_of_action(take.name)
    over: tracks.Tracks = {}
    goals: dict[str, splice.Goal] = {}
    for _, path in editing.turned_or_moved(character):
        channels = [place for place in sorted(there) if place[0] == path]
        keyed = {round(float(each)) for place in channels if place in own for each in _co(own[place])}
        inside = np.array(sorted(frame for frame in keyed if first <= frame < stop), dtype=np.float64)
        if not len(inside) or len(there[channels[0]].keys.frames) < 2:
            continue
        if [channel for _, channel in channels] != list(range(len(channels))):
            raise InputError(f"{path}: some of its channels are locked, and the take leaves them alone. Unlock them.")
        for place in channels:
            keys = tracks.dense(frames, curves.values_at(shown[place], frames, there[place].keys), numbers)
            over[place] = tracks.Track(group=there[place].group, keys=_typed(keys, there[place].keys, numbers))
        goals[path] = _goal(path, [over[place] for place in channels], channels, own, inside, numbers)
    splice.settle(over, goals, rate_hz=1.0, ease_s=reach)  # in frames
    splice.mark_own(over, goals)
    return over


def _goal(
    path: str,
    members: list[tracks.Track],
    places: list[tracks.Place],
    own: Mapping[tracks.Place, bpy.types.FCurve],
    keyed: Array,
    numbers: tracks.Numbers,
) -> splice.Goal:
    """Return where one property has to pass: own keys, and those that were set inside the take before."""
    earlier = {float(frame) for member in members for frame in _own_frames(member.keys)}
    frames = np.array(sorted({*keyed.tolist(), *earlier}))
    values = np.stack([np.interp(frames, each.keys.frames, each.keys.values) for each in members], axis=1)
    types: dict[int, dict[int, int]] = {}
    is_keyed = np.isin(frames, keyed)
    for column, place in enumerate(places):
        if place in own:
            values[is_keyed, column] = curves.values_at(own[place], frames[is_keyed])
        types[place[1]] = dict.fromkeys(keyed.astype(np.int64).tolist(), numbers.own)
    return splice.Goal(path=path, frames=frames, values=values, types=types)


def _typed(keys: tracks.Keys, before: tracks.Keys, numbers: tracks.Numbers) -> tracks.Keys:
    """Return dense keys with the types of those that were there before."""
    is_own = before.ints["type"] != numbers.generated
    for frame, kind in zip(before.frames[is_own], before.ints["type"][is_own], strict=True):
        keys.ints["type"][keys.frames == round(float(frame))] = kind
    return keys


def _own_frames(keys: tracks.Keys) -> Array:
    return keys.frames[keys.ints["type"] != curves.numbers().generated]


def _co(curve: bpy.types.FCurve) -> Array:
    return curves.read(curve).frames


def _published(
    character: bpy.types.Object,
    take: bpy.types.Action,
    made: tracks.Tracks,
    face: moving.Faces,
    stand: posing.Stand,
) -> bpy.types.Action:
    settings, start = record.settings_of(take), record.frames_of(take)[0]
    action = bpy.data.actions[cooperative.now(keyframes.writing(made, character.name, face))]
    for key in (record.REPORT_KEY, record.POSES_KEY):
        if key in take:
            action[key] = take[key]
    told = {name: value for name, value in settings.items() if name not in {"before", "character"}}
    keyframes.publish(
        character, action, stand, {**told, "blended_from": take.name}, start_frame=start, as_active_action=False
    )
    return action
