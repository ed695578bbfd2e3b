# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels and buttons ask many times a second about a character, worked out once: its map and its keys."""

from __future__ import annotations

import time

import bpy

from exges_core.errors import ExgesError
from exges_core.rig import Retargeter

from . import armature, ownkeys

_FRESH_S = 1.5
_retargeters: dict[object, Retargeter | str] = {}
_keys: dict[str, tuple[float, dict[int, list[str]]]] = {}


def _key(character: bpy.types.Object) -> object:
    overrides = tuple((each.joint, each.bone) for each in character.exges.overrides)
    scale = tuple(round(value, 4) for row in character.matrix_world.to_3x3() for value in row)
    return (character.name_full, tuple(character.data.bones.keys()), overrides, scale)


def retargeter_of(character: bpy.types.Object) -> Retargeter | str:
    """Return a character's retargeter, or the sentence that says why there is none. For showing, not for making."""
    key = _key(character)
    if key not in _retargeters:
        _retargeters.clear()
        try:
            _retargeters[key] = armature.retargeter_of(character)
        except ExgesError as error:
            _retargeters[key] = str(error)
    return _retargeters[key]


def keys_of(character: bpy.types.Object) -> dict[int, list[str]]:
    """Return frame -> bones of the animator's own keys, at most a moment old."""
    name, now = character.name_full, time.monotonic()
    if name not in _keys or _keys[name][0] < now:
        retargeter = retargeter_of(character)
        found = {} if isinstance(retargeter, str) else ownkeys.listed(character, retargeter)
        _keys.clear()
        _keys[name] = (time.monotonic() + _FRESH_S, found)
    return _keys[name][1]


def forget() -> None:
    """Forget everything: names may mean other things in another file."""
    _retargeters.clear()
    _keys.clear()
