# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's speech: a strip of the sequencer, mixed down as it is heard (trims, retiming, volume, packed or not)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import bpy

from exges_core.errors import AudioError, message
from exges_core.timeline import AUDIO_RATE_HZ

from . import compat, workspace


def sound_strips(scene: bpy.types.Scene) -> tuple[bpy.types.Strip, ...]:
    """Return the scene's sound strips, in the order of time."""
    strips = [strip for strip in compat.strips_of(scene) if strip.type == "SOUND"]
    return tuple(sorted(strips, key=lambda strip: (compat.strip_range(strip)[0], strip.name)))


def find_strip(scene: bpy.types.Scene, name: str) -> bpy.types.Strip:
    """Return a sound strip by its name; with an empty name the only or the first one.

    Raises:
        AudioError: if there is none.
    """
    strips = sound_strips(scene)
    found = next((strip for strip in strips if not name or strip.name == name), None)
    if found is None:
        names = ", ".join(repr(strip.name) for strip in strips) or "no sound strip at all"
        raise AudioError(
            message(
                expected=f"a sound strip {name!r}" if name else "a sound strip",
                got=names,
                where=f"sequencer of scene {scene.name!r}",
                do="Add the speech to the sequencer, or choose a sound file.",
            )
        )
    return found


def mix_strip(scene: bpy.types.Scene, strip: bpy.types.Strip, path: Path) -> None:
    """Write what is heard of one strip as a 16 kHz mono WAV file; every other sound is silent meanwhile.

    Raises:
        AudioError: if Blender cannot read the strip's sound.
    """
    start, stop = compat.strip_range(strip)
    others = [other for other in sound_strips(scene) if other != strip]
    touched = [(scene, "frame_start"), (scene, "frame_end"), (strip, "mute"), *((other, "mute") for other in others)]
    source = Path(bpy.path.abspath(strip.sound.filepath))
    if strip.sound.packed_file is None and not source.is_file():
        raise AudioError(
            message(
                expected="the strip's sound file",
                got=f"no file {source}",
                where=f"sound strip {strip.name!r}",
                do="Find the missing file (File > External Data), or choose another strip.",
            )
        )
    with workspace.restoring(*touched):
        scene.frame_start, scene.frame_end = start, max(start, stop - 1)
        strip.mute = False
        for other in others:
            other.mute = True
        try:
            with bpy.context.temp_override(scene=scene):
                bpy.ops.sound.mixdown(
                    filepath=str(path),
                    check_existing=False,
                    container="WAV",
                    codec="PCM",
                    format="S16",
                    mixrate=AUDIO_RATE_HZ,
                    channels="MONO",
                )
        except RuntimeError as error:
            raise AudioError(f"sound strip {strip.name!r}: Blender could not mix it down ({error}).") from error
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > 44:
            return
    raise AudioError(f"sound strip {strip.name!r}: the mixdown is empty. Check that Blender can play the strip.")
