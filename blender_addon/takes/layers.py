# SPDX-License-Identifier: GPL-3.0-or-later
"""A take in layers: its curves in one Action, strip and NLA track per part of the body, which Blender itself evaluates.

The take's own Action stays as it was, out of every strip: it keeps what the take remembers, and what Join goes back to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NotRequired, TypedDict, cast

import bpy

from exges_core.errors import InputError, message

from ..scene import lookup, nla
from . import before as before_takes
from . import keyframes, marks, players

STATE_KEY = "exges_part"
"""Custom property of a layer's Action: `State` as JSON."""
PLACES_KEY = "exges_part_curves"
"""Custom property of a layer's Action: which curves of the take it was given, as JSON."""
BEFORE = "pose before"
"""The part of the layer that holds what the take found."""
FACE = "face"
"""The part whose layer goes together with the take's strips on shape keys; its own Action has the face's bones."""
PART_TITLES = {
    FACE: "Face",
    "head": "Head",
    "trunk": "Trunk",
    "left arm": "Left Arm",
    "right arm": "Right Arm",
    "hands": "Hands",
    "legs": "Legs",
    "root": "Root",
}
"""Parts of the body, from the top of the list down -> their names on tracks and in the panel."""


class State(TypedDict):
    """What a layer's Action remembers.

    Attributes:
        part: of the body.
        level: its influence between the fades.
        is_animated: the curve of the influence is the animator's.
        negated: rotations whose quaternions have the other sign than the take's.
        about: data path -> channel -> what `layer_blending` took off its values; there while the layer adds.
    """

    part: str
    level: float
    is_animated: bool
    negated: list[str]
    about: NotRequired[dict[str, dict[str, float]]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One layer on a character; Blender's things, for use at once.

    Attributes:
        part, action, track, strip: the layer's.
        beside: the take's strips on shape keys, which go with the face's layer.
    """

    part: str
    action: bpy.types.Action
    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip
    beside: tuple[bpy.types.NlaStrip, ...] = ()

    @property
    def strips(self) -> tuple[bpy.types.NlaStrip, ...]:
        """Return all that fades and mutes with it."""
        return (self.strip, *self.beside)


def state_of(action: bpy.types.Action) -> State:
    """Return what a layer's Action remembers."""
    return cast("State", lookup.json_of(action, STATE_KEY))


def remember(action: bpy.types.Action, state: State) -> None:
    """Store it."""
    action[STATE_KEY] = json.dumps(state)


def layers_of(character: bpy.types.Object, take: bpy.types.Action) -> dict[str, Layer]:
    """Return the layers of a take by their parts, as listed; {} if it is in one piece. BEFORE is the last, if any."""
    found = {layer.part: layer for layer in _layers(character) if keyframes.take_in(layer.action) == take}
    return {part: found[part] for part in (*PART_TITLES, BEFORE) if part in found}


def _layers(character: bpy.types.Object) -> Iterator[Layer]:
    animation = character.animation_data
    for track in () if animation is None else animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None and STATE_KEY in strip.action:
                part, take = state_of(strip.action)["part"], keyframes.take_in(strip.action)
                found = players.strips_of(character, take) if part == FACE and take is not None else ()
                beside = tuple(each for _, each in found)
                yield Layer(part=part, action=strip.action, track=track, strip=strip, beside=beside)


def layer_playing(action: bpy.types.Action) -> Layer | None:
    """Return where the Action of a layer lies, None if nowhere."""
    take = keyframes.take_in(action)
    owner = bpy.data.objects.get(lookup.text_of(take, marks.OWNER_KEY)) if take else None
    for thing in (*((owner,) if owner else ()), *bpy.data.objects):
        for layer in _layers(thing):
            if layer.action == action:
                return layer
    return None


def is_split(character: bpy.types.Object | None, take: bpy.types.Action | None) -> bool:
    """Say whether a take lies in layers on a character."""
    return character is not None and take is not None and bool(keyframes.layers_in(character, take))


def require_whole(character: bpy.types.Object, take: bpy.types.Action | None, where: str) -> None:
    """Refuse a take in layers where its motion is needed in one piece.

    Raises:
        InputError: saying what to do.
    """
    if is_split(character, take):
        assert take is not None
        raise InputError(
            message(
                expected="a take in one piece",
                got=f"{take.name} in layers",
                where=where,
                do="Join its layers first (Takes > Layers > Join Layers).",
            )
        )


def remove_layers(animation: bpy.types.AnimData, layers: list[Layer]) -> None:
    """Remove layers, their tracks and Actions."""
    for layer in layers:
        action = layer.action
        layer.track.strips.remove(layer.strip)
        if not layer.track.strips:
            animation.nla_tracks.remove(layer.track)
        if not action.users:
            bpy.data.actions.remove(action)


def level_of(layer: Layer) -> float:
    """Return a layer's influence between its fades."""
    return state_of(layer.action)["level"]


def is_animated(layer: Layer) -> bool:
    """Say whether a layer's influence follows keys of the animator's."""
    state = state_of(layer.action)
    return state["is_animated"] or (layer.strip.use_animated_influence and state["level"] == 1.0)


def set_level(layer: Layer, level: float) -> None:
    """Set a layer's influence between its fades."""
    is_free = not is_animated(layer)
    remember(layer.action, {**state_of(layer.action), "level": level})
    for strip in layer.strips if is_free else ():
        nla.hold_influence(strip, level)


def set_fades(layer: Layer, *, fade_in: float | None = None, fade_out: float | None = None) -> None:
    """Set over how many frames a layer comes in and goes out; None = as it is."""
    for strip in layer.strips:
        nla.leave_auto_blend(strip)
        if fade_in is not None:
            strip.blend_in = fade_in
        if fade_out is not None:
            strip.blend_out = fade_out
        if not is_animated(layer):
            nla.hold_influence(strip, level_of(layer))


def set_animated(layer: Layer, *, is_on: bool) -> None:
    """Hand a layer's influence over to keys, which begin as its fades and level are; or take it back from them.

    Raises:
        InputError: if shape keys go with the layer: their strips cannot follow keys of another one.
    """
    if layer.beside:
        raise InputError(
            f"Layer {layer.action.name}: it is on {len(layer.beside)} meshes, each with an influence of its own. Key "
            "them in the NLA editor (Strip > Animated Influence), or use the slider and the fades."
        )
    remember(layer.action, {**state_of(layer.action), "is_animated": is_on})
    if is_on:
        layer.strip.use_animated_influence = True
        nla.write_influence(layer.strip, level_of(layer))
    else:
        layer.strip.use_animated_influence = False
        nla.hold_influence(layer.strip, level_of(layer))


def set_off(layer: Layer, *, is_off: bool) -> None:
    """Switch a layer off or on; shape keys that nothing plays then go back to where they were before the take."""
    for strip in layer.strips:
        strip.mute = is_off
    layer.track.mute = layer.track.mute and is_off
    take = keyframes.take_in(layer.action)
    if is_off and layer.beside and take is not None:
        before_takes.put_back_shapes(before_takes.before_of(take).get("shapes", ()))


def upper_body_only(character: bpy.types.Object, take: bpy.types.Action) -> None:
    """Leave legs and root to what lies below, and half of the trunk."""
    for part, layer in layers_of(character, take).items():
        if part != BEFORE:
            layer.strip.mute = part in {"legs", "root"}
            if part == "trunk":
                set_animated(layer, is_on=False)
                set_level(layer, 0.5)
