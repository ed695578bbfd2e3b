# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes overwrite on a character, as it was before the first one: remembered with every take, and put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NotRequired, TypedDict, cast

import bpy

from ..character import switches
from ..face import meshes
from ..scene import lookup
from ..scene.tracks import Place
from . import posing, reading
from .marks import TAKE_KEY


class Before(TypedDict):
    """What takes overwrite on a character, as it was before the first one; stored with every take."""

    settings: list[tuple[str, float | None]]
    object_location: list[float]
    pose: list[tuple[str, str, Sequence[float], Sequence[float]]]
    shapes: NotRequired[list[tuple[str, str, float]]]


def before_of(take: bpy.types.Action) -> Before:
    """Return what takes overwrite on a take's character, as it was before the first one."""
    return cast("dict[str, Before]", lookup.json_of(take, TAKE_KEY))["before"]


def has_face(take: bpy.types.Action) -> bool:
    """Say whether a take was made with a face."""
    return bool(cast("Mapping[str, object]", lookup.json_of(take, TAKE_KEY)).get("face", False))


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


def state_of(character: bpy.types.Object, stand: posing.Stand, shapes: Iterable[tuple[str, str]] = ()) -> Before:
    """Return what a take will overwrite, as it is now; `shapes` are shape keys by mesh and name."""
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
        "shapes": _values_now(shapes),
    }


def _values_now(shapes: Iterable[tuple[str, str]]) -> list[tuple[str, str, float]]:
    """Return shape keys that are there with their values."""
    wanted = tuple(shapes)
    blocks = {mesh: meshes.blocks_of(mesh) for mesh in {mesh for mesh, _ in wanted}}
    return [(mesh, shape, blocks[mesh][shape].value) for mesh, shape in wanted if shape in blocks[mesh]]


def put_back_shapes(values: Iterable[tuple[str, str, float]]) -> None:
    """Set shape keys as they were; those that have gone are gone."""
    wanted = tuple(values)
    blocks = {mesh: meshes.blocks_of(mesh) for mesh in {mesh for mesh, _, _ in wanted}}
    for mesh, shape, value in wanted:
        block = blocks[mesh].get(shape)
        if block is not None and block.value != value:
            block.value = value


def joined(earlier: Before, now: Before) -> Before:
    """Return what the first take overwrote, and what later ones overwrite besides."""
    known = {each[0] for each in (*earlier["settings"], *earlier["pose"])}
    had = earlier.get("shapes", [])
    moved = {(mesh, shape) for mesh, shape, _ in had}
    return {
        "settings": [*earlier["settings"], *(each for each in now["settings"] if each[0] not in known)],
        "object_location": earlier["object_location"],
        "pose": [*earlier["pose"], *(each for each in now["pose"] if each[0] not in known)],
        "shapes": [*had, *(each for each in now.get("shapes", ()) if (each[0], each[1]) not in moved)],
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
        "shapes": _values_now((mesh, shape) for mesh, shape, _ in state.get("shapes", ())),
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
    put_back_shapes(state.get("shapes", ()))
    character.update_tag()
