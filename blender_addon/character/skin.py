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
    skins = [skin for thing in _worn(armature) if (skin := _skin(armature, thing)) is not None]
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


def _worn(armature: bpy.types.Object) -> Iterator[bpy.types.Object]:
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
    vertices = attributes.read(mesh.vertices, "co", np.float32, 3)
    mesh.calc_loop_triangles()
    triangles = attributes.read(mesh.loop_triangles, "vertices", np.int32, 3)
    if not len(triangles):
        return None
    bones = lookup.armature_of(armature).bones
    if thing.parent == armature and thing.parent_type == "BONE" and thing.parent_bone in bones:
        bone = bones[thing.parent_bone]
        to_armature = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0))
        to_armature = to_armature @ thing.matrix_parent_inverse @ thing.matrix_basis
        names, owner = (bone.name,), np.zeros(len(mesh.vertices), dtype=np.int64)
    else:
        to_armature = armature.matrix_world.inverted_safe() @ thing.matrix_world
        names = tuple(group.name for group in thing.vertex_groups)
        owner = _owners(mesh, [name in bones and bones[name].use_deform for name in names])
    matrix = np.array(to_armature, dtype=np.float64)
    order = triangles.astype(np.int64)
    return _Skin(
        vertices=vertices @ matrix[:3, :3].T + matrix[:3, 3],
        triangles=order if np.linalg.det(matrix[:3, :3]) > 0.0 else order[:, ::-1],
        bones=names,
        bone=owner,
    )


def _owners(mesh: bpy.types.Mesh, is_bone: list[bool]) -> Array:
    """Return the group of the bone that each vertex follows most, -1 for none."""
    owner = np.full(len(mesh.vertices), -1, dtype=np.int64)
    for index, vertex in enumerate(mesh.vertices):
        most = 0.0
        for each in vertex.groups:
            if each.weight > most and is_bone[each.group]:
                most, owner[index] = each.weight, each.group
    return owner
