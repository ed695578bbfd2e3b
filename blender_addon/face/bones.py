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
_NO_TURN = np.eye(3)


def of(character: bpy.types.Object) -> tuple[FaceBone, ...]:
    """Return all bones of a character, () if it is no armature or has no pose yet."""
    if character.type != "ARMATURE" or character.pose is None:
        return ()
    bones, posed = lookup.armature_of(character).bones, character.pose.bones
    rests = attributes.read(bones, "matrix_local", np.float32, 16).reshape(-1, 4, 4).astype(np.float64)
    tails = attributes.read(bones, "tail_local", np.float32, 3).astype(np.float64)
    rests = np.swapaxes(rests, 1, 2)
    axes = rests[:, :3, :3] / np.maximum(np.linalg.norm(rests[:, :3, :3], axis=1, keepdims=True), 1e-12)
    is_connected, is_local = (attributes.read(bones, f"use_{name}", np.bool_) for name in ("connect", "local_location"))
    places = {name: place for place, name in enumerate(bones.keys())}
    locks = _locks(posed)
    held, driven = _held(character), _driven(character)
    found: list[FaceBone] = []
    rows = zip(bones, rests[:, :3, 3], tails, axes, is_connected.tolist(), is_local.tolist(), strict=True)
    for bone, head, tail, rest, connects, moves_locally in rows:
        name, above = bone.name, bone.parent
        parent = above.name if above else ""
        here = held.get(name, _FREE)
        is_turn_locked, is_place_locked = locks.get(name, (False, False))
        found.append(
            FaceBone(
                name=name,
                parent=parent,
                head=head,
                tail=tail,
                rest=rest,
                is_driven=here.is_taken or name in driven,
                is_locked=is_turn_locked and is_place_locked,
                can_move=not (is_place_locked or connects),
                is_carried=here.is_carried,
                follows=here.follows or held.get(parent, _FREE).follows,
                moves_locally=moves_locally,
                parent_rest=axes[places[parent]] if parent and not moves_locally else _NO_TURN,
            )
        )
    return tuple(found)


def _locks(posed: bpy.types.bpy_prop_collection[bpy.types.PoseBone]) -> dict[str, tuple[bool, bool]]:
    """Return bone -> whether all of its rotation is locked, and all of its location."""
    turns, places = (
        attributes.read(posed, f"lock_{name}", np.bool_, 3).all(axis=1) for name in ("rotation", "location")
    )
    return dict(zip(posed.keys(), zip(turns.tolist(), places.tolist(), strict=True), strict=True))


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


def key_of(bones: tuple[FaceBone, ...]) -> object:
    """Return what tells whether bones are as they were."""
    flags = tuple((each.name, each.parent, each.is_driven, each.is_locked, each.can_move, each.is_carried, each.follows,
                   each.moves_locally) for each in bones)  # fmt: skip
    return flags, b"".join(each.rest.tobytes() + each.head.tobytes() + each.tail.tobytes() for each in bones)
