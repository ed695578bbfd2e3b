# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech of a sound file, carried by the .blend that its take is saved in."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..scene import compat
from ..sound import strips

NO_SOUND = "This Blender reads no sound: its file was saved without the speech's strip"


def carry(scene: bpy.types.Scene, audio: str, start_frame: int) -> str:
    """Add a sound file to a scene's sequencer as a packed strip, unless it is there; return a warning, '' if none.

    Packed, because what a batch writes is sent on alone, and a path would lead nowhere there.
    """
    if not compat.HAS_SOUND:
        return NO_SOUND
    if any(_is_there(strip, audio, start_frame) for strip in strips.sound_strips(scene)):
        return ""
    name, channel = Path(audio).stem, compat.free_channel(scene)
    try:
        strip = compat.add_sound(scene, name=name, filepath=audio, channel=channel, frame=start_frame)
        if strip.sound is not None:
            strip.sound.pack()
    except RuntimeError as error:
        return f"{audio}: Blender could not add its strip ({str(error).strip()})"
    return ""


def _is_there(strip: bpy.types.SoundStrip, audio: str, start_frame: int) -> bool:
    """Say whether a strip plays a sound file from a frame on: another line of the batch brought it."""
    if strip.sound is None or compat.strip_range(strip)[0] != start_frame:
        return False
    return Path(bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)).resolve() == Path(audio).resolve()
