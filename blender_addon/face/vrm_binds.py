# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shape keys the .vrm file of a character binds to its expressions, as the VRM add-on for Blender keeps them.

They lie with the armature, as a property group while that add-on is on, and as what is left of one while it is off:
`vrm0.blend_shape_master.blend_shape_groups` has `preset_name`, `name` and `binds` (`mesh`, `index`, `weight`);
`vrm1.expressions` has `preset`, a group of expressions, and `custom`, a collection; both have `morph_target_binds`
(`node`, `index`, `weight`). `index` is a key's name; `mesh` and `node` point to the object, whatever it is called now.
Data of any other form, keys and meshes that have gone are skipped. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import bpy
from idprop.types import IDPropertyGroup  # pyright: ignore[reportMissingModuleSource] - Blender has it

from exges_core.face.rigs import Bind

from ..scene import compat
from . import meshes

_NAME = "vrm_addon_extension"
_PRESETS = (
    *("unknown", "neutral", "a", "i", "u", "e", "o", "blink", "joy", "angry", "sorrow", "fun"),
    *("lookup", "lookdown", "lookleft", "lookright", "blink_l", "blink_r"),
)
"""VRM 0's, by the numbers that they have while the add-on is off."""
_EXPRESSIONS = (
    *("happy", "angry", "sad", "relaxed", "surprised", "neutral", "aa", "ih", "ou", "ee", "oh"),
    *("blink", "blink_left", "blink_right", "look_up", "look_down", "look_left", "look_right"),
)
"""VRM 1's, as the add-on's attributes."""
_OLDER = ("0.0", 0)
"""`spec_version` of VRM 0, and its number."""


def of(character: bpy.types.Object, faced: Mapping[str, bpy.types.Key]) -> tuple[Bind, ...]:
    """Return the binds of a character's file to its keys; none if it is of no .vrm.

    Args:
        character: the armature.
        faced: its meshes' keys, as `meshes.faced` has them.
    """
    kept = compat.data_of_addon(character.data, _NAME) if isinstance(character.data, bpy.types.Armature) else None
    older, newer = list(_older(_at(kept, "vrm0"))), list(_newer(_at(kept, "vrm1")))
    is_older = _at(kept, "spec_version") in _OLDER
    first, second = (older, newer) if is_older else (newer, older)
    mesh_of = {key.as_pointer(): mesh for mesh, key in faced.items()}
    return tuple(_read(first, mesh_of)) or tuple(_read(second, mesh_of))


def _older(vrm0: object) -> Iterator[tuple[str, object, object]]:
    """Yield expression, where its mesh is told, and the bind."""
    for group in _members(_at(_at(vrm0, "blend_shape_master"), "blend_shape_groups")):
        preset = _at(group, "preset_name")
        if isinstance(preset, int):
            preset = _PRESETS[preset] if 0 <= preset < len(_PRESETS) else _PRESETS[0]
        name = _at(group, "name") if preset in {None, _PRESETS[0]} else preset
        yield from ((str(name), _at(bind, "mesh"), bind) for bind in _members(_at(group, "binds")))


def _newer(vrm1: object) -> Iterator[tuple[str, object, object]]:
    """Yield expression, where its mesh is told, and the bind."""
    expressions = _at(vrm1, "expressions")
    preset = _at(expressions, "preset")
    named = [(name, _at(preset, name)) for name in _EXPRESSIONS]
    named += [(str(_at(each, "custom_name")), each) for each in _members(_at(expressions, "custom"))]
    for name, expression in named:
        yield from ((name, _at(bind, "node"), bind) for bind in _members(_at(expression, "morph_target_binds")))


def _read(said: list[tuple[str, object, object]], mesh_of: Mapping[int, str]) -> Iterator[Bind]:
    """Yield the binds that can be read, of the character's own meshes."""
    for expression, place, bind in said:
        key = meshes.key_of(_object_at(place))
        mesh = None if key is None else mesh_of.get(key.as_pointer())
        name, weight = _at(bind, "index"), _at(bind, "weight")
        weight = 1.0 if weight is None else weight  # as good as said: the add-on's default
        if mesh is not None and isinstance(name, str) and name and isinstance(weight, int | float):
            yield Bind(expression=expression, mesh=mesh, key=name, weight=float(weight))


def _object_at(place: object) -> bpy.types.Object | None:
    """Return the object that a bind points to; one that has lost it has its name still, and may find it again."""
    thing = _at(place, "bpy_object")
    if isinstance(thing, bpy.types.Object):
        return thing
    name = _at(place, "saved_mesh_object_name_to_restore")
    return bpy.data.objects.get(name) if isinstance(name, str) else None


def _at(group: object, name: str) -> object:
    """Return a member of a property group, or of what is left of one; None if there is none."""
    if isinstance(group, IDPropertyGroup):
        return group.get(name)
    return cast("object", getattr(group, name, None)) if isinstance(group, bpy.types.PropertyGroup) else None


def _members(things: object) -> Iterator[object]:
    """Yield the members of a collection, or of what is left of one."""
    if isinstance(things, list | bpy.types.bpy_prop_collection):
        yield from cast("list[object]", things)
