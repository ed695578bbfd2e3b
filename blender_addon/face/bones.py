# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature's bones at rest, as `exges_core.face.rigs` looks for a face among them. Reads only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import bpy
import numpy as np

from exges_core.face.rigs import FaceBone

from ..scene import attributes, lookup

_DRIVEN = re.compile(r'^pose\.bones\["(.+)"\]\.(?:rotation_|location)')
_CARRYING = frozenset({"CHILD_OF", "ARMATURE"})
"""Constraints that are another parent: what the bone does itself counts on."""
_BOUNDING = frozenset({"LIMIT_LOCATION", "LIMIT_ROTATION", "LIMIT_SCALE", "LIMIT_DISTANCE", "MAINTAIN_VOLUME"})
_SCALING = frozenset({"COPY_SCALE", *_BOUNDING})
"""Constraints that neither turn a bone nor move it elsewhere."""


@dataclass(frozen=True)
class _Held:
    """What constraints do to a bone: take it over, carry it, or let it go along with its neighbours."""

    is_taken: bool = False
    is_carried: bool = False
    follows: bool = False


_FREE = _Held()


def of(character: bpy.types.Object) -> tuple[FaceBone, ...]:
    """Return all bones of a character, () if it is no armature or has no pose yet."""
    if character.type != "ARMATURE" or character.pose is None:
        return ()
    bones, posed = lookup.armature_of(character).bones, character.pose.bones
    rests = attributes.read(bones, "matrix_local", np.float32, 16).reshape(-1, 4, 4).astype(np.float64)
    tails = attributes.read(bones, "tail_local", np.float32, 3).astype(np.float64)
    rests = np.swapaxes(rests, 1, 2)
    axes = rests[:, :3, :3] / np.maximum(np.linalg.norm(rests[:, :3, :3], axis=1, keepdims=True), 1e-12)
    places = {bone.name: place for place, bone in enumerate(bones)}
    held, driven = _held(character), _driven(character)
    found: list[FaceBone] = []
    for place, bone in enumerate(bones):
        name, parent = bone.name, bone.parent.name if bone.parent else ""
        here, above = held.get(name, _FREE), held.get(parent, _FREE)
        pose = posed.get(name)
        found.append(
            FaceBone(
                name=name,
                parent=parent,
                head=rests[place, :3, 3],
                tail=tails[place],
                rest=axes[place],
                is_driven=here.is_taken or name in driven,
                is_locked=pose is not None and _is_locked(pose),
                can_move=not bone.use_connect and (pose is None or not all(lookup.flags_of(pose.lock_location))),
                is_carried=here.is_carried,
                follows=here.follows or above.follows,
                moves_locally=bool(bone.use_local_location),
                parent_rest=axes[places[parent]] if parent else np.eye(3),
            )
        )
    return tuple(found)


def _held(character: bpy.types.Object) -> dict[str, _Held]:
    """Return bone -> what constraints do to it, of those that have any."""
    found: dict[str, _Held] = {}
    for bone in lookup.pose_of(character).bones:
        kinds = [_kind(each) for each in bone.constraints if not each.mute and each.influence > 0.0]
        if kinds:
            found[bone.name] = _Held(
                is_taken=any(each.is_taken for each in kinds),
                is_carried=any(each.is_carried for each in kinds),
                follows=any(each.follows for each in kinds),
            )
    return found


def _kind(constraint: bpy.types.Constraint) -> _Held:
    """Return what one constraint does; Rigify's controls go along with others, and are an animator's all the same."""
    kind = constraint.type
    if kind in _SCALING:
        return _FREE
    if kind in _CARRYING:
        return _Held(is_carried=True)
    if kind == "COPY_LOCATION" and cast("bpy.types.CopyLocationConstraint", constraint).use_offset:
        return _Held(follows=True)
    if kind in {"COPY_ROTATION", "COPY_TRANSFORMS"} and getattr(constraint, "mix_mode", "REPLACE") != "REPLACE":
        return _FREE
    return _Held(is_taken=True, is_carried=True)


def _driven(character: bpy.types.Object) -> frozenset[str]:
    """Return bones that drivers turn or move."""
    if character.animation_data is None:
        return frozenset()
    found = (_DRIVEN.match(driver.data_path) for driver in character.animation_data.drivers)
    return frozenset(bpy.utils.unescape_identifier(each[1]) for each in found if each)


def _is_locked(bone: bpy.types.PoseBone) -> bool:
    return all(lookup.flags_of(bone.lock_rotation)) and all(lookup.flags_of(bone.lock_location))


def key_of(bones: tuple[FaceBone, ...]) -> object:
    """Return what tells whether bones are as they were."""
    flags = tuple((each.name, each.parent, each.is_driven, each.is_locked, each.can_move, each.is_carried, each.follows,
                   each.moves_locally) for each in bones)  # fmt: skip
    return flags, b"".join(each.rest.tobytes() + each.head.tobytes() + each.tail.tobytes() for each in bones)
