# SPDX-License-Identifier: GPL-3.0-or-later
"""One shape of a face for looking at, without keys: a viseme or a mood; then everything is as it was."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import mathutils  # pyright: ignore[reportMissingModuleSource] - Blender has it

from exges_core.arrays import Array, Float
from exges_core.face import visemes
from exges_core.face.moods import MOODS
from exges_core.face.names import shape_of
from exges_core.face.rigs import BoneMotion, turns, values

from ..scene import lookup
from . import found, meshes

PHONES: Mapping[str, str] = {
    **{"P B M": "P", "F V": "F", "TH": "TH", "T D N": "T", "S Z": "S", "SH CH": "SH", "K G": "K", "L": "L", "R": "R"},
    **{"W": "W", "A": "AA", "E": "EH", "I": "IY", "O": "AO", "U": "UW"},
}
"""Mouth shapes that look different, by the letters for which they stand -> one of their phones."""
REST = "Rest"
_CHANNELS = ("rotation_quaternion", "rotation_euler", "rotation_axis_angle", "location", "scale")
EMOTIONS: tuple[str, ...] = tuple(MOODS)
VISEMES: tuple[str, ...] = (REST, *PHONES)
NAMES: tuple[str, ...] = (*VISEMES, *EMOTIONS)
"""What can be looked at: visemes, then moods."""


class Shown:
    """The preview that is on a character now: what keys and bones had before; names, no references."""

    name = ""
    character = ""
    bones: Mapping[str, tuple[tuple[float, ...], ...]] = {}
    before: Mapping[tuple[str, str], float] = {}


def shown_on(character: bpy.types.Object) -> str:
    """Return which of `NAMES` is on a character now, '' if none is."""
    return Shown.name if Shown.character == character.name else ""


def preview(character: bpy.types.Object, name: str | None) -> bool:
    """Show a viseme or a mood on a face, without keys; None = put back what was. Return whether anything is shown.

    A take that plays shows again on the next frame.

    Raises:
        KeyError: if there is no such viseme or mood.
    """
    restore()
    if name is None:
        return False
    seen, shape = found.face_of(character), _shape(name)[None]
    looks = values(seen.match, shape)
    before: dict[tuple[str, str], float] = {}
    for mesh in dict.fromkeys(mesh for mesh, _ in looks):
        blocks = meshes.blocks_of(mesh)
        for (_, key), value in [each for each in looks.items() if each[0][0] == mesh and each[0][1] in blocks]:
            before[mesh, key] = blocks[key].value
            blocks[key].value = float(value[0])
    moved = _turned(character, turns(seen.bones, shape))
    if before or moved:
        Shown.name, Shown.character, Shown.before, Shown.bones = name, character.name, before, moved
    return bool(Shown.name)


def _turned(character: bpy.types.Object, motions: Mapping[str, BoneMotion]) -> dict[str, tuple[tuple[float, ...], ...]]:
    """Turn and move bones beyond the pose they have; return what they had before."""
    before: dict[str, tuple[tuple[float, ...], ...]] = {}
    for name, motion in motions.items():
        bone = lookup.pose_of(character).bones[name]
        before[name] = tuple(tuple(getattr(bone, channel)) for channel in _CHANNELS)
        basis = bone.matrix_basis.copy()
        if motion.quat_wxyz is not None:
            basis = basis @ mathutils.Quaternion(motion.quat_wxyz[0].tolist()).to_matrix().to_4x4()
        if motion.offset is not None:
            basis = mathutils.Matrix.Translation(motion.offset[0].tolist()) @ basis
        bone.matrix_basis = basis
    return before


def _shape(name: str) -> Float[Array, "52"]:
    """Return a face as the take's own mouth and moods have it; lips that must touch close over the jaw."""
    if name == REST or name in MOODS:
        return shape_of(MOODS.get(name, {}))
    viseme = visemes.VISEMES[PHONES[name]][0]
    shut = {"mouthClose": viseme.shape.get("jawOpen", 0.0)} if viseme.is_shut else {}
    return shape_of({**viseme.shape, **shut})


def restore() -> bool:
    """Put back what a preview has changed; return whether there was one."""
    before, bones, character, had = Shown.before, Shown.bones, bpy.data.objects.get(Shown.character), bool(Shown.name)
    forget()
    for (mesh, key), value in before.items():
        block = meshes.blocks_of(mesh).get(key)
        if block is not None:
            block.value = value
    if character is not None and character.pose is not None:
        _put_back(character.pose, bones)
    return had


def _put_back(pose: bpy.types.Pose, bones: Mapping[str, tuple[tuple[float, ...], ...]]) -> None:
    for name, channels in bones.items():
        bone = pose.bones.get(name)
        if bone is not None:
            for channel, was in zip(_CHANNELS, channels, strict=True):
                setattr(bone, channel, was)


def forget() -> None:
    """Let what is shown count as what is: an undo has put it back, or another file is open."""
    Shown.name, Shown.character, Shown.before, Shown.bones = "", "", {}, {}
