# SPDX-License-Identifier: GPL-3.0-or-later
"""What the animator says a shape key plays, whatever is found: a custom property of the character."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import bpy

from exges_core import json_text

from ..scene import lookup

MAP_KEY = "exges_face_map"
"""Custom property of a character: "mesh/key" -> one of our shapes, or one of a coarser set, or "" for none; JSON."""


def chosen_of(character: bpy.types.Object) -> dict[str, str]:
    """Return "mesh/key" -> the shape that the animator says it plays, '' = none; what cannot be read counts as none."""
    try:
        found = json_text.parse(lookup.text_of(character, MAP_KEY) or "{}")
    except ValueError:
        return {}
    pairs = cast("Mapping[object, object]", found).items() if isinstance(found, dict) else ()
    return {str(key): str(shape) for key, shape in pairs}


def choose(character: bpy.types.Object, mesh: str, key: str, shape: str) -> None:
    """Let a shape key play a shape, '' = none."""
    _store(character, {**chosen_of(character), f"{mesh}/{key}": shape})


def forget(character: bpy.types.Object, mesh: str = "", key: str = "") -> None:
    """Take back what was said of one shape key; without a mesh, of all."""
    left = chosen_of(character) if mesh else {}
    left.pop(f"{mesh}/{key}", None)
    _store(character, left)


def _store(character: bpy.types.Object, chosen: Mapping[str, str]) -> None:
    if chosen:
        character[MAP_KEY] = json.dumps(chosen)
    elif MAP_KEY in character:
        del character[MAP_KEY]
