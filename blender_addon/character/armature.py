# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature of Blender as `exges_core.rig.Rig`: read only."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from exges_core.errors import RigMatchError, message
from exges_core.rig import Retargeter, Rig
from exges_core.rig.retarget_locks import Lock

from ..scene import coordinates, lookup
from . import bone_map, standing, switches

_EVEN_SHARE = 2e-3
"""How far axes may differ in scale, or lean, as a share."""


def rig_of(armature: bpy.types.Object) -> Rig:
    """Return the rest pose of an armature object, in canonical axes and the armature's own unit."""
    bones = sorted(lookup.armature_of(armature).bones, key=lambda bone: len(bone.parent_recursive))
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


def making(armature: bpy.types.Object | None) -> Callable[[], Retargeter]:
    """Read an armature object and return the function that makes its retargeter; a thread may call that.

    Locked channels are honoured.

    Raises:
        RigMatchError: if it is no armature, has no bones or is scaled unevenly; the function: if it is no humanoid we
            know.
    """
    if armature is None or armature.type != "ARMATURE" or not lookup.armature_of(armature).bones:
        what = "character is chosen" if armature is None else f"bones in {armature.name!r} ({armature.type.lower()})"
        raise RigMatchError(f"No {what}. Choose the character's armature in the ExGes panel.")
    _check_scale(armature)
    rig, overrides = rig_of(armature), bone_map.overrides_of(armature)
    locks, held, stance = locks_of(armature), switches.constrained(armature), standing.stance_of(armature)

    def make() -> Retargeter:
        found = Retargeter(rig=rig, rig_map=bone_map.map_of(rig, overrides), locks=locks, held=held, stance=stance)
        assert found.driven  # worked out here, once, and not where somebody waits for it
        return found

    return make


def retargeter_of(armature: bpy.types.Object | None) -> Retargeter:
    """Return the retargeter of an armature object, at once.

    Raises:
        RigMatchError: as `making` and its function.
    """
    return making(armature)()


def _check_scale(armature: bpy.types.Object) -> None:
    """Refuse an object that is stretched, sheared or mirrored: its bones would not turn as they are told."""
    linear = np.array(armature.matrix_world.to_3x3(), dtype=np.float64)
    lengths = np.linalg.norm(linear, axis=0)
    right = linear.T @ linear / max(float(lengths.max()) ** 2, 1e-30)
    if np.abs(right - np.eye(3)).max() < _EVEN_SHARE and np.linalg.det(linear) > 0.0:
        return
    scale = ", ".join(f"{length:.3g}" for length in lengths)
    raise RigMatchError(
        message(
            expected="one scale for all axes",
            got=f"({scale})" + (", mirrored" if np.linalg.det(linear) < 0.0 else ""),
            where=f"Character {armature.name!r} (parents included)",
            do="Apply the scale: Object > Apply > Scale.",
        )
    )


def locks_of(armature: bpy.types.Object) -> dict[str, Lock]:
    """Return the rotation channels that are locked, by bone; quaternions are locked about the axes of 'XYZ' Euler."""
    found: dict[str, Lock] = {}
    for bone in lookup.pose_of(armature).bones:
        is_locked = lookup.flags_of(bone.lock_rotation)
        if not any(is_locked):
            continue
        mode = bone.rotation_mode
        if mode in {"QUATERNION", "AXIS_ANGLE"}:
            mode, held = "XYZ", bone.matrix_basis.to_euler("XYZ")
        else:
            held = bone.rotation_euler
        first, second, third = ("XYZ".index(axis) for axis in coordinates.turn_order(mode))
        found[bone.name] = Lock(
            order=coordinates.turn_order(mode),
            is_locked=(bool(is_locked[first]), bool(is_locked[second]), bool(is_locked[third])),
            held_rad=(float(held[first]), float(held[second]), float(held[third])),
        )
    return found
