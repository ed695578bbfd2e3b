# SPDX-License-Identifier: GPL-3.0-or-later
"""A Rigify human with the body, face and clothes that `tools/human` has made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy

from blender_addon.character import armature, human_meshes
from blender_addon.character.human_file import Human, HumanBone
from blender_addon.generation import face_curves, facing
from blender_addon.generation.settings import TakeSettings
from blender_addon.scene import cooperative, curves, lookup
from blender_addon.takes import keyframes
from exges_core.motion.clip import MotionClip

HEAD = "DEF-spine.006"
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


def add_take(
    scene: bpy.types.Scene,
    rig: bpy.types.Object,
    clip: MotionClip,
    motion: Path,
    settings: Mapping[str, object],
) -> None:
    """Write a clip onto the human as a take, with the face that its file has; the add-on's own code does both.

    Args:
        scene: whose frame rate counts.
        rig: of the human.
        clip: from the file, perhaps cut.
        motion: the file, with `face_arkit` if the face is to move.
        settings: what made the take; stored with it.
    """
    wanted = TakeSettings(scene=scene.name, character=rig.name, face=True, use_keys=False)
    frames = (1, 1 + clip.frames)
    face = cooperative.now(facing.reading(wanted, facing.asked(wanted, frames), "", None))
    faces, _ = face_curves.composed(
        face,
        motion,
        start_frame=1,
        rate_hz=lookup.scene_rate_hz(scene),
        part=None,
        is_thinned=False,
        numbers=curves.numbers(),
    )
    keyframes.add_take(
        scene,
        rig,
        face_curves.body_of(clip, face),
        start_frame=1,
        settings=settings,
        retargeter=armature.retargeter_of(rig),
        faces=faces,
    )
