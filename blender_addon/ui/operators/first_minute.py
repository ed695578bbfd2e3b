# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for the first minute: the first steps, an example of all of them, and what is offered after a take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from exges_core import assets
from exges_core.errors import ExgesError

from ...character import example, rigcache
from ...engine import preferences
from ...engine.session import Running
from ...face import found
from ...generation import checks, running
from ...scene import compat
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...sound import sources, strips
from ...takes import keyframes, record
from .. import readiness
from . import driven
from . import generate as generate_buttons

AUDIO_SYNC = "AUDIO_SYNC"
END, SYNC, STEPS = "END", "SYNC", "STEPS"


def steps_done(context: bpy.types.Context) -> tuple[bool, bool, bool]:
    """Return whether there is a character, speech for it, and a take."""
    character = readiness.character_of(context)
    if character is None:
        return False, bool(strips.sound_strips(compat.sequencer_scene(context))), False
    try:
        checks.check_character(character)
    except ExgesError:
        return False, False, False
    return True, not readiness.why_no_speech(context), bool(keyframes.takes_of(character))


def are_steps_shown(context: bpy.types.Context) -> bool:
    """Say whether the first steps are shown: until there is a take, and with the first one while the file is new."""
    found, character = preferences.of(context), readiness.character_of(context)
    if found is None or not found.shows_first_steps:
        return False
    count = 0 if character is None else len(keyframes.takes_of(character))
    return count == 0 or (count == 1 and not bpy.data.filepath)


def end_offered(context: bpy.types.Context) -> int | None:
    """Return the frame that the scene should end at to show all of the take; None = it does, or that was declined."""
    take = record.shown(readiness.character_of(context))
    if take is None:
        return None
    last = record.frames_of(take)[1] - 1
    return last if context.scene.frame_end < last != stored(context.scene).end_declined else None


def is_sync_offered(context: bpy.types.Context) -> bool:
    """Say whether playback should be synced to the sound: there is a take, and sound that it would run away from."""
    scene = context.scene
    if scene.sync_mode == AUDIO_SYNC or stored(scene).is_sync_declined:
        return False
    has_sound = bool(strips.sound_strips(compat.sequencer_scene(context)))
    return has_sound and record.shown(readiness.character_of(context)) is not None


class ExgesAddExample(driven.Driven[bpy.types.Action], bpy.types.Operator):
    """Add a character, an example of speech if the sequencer has no sound, and a take of it. Esc cancels the take."""

    bl_idname = "exges.add_example"
    bl_label = "Add Example"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return Running.current.reason if Running.current is not None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Without a window: add it, and make a take if there is an engine."""
        return self._add(context) if readiness.why_no_engine(context) else super().execute(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Under a window: add it, and let a timer make a take if there is an engine."""
        return self._add(context) if readiness.why_no_engine(context) else super().invoke(context, event)

    def begun(self, context: bpy.types.Context) -> running.Making:
        """Add it and start its take, each an undo step of its own."""
        self._add(context)
        if not bpy.app.background:
            bpy.ops.ed.undo_push(message=self.bl_label)
        return generate_buttons.making(context)

    def done(self, outcome: bpy.types.Action) -> str:
        """Return that the take is ready, with the engine's warnings."""
        return generate_buttons.told(outcome)

    def _add(self, context: bpy.types.Context) -> Ending:
        """Make the character, choose it, and give it speech."""
        character = example.add(context)
        stored(context.scene).character = character
        stored(character).face = found.face_of(character).can_move
        self._give_speech(context, character)
        rigcache.forget()
        readiness.forget()
        _look_at(context)
        return {"FINISHED"}

    @staticmethod
    def _give_speech(context: bpy.types.Context, character: bpy.types.Object) -> None:
        scene, settings = compat.sequencer_scene(context), stored(character)
        if strips.sound_strips(scene):
            return
        path = str(assets.DEMO_SPEECH)
        if compat.HAS_SOUND:
            channel = compat.free_channel(scene)
            strip = compat.add_sound(scene, name="Example Speech", filepath=path, channel=channel, frame=1)
            if strip.sound is not None:
                strip.sound.pack()  # the file may be sent on alone
        else:
            settings.source, settings.audio = sources.FILE, path
        text = bpy.data.texts.new("Example Speech")
        text.write(assets.DEMO_TRANSCRIPT.read_text(encoding="utf-8"))
        settings.transcript_text = text


def _look_at(context: bpy.types.Context) -> None:
    """Let the 3D View show what was added, where there is one."""
    area = context.area
    region = next((each for each in area.regions if each.type == "WINDOW"), None) if area is not None else None
    if region is None or area is None or area.type != "VIEW_3D":
        return
    with context.temp_override(area=area, region=region):  # pyright: ignore[reportUnknownMemberType] - the stubs
        bpy.ops.view3d.view_selected()


class ExgesExtendEnd(Button, bpy.types.Operator):
    """Let the scene end with the take, which goes on after the scene's last frame."""

    bl_idname = "exges.extend_end"
    bl_label = "Extend Scene End to the Take"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "" if end_offered(context) is not None else "The scene shows all of the take"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Move the scene's end."""
        last = end_offered(context)
        if last is not None:
            context.scene.frame_end = last
        return {"FINISHED"}


class ExgesSyncToAudio(Button, bpy.types.Operator):
    """Let playback skip frames rather than fall behind the sound."""

    bl_idname = "exges.sync_to_audio"
    bl_label = "Sync Playback to Audio"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Set the scene's sync mode."""
        context.scene.sync_mode = AUDIO_SYNC
        return {"FINISHED"}


class ExgesDecline(Button, bpy.types.Operator):
    """Leave it as it is, and do not offer it again in this scene."""

    bl_idname = "exges.decline"
    bl_label = "No"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        offer: str
    else:
        offer: bpy.props.StringProperty(name="Offer", description="What is declined", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Remember it in the scene; a longer take is offered again."""
        settings = stored(context.scene)
        if self.offer == SYNC:
            settings.is_sync_declined = True
        elif self.offer == STEPS:
            _hide_steps(context)
        elif self.offer == END:
            settings.end_declined = end_offered(context) or settings.end_declined
        return {"FINISHED"}


def _hide_steps(context: bpy.types.Context) -> None:
    """Show the first steps in no file any more; the preferences bring them back."""
    found = preferences.of(context)
    if found is not None:
        found.shows_first_steps = False
        context.preferences.is_dirty = True


CLASSES = (ExgesAddExample, ExgesExtendEnd, ExgesSyncToAudio, ExgesDecline)
