"""Heads for steps: meshes with shape keys, on a character."""

from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np

from exges_core.face.names import COLUMN
from tests.addon import standin_face

_SAID = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
OCULUS = tuple(f"viseme_{each}" for each in _SAID)


def head(
    body: bpy.types.Object, name: str, shapes: Sequence[str], *, high: float = 1.0, bone: str = ""
) -> bpy.types.Object:
    """A triangle with shape keys, on a bone or under an armature modifier."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(0.0, 0.0, 1.6), (0.1, 0.0, 1.6), (0.0, 0.1, 1.6)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    if bone:
        thing.parent, thing.parent_type, thing.parent_bone = body, "BONE", bone
    else:
        thing.modifiers.new("Armature", "ARMATURE").object = body
    thing.shape_key_add(name="Basis")
    for number, shape in enumerate(shapes):
        block = thing.shape_key_add(name=shape)
        block.slider_max, block.value = high, 0.0  # new ones are at 1 in Blender 5
        block.data[0].co.z += 0.001 * (number + 1)
    return thing


def driven(thing: bpy.types.Object, shape: str) -> None:
    """Let a driver move a shape key."""
    thing.data.shape_keys.key_blocks[shape].driver_add("value").driver.expression = "0.25"


def linked(body: bpy.types.Object, path: Path, name: str, shapes: Sequence[str]) -> bpy.types.Object:
    """An object whose mesh lies in another file."""
    thing = head(body, name, shapes)
    mesh = thing.data
    bpy.data.libraries.write(str(path), {mesh})
    bpy.data.objects.remove(thing)
    bpy.data.meshes.remove(mesh)
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.meshes = [name]
    thing = bpy.data.objects.new(name, wanted.meshes[0])
    bpy.context.scene.collection.objects.link(thing)
    thing.parent = body
    return thing


def value_of(mesh: str, shape: str, value: float | None = None) -> float:
    """A shape key's value; given one, it is set first."""
    block = bpy.data.objects[mesh].data.shape_keys.key_blocks[shape]
    if value is not None:
        block.value = value
    return float(block.value)


def jaw_of(seed: int, *, is_shut: bool = False) -> np.ndarray:
    """How far the stand-in opens the jaw on its 60 frames; `is_shut`: less what closes the lips, as a bone does."""
    curves = standin_face.curves(seed, 60)
    jaw, close = curves[:, COLUMN["jawOpen"]], curves[:, COLUMN["mouthClose"]]
    return jaw - close if is_shut else jaw
