# SPDX-License-Identifier: GPL-3.0-or-later
"""What else must hold while a take plays so that the mapped bones are in charge: IK/FK switches and constraints.

A family's switches (Rigify's IK_FK, Auto-Rig Pro's ik_fk_switch, BlenRig's sliders) come with its map. On other rigs,
constraints that would pull mapped bones (IK above all) are keyed off. Both are keys of the take and go back when the
last take goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import bpy

from exges_core.rig import Retargeter

from ..scene import lookup

_PULLING = {
    "IK",
    "SPLINE_IK",
    "COPY_ROTATION",
    "COPY_TRANSFORMS",
    "DAMPED_TRACK",
    "TRACK_TO",
    "LOCKED_TRACK",
    "ARMATURE",
    "ACTION",
    "TRANSFORM",
}
"""Constraints that turn a bone whatever its own channels say. Limits stay: they are the rigger's intent."""
_DRIVEN_TURN = re.compile(r'^pose\.bones\["(.+)"\]\.rotation_')


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One property of a character that a take holds at a value.

    Attributes:
        path: from the object, as F-curves have it.
        group: the bone it belongs to.
        value: while a take plays.
    """

    path: str
    group: str
    value: float


def _quoted(name: str) -> str:
    return bpy.utils.escape_identifier(name)


def bone_path(bone: str) -> str:
    """Return the data path of a pose bone, names with quotes included."""
    return f'pose.bones["{_quoted(bone)}"]'


def settings_of(character: bpy.types.Object, retargeter: Retargeter) -> tuple[Setting, ...]:
    """Return what a take must hold on a character: the family's switches, or else constraints turned off."""
    found = [
        Setting(path=f'{bone_path(each.bone)}["{_quoted(each.name)}"]', group=each.bone, value=each.value)
        for each in retargeter.rig_map.switches
        if each.name in lookup.pose_of(character).bones[each.bone]
    ]
    if found or retargeter.rig_map.carriers:
        return tuple(found)
    drivers = (
        {driver.data_path for driver in character.animation_data.drivers} if character.animation_data else set[str]()
    )
    played = {bone for bone, _ in retargeter.driven}
    for bone in lookup.pose_of(character).bones:
        for constraint in bone.constraints:
            path = f'{bone_path(bone.name)}.constraints["{_quoted(constraint.name)}"].influence'
            if path not in drivers and _pulls(bone, constraint) & played:
                found.append(Setting(path=path, group=bone.name, value=0.0))
    return tuple(found)


def _pulls(bone: bpy.types.PoseBone, constraint: bpy.types.Constraint) -> set[str]:
    """Return the bones that a constraint turns as it is set now."""
    if constraint.mute or constraint.influence == 0.0 or constraint.type not in _PULLING:
        return set()
    if constraint.type not in {"IK", "SPLINE_IK"}:
        return {bone.name}
    chain = [bone, *bone.parent_recursive]
    pulling = cast("bpy.types.KinematicConstraint", constraint)  # or a Spline IK, which has a count, too
    if pulling.type == "IK" and not pulling.use_tail:
        chain = chain[1:]
    return {each.name for each in chain[: pulling.chain_count or len(chain)]}


def constrained(character: bpy.types.Object) -> frozenset[str]:
    """Return bones that constraints or drivers move: helpers that must not be driven unless a joint has them."""
    names = {bone.name for bone in lookup.pose_of(character).bones if any(not each.mute for each in bone.constraints)}
    if character.animation_data:
        found = (_DRIVEN_TURN.match(driver.data_path) for driver in character.animation_data.drivers)
        names |= {bpy.utils.unescape_identifier(each.group(1)) for each in found if each}
    return frozenset(names)


def present_value(character: bpy.types.Object, path: str) -> float | int | bool | None:
    """Return what a property holds now, as the type it is; None if it has gone."""
    try:
        return cast("float | int | bool", character.path_resolve(path))
    except ValueError:
        return None


def put_back(character: bpy.types.Object, path: str, value: float | bool) -> None:
    """Set a property back; nothing if it has gone."""
    if present_value(character, path) is None:
        return
    owner, _, name = path.rpartition(".")
    if path.endswith('"]'):
        owner, _, name = path.rpartition("[")
        cast("Any", character.path_resolve(owner))[bpy.utils.unescape_identifier(name[1:-2])] = value
    else:
        setattr(character.path_resolve(owner), name, value)
