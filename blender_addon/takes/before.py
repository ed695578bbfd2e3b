# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes overwrite on a character, as it was before the first one: remembered with every take, and put back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypedDict

import bpy

from ..character import switches
from ..scene import lookup
from ..scene.tracks import Place
from . import posing, reading
from .marks import TAKE_KEY


class Before(TypedDict):
    """What takes overwrite on a character, as it was before the first one; stored with every take."""

    settings: list[tuple[str, float | None]]
    object_location: list[float]
    pose: list[tuple[str, str, Sequence[float], Sequence[float]]]


def before_of(take: bpy.types.Action) -> Before:
    """Return what takes overwrite on a take's character, as it was before the first one."""
    return json.loads(lookup.text_of(take, TAKE_KEY))["before"]


def values_before(take: bpy.types.Action) -> dict[Place, float]:
    """Return what a take found on its character, by data path and channel."""
    before = before_of(take)
    found = {(path, 0): float(value) for path, value in before["settings"] if value is not None}
    found |= {("location", channel): value for channel, value in enumerate(before["object_location"])}
    for bone, kind, location, turn in before["pose"]:
        for name, values in (("location", location), (kind, turn)):
            path = f"{switches.bone_path(bone)}.{name}"
            found |= {(path, channel): value for channel, value in enumerate(values)}
    return found


def state_of(character: bpy.types.Object, stand: posing.Stand) -> Before:
    """Return what a take will overwrite, as it is now."""
    bones = lookup.pose_of(character).bones
    return {
        "settings": [(path, switches.present_value(character, path)) for path, _, _ in stand.held],
        "object_location": list(character.location[:]),
        "pose": [
            (
                name,
                reading.rotation_name(bones[name]),
                bones[name].location[:],
                getattr(bones[name], reading.rotation_name(bones[name]))[:],
            )
            for name in stand.bones
        ],
    }


def joined(earlier: Before, now: Before) -> Before:
    """Return what the first take overwrote, and what later ones overwrite besides."""
    known = {each[0] for each in (*earlier["settings"], *earlier["pose"])}
    return {
        "settings": [*earlier["settings"], *(each for each in now["settings"] if each[0] not in known)],
        "object_location": earlier["object_location"],
        "pose": [*earlier["pose"], *(each for each in now["pose"] if each[0] not in known)],
    }


def present(character: bpy.types.Object, state: Before) -> Before:
    """Return what is now in the places that a state has."""
    bones = lookup.pose_of(character).bones
    return {
        "settings": [(path, switches.present_value(character, path)) for path, _ in state["settings"]],
        "object_location": list(character.location[:]),
        "pose": [
            (name, turned, bones[name].location[:], getattr(bones[name], turned)[:])
            for name, turned, _, _ in state["pose"]
            if name in bones
        ],
    }


def put_back(character: bpy.types.Object, state: Before, *, has_moved: bool) -> None:
    """Set what takes overwrite as a state has it; the object's place too, if it has moved."""
    bones = lookup.pose_of(character).bones
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
