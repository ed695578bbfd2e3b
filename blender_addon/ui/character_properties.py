# SPDX-License-Identifier: GPL-3.0-or-later
"""What an armature object remembers for ExGes: how its next take is made."""

from __future__ import annotations

import bpy

from ..character import bone_map
from ..engine import speech_models
from ..face import presets
from ..generation import ranges, transcript
from ..scene import compat
from ..scene.extension import Stored
from ..scene.typed_properties import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from ..sound import sources, strips
from .listed_properties import ExgesBone, ExgesGestureConstraint, ExgesHeldPart, ExgesKeyed
from .setting_properties import OVERRIDABLE, SettingProperties

_LAST_FRAME = 900_000
"""Blender's own frames end at 1,048,574; an hour of speech at 40 frames a second still fits behind this one."""


def _strip_names(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    return [strip.name for strip in strips.sound_strips(compat.sequencer_scene(context))]


def _said_by(self: Stored, _context: bpy.types.Context, _typed: str) -> list[str]:
    return list(transcript.speakers(self.transcript, may_wait=True))


def _presets(_self: object, _context: bpy.types.Context, _typed: str) -> list[str]:
    return bone_map.preset_names()


def _face_presets(_self: object, _context: bpy.types.Context, _typed: str) -> list[str]:
    return presets.names()


def _is_speaker(_self: object, candidate: bpy.types.Object) -> bool:
    return candidate.type == "SPEAKER"


class ExgesCharacter(SettingProperties, bpy.types.PropertyGroup):
    """How a character's next take is made."""

    source: EnumProperty(
        name="Speech From",
        description="Where the speech comes from",
        items=[
            (sources.STRIP, "Strip", "One sound strip of the sequencer as it sounds, with all others silent"),
            (sources.SELECTED, "Selected", "The selected sound strips of the sequencer, heard together"),
            (sources.RANGE, "Range", "All that is heard in the sequencer between two frames"),
            (sources.SPEAKER, "Speaker", "The sound of a Speaker object"),
            (sources.FILE, "File", "A sound file: wav, flac, ogg or mp3"),
        ],
        options=set(),
        override=OVERRIDABLE,
    )
    strip: StringProperty(
        name="Strip",
        description="The sound strip with the speech; empty: the first one",
        search=_strip_names,
        search_options=set(),
        options=set(),
        override=OVERRIDABLE,
    )
    sound_start: IntProperty(
        name="From Frame",
        description="First frame of the sequencer that is heard",
        default=1,
        min=-_LAST_FRAME,
        max=_LAST_FRAME,
        options=set(),
        override=OVERRIDABLE,
    )
    sound_end: IntProperty(
        name="To Frame",
        description="Last frame of the sequencer that is heard",
        default=250,
        min=-_LAST_FRAME,
        max=_LAST_FRAME,
        options=set(),
        override=OVERRIDABLE,
    )
    speaker_object: PointerProperty(
        name="Speaker",
        description="The Speaker object with the speech; its sound strip in the NLA says when it begins",
        type=bpy.types.Object,
        poll=_is_speaker,
        override=OVERRIDABLE,
    )
    audio: StringProperty(
        name="File",
        description="The sound file with the speech",
        subtype="FILE_PATH",
        options=set(),
        override=OVERRIDABLE,
    )
    start_frame: IntProperty(
        name="Start Frame",
        description="Scene frame at which the speech of a file begins",
        default=1,
        min=-_LAST_FRAME,
        max=_LAST_FRAME,
        options=set(),
        override=OVERRIDABLE,
    )
    transcript: StringProperty(
        name="Transcript",
        description="Optional: the words as subtitles, TextGrid, a recogniser's JSON, plain text and more; without it "
        "they are recognised",
        subtype="FILE_PATH",
        options=set(),
        override=OVERRIDABLE,
    )
    transcript_text: PointerProperty(
        name="Text",
        description="Optional: the words as a Text of this file, which counts instead of a transcript file",
        type=bpy.types.Text,
        override=OVERRIDABLE,
    )
    speaker_tier: StringProperty(
        name="Said By",
        description="Whose words of a transcript with several speakers are this character's; empty: all of them",
        search=_said_by,
        search_options=set(),
        options=set(),
        override=OVERRIDABLE,
    )
    recogniser: StringProperty(
        name="Recogniser",
        description="Who recognises the words when there is no transcript",
        default=speech_models.AUTO,
        options=set(),
        override=OVERRIDABLE,
    )
    heard: StringProperty(
        name="Heard", description="What Hear Words heard last, as JSON", options={"HIDDEN"}, override=OVERRIDABLE
    )
    score: StringProperty(
        name="Score File",
        description="A file with the strokes to make, as Save Score writes it; empty: they are planned",
        subtype="FILE_PATH",
        options=set(),
        override=OVERRIDABLE,
    )
    score_out: StringProperty(
        name="Save Score",
        description="A file to write the next take's strokes to, to edit and use again; empty: none",
        subtype="FILE_PATH",
        options=set(),
        override=OVERRIDABLE,
    )
    is_fine: BoolProperty(
        name="Set by Hand",
        description="What files of earlier versions have in place of the switches of intensity and retrieval strength",
        options={"HIDDEN"},
        override=OVERRIDABLE,
    )
    use_keys: BoolProperty(
        name="Keep My Keys",
        description="Poses you keyed yourself are kept, and the motion passes through them",
        default=True,
        options=set(),
        override=OVERRIDABLE,
    )
    keeps_path: BoolProperty(
        name="Keep My Path",
        description="Where you keyed the location of the body, the motion goes there",
        default=True,
        options=set(),
        override=OVERRIDABLE,
    )
    only_bones: BoolProperty(
        name="Only Chosen Bones",
        description="Only your keys on chosen bones count; the arrow beside it chooses the bones that are selected now",
        options=set(),
        override=OVERRIDABLE,
    )
    bones: CollectionProperty(type=ExgesBone, override=OVERRIDABLE)
    keyed: CollectionProperty(type=ExgesKeyed, override=OVERRIDABLE)
    held: CollectionProperty(type=ExgesHeldPart, override=OVERRIDABLE)
    overrides: CollectionProperty(type=ExgesBone, override=OVERRIDABLE)
    preset: StringProperty(
        name="Preset",
        description="A saved bone map, or the name to save this one under",
        search=_presets,
        search_options={"SUGGESTION"},
        options=set(),
        override=OVERRIDABLE,
    )
    face_preset: StringProperty(
        name="Preset",
        description="A saved face map, or the name to save this one under",
        search=_face_presets,
        search_options={"SUGGESTION"},
        options=set(),
        override=OVERRIDABLE,
    )
    standing: StringProperty(
        name="Standing Pose",
        description="The pose that counts as the character's rest, as JSON; empty: its rest is how it stands",
        options={"HIDDEN"},
        override=OVERRIDABLE,
    )
    posture_text: StringProperty(
        name="Posture",
        description="The pose that takes gesture about, as JSON; empty: as the speaker stands",
        options={"HIDDEN"},
        override=OVERRIDABLE,
    )
    wishes: CollectionProperty(type=ExgesGestureConstraint, override=OVERRIDABLE)
    wishes_for: StringProperty(
        name="Wishes For", description="The speech whose segments the wishes number", override=OVERRIDABLE
    )
    part: EnumProperty(
        name="Range",
        description="Which frames are made again; everything outside stays as it is",
        items=[
            (ranges.WHOLE, "Whole", "All of the speech"),
            (ranges.MARKERS, "Markers", "Between the selected markers, or the two around the current frame"),
            (ranges.PREVIEW, "Preview Range", "The scene's preview range"),
            (ranges.KEYS, "Selected Keys", "From the first to the last selected key of the character"),
        ],
        options=set(),
        override=OVERRIDABLE,
    )
    travel: EnumProperty(
        name="Travel",
        description="What carries the character over the ground",
        items=[
            ("hips", "Hips", "The bone that moves the whole body"),
            ("root", "Root Bone", "The bone above the hips, for games"),
            ("object", "Object", "The armature object itself"),
            ("place", "In Place", "Nothing: it stays where it stands"),
        ],
        options=set(),
        override=OVERRIDABLE,
    )
    keeps_hands_out: BoolProperty(
        name="Hands Out of Body",
        description="Bend the arms so that hands and forearms stay out of the character's own body",
        default=True,
        options=set(),
        override=OVERRIDABLE,
    )
    bake: EnumProperty(
        name="Keys",
        description="How many keys a take gets",
        items=[
            ("EVERY", "Every Frame", "A key on every frame: the motion exactly"),
            ("FEWER", "Fewer", "Only as many Bezier keys as keep the motion within the tolerance, easy to edit"),
        ],
        options=set(),
        override=OVERRIDABLE,
    )
    tolerance_deg: FloatProperty(
        name="Tolerance",
        description="How many degrees a bone may be off on any frame",
        default=0.5,
        min=0.05,
        max=10.0,
        options=set(),
        override=OVERRIDABLE,
    )
    turns: EnumProperty(
        name="Rotation",
        description="How the keys of a take write rotations",
        items=[
            ("bones", "As Bones", "In the rotation mode that each bone has"),
            (
                "euler",
                "Euler",
                "In Euler angles that never jump, each bone in the order that stays farthest from gimbal lock; the "
                "bones go back to their own mode with the take",
            ),
        ],
        options=set(),
        override=OVERRIDABLE,
    )
    as_active_action: BoolProperty(
        name="As Active Action",
        description="Make the take the active Action instead of an NLA track; the former Action stays in the file",
        options=set(),
        override=OVERRIDABLE,
    )
    idle_frames: IntProperty(
        name="Idle Length",
        description="Frames until an idle begins anew, 2 to 300 seconds",
        default=240,
        min=2,
        options=set(),
        override=OVERRIDABLE,
    )
    is_seed_locked: BoolProperty(
        name="Lock Seed",
        description="Keep this seed. Unlocked, Generate draws another one when this very take has been made already",
        options=set(),
        override=OVERRIDABLE,
    )
    last_made: StringProperty(
        name="Last Made",
        description="What Generate made last, as a digest",
        options={"HIDDEN"},
        override=OVERRIDABLE,
    )
    compared: StringProperty(
        name="Compared With", description="The take that was shown before this one", override=OVERRIDABLE
    )
