# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature's bones at rest, as `exges_core.face.rigs` looks for jaw, eyes and lids among them. Reads only."""

from __future__ import annotations

import bpy
import numpy as np

from exges_core.face.rigs import FaceBone

from ..character import switches
from ..scene import attributes, lookup


def of(character: bpy.types.Object) -> tuple[FaceBone, ...]:
    """Return all bones of a character, () if it is no armature or has no pose yet."""
    if character.type != "ARMATURE" or character.pose is None:
        return ()
    bones, posed = lookup.armature_of(character).bones, character.pose.bones
    rests = attributes.read(bones, "matrix_local", np.float32, 16).reshape(-1, 4, 4).astype(np.float64)
    tails = attributes.read(bones, "tail_local", np.float32, 3).astype(np.float64)
    moved = switches.constrained(character)
    found: list[FaceBone] = []
    for bone, rest, tail in zip(bones, np.swapaxes(rests, 1, 2), tails, strict=True):
        axes = rest[:3, :3] / np.maximum(np.linalg.norm(rest[:3, :3], axis=0), 1e-12)
        found.append(
            FaceBone(
                name=bone.name,
                parent=bone.parent.name if bone.parent else "",
                head=rest[:3, 3],
                tail=tail,
                rest=axes,
                is_driven=bone.name in moved,
                is_locked=bone.name in posed and _is_locked(posed[bone.name]),
                moves_locally=bool(bone.use_local_location),
            )
        )
    return tuple(found)


def _is_locked(bone: bpy.types.PoseBone) -> bool:
    return all(lookup.flags_of(bone.lock_rotation)) and all(lookup.flags_of(bone.lock_location))


def key_of(bones: tuple[FaceBone, ...]) -> object:
    """Return what tells whether bones are as they were."""
    flags = tuple((each.name, each.parent, each.is_driven, each.is_locked, each.moves_locally) for each in bones)
    return flags, b"".join(each.rest.tobytes() + each.head.tobytes() + each.tail.tobytes() for each in bones)
