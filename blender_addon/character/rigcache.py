# SPDX-License-Identifier: GPL-3.0-or-later
"""A character's map, which panels and buttons ask for many times a second, worked out once."""

from __future__ import annotations

import time

import bpy
import numpy as np

from exges_core.errors import ExgesError, RigMatchError
from exges_core.rig import Retargeter

from ..scene import attributes, cooperative, lookup
from ..scene.interface import redraw
from . import armature, standing

_SEEN_S, _POLL_S, _UNEVALUATED_S = 0.2, 0.05, 0.5
"""Drawing asks several times in a moment, and reading what a map depends on takes 7 ms on a Rigify human."""
_MOST = 8
"""So many characters' maps are kept."""
LOOKING = "Looking at the bones"
_retargeters: dict[object, Retargeter | str] = {}


def _key(character: bpy.types.Object) -> object:
    """Return all that a retargeter is made from; reading it costs a hundredth of making one."""
    settings = getattr(character, "exges", None)
    overrides = tuple((each.joint, each.bone) for each in settings.overrides) if settings else ()
    scale = tuple(round(value, 4) for row in character.matrix_world.to_3x3() for value in row)
    bones = lookup.armature_of(character).bones
    rest = attributes.read(bones, "matrix_local", np.float32, 16)
    tails = attributes.read(bones, "tail_local", np.float32, 3)
    posed = tuple(
        (
            lookup.flags_of(bone.lock_rotation),
            _held(bone),
            tuple((each.type, each.mute, each.influence) for each in bone.constraints),
            bone.bone.use_inherit_rotation,
        )
        for bone in lookup.pose_of(character).bones
    )
    drivers = tuple(each.data_path for each in character.animation_data.drivers) if character.animation_data else ()
    parents = tuple(bone.parent.name if bone.parent else "" for bone in bones)
    names = tuple(bones.keys())
    own = (overrides, standing.text_of(character))
    return (character.name_full, names, parents, rest.tobytes(), tails.tobytes(), posed, drivers, own, scale)


def _held(bone: bpy.types.PoseBone) -> tuple[object, ...]:
    """Return what matters of a bone with locks alone: takes may give others new rotation modes without a new look."""
    is_locked = any(lookup.flags_of(bone.lock_rotation))
    return (bone.rotation_mode, bone.matrix_basis.to_quaternion()[:]) if is_locked else ()


def retargeter_of(character: bpy.types.Object) -> Retargeter | str:
    """Return a character's retargeter, or the sentence that says why there is none, at once."""
    key = _key(character)
    if key not in _retargeters:
        try:
            _remember(key, armature.retargeter_of(character))
        except ExgesError as error:
            _remember(key, str(error))
    return _retargeters[key]


def _remember(key: object, found: Retargeter | str) -> None:
    while len(_retargeters) >= _MOST:
        del _retargeters[next(iter(_retargeters))]
    _retargeters[key] = found


def requiring(name: str) -> cooperative.Work[Retargeter]:
    """Return a character's retargeter; slice by slice.

    Raises:
        RigMatchError: as `armature.retargeter_of`, and if the character is gone.
    """
    character = lookup.character(name)
    key = _key(character)
    if key not in _retargeters:
        make = armature.making(character)
        _remember(key, (yield from cooperative.aside(make)))
    found = _retargeters[key]
    if isinstance(found, str):
        raise RigMatchError(found)
    return found


class _Look:
    """A character that is looked at in a thread, and what was last asked for."""

    work: cooperative.Aside[Retargeter] | None = None
    key: object = None
    asked: object = None
    asked_for = ""
    fresh_until_s = 0.0


def seen(character: bpy.types.Object, *, may_wait: bool = bpy.app.background) -> Retargeter | str | None:
    """Return what panels draw of a character: its retargeter, why there is none, or None: it is being looked at.

    Args:
        character: an armature object.
        may_wait: True = nobody draws: look at once. Under a window a thread does it, and panels are drawn again.
    """
    if not lookup.is_evaluated(character):
        if not may_wait:
            _ask_again(_UNEVALUATED_S)
            return None
        bpy.context.view_layer.update()
        if not lookup.is_evaluated(character):
            return f"No pose of {character.name!r}: it is in no visible collection of this scene. Show it."
    if may_wait:
        return retargeter_of(character)
    now_s = time.monotonic()
    if _Look.asked_for != character.name_full or now_s > _Look.fresh_until_s:
        _Look.asked, _Look.asked_for = _key(character), character.name_full
        _Look.fresh_until_s = time.monotonic() + _SEEN_S
    if _Look.asked in _retargeters:
        return _retargeters[_Look.asked]
    if _Look.work is None:
        try:
            _Look.work, _Look.key = cooperative.Aside(armature.making(character)), _Look.asked
        except ExgesError as error:
            _remember(_Look.asked, str(error))
            return str(error)
        _ask_again(_POLL_S)
    return None


def _ask_again(seconds: float) -> None:
    """Let panels be drawn again after a while."""
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=seconds)


def poll() -> float | None:
    """Take in what the thread has found and let panels be drawn again; return when to ask again, None: never."""
    if _Look.work is None:
        redraw(bpy.context)
        return None
    if not _Look.work.is_done:
        return _POLL_S
    try:
        _remember(_Look.key, _Look.work.result())
    except ExgesError as error:
        _remember(_Look.key, str(error))
    finally:
        _Look.work = None
    redraw(bpy.context)
    return None


def look_again() -> None:
    """Read anew what maps depend on; a character that is as it was keeps its map."""
    _Look.asked_for = ""


def forget() -> None:
    """Forget everything: names may mean other things in another file."""
    _retargeters.clear()
    look_again()


def stop() -> None:
    """Forget everything and end what looks."""
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    work, _Look.work = _Look.work, None
    if work is not None:
        work.wait()
    forget()
