# SPDX-License-Identifier: GPL-3.0-or-later
"""The meshes of a character that have shape keys, and what may be done with these. Reads only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import bpy

from exges_core.face.rigs import ShapeKey

_VALUE = re.compile(r'^key_blocks\["((?:[^"\\]|\\.)*)"\]\.value$')


def value_path(name: str) -> str:
    """Return the data path of a shape key's value, from its Key data-block."""
    return f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'


def shape_in(path: str) -> str:
    """Return the shape key whose value a data path means, '' if it means something else."""
    found = _VALUE.match(path)
    return bpy.utils.unescape_identifier(found[1]) if found else ""


def faced(character: bpy.types.Object) -> dict[str, bpy.types.Key]:
    """Return mesh object -> shape keys for every mesh that hangs on a character, hidden ones too, or is deformed by it.

    Objects that share one mesh share its keys: the first by name stands for all of them.
    """
    found: dict[str, bpy.types.Key] = {}
    seen: set[int] = set()
    for thing in bpy.data.objects:
        key = key_of(thing)
        if key is not None and key.as_pointer() not in seen and _belongs(thing, character):
            seen.add(key.as_pointer())
            found[thing.name] = key
    return found


def key_of(thing: bpy.types.Object | None) -> bpy.types.Key | None:
    """Return the shape keys of a mesh object, None if it has none or is no mesh."""
    mesh = None if thing is None else thing.data
    return mesh.shape_keys if isinstance(mesh, bpy.types.Mesh) else None


def _belongs(thing: bpy.types.Object, character: bpy.types.Object) -> bool:
    if any(isinstance(each, bpy.types.ArmatureModifier) and each.object == character for each in thing.modifiers):
        return True
    above = thing.parent
    while above is not None and above != character:
        above = above.parent
    return above is not None


def is_editable(key: bpy.types.Key) -> bool:
    """Say whether shape keys can be animated to stay: of linked meshes they cannot, of overrides it is never saved."""
    return key.library is None and key.user.override_library is None


def shapes_of(mesh: str, key: bpy.types.Key) -> Iterator[ShapeKey]:
    """Yield the shape keys of a mesh that have a value: all but the one that the others start from."""
    driven = _driven(key)
    for block in key.key_blocks:
        if block != key.reference_key:
            yield ShapeKey(
                mesh=mesh,
                name=block.name,
                low=block.slider_min,
                high=block.slider_max,
                is_driven=block.name in driven,
                is_locked=block.mute or block.lock_shape,
            )


def _driven(key: bpy.types.Key) -> set[str]:
    drivers = key.animation_data.drivers if key.animation_data else ()
    return {shape_in(each.data_path) for each in drivers}


def pinned(mesh: str) -> bool:
    """Say whether a mesh shows one shape key alone (its pin), whatever their values are."""
    thing = bpy.data.objects.get(mesh)
    return thing is not None and thing.show_only_shape_key


def blocks_of(mesh: str) -> dict[str, bpy.types.ShapeKey]:
    """Return a mesh's shape keys by name, {} if it has gone or has none."""
    key = key_of(bpy.data.objects.get(mesh))
    return {} if key is None else {each.name: each for each in cast("list[bpy.types.ShapeKey]", key.key_blocks)}
