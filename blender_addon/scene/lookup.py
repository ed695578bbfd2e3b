# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of the open file by their names: while a take is made only names are kept, and what has gone is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

import bpy

from exges_core import json_text
from exges_core.errors import InputError, RigMatchError, message
from exges_core.rig import Retargeter

from . import compat, curves
from .tracks import Place


def is_there(path: Path, *, is_folder: bool = False) -> bool:
    """Say whether there is a file, or a folder, of this name; one that the system refuses (too long) is not there."""
    try:
        return path.is_dir() if is_folder else path.is_file()
    except OSError:
        return False


def scene(name: str) -> bpy.types.Scene:
    """Return a scene.

    Raises:
        InputError: if it has gone.
    """
    found = bpy.data.scenes.get(name)
    if found is None:
        raise InputError(f"No scene {name!r} any more. Choose the scene again and press Generate.")
    return found


def character(name: str) -> bpy.types.Object:
    """Return a character.

    Raises:
        RigMatchError: if there is none of this name.
    """
    found = bpy.data.objects.get(name)
    if found is None:
        names = ", ".join(repr(each.name) for each in bpy.data.objects if each.type == "ARMATURE")
        what = f"armature {name!r} in this file" if name else "character is chosen"
        raise RigMatchError(f"No {what}; it has {names or 'no armature at all'}. Choose the character's armature.")
    return found


def text_of(thing: bpy.types.ID, key: str) -> str:
    """Return a custom property that holds text, '' if there is none."""
    return str(cast("Mapping[str, object]", thing).get(key, ""))


def json_of(thing: bpy.types.ID, key: str) -> object:
    """Return what a custom property holds as JSON.

    Raises:
        InputError: if there is none, or somebody wrote something else into it.
    """
    try:
        return json_text.parse(text_of(thing, key))
    except ValueError as error:
        raise InputError(
            message(
                expected=f"{key!r} as ExGes wrote it",
                got=str(error),
                where=thing.name_full,
                do="Undo the change of this custom property, or delete it.",
            )
        ) from error


def scene_rate_hz(scene: bpy.types.Scene) -> float:
    """Return a scene's frames per second, 23.976 included."""
    return scene.render.fps / scene.render.fps_base


def armature_of(character: bpy.types.Object) -> bpy.types.Armature:
    """Return the data of an armature object."""
    return cast("bpy.types.Armature", character.data)


def pose_of(character: bpy.types.Object) -> bpy.types.Pose:
    """Return the pose of an armature object."""
    assert character.pose is not None
    return character.pose


def is_evaluated(character: bpy.types.Object) -> bool:
    """Say whether an armature object has its pose: a new one has none yet, and an undo takes it away for a moment."""
    pose = character.pose
    return pose is not None and all(cast("bpy.types.Bone | None", bone.bone) is not None for bone in pose.bones)


def flags_of(values: object) -> tuple[bool, bool, bool]:
    """Return three flags of Blender's, such as locked axes, as a tuple."""
    first, second, third = cast("Iterable[bool]", values)
    return first, second, third


def pose_bones(name: str, retargeter: Retargeter) -> Mapping[str, bpy.types.PoseBone]:
    """Return a character's pose bones.

    Raises:
        RigMatchError: if it has gone, or bones that a retargeter drives have.
    """
    thing = character(name)
    bones = cast("Mapping[str, bpy.types.PoseBone]", thing.pose.bones if thing.pose is not None else {})
    gone = [bone for bone, _ in retargeter.driven if bone not in bones]
    if gone:
        raise RigMatchError(f"Character: {name!r} has lost bones meanwhile ({gone[0]!r}). Press Generate again.")
    return bones


def take(name: str) -> bpy.types.Action:
    """Return the Action of a take.

    Raises:
        InputError: if it has gone.
    """
    action = bpy.data.actions.get(name)
    if action is None:
        raise InputError(f"Take: {name!r} is gone meanwhile. Show another take, or choose the whole range.")
    return action


def curves_of_action(name: str) -> dict[Place, bpy.types.FCurve]:
    """Return the F-curves that a take has for its character, by data path and channel.

    Raises:
        InputError: if it has gone.
    """
    return curves.by_channel(compat.own_curves(take(name)))
