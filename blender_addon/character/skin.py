# SPDX-License-Identifier: GPL-3.0-or-later
"""The meshes that an armature moves, at rest, as `exges_core.rig.Mesh`: what a character's hands must stay out of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from exges_core.arrays import Array
from exges_core.rig import Mesh

from ..scene import attributes, coordinates, lookup

_MOST_VERTICES = 300_000
"""A mesh of more is left out: it is a sculpt, and reading it would hold the window."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Skin:
    """One mesh: places in the armature's own axes, and the bone of each vertex by name ('' = none)."""

    vertices: Array
    triangles: Array
    bones: tuple[str, ...]
    bone: Array


def mesh_of(armature: bpy.types.Object) -> Mesh | None:
    """Return everything visible that the armature moves; None if it moves no mesh."""
    skins = [skin for thing in worn(armature) if (skin := _skin(armature, thing)) is not None]
    if not skins:
        return None
    names = tuple(dict.fromkeys(name for skin in skins for name in skin.bones))
    number = {name: place for place, name in enumerate(names)}
    ends = np.cumsum([0, *(len(skin.vertices) for skin in skins)])
    renamed = [np.array([*(number[name] for name in skin.bones), -1])[skin.bone] for skin in skins]
    return Mesh(
        vertices=coordinates.points_to_canonical(np.concatenate([skin.vertices for skin in skins])),
        triangles=np.concatenate([skin.triangles + start for skin, start in zip(skins, ends, strict=False)]),
        bones=names,
        bone=np.concatenate(renamed),
    )


def worn(armature: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """Yield the visible meshes that the armature deforms or carries on a bone."""
    for thing in bpy.data.objects:
        if thing.type != "MESH" or thing.hide_render or not _mesh(thing).vertices:
            continue
        is_deformed = any(
            isinstance(each, bpy.types.ArmatureModifier) and each.object == armature for each in thing.modifiers
        )
        is_carried = thing.parent == armature and thing.parent_type in {"BONE", "ARMATURE"}
        if (is_deformed or is_carried) and len(_mesh(thing).vertices) <= _MOST_VERTICES:
            yield thing


def _mesh(thing: bpy.types.Object) -> bpy.types.Mesh:
    assert isinstance(thing.data, bpy.types.Mesh)
    return thing.data


def _skin(armature: bpy.types.Object, thing: bpy.types.Object) -> _Skin | None:
    mesh = _mesh(thing)
    mesh.calc_loop_triangles()
    triangles = attributes.read(mesh.loop_triangles, "vertices", np.int32, 3).astype(np.int64)
    if not len(triangles):
        return None
    matrix = np.array(_to_armature(armature, thing), dtype=np.float64)
    names, owner = owners(armature, thing)
    return _Skin(
        vertices=attributes.read(mesh.vertices, "co", np.float32, 3) @ matrix[:3, :3].T + matrix[:3, 3],
        triangles=triangles if np.linalg.det(matrix[:3, :3]) > 0.0 else triangles[:, ::-1],
        bones=names,
        bone=owner,
    )


def _carrier(armature: bpy.types.Object, thing: bpy.types.Object) -> bpy.types.Bone | None:
    """Return the bone that the whole mesh hangs on, if it hangs on one."""
    is_carried = thing.parent == armature and thing.parent_type == "BONE"
    return lookup.armature_of(armature).bones.get(thing.parent_bone) if is_carried else None


def _to_armature(armature: bpy.types.Object, thing: bpy.types.Object) -> Matrix:
    """Return the mesh's place in the armature's axes, with the armature at rest."""
    bone = _carrier(armature, thing)
    if bone is None:
        return armature.matrix_world.inverted_safe() @ thing.matrix_world
    tail = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0))
    return tail @ thing.matrix_parent_inverse @ thing.matrix_basis


def owners(armature: bpy.types.Object, thing: bpy.types.Object) -> tuple[tuple[str, ...], Array]:
    """Return names of bones, and for each vertex of a mesh the place of the one it follows most, -1 for none."""
    mesh, bone = _mesh(thing), _carrier(armature, thing)
    if bone is not None:
        return (bone.name,), np.zeros(len(mesh.vertices), dtype=np.int64)
    bones = lookup.armature_of(armature).bones
    names = tuple(group.name for group in thing.vertex_groups)
    is_bone = [name in bones and bones[name].use_deform for name in names]
    owner = np.full(len(mesh.vertices), -1, dtype=np.int64)
    for index, vertex in enumerate(mesh.vertices):
        most = 0.0
        for each in vertex.groups:
            if each.weight > most and is_bone[each.group]:
                most, owner[index] = each.weight, each.group
    return names, owner
