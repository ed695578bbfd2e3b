# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for the first minute: an example character, and what is offered after the first take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from exges_core import assets

from ...character import example, rigcache
from ...engine.session import Running
from ...scene import compat
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...sound import sources, strips
from ...takes import record
from .. import readiness

AUDIO_SYNC = "AUDIO_SYNC"
END, SYNC = "END", "SYNC"


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


class ExgesAddExample(Button, bpy.types.Operator):
    """Add an armature with a body, ready to gesture, and an example of speech if the sequencer has no sound."""

    bl_idname = "exges.add_example"
    bl_label = "Add Example Character"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return Running.current.reason if Running.current is not None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Make it, choose it, and give it speech."""
        character = example.add(context)
        stored(context.scene).character = character
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
        elif self.offer == END:
            settings.end_declined = end_offered(context) or settings.end_declined
        return {"FINISHED"}


CLASSES = (ExgesAddExample, ExgesExtendEnd, ExgesSyncToAudio, ExgesDecline)
