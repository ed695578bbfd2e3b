# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold before a take can be made, each with the sentence that a person needs."""

from __future__ import annotations

import bpy

from exges_core.errors import InputError, RigMatchError, message
from exges_core.rig import Retargeter
from exges_core.timeline import RATES_HZ

from ..engine import preferences, speech_models
from ..scene import lookup
from .settings import TakeSettings


def check_character(character: bpy.types.Object) -> None:
    """Refuse a character whose animation cannot be changed.

    Raises:
        RigMatchError: saying why.
    """
    name = character.name
    if character.library is not None:
        raise RigMatchError(
            f"Character: {name!r} is linked and cannot be animated. Make a library override (Object > Library "
            "Override > Make)."
        )
    override = character.override_library
    if override is not None and override.is_system_override:
        raise RigMatchError(
            f"Character: {name!r} is a library override that is not editable. Make it editable (Outliner > Library "
            "Override > Make)."
        )
    if character.mode == "EDIT":
        raise RigMatchError(f"Character: {name!r} is in Edit Mode. Leave it first (Tab).")


def check_locks(character: bpy.types.Object, retargeter: Retargeter) -> None:
    """Refuse a character of whose mapped bones none may turn.

    Raises:
        RigMatchError: saying so.
    """
    locks = retargeter.locks
    if all(bone in locks and all(locks[bone].is_locked) for bone in retargeter.rig_map.bones.values()):
        raise RigMatchError(
            f"Character: {character.name!r} has the rotation of all its bones locked. Unlock some (Sidebar > Item, in "
            "Pose Mode)."
        )


def check_rate(scene: bpy.types.Scene) -> float:
    """Return the scene's frame rate.

    Raises:
        InputError: if motion cannot be made at it.
    """
    rate_hz = lookup.scene_rate_hz(scene)
    least, most = RATES_HZ
    if not least <= rate_hz <= most:
        raise InputError(
            message(
                expected=f"{least} to {most} frames per second",
                got=f"{rate_hz:g}",
                where=f"Scene {scene.name!r}",
                do="Change the frame rate (Output properties > Frame Rate).",
            )
        )
    return rate_hz


def check_recogniser(settings: TakeSettings) -> None:
    """Refuse a recogniser that is not here, unless the words are given: nothing else takes its place silently.

    Raises:
        InputError: saying how to get it.
    """
    if settings.has_transcript:
        return
    name = speech_models.title(settings.asr)
    if not speech_models.is_known(settings.asr):
        raise InputError(
            message(
                expected="auto, moonshine, whisper:NAME, pocketsphinx or none",
                got=repr(settings.asr),
                where="Recogniser",
                do="Choose another one.",
            )
        )
    if not speech_models.is_here(settings.asr, preferences.model_places(bpy.context)):
        raise InputError(
            f"No model here for the recogniser {name}. Get it in the Speech panel, or choose another recogniser."
        )
