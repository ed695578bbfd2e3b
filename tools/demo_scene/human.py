# SPDX-License-Identifier: GPL-3.0-or-later
"""A Rigify human with the body, face and clothes that `tools/human` has made."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from blender_addon.character import human_meshes
from blender_addon.character.human_file import Human, HumanBone

_LEFT_OUT = ("face", "breast.L", "breast.R")
"""Bones of Rigify's metarig that the human does without, and what hangs on them: its face has shape keys."""


def fit_metarig(metarig: bpy.types.Object, bones: Sequence[HumanBone]) -> None:
    """Put the bones of Rigify's metarig, which is active, where the human has them."""
    bpy.ops.object.mode_set(mode="EDIT")
    edited = metarig.data.edit_bones
    for name in _LEFT_OUT:
        if name in edited:
            for bone in (*edited[name].children_recursive, edited[name]):
                edited.remove(bone)
    for bone in bones:
        edited[bone.name].head, edited[bone.name].tail = bone.head_m.tolist(), bone.tail_m.tolist()
        edited[bone.name].roll = bone.roll_rad
    bpy.ops.object.mode_set(mode="OBJECT")


def add_meshes(scene: bpy.types.Scene, rig: bpy.types.Object, human: Human) -> list[bpy.types.Object]:
    """Add the human's meshes to a control rig generated from its metarig; return them."""
    return human_meshes.add(scene.collection, rig, human, bone_of=lambda name: name, prefix="Human")
