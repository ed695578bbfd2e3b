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
