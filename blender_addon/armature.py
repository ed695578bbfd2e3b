# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature of Blender as `exges_core.rig.Rig`: read only."""

from __future__ import annotations

import bpy
import numpy as np

from exges_core.errors import RigMatchError, message
from exges_core.rig import Retargeter, Rig

from . import coordinates, mapping


def rig_of(armature: bpy.types.Object) -> Rig:
    """Return the rest pose of an armature object, in canonical axes and the armature's own unit."""
    bones = sorted(armature.data.bones, key=lambda bone: len(bone.parent_recursive))
    places = {bone.name: index for index, bone in enumerate(bones)}
    matrices = np.array([[row[:3] for row in bone.matrix_local.to_3x3()] for bone in bones], dtype=np.float64)
    matrices /= np.linalg.norm(matrices, axis=1, keepdims=True)
    return Rig(
        names=tuple(places),
        parents=tuple(places[bone.parent.name] if bone.parent else -1 for bone in bones),
        heads=coordinates.points_to_canonical(np.array([bone.head_local[:] for bone in bones], dtype=np.float64)),
        tails=coordinates.points_to_canonical(np.array([bone.tail_local[:] for bone in bones], dtype=np.float64)),
        rest_matrix=coordinates.frames_to_canonical(matrices),
        inherits_rotation=np.array([bone.use_inherit_rotation for bone in bones]),
    )


def retargeter_of(armature: bpy.types.Object | None) -> Retargeter:
    """Return the retargeter of an armature object.

    Raises:
        RigMatchError: if it is no armature, has no bones or is no humanoid we know.
    """
    if armature is None or armature.type != "ARMATURE" or not armature.data.bones:
        raise RigMatchError(
            message(
                expected="an armature with bones",
                got="nothing" if armature is None else f"{armature.name!r} ({armature.type.lower()})",
                where="Character",
                do="Choose the character's armature in the ExGes panel.",
            )
        )
    rig = rig_of(armature)
    return Retargeter(rig=rig, rig_map=mapping.map_of(rig, mapping.overrides_of(armature)))
