# SPDX-License-Identifier: GPL-3.0-or-later
"""What a face's shape keys play, saved under a name for other characters with keys of the same names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from exges_core.errors import OutputError, RigMatchError
from exges_core.face.rigs import FaceMatch
from exges_core.face.rigs.preset_files import preset_of, read_preset, write_preset

from ..scene import extension
from . import assignments, found, meshes


def folder() -> Path:
    """Return the folder of the user's own face maps, made if need be."""
    return extension.user_folder("faces")


def names() -> list[str]:
    """Return the names of the saved maps."""
    return sorted(path.stem for path in folder().glob("*.json"))


def map_of(match: FaceMatch) -> dict[str, str]:
    """Return "mesh/key" -> what it plays, as the animator would choose it."""
    return {each.path: each.target for each in match.channels}


def save(name: str, character: bpy.types.Object) -> Path:
    """Write a character's map under a name and return its file; a key that plays on any mesh is one that plays.

    Raises:
        RigMatchError: if the name is no file name, or the file cannot be written.
    """
    name = name.strip()
    if not name or Path(name).name != name or name.startswith("."):
        raise RigMatchError(f"Preset: {name!r} is no file name. Use letters and digits.")
    path, preset = folder() / f"{name}.json", preset_of(found.face_of(character).match, name=name, title=name)
    chosen = assignments.chosen_of(character)
    silent = {
        key: ""
        for mesh in found.face_of(character).meshes
        for key in meshes.blocks_of(mesh)
        if chosen.get(f"{mesh}/{key}") == ""
    }
    try:
        write_preset(path, replace(preset, keys={**silent, **preset.keys}))
    except OutputError as error:
        raise RigMatchError(str(error)) from error
    return path


def load(name: str, character: bpy.types.Object) -> int:
    """Let a character's keys play what the saved ones did, and return how many; keys the preset lacks stay as found.

    Raises:
        RigMatchError: if there is no such preset, it is damaged, or no key of this face is in it; nothing changes then.
    """
    preset = read_preset(folder() / f"{name}.json")
    seen = found.face_of(character)
    said = [(mesh, key) for mesh in seen.meshes for key in meshes.blocks_of(mesh) if key in preset.keys]
    if not said:
        raise RigMatchError(f"Preset: {name!r} has no shape key that this face has. Save one of a face like it.")
    assignments.forget(character)
    found.look_again()
    alone = map_of(found.face_of(character).match)
    for mesh, key in said:
        if alone.get(f"{mesh}/{key}", "") != preset.keys[key]:
            assignments.choose(character, mesh, key, preset.keys[key])
    found.look_again()
    return len(said)
