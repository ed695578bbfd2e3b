# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels and buttons ask many times a second about a character, worked out once: its map and its keys."""

from __future__ import annotations

import time

import bpy
import numpy as np

from exges_core.errors import ExgesError, RigMatchError
from exges_core.rig import Retargeter

from . import armature, ownkeys

_FRESH_S = 1.5
_retargeters: dict[object, Retargeter | str] = {}
_keys: dict[str, tuple[float, dict[int, list[str]]]] = {}


def _key(character: bpy.types.Object) -> object:
    """Return all that a retargeter is made from; reading it costs a hundredth of making one."""
    settings = getattr(character, "exges", None)
    overrides = tuple((each.joint, each.bone) for each in settings.overrides) if settings else ()
    scale = tuple(round(value, 4) for row in character.matrix_world.to_3x3() for value in row)
    bones = character.data.bones
    rest = np.empty(16 * len(bones), dtype=np.float32)
    tails = np.empty(3 * len(bones), dtype=np.float32)
    bones.foreach_get("matrix_local", rest)
    bones.foreach_get("tail_local", tails)
    posed = tuple(
        (
            bone.rotation_mode,
            tuple(bone.lock_rotation),
            bone.matrix_basis.to_quaternion()[:] if any(bone.lock_rotation) else (),
            tuple((each.type, each.mute, each.influence) for each in bone.constraints),
            bone.bone.use_inherit_rotation,
        )
        for bone in character.pose.bones
    )
    drivers = tuple(each.data_path for each in character.animation_data.drivers) if character.animation_data else ()
    parents = tuple(bone.parent.name if bone.parent else "" for bone in bones)
    names = tuple(bones.keys())
    return (character.name_full, names, parents, rest.tobytes(), tails.tobytes(), posed, drivers, overrides, scale)


def retargeter_of(character: bpy.types.Object) -> Retargeter | str:
    """Return a character's retargeter, or the sentence that says why there is none."""
    key = _key(character)
    if key not in _retargeters:
        _retargeters.clear()
        try:
            _retargeters[key] = armature.retargeter_of(character)
        except ExgesError as error:
            _retargeters[key] = str(error)
    return _retargeters[key]


def required(character: bpy.types.Object) -> Retargeter:
    """Return a character's retargeter.

    Raises:
        RigMatchError: as `armature.retargeter_of`.
    """
    found = retargeter_of(character)
    if isinstance(found, str):
        raise RigMatchError(found)
    return found


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
