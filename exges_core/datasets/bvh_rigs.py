"""The BVH file of a rig, read once for all commands: its bones at rest, its map, its motion; and what is no BVH.

Formats of whole characters (FBX, glTF, ...) are Blender's to read: here is said how to get from there to here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exges_core.errors import InputError, RigMatchError, message
from exges_core.motion.bvh import read_bvh
from exges_core.rig.presets import PRESETS, Preset
from exges_core.rig.zero_pose import RestedRig, rested_rig

CHARACTER_SUFFIXES = (
    *(".fbx", ".glb", ".gltf", ".blend", ".dae", ".usd", ".usda", ".usdc", ".usdz", ".vrm", ".pmx", ".pmd", ".abc"),
    *(".max", ".ma", ".mb", ".c4d", ".obj", ".x", ".mhx2", ".iclone", ".vmd", ".trc", ".c3d", ".asf", ".amc"),
)
"""Files that hold a character or its motion in another form than BVH."""
BLENDER_ADVICE = (
    "Import it in Blender: the ExGes panel maps the character and makes its motion there. Or export its armature from "
    "Blender with File > Export > Motion Capture (.bvh) and give that."
)


def refuse_characters(path: Path, expected: str) -> None:
    """Make sure that a path is not of a file that only Blender reads here.

    Raises:
        InputError: if it is; the message says the ways there are.
    """
    if path.suffix.lower() in CHARACTER_SUFFIXES:
        got = f"{path.suffix}, which is read in Blender and not here"
        raise InputError(message(expected=expected, got=got, where=str(path), do=BLENDER_ADVICE))


def read_rig(path: Path, *, presets: Sequence[Preset] = PRESETS) -> RestedRig:
    """Return the rig of a BVH file, with its motion against a rest pose that shows a person.

    Raises:
        InputError: if it is another format.
        SkeletonError: if the file is missing or malformed.
        RigMatchError: if its bones are no humanoid's.
    """
    refuse_characters(path, "a rig as .bvh")
    motion = read_bvh(path)
    try:
        return rested_rig(motion, presets=presets)
    except RigMatchError as error:
        raise RigMatchError(f"{path}: {error}") from error
