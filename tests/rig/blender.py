"""Fixtures as armatures in Blender, and what Blender makes of their bones; imported by processes with bpy alone."""

import bpy  # isort: skip
import numpy as np
from mathutils import Matrix
from rig.families import Family

from blender_addon.scene import coordinates


def armature_of(scene: bpy.types.Scene, each: Family) -> bpy.types.Object:
    """Build the family's rig: its own axes and unit in the data, the object's matrix in the world."""
    data = bpy.data.armatures.new(each.name)
    thing = bpy.data.objects.new(each.name, data)
    scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    for index, name in enumerate(each.rig.names):
        bone = data.edit_bones.new(name)
        length = max(float(np.linalg.norm(each.rig.tails[index] - each.rig.heads[index])), 1e-3 * each.unit)
        bone.head, bone.tail = (0.0, 0.0, 0.0), (0.0, length, 0.0)
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = each.rig.rest_matrix[index], each.rig.heads[index]
        bone.matrix = Matrix(matrix.tolist())
        if each.rig.parents[index] >= 0:
            bone.parent = data.edit_bones[each.rig.names[each.rig.parents[index]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    world = np.eye(4)
    world[:3, :3] = coordinates.BLENDER_FROM_CANONICAL
    thing.matrix_world = Matrix((world @ each.world_from_rig).tolist())
    bpy.context.view_layer.update()
    return thing


def turns_now(thing: bpy.types.Object, bone: str) -> np.ndarray:
    """How the bone, as evaluated, is turned against its rest, in the armature's axes."""
    posed = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones[bone]
    rest = np.array(posed.bone.matrix_local.to_3x3().normalized(), dtype=np.float64)
    return np.array(posed.matrix.to_3x3().normalized(), dtype=np.float64) @ rest.T
