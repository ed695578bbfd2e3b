# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that add to what lies below, layers that replace it, and all of them back in one piece.

A layer adds what its bones do about the pose that the take begins in: rotations and locations are written anew for
Blender's Combine. Switches and scales never add: they are written so that Combine gives what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.errors import InputError
from exges_core.motion.rotations import quat_inverse

from ..scene import compat, curves, lookup, nla
from ..scene.tracks import Keys, Place
from . import before as before_takes
from . import controls, keyframes, layer_motion, players, user_keys
from .layers import BEFORE, PLACES_KEY, Layer, layers_of, remember, remove_layers, state_of
from .splitting import settle

_MOST_SAMPLES = 240
_STILL = 1e-6
_QUATERNION, _AXIS_ANGLE = "rotation_quaternion", "rotation_axis_angle"
_ADDED = ("location", "rotation_euler")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Below:
    """What lies below a layer, where switches and scales need it."""

    character: bpy.types.Object
    own: Mapping[Place, bpy.types.FCurve]
    before: Mapping[Place, float]


def is_added(layer: Layer) -> bool:
    """Say whether a layer adds to what lies below."""
    return "about" in state_of(layer.action)


def set_added(character: bpy.types.Object, take: bpy.types.Action, parts: Iterable[str], *, is_on: bool) -> None:
    """Let layers add to what lies below, or replace it.

    Raises:
        InputError: if a layer's keys cannot be written so; no layer is changed then.
    """
    found = layers_of(character, take)
    chosen = [found[part] for part in parts if part in found and is_added(found[part]) != is_on]
    if not is_on:
        for layer in chosen:
            _replace(layer, take)
        return
    below = _Below(character=character, own=user_keys.own_channels(character), before=before_takes.values_before(take))
    for layer, about in [(layer, _about(layer, below)) for layer in chosen]:
        for path, channels in _by_path(layer.action).items():
            keys = [curves.read(curve) for curve in channels.values()]
            _write(channels, _added(path, keys, _values(about[path], channels)))
        remember(layer.action, {**state_of(layer.action), "about": about})
        layer.strip.blend_type = "COMBINE"
        for strip in layer.beside:  # a face at rest is 0: what a take does with it adds as it is
            strip.blend_type = "ADD"


def _by_path(action: bpy.types.Action) -> dict[str, dict[int, bpy.types.FCurve]]:
    found: dict[str, dict[int, bpy.types.FCurve]] = {}
    for curve in compat.own_curves(action):
        found.setdefault(curve.data_path, {})[curve.array_index] = curve
    return found


def _kind(path: str) -> str:
    """Return a data path's property: a transform, or '' for switches and whatever else."""
    name = path.rpartition(".")[2]
    return name if name in {_QUATERNION, _AXIS_ANGLE, *_ADDED, "scale"} else ""


def _about(layer: Layer, below: _Below) -> dict[str, dict[str, float]]:
    """Return what each curve of a layer is written about: data path -> channel -> value."""
    first, last = layer.strip.action_frame_start, layer.strip.action_frame_end
    frames = np.linspace(first, last, min(_MOST_SAMPLES, max(2, round(last - first) + 1)))
    found: dict[str, dict[str, float]] = {}
    for path, channels in _by_path(layer.action).items():
        kind = _kind(path)
        if kind == _AXIS_ANGLE:
            raise _refusal(layer, path, "turns in Axis Angle, which cannot be added", "Give the bone another mode")
        if kind == _QUATERNION:
            if len(channels) < 4 or not layer_motion.share_frames([curves.read(each) for each in channels.values()]):
                raise _refusal(layer, path, "has keys in some of its four channels alone", "Key all of them")
            turns = np.stack([curves.values_at(channels[each], frames) for each in range(4)], axis=1)
            found[path] = _numbered(layer_motion.standing_turn(turns))
        elif kind in _ADDED:
            found[path] = {str(each): float(curves.values_at(curve, frames[:1])[0]) for each, curve in channels.items()}
        else:
            found[path] = {str(each): _held(layer, below, (path, each)) for each in channels}
    return found


def _refusal(layer: Layer, path: str, what: str, do: str) -> InputError:
    return InputError(f"Layer {layer.action.name}: {path} {what}. {do}, or let the layer replace.")


def _numbered(values: Array) -> dict[str, float]:
    return {str(channel): float(value) for channel, value in enumerate(values)}


def _held(layer: Layer, below: _Below, place: Place) -> float:
    """Return what lies below a switch, less Blender's default for it; of a scale, what lies below."""
    path = place[0]
    lies = below.before.get(place)
    if place in below.own:
        frames = np.linspace(layer.strip.frame_start, layer.strip.frame_end, _MOST_SAMPLES)
        values = curves.values_at(below.own[place], frames)
        if float(np.ptp(values)) > _STILL:
            raise _refusal(layer, path, "changes in your own animation, too", "Hold it there")
        lies = float(values[0])
    if _kind(path) == "scale":
        return 1.0 if lies is None or abs(lies) < _STILL else lies
    usual = _usual(below.character, path)
    return (usual if lies is None else lies) - usual


def _usual(character: bpy.types.Object, path: str) -> float:
    """Return a property's default value, which Blender takes off before it adds."""
    try:
        if path.endswith('"]'):
            owner, _, name = path.rpartition("[")
            custom = cast("Any", character.path_resolve(owner))
            key = bpy.utils.unescape_identifier(name[1:-2])
            return float(custom.id_properties_ui(key).as_dict().get("default", 0.0))
        owner, _, name = path.rpartition(".")
        return float(cast("Any", character.path_resolve(owner)).bl_rna.properties[name].default)
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0.0  # as Blender has it of what it does not know


def _added(path: str, keys: Sequence[Keys], about: Array) -> list[Keys]:
    """Return the keys of a path's channels as what they add."""
    kind = _kind(path)
    if kind == _QUATERNION:
        return layer_motion.turned(keys, quat_inverse(about))
    if kind == "scale":
        return [layer_motion.moved(each, factor=1.0 / value) for each, value in zip(keys, about, strict=True)]
    return [layer_motion.moved(each, by=-value) for each, value in zip(keys, about, strict=True)]


def _whole(path: str, keys: Sequence[Keys], about: Array) -> list[Keys]:
    """Return keys as they were before `_added`."""
    kind = _kind(path)
    if kind == _QUATERNION:
        return layer_motion.turned(keys, about)
    if kind == "scale":
        return [layer_motion.moved(each, factor=value) for each, value in zip(keys, about, strict=True)]
    return [layer_motion.moved(each, by=value) for each, value in zip(keys, about, strict=True)]


def _values(about: Mapping[str, float], channels: Iterable[int]) -> Array:
    return np.array([about[str(channel)] for channel in channels])


def _write(channels: Mapping[int, bpy.types.FCurve], keys: Iterable[Keys]) -> None:
    for curve, each in zip(channels.values(), keys, strict=True):
        curves.write(curve, each)


def _replace(layer: Layer, take: bpy.types.Action) -> None:
    """Let a layer replace again; curves that nobody has changed since are the take's, bit for bit."""
    state = state_of(layer.action)
    originals = _by_path(take)
    for path, channels in _by_path(layer.action).items():
        about = state.get("about", {}).get(path, {})
        if not all(str(channel) in about for channel in channels):
            continue  # keyed by hand since: it is no sum
        values, keys = _values(about, channels), [curves.read(curve) for curve in channels.values()]
        theirs = [curves.read(originals[path][each]) for each in channels if each in originals.get(path, {})]
        theirs = [each.negated() for each in theirs] if path in state["negated"] else theirs
        is_as_made = len(theirs) == len(keys) and all(
            len(one.frames) == len(other.frames) and layer_motion.same(one, other)
            for one, other in zip(keys, _added(path, theirs, values), strict=True)
        )
        _write(channels, theirs if is_as_made else _whole(path, keys, values))
    state.pop("about", None)
    remember(layer.action, state)
    for strip in layer.strips:
        strip.blend_type = "REPLACE"


def require_readable_keys(character: bpy.types.Object, take: bpy.types.Action | None) -> None:
    """Refuse keys of the animator's in layers that add: they say what is added, not what is seen.

    Raises:
        InputError: saying what to do.
    """
    for layer in layers_of(character, take).values() if take else ():
        found = compat.own_curves(layer.action) if is_added(layer) else ()
        if any(controls.turned_bone(curve.data_path) and len(curves.own_frames(curve)) for curve in found):
            raise InputError(
                f"My Keys: {layer.action.name} adds to what lies below and has keys of your own, which cannot be read. "
                "Let the layer replace, or join the take's layers first (Takes > Layers)."
            )


def renew(character: bpy.types.Object) -> None:
    """Let all takes in layers go with what lies below them now: it has changed.

    Raises:
        InputError: if layers cannot add to it; they replace it then.
    """
    for take in keyframes.takes_of(character):
        found = layers_of(character, take)
        added = [part for part, layer in found.items() if is_added(layer)]
        if found:
            set_added(character, take, added, is_on=False)
            settle(character, take)
            set_added(character, take, added, is_on=True)


def join(character: bpy.types.Object, take: bpy.types.Action) -> None:
    """Put a take's layers back into one piece, where they lie; curves that nobody has changed are the take's own.

    Raises:
        InputError: if layers were moved apart in time.
    """
    keyframes.leave_tweak_mode(character)
    animation, found = character.animation_data, layers_of(character, take)
    assert animation is not None
    layers = [layer for part, layer in found.items() if part != BEFORE]
    if len({nla.times(layer.strip) for layer in layers}) > 1:
        raise InputError(
            f"Join Layers: the layers of {take.name} lie at different times. Move them together first (NLA editor)."
        )
    _check_modifiers(layers, take)
    set_added(character, take, found, is_on=False)
    for layer in layers:
        _give_back(layer, take)
    model = layers[0]
    track = animation.nla_tracks.new(prev=model.track)
    track.name, track.mute = take.name, model.track.mute
    strip = nla.copied(track, model.strip, take)
    for each in (strip, *(beside for layer in layers for beside in layer.beside)):
        each.mute, each.blend_in, each.blend_out, each.use_animated_influence = False, 0.0, 0.0, False
    remove_layers(animation, list(found.values()))
    players.lift_below(character, take)


def _check_modifiers(layers: Iterable[Layer], take: bpy.types.Action) -> None:
    theirs = curves.by_channel(compat.own_curves(take))
    for layer in layers:
        for place, curve in curves.by_channel(compat.own_curves(layer.action)).items():
            if len(curve.modifiers) != (len(theirs[place].modifiers) if place in theirs else 0):
                raise InputError(
                    f"Join Layers: {layer.action.name} has got curve modifiers ({place[0]}), which would be lost. Bake "
                    "or remove them first (Graph Editor)."
                )


def _give_back(layer: Layer, take: bpy.types.Action) -> None:
    """Write a layer's curves into the take's Action: those that were changed, are new, or were deleted."""
    negated, theirs = state_of(layer.action)["negated"], curves.by_channel(compat.own_curves(take))
    there = curves.by_channel(compat.own_curves(layer.action))
    given = {*map(tuple, cast("list[Place]", lookup.json_of(layer.action, PLACES_KEY)))}
    compat.remove_curves(
        take, lambda curve: (place := (curve.data_path, curve.array_index)) in given and place not in there
    )
    for place, curve in there.items():
        keys = curves.read(curve)
        keys = keys.negated() if place[0] in negated else keys
        if place not in theirs:
            curves.write(compat.curve_in(take, *place, curve.group.name if curve.group else ""), keys)
        elif not layer_motion.equal(keys, curves.read(theirs[place])):
            curves.write(theirs[place], keys)
