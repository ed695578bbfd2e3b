# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers for ExGes: the settings of the next take."""

import bpy

from . import soundstrip

_items_alive: list[tuple[str, str, str]] = []
"""Blender keeps only pointers to the strings of a dynamic enum: they must outlive the call."""


def _strip_items(_self: object, context: bpy.types.Context) -> list[tuple[str, str, str]]:
    from . import compat

    scene = compat.sequencer_scene(context)
    _items_alive[:] = [(strip.name, strip.name, "Sound strip") for strip in soundstrip.sound_strips(scene)]
    return _items_alive or [("", "No sound strip", "Add the speech to the sequencer")]


def _is_armature(_self: object, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


class ExgesSettings(bpy.types.PropertyGroup):
    """Settings of the next take."""

    source: bpy.props.EnumProperty(
        name="Speech from",
        description="Where the speech comes from",
        items=[
            ("STRIP", "Strip", "A sound strip of the sequencer, as it is heard"),
            ("FILE", "File", "A sound file: wav, flac, ogg or mp3"),
        ],
    )
    strip: bpy.props.EnumProperty(name="Strip", description="The sound strip with the speech", items=_strip_items)
    audio: bpy.props.StringProperty(name="File", description="The sound file with the speech", subtype="FILE_PATH")
    start_frame: bpy.props.IntProperty(
        name="Start", description="Scene frame at which the speech of a file begins", default=1
    )
    transcript: bpy.props.StringProperty(
        name="Transcript",
        description="Optional: the words as TextGrid, SRT, VTT, JSON or plain text",
        subtype="FILE_PATH",
    )
    character: bpy.props.PointerProperty(
        name="Character", description="The armature that will gesture", type=bpy.types.Object, poll=_is_armature
    )
    seed: bpy.props.IntProperty(name="Seed", description="Another seed gives another take of the same speech", min=0)
    speaker: bpy.props.StringProperty(name="Style", description="A speaker style the model knows; empty = the default")
    use_retrieval: bpy.props.BoolProperty(
        name="Retrieve gestures", description="Find fitting gestures in the motion base and build on them", default=True
    )
    use_keys: bpy.props.BoolProperty(
        name="Keep my keys",
        description="Poses you keyed yourself are kept, and the motion passes through them",
        default=True,
    )
    as_active_action: bpy.props.BoolProperty(
        name="As active Action", description="Write the take as the active Action instead of an NLA track"
    )


CLASSES = (ExgesSettings,)


def register() -> None:
    """Attach the settings to scenes."""
    bpy.types.Scene.exges = bpy.props.PointerProperty(type=ExgesSettings)


def unregister() -> None:
    """Detach them."""
    del bpy.types.Scene.exges
