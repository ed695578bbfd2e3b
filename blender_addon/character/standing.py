# SPDX-License-Identifier: GPL-3.0-or-later
"""The pose that counts as a character's rest, saved on it: its standing pose."""

from __future__ import annotations

import json
from typing import Any, cast

import bpy
import numpy as np

from exges_core import json_text
from exges_core.errors import RigMatchError
from exges_core.rig import Stance

from ..scene.extension import stored

_DIGITS = 9


def text_of(character: bpy.types.Object) -> str:
    """Return a character's standing pose as it is saved, '' if its rest is how it stands."""
    settings = getattr(character, "exges", None)  # absent while the add-on runs as a plain module
    return settings.standing if settings else ""


def stance_of(character: bpy.types.Object) -> Stance | None:
    """Return a character's standing pose, None if its rest is how it stands.

    Raises:
        RigMatchError: if what is saved is none.
    """
    text = text_of(character)
    if not text:
        return None
    try:
        saved = cast("dict[str, Any]", json_text.parse(text))
        turns = {bone: np.array(turn, dtype=np.float64).reshape(4) for bone, turn in saved["turns"].items()}
        return Stance(turns_wxyz=turns, location=np.array(saved["location"], dtype=np.float64).reshape(3))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RigMatchError(
            f"{character.name}: its saved standing pose cannot be read. Forget it under Character, and save it again."
        ) from error


def save(character: bpy.types.Object, stance: Stance | None) -> None:
    """Save a standing pose on a character; None = forget it."""
    text = ""
    if stance is not None:
        turns = {bone: np.round(turn, _DIGITS).tolist() for bone, turn in stance.turns_wxyz.items()}
        text = json.dumps({"turns": turns, "location": np.round(stance.location, _DIGITS).tolist()})
    stored(character).standing = text
