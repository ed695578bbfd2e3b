# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered for ExGes: on a scene, who is chosen; on an armature object, how its next take is made."""

from __future__ import annotations

from typing import Literal

import bpy

from ..character import bone_map
from ..engine import preferences, speech_models
from ..generation import ranges, transcript
from ..generation.score_settings import ScoreSettings
from ..scene import compat
from ..scene.extension import Stored
from ..sound import sources, strips

_LAST_FRAME = 900_000
"""Blender's own frames end at 1,048,574; an hour of speech at 40 frames a second still fits behind this one."""
_OVERRIDABLE: set[Literal["LIBRARY_OVERRIDABLE"]] = {"LIBRARY_OVERRIDABLE"}
"""So that settings can be changed on a character that is a library override, and are saved."""


def _strip_names(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    return [strip.name for strip in strips.sound_strips(compat.sequencer_scene(context))]


def _styles(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    found = preferences.of(context)
    return found.speakers.splitlines() if found else []


def _said_by(self: Stored, _context: bpy.types.Context, _typed: str) -> list[str]:
    return list(transcript.speakers(self.transcript, may_wait=True))


def _presets(_self: object, _context: bpy.types.Context, _typed: str) -> list[str]:
    return bone_map.preset_names()


def _is_armature(_self: object, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


def _is_speaker(_self: object, candidate: bpy.types.Object) -> bool:
    return candidate.type == "SPEAKER"


class ExgesBone(bpy.types.PropertyGroup):
    """A correction of the bone map."""

    joint: bpy.props.StringProperty(name="Joint", description="The joint of the body", override=_OVERRIDABLE)
    bone: bpy.props.StringProperty(
        name="Bone", description="The bone that plays the joint; empty: none does", override=_OVERRIDABLE
    )


class ExgesKeyed(bpy.types.PropertyGroup):
    """How keys on one frame count."""

    frame: bpy.props.IntProperty(name="Frame", description="The frame of the keys", override=_OVERRIDABLE)
    kind: bpy.props.EnumProperty(
        name="Counts",
        description="How the keys on this frame count",
        items=[
            ("HARD", "Hard", "The motion passes through the keys exactly"),
            ("SOFT", "Soft", "The keys shape the motion, which need not meet them"),
            ("IGNORED", "Ignored", "The keys do not count"),
        ],
        override=_OVERRIDABLE,
    )


class ExgesGestureWish(bpy.types.PropertyGroup):
    """What is asked for one segment of the speech, or never."""

    kind: bpy.props.EnumProperty(
        name="Wish",
        description="What is asked for",
        items=[
            ("PIN", "Pin", "This gesture is used here"),
            ("NONE", "No Gesture", "This segment is left to the speech alone"),
            ("BAN", "Ban", "This gesture is never used"),
        ],
        override=_OVERRIDABLE,
    )
    segment: bpy.props.IntProperty(name="Segment", description="The segment's number", override=_OVERRIDABLE)
    clip: bpy.props.IntProperty(name="Gesture", description="The gesture's number", override=_OVERRIDABLE)
    text: bpy.props.StringProperty(
        name="Words", description="What is said there, or the gesture's source", override=_OVERRIDABLE
    )


class ExgesCharacter(ScoreSettings, bpy.types.PropertyGroup):
    """How a character's next take is made."""

    source: bpy.props.EnumProperty(
        name="Speech From",
        description="Where the speech comes from",
        items=[
            (sources.STRIP, "Strip", "One sound strip of the sequencer, as it is heard, every other one silent"),
            (sources.SELECTED, "Selected", "The selected sound strips of the sequencer, heard together"),
            (sources.RANGE, "Range", "All that is heard in the sequencer between two frames"),
            (sources.SPEAKER, "Speaker", "The sound of a Speaker object"),
            (sources.FILE, "File", "A sound file: wav, flac, ogg or mp3"),
        ],
        options=set(),
        override=_OVERRIDABLE,
    )
    strip: bpy.props.StringProperty(
        name="Strip",
        description="The sound strip with the speech; empty: the first one",
        search=_strip_names,
        search_options=set(),
        options=set(),
        override=_OVERRIDABLE,
    )
    sound_start: bpy.props.IntProperty(
        name="From Frame",
        description="First frame of the sequencer that is heard",
        default=1,
        min=-_LAST_FRAME,
        max=_LAST_FRAME,
        options=set(),
        override=_OVERRIDABLE,
    )
    sound_end: bpy.props.IntProperty(
        name="To Frame",
        description="Last frame of the sequencer that is heard",
        default=250,
        min=-_LAST_FRAME,
        max=_LAST_FRAME,
        options=set(),
        override=_OVERRIDABLE,
    )
    speaker_object: bpy.props.PointerProperty(
        name="Speaker",
        description="The Speaker object with the speech; its sound strip in the NLA says when it begins",
        type=bpy.types.Object,
        poll=_is_speaker,
        override=_OVERRIDABLE,
    )
    audio: bpy.props.StringProperty(
        name="File",
        description="The sound file with the speech",
        subtype="FILE_PATH",
        options=set(),
        override=_OVERRIDABLE,
    )
    start_frame: bpy.props.IntProperty(
        name="Start Frame",
        description="Scene frame at which the speech of a file begins",
        default=1,
        min=-_LAST_FRAME,
        max=_LAST_FRAME,
        options=set(),
        override=_OVERRIDABLE,
    )
    transcript: bpy.props.StringProperty(
        name="Transcript",
        description="Optional: the words as subtitles, TextGrid, a recogniser's JSON, plain text and more; without it "
        "they are recognised",
        subtype="FILE_PATH",
        options=set(),
        override=_OVERRIDABLE,
    )
    transcript_text: bpy.props.PointerProperty(
        name="Text",
        description="Optional: the words as a Text of this file, which counts instead of a transcript file",
        type=bpy.types.Text,
        override=_OVERRIDABLE,
    )
    speaker_tier: bpy.props.StringProperty(
        name="Said By",
        description="Whose words of a transcript with several speakers are this character's; empty: all of them",
        search=_said_by,
        search_options=set(),
        options=set(),
        override=_OVERRIDABLE,
    )
    recogniser: bpy.props.StringProperty(
        name="Recogniser",
        description="What hears the words where there is no transcript",
        default=speech_models.AUTO,
        options=set(),
        override=_OVERRIDABLE,
    )
    heard: bpy.props.StringProperty(
        name="Heard", description="What Hear Words heard last, as JSON", options={"HIDDEN"}, override=_OVERRIDABLE
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="Another seed gives another take of the same speech",
        min=0,
        options=set(),
        override=_OVERRIDABLE,
    )
    speaker: bpy.props.StringProperty(
        name="Style",
        description="A speaker's style that the model knows (Check lists them); empty: somebody who gestures on this "
        "speech, by seed",
        search=_styles,
        options=set(),
        override=_OVERRIDABLE,
    )
    energy: bpy.props.EnumProperty(
        name="Energy",
        description="How lively the speaker is",
        items=[
            ("calm", "Calm", "Small gestures, retrieved ones only hinted at"),
            ("normal", "Normal", "As the model makes it"),
            ("vivid", "Vivid", "Larger gestures that follow the voice more closely; takes twice as long"),
        ],
        default="normal",
        options=set(),
        override=_OVERRIDABLE,
    )
    is_fine: bpy.props.BoolProperty(
        name="Set by Hand",
        description="Set intensity and strength yourself instead of by energy",
        options=set(),
        override=_OVERRIDABLE,
    )
    intensity: bpy.props.FloatProperty(
        name="Intensity",
        description="How far gestures go: 1 as the model made them, less is smaller, more is larger",
        default=1.0,
        min=0.5,
        max=1.5,
        options=set(),
        override=_OVERRIDABLE,
    )
    retrieval_strength: bpy.props.FloatProperty(
        name="Gesture Strength",
        description="How strongly retrieved gestures shape the motion; 0: not at all",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        override=_OVERRIDABLE,
    )
    retrieval_joints: bpy.props.EnumProperty(
        name="Gestures Move",
        description="What a retrieved gesture controls",
        items=[
            ("upper-body", "Upper Body", "Spine, head, arms and hands"),
            ("arms", "Arms", "Arms and hands"),
            ("hands", "Hands", "Wrists and fingers"),
        ],
        options=set(),
        override=_OVERRIDABLE,
    )
    use_retrieval: bpy.props.BoolProperty(
        name="Retrieve Gestures",
        description="Find gestures in the motion base that fit the words and build the motion on them",
        default=True,
        options=set(),
        override=_OVERRIDABLE,
    )
    use_keys: bpy.props.BoolProperty(
        name="Keep My Keys",
        description="Poses you keyed yourself are kept, and the motion passes through them",
        default=True,
        options=set(),
        override=_OVERRIDABLE,
    )
    keeps_path: bpy.props.BoolProperty(
        name="Keep My Path",
        description="Where you keyed the location of the body, the motion goes there",
        default=True,
        options=set(),
        override=_OVERRIDABLE,
    )
    only_bones: bpy.props.BoolProperty(
        name="Only Chosen Bones",
        description="Only your keys on chosen bones count; Choose Selected takes the bones that are selected now",
        options=set(),
        override=_OVERRIDABLE,
    )
    bones: bpy.props.CollectionProperty(type=ExgesBone, override={"LIBRARY_OVERRIDABLE"})
    keyed: bpy.props.CollectionProperty(type=ExgesKeyed, override={"LIBRARY_OVERRIDABLE"})
    overrides: bpy.props.CollectionProperty(type=ExgesBone, override={"LIBRARY_OVERRIDABLE"})
    preset: bpy.props.StringProperty(
        name="Preset",
        description="A saved bone map, or the name to save this one under",
        search=_presets,
        search_options={"SUGGESTION"},
        options=set(),
        override=_OVERRIDABLE,
    )
    wishes: bpy.props.CollectionProperty(type=ExgesGestureWish, override={"LIBRARY_OVERRIDABLE"})
    wishes_for: bpy.props.StringProperty(
        name="Wishes For", description="The speech whose segments the wishes number", override=_OVERRIDABLE
    )
    part: bpy.props.EnumProperty(
        name="Range",
        description="Which frames are made anew; everything outside stays as it is",
        items=[
            (ranges.WHOLE, "Whole", "All of the speech"),
            (ranges.MARKERS, "Markers", "Between the selected markers, or the two around the current frame"),
            (ranges.PREVIEW, "Preview Range", "The scene's preview range"),
            (ranges.KEYS, "Selected Keys", "From the first to the last selected key of the character"),
        ],
        options=set(),
        override=_OVERRIDABLE,
    )
    travel: bpy.props.EnumProperty(
        name="Travel",
        description="What carries the character over the ground",
        items=[
            ("hips", "Hips", "The bone that moves the whole body"),
            ("root", "Root Bone", "The bone above the hips, for games"),
            ("object", "Object", "The armature object itself"),
            ("place", "In Place", "Nothing: it stays where it stands"),
        ],
        options=set(),
        override=_OVERRIDABLE,
    )
    bake: bpy.props.EnumProperty(
        name="Keys",
        description="How many keys a take gets",
        items=[
            ("EVERY", "Every Frame", "A key on every frame: the motion exactly"),
            ("FEWER", "Fewer", "Only as many Bezier keys as keep the motion within the tolerance, easy to edit"),
        ],
        options=set(),
        override=_OVERRIDABLE,
    )
    tolerance_deg: bpy.props.FloatProperty(
        name="Tolerance",
        description="How many degrees a bone may be off on any frame",
        default=0.5,
        min=0.05,
        max=10.0,
        options=set(),
        override=_OVERRIDABLE,
    )
    as_active_action: bpy.props.BoolProperty(
        name="As Active Action",
        description="Make the take the active Action instead of an NLA track; the former Action stays in the file",
        options=set(),
        override=_OVERRIDABLE,
    )
    compared: bpy.props.StringProperty(
        name="Compared With", description="The take that was shown before this one", override=_OVERRIDABLE
    )


class ExgesScene(bpy.types.PropertyGroup):
    """What a scene remembers."""

    character: bpy.props.PointerProperty(
        name="Character", description="The armature that will gesture", type=bpy.types.Object, poll=_is_armature
    )
    library: bpy.props.StringProperty(
        name="My Motion Base",
        description="A folder with gestures of your own: Add Take to Base fills it, and it is searched first",
        subtype="DIR_PATH",
        options=set(),
    )
    use_library: bpy.props.BoolProperty(
        name="Search It", description="Search your own motion base for gestures", default=True, options=set()
    )
    use_shipped: bpy.props.BoolProperty(
        name="Search the Shipped One",
        description="Search the motion base that comes with ExGes, too",
        default=True,
        options=set(),
    )
    licence: bpy.props.StringProperty(
        name="Licence",
        description="What others may do with takes that you add to your motion base",
        options=set(),
    )
    segment: bpy.props.IntProperty(
        name="Segment", description="The segment of the speech that is shown", min=0, options={"SKIP_SAVE"}
    )


CLASSES = (ExgesBone, ExgesKeyed, ExgesGestureWish, ExgesCharacter, ExgesScene)


def register() -> None:
    """Attach the settings to scenes and objects."""
    bpy.types.Scene.exges = bpy.props.PointerProperty(type=ExgesScene)  # pyright: ignore[reportAttributeAccessIssue]
    bpy.types.Object.exges = bpy.props.PointerProperty(type=ExgesCharacter, override=_OVERRIDABLE)  # pyright: ignore[reportAttributeAccessIssue]


def unregister() -> None:
    """Detach them."""
    del bpy.types.Object.exges  # pyright: ignore[reportAttributeAccessIssue]
    del bpy.types.Scene.exges  # pyright: ignore[reportAttributeAccessIssue]
