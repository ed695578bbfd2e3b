# SPDX-License-Identifier: GPL-3.0-or-later
"""An example character: an armature of the canonical body's joints with a skinned body, made on the spot.

It is the human with a face if she came with the extension, a mannequin otherwise.
"""

from __future__ import annotations

from typing import cast

import bpy
import numpy as np
from mathutils import Vector

from exges_core.arrays import Array
from exges_core.motion.skeleton import JOINT_NAMES

from ..scene import lookup
from . import example_body, example_human, human_meshes
from .human_file import Human

NAME = "Example Character"
_ROOM_M = 0.9
"""So much room it wants to each side: a cube that a new file starts with is no place to stand in."""


def add(context: bpy.types.Context) -> bpy.types.Object:
    """Add the character beside what stands at the 3D cursor, select it and make it active; return its armature.

    Raises:
        InputError: if the human's file is damaged; nothing has been added then.
    """
    human = example_human.came_with_us()
    if context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    place = _free_place(context)
    armature = bpy.data.objects.new(NAME, bpy.data.armatures.new(NAME))
    context.collection.objects.link(armature)
    for each in context.selected_objects:
        each.select_set(False)
    context.view_layer.objects.active = armature
    armature.select_set(True)
    _make_bones(armature, human)
    armature.location = place
    if human is None:
        _add_body(context, armature)
    else:
        human_meshes.add(context.collection, armature, human, bone_of=example_human.bone_of, prefix=NAME)
    return armature


def _free_place(context: bpy.types.Context) -> Vector:
    """Return where it can stand: at the 3D cursor, else to the right of what is there."""
    place = context.scene.cursor.location.copy()
    extents: list[tuple[float, float]] = []
    for thing in context.visible_objects:
        if thing.type in {"MESH", "CURVE", "SURFACE", "FONT", "META", "ARMATURE"}:
            corners = [thing.matrix_world @ Vector(each) for each in thing.bound_box]
            depths = [corner.y for corner in corners]
            if min(depths) - _ROOM_M < place.y < max(depths) + _ROOM_M:
                extents.append((min(corner.x for corner in corners), max(corner.x for corner in corners)))
    for low, high in sorted(extents):
        if low - _ROOM_M < place.x < high + _ROOM_M:
            place.x = high + _ROOM_M
    return place


def _make_bones(armature: bpy.types.Object, human: Human | None) -> None:
    ends = _mannequins_ends_m() if human is None else example_human.ends_m(human)
    bpy.ops.object.mode_set(mode="EDIT")
    bones = lookup.armature_of(armature).edit_bones
    for name in JOINT_NAMES:
        if name in example_body.LEFT_OUT:
            continue
        bone = bones.new(name)
        head, tail = ends[name]
        bone.head, bone.tail = Vector(head.tolist()), Vector(tail.tolist())
        parent = example_body.parent_of(name)
        if parent:
            bone.parent = bones[parent]
            bone.use_connect = bool(np.allclose(ends[parent][1], head))
    bpy.ops.object.mode_set(mode="OBJECT")


def _mannequins_ends_m() -> dict[str, tuple[Array, Array]]:
    joints = example_body.joints_m()
    return {name: (place, example_body.tail_m(name)) for name, place in joints.items()}


def _add_body(context: bpy.types.Context, armature: bpy.types.Object) -> None:
    made = example_body.body()
    mesh = bpy.data.meshes.new(f"{NAME} Body")
    mesh.from_pydata(np.concatenate(made.points_m).tolist(), [], made.faces)
    for polygon, slot in zip(mesh.polygons, made.slots, strict=True):
        polygon.material_index, polygon.use_smooth = slot, True
    for name, colour in zip(("Skin", "Joints", "Dark"), example_body.COLOURS, strict=True):
        material = bpy.data.materials.new(f"{NAME} {name}")
        setattr(material, "diffuse_color", (*colour, 1.0))  # noqa: B010 - the stubs know no tuple here
        mesh.materials.append(material)
    body = bpy.data.objects.new(f"{NAME} Body", mesh)
    context.collection.objects.link(body)
    for bone, pairs in made.weights.items():
        group = body.vertex_groups.new(name=bone)
        for vertex, weight in pairs:
            group.add([vertex], weight, "REPLACE")
    body.parent = armature
    modifier = cast("bpy.types.ArmatureModifier", body.modifiers.new("Armature", "ARMATURE"))
    modifier.object = armature
