# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene remembers for ExGes: the settings of the next take."""

import bpy

from . import compat, preferences, soundstrip


def _strip_names(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    return [strip.name for strip in soundstrip.sound_strips(compat.sequencer_scene(context))]


def _speakers(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    found = preferences.of(context)
    return found.speakers.splitlines() if found else []


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
        options=set(),
    )
    strip: bpy.props.StringProperty(
        name="Strip",
        description="The sound strip with the speech; empty: the first one",
        search=_strip_names,
        search_options=set(),
        options=set(),
    )
    audio: bpy.props.StringProperty(
        name="File", description="The sound file with the speech", subtype="FILE_PATH", options=set()
    )
    start_frame: bpy.props.IntProperty(
        name="Start Frame", description="Scene frame at which the speech of a file begins", default=1, options=set()
    )
    transcript: bpy.props.StringProperty(
        name="Transcript",
        description="Optional: the words as TextGrid, SRT, VTT, JSON or plain text; without it they are recognised",
        subtype="FILE_PATH",
        options=set(),
    )
    character: bpy.props.PointerProperty(
        name="Character", description="The armature that will gesture", type=bpy.types.Object, poll=_is_armature
    )
    seed: bpy.props.IntProperty(
        name="Seed", description="Another seed gives another take of the same speech", min=0, options=set()
    )
    speaker: bpy.props.StringProperty(
        name="Style",
        description="A speaker's style that the model knows (Check lists them); empty: the model's own default",
        search=_speakers,
        options=set(),
    )
    use_retrieval: bpy.props.BoolProperty(
        name="Retrieve Gestures",
        description="Find gestures in the motion base that fit the words and build the motion on them",
        default=True,
        options=set(),
    )
    use_keys: bpy.props.BoolProperty(
        name="Keep My Keys",
        description="Poses you keyed yourself are kept, and the motion passes through them",
        default=True,
        options=set(),
    )
    as_active_action: bpy.props.BoolProperty(
        name="As Active Action",
        description="Make the take the active Action instead of an NLA track; the former Action stays in the file",
        options=set(),
    )


CLASSES = (ExgesSettings,)


def register() -> None:
    """Attach the settings to scenes."""
    bpy.types.Scene.exges = bpy.props.PointerProperty(type=ExgesSettings)


def unregister() -> None:
    """Detach them."""
    del bpy.types.Scene.exges
