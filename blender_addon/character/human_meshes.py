# SPDX-License-Identifier: GPL-3.0-or-later
"""The human's meshes in Blender: shape keys, skin weights, plain materials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import bpy
import numpy as np

from exges_core.arrays import Array

from ..scene import attributes
from .human_file import Human, HumanMesh

COLOURS = "Colour"
"""The colour attribute of every mesh: Workbench shows it, and the materials take it."""
_SHADES = {
    # mesh: roughness, subsurface, how often it is subdivided for a picture
    "Body": (0.52, 0.10, 1),
    "Eyes": (0.08, 0.0, 0),
    "Teeth": (0.25, 0.0, 1),
    "Tongue": (0.40, 0.05, 1),
    "Hair": (0.65, 0.0, 0),
    "Sweater": (0.90, 0.0, 1),
    "Trousers": (0.90, 0.0, 1),
    "Shoes": (0.45, 0.0, 1),
}
_PLAIN = (0.70, 0.0, 0)
_THICK_M = {"Sweater": 0.004, "Trousers": 0.003}
_TINTS = {
    "Body": {
        "Skin": (0.86, 0.67, 0.57),
        "Lips": (0.74, 0.45, 0.42),
        "Mouth": (0.36, 0.13, 0.12),
        "Scalp": (0.155, 0.095, 0.062),
        "Hairline": (0.50, 0.38, 0.31),
    },
    "Eyes": {"White": (0.88, 0.85, 0.83), "Iris": (0.30, 0.17, 0.08), "Pupil": (0.01, 0.01, 0.01)},
    "Teeth": {"Enamel": (0.93, 0.90, 0.84), "Gums": (0.72, 0.40, 0.38)},
}
"""Materials of meshes that have several: a face has that whose colour is nearest to its own."""


def add(
    collection: bpy.types.Collection,
    armature: bpy.types.Object,
    human: Human,
    *,
    bone_of: Callable[[str], str],
    prefix: str,
) -> list[bpy.types.Object]:
    """Add all meshes, bound to an armature that stands where the human's bones are; return them.

    Args:
        collection: to link them to.
        armature: at rest.
        human: what was read from its file.
        bone_of: the armature's bone for one of Rigify's deforming bones.
        prefix: of the objects' names.
    """
    groups = [bone_of(name) for name in human.groups]
    return [_add_mesh(collection, armature, mesh, name, groups, prefix) for name, mesh in human.meshes.items()]


def _add_mesh(
    collection: bpy.types.Collection,
    armature: bpy.types.Object,
    made: HumanMesh,
    name: str,
    groups: list[str],
    prefix: str,
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(f"{prefix} {name}")
    mesh.from_pydata(made.points_m.tolist(), [], made.faces())
    attributes.write(mesh.polygons, "use_smooth", np.ones(len(made.sizes), dtype=bool))
    colours = cast("bpy.types.ByteColorAttribute", mesh.color_attributes.new(COLOURS, "BYTE_COLOR", "POINT"))
    opaque = np.concatenate([made.colours / 255.0, np.ones((len(made.colours), 1))], axis=1)
    attributes.write(colours.data, "color_srgb", opaque.astype(np.float32))
    _add_materials(mesh, made, name, prefix)
    thing = bpy.data.objects.new(f"{prefix} {name}", mesh)
    collection.objects.link(thing)
    _add_weights(thing, made, groups)
    _add_shapes(thing, made)
    thing.parent = armature
    _add_modifiers(thing, armature, name)
    return thing


def _add_modifiers(thing: bpy.types.Object, armature: bpy.types.Object, name: str) -> None:
    cast("bpy.types.ArmatureModifier", thing.modifiers.new("Armature", "ARMATURE")).object = armature
    if name in _THICK_M:
        cloth = cast("bpy.types.SolidifyModifier", thing.modifiers.new("Cloth", "SOLIDIFY"))
        cloth.thickness, cloth.offset = _THICK_M[name], -1.0
    if rounds := _SHADES.get(name, _PLAIN)[2]:
        finer = cast("bpy.types.SubsurfModifier", thing.modifiers.new("Subdivision", "SUBSURF"))
        finer.levels, finer.render_levels = 0, rounds


def _add_materials(mesh: bpy.types.Mesh, made: HumanMesh, name: str, prefix: str) -> None:
    starts = np.cumsum(made.sizes) - made.sizes
    sums: Array = np.add.reduceat(made.colours[made.corners] / 255.0, starts, axis=0)
    means = sums / made.sizes[:, None]
    tints = _TINTS.get(name) or {"": tuple(means.mean(axis=0).tolist())}
    palette = np.array(list(tints.values()))
    nearest = np.linalg.norm(means[:, None] - palette, axis=2).argmin(axis=1)
    attributes.write(mesh.polygons, "material_index", nearest.astype(np.int32))
    for part, colour in tints.items():
        mesh.materials.append(_material(f"{prefix} {name} {part}".strip(), colour, *_SHADES.get(name, _PLAIN)[:2]))


def _material(name: str, colour: Sequence[float], roughness: float, subsurface: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    linear = [each**2.2 for each in colour]
    setattr(material, "diffuse_color", (*linear, 1.0))  # noqa: B010 - the stubs know no tuple here
    material.roughness, material.use_nodes = roughness, True
    tree = cast("bpy.types.NodeTree", material.node_tree)
    shader = tree.nodes["Principled BSDF"]
    source = tree.nodes.new("ShaderNodeVertexColor")
    setattr(source, "layer_name", COLOURS)  # noqa: B010 - the stubs know the base class alone
    tree.links.new(source.outputs["Color"], shader.inputs["Base Color"])
    settings = {"Roughness": roughness, "Subsurface Weight": subsurface, "Subsurface Scale": 0.01}
    for key, value in settings.items():
        setattr(shader.inputs[key], "default_value", value)  # noqa: B010 - the same
    return material


def _add_weights(thing: bpy.types.Object, made: HumanMesh, groups: list[str]) -> None:
    """Add a vertex group for each bone; several of the human's may share one."""
    sums: dict[str, dict[int, float]] = {}
    rows: list[list[int]] = made.groups.tolist()
    shares: list[list[float]] = made.weights.tolist()
    for vertex, pairs in enumerate(zip(rows, shares, strict=True)):
        for row, share in zip(*pairs, strict=True):
            if share > 0.0:
                members = sums.setdefault(groups[row], {})
                members[vertex] = members.get(vertex, 0.0) + share
    for bone, members in sums.items():
        group = thing.vertex_groups.new(name=bone)
        for vertex, share in members.items():
            group.add([vertex], share, "REPLACE")


def _add_shapes(thing: bpy.types.Object, made: HumanMesh) -> None:
    if not made.shapes:
        return
    thing.shape_key_add(name="Basis")
    for name, (rows, offsets_m) in made.shapes.items():
        key = thing.shape_key_add(name=name, from_mix=False)
        points = made.points_m.copy()
        points[rows] += offsets_m
        attributes.write(key.data, "co", points.astype(np.float32))
