# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bone plays which joint: what was found, corrected by what the user says; corrections saved as presets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import bpy

from exges_core import json_text
from exges_core.errors import RigMatchError, message
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig import REQUIRED_JOINTS, Preset, Rig, RigMap, match_rig
from exges_core.rig.bones import EYES
from exges_core.rig.chains import chains_of
from exges_core.rig.match import map_with

from ..scene import extension
from ..scene.extension import stored

_OWN = Preset(name="own", title="Own map", bones={})


def overrides_of(character: bpy.types.Object) -> dict[str, str]:
    """Return joint -> bone as the user corrected it; '' = this joint has no bone."""
    settings = getattr(character, "exges", None)  # absent while the add-on runs as a plain module
    return {each.joint: each.bone for each in settings.overrides} if settings else {}


def map_of(rig: Rig, overrides: Mapping[str, str]) -> RigMap:
    """Return the map that is found on a rig, with the user's corrections in it.

    Raises:
        RigMatchError: if a required joint has no bone, or a correction names a bone that is not there or is taken.
    """
    if not overrides:
        return match_rig(rig)
    try:
        found = match_rig(rig)
    except RigMatchError:
        found = map_with(rig, _OWN)  # nothing known: the user's own map is all there is
    bones = {**found.bones, **overrides}
    bones = {joint: bones[joint] for joint in JOINT_NAMES if bones.get(joint)}
    _check(rig, bones, overrides)
    location = found.location_bone
    if not location or location == found.bones.get("pelvis"):
        location = bones["pelvis"]
    return replace(
        found,
        bones=bones,
        missing=tuple(joint for joint in JOINT_NAMES if joint not in bones and joint not in EYES),
        location_bone=location,
        chains=chains_of(rig, bones),
    )


def _check(rig: Rig, bones: Mapping[str, str], overrides: Mapping[str, str]) -> None:
    def wrong(expected: str, got: str) -> RigMatchError:
        return RigMatchError(
            message(expected=expected, got=got, where="Character", do="Correct the bone map, or reset it.")
        )

    for joint, bone in overrides.items():
        if bone and bone not in rig.names:
            raise wrong(f"a bone for {joint}", f"{bone!r}, which the armature does not have")
    players: dict[str, str] = {}
    for joint, bone in bones.items():
        if bone in players:
            raise wrong("one joint per bone", f"{bone!r} for {players[bone]} and {joint}")
        players[bone] = joint
    lacking = [joint for joint in REQUIRED_JOINTS if joint not in bones]
    if lacking:
        raise wrong("bones for " + ", ".join(REQUIRED_JOINTS), f"none for {', '.join(lacking)}")


def set_bone(character: bpy.types.Object, joint: str, bone: str) -> None:
    """Correct one joint."""
    overrides = stored(character).overrides
    item = next((each for each in overrides if each.joint == joint), None) or overrides.add()
    item.joint, item.bone = joint, bone


def forget(character: bpy.types.Object, joint: str = "") -> None:
    """Take back the correction of one joint; '' = of all."""
    overrides = stored(character).overrides
    for index in reversed(range(len(overrides))):
        if not joint or overrides[index].joint == joint:
            overrides.remove(index)


def preset_folder() -> Path:
    """Return the folder of the user's own maps, made if need be."""
    return extension.user_folder("rigs")


def preset_names() -> list[str]:
    """Return the names of the saved maps."""
    return sorted(path.stem for path in preset_folder().glob("*.json"))


def save_preset(name: str, rig_map: RigMap) -> Path:
    """Write a map under a name and return its file.

    Raises:
        RigMatchError: if the name is no file name, or the file cannot be written.
    """
    name = name.strip()
    if not name or Path(name).name != name or name.startswith("."):
        raise RigMatchError(f"Preset: {name!r} is no file name. Use letters and digits.")
    path = preset_folder() / f"{name}.json"
    try:
        path.write_text(json.dumps({"bones": dict(rig_map.bones)}, indent=1), encoding="utf-8")
    except OSError as error:
        raise RigMatchError(f"Preset: {path} could not be written ({error.strerror or error}).") from error
    return path


def load_preset(character: bpy.types.Object, name: str, rig: Rig) -> None:
    """Correct a character's map so that it is the saved one.

    Raises:
        RigMatchError: if there is no such preset, it is damaged, or the armature lacks its bones; nothing changes then.
    """
    path = preset_folder() / f"{name}.json"
    try:
        bones = cast("dict[str, dict[str, object]]", json_text.read(path))["bones"]
        wanted = {str(joint): str(bone) for joint, bone in bones.items() if joint in JOINT_NAMES}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise RigMatchError(f"Preset: {name!r} cannot be read ({error}). Save it again.") from error
    map_of(rig, wanted)
    try:
        found = dict(match_rig(rig).bones)
    except RigMatchError:
        found = {}
    forget(character)
    for joint in JOINT_NAMES:
        if found.get(joint, "") != wanted.get(joint, ""):
            set_bone(character, joint, wanted.get(joint, ""))
