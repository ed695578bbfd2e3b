# SPDX-License-Identifier: GPL-3.0-or-later
"""What a face's shape keys play, saved under a name for other characters with the same keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import bpy

from exges_core.errors import RigMatchError
from exges_core.face.rigs import FaceChannel

from ..scene import extension
from . import assignments, found, meshes

_OWN = "arkit"
"""Whose shapes are named without their convention."""


def folder() -> Path:
    """Return the folder of the user's own face maps, made if need be."""
    try:
        name = bpy.utils.extension_path_user(extension.NAME, path="faces", create=True)
    except ValueError:  # a plain module, not an extension
        name = bpy.utils.user_resource("CONFIG", path="exges/faces", create=True)
    return Path(name)


def names() -> list[str]:
    """Return the names of the saved maps."""
    return sorted(path.stem for path in folder().glob("*.json"))


def target(convention: str, shape: str) -> str:
    """Return a shape as the animator chooses it: "jawOpen" of ARKit's, or "oculus:PP"."""
    return shape if convention == _OWN else f"{convention}:{shape}"


def target_of(channel: FaceChannel) -> str:
    """Return what a key plays."""
    return target(channel.convention, channel.shape)


def map_of(character: bpy.types.Object) -> dict[str, str]:
    """Return "mesh/key" -> what it plays, found or chosen; '' = the animator wants it left alone."""
    match = found.face_of(character).match
    return {**{each.path: target_of(each) for each in match.channels}, **assignments.chosen_of(character)}


def save(name: str, character: bpy.types.Object) -> Path:
    """Write a character's map under a name and return its file.

    Raises:
        RigMatchError: if the name is no file name, or the file cannot be written.
    """
    name = name.strip()
    if not name or Path(name).name != name or name.startswith("."):
        raise RigMatchError(f"Preset: {name!r} is no file name. Use letters and digits.")
    path = folder() / f"{name}.json"
    try:
        path.write_text(json.dumps({"keys": map_of(character)}, indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise RigMatchError(f"Preset: {path} could not be written ({error.strerror or error}).") from error
    return path


def load(name: str, character: bpy.types.Object) -> int:
    """Let a character's keys play what the saved ones did, and return how many; keys the preset lacks stay as found.

    A key is known by mesh and name, or else by its name on any mesh.

    Raises:
        RigMatchError: if there is no such preset, it is damaged, or no key of this face is in it; nothing changes then.
    """
    wanted = _read(name)
    by_key = {path.rpartition("/")[2]: target for path, target in wanted.items()}
    keys = [(mesh, key) for mesh in found.face_of(character).meshes for key in meshes.blocks_of(mesh)]
    said = {
        (mesh, key): wanted.get(f"{mesh}/{key}", by_key.get(key, ""))
        for mesh, key in keys
        if f"{mesh}/{key}" in wanted or key in by_key
    }
    if not said:
        raise RigMatchError(f"Preset: {name!r} has no shape key that this face has. Save one of a face like it.")
    assignments.forget(character)
    found.look_again()
    alone = {each.path: target_of(each) for each in found.face_of(character).match.channels}
    for (mesh, key), target in said.items():
        if alone.get(f"{mesh}/{key}", "") != target:
            assignments.choose(character, mesh, key, target)
    found.look_again()
    return len(said)


def _read(name: str) -> Mapping[str, str]:
    path = folder() / f"{name}.json"
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))["keys"]
        return {str(key): str(target) for key, target in keys.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise RigMatchError(f"Preset: {name!r} cannot be read ({error}). Save it again.") from error
