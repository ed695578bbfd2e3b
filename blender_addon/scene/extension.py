# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender calls this add-on, where it lies, and what it has stored: `bl_ext.REPOSITORY.exges` as an extension."""

from pathlib import Path
from typing import Any, TypeAlias, cast

import bpy

Stored: TypeAlias = Any
"""A property group of `ui.properties`: its members are made when Blender registers the class, unseen by a checker."""

NAME = (__package__ or "").rpartition(".")[0]
"""The add-on's own package: the key of its preferences, its translations and its user folder."""
FOLDER = Path(__file__).resolve().parents[1]
"""The folder with the manifest and the bundled wheel."""


def stored(thing: bpy.types.Scene | bpy.types.Object) -> Stored:
    """Return what ExGes has stored on a scene or an object."""
    return cast("Any", thing).exges


def user_folder(name: str) -> Path:
    """Return a folder of the user's own for what the add-on keeps, made if need be."""
    try:
        found = bpy.utils.extension_path_user(NAME, path=name, create=True)
    except ValueError:  # a plain module, not an extension
        found = bpy.utils.user_resource("CONFIG", path=f"exges/{name}", create=True)
    return Path(found)
