# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for takes that no speech is needed for: Idle Loop, Mirror Take."""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy

from exges_core.errors import ExgesError

from ...character import rigcache
from ...engine.session import Running, engine_for, say
from ...generation import idling
from ...generation.settings import TakeSettings
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import keyframes, loops, preview, record, user_keys
from .. import readiness
from . import driven

_SEEDS = 2**31


def _asked(context: bpy.types.Context) -> TakeSettings:
    """Return what is asked of the next idle: the panel's seed, or another one where an idle of it is there already."""
    preview.restore()
    character = readiness.chosen(context)
    settings = readiness.take_settings(context, with_part=False)
    idles = [each for each in keyframes.takes_of(character) if record.remembered(each, loops.IDLE_KEY, 0)]
    taken = {record.remembered(each, "seed", -1) for each in idles}
    if settings.seed in taken and not stored(character).is_seed_locked:
        settings = replace(settings, seed=secrets.randbelow(_SEEDS))
    return settings


class ExgesIdleLoop(driven.Driven[bpy.types.Action], bpy.types.Operator):
    """Make a loop of standing, breathing and looking around, from the current frame on; no speech is needed."""

    bl_idname = "exges.idle_loop"
    bl_label = "Idle Loop"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        if Running.current is not None:
            return Running.current.reason
        if Running.is_checking:
            return "The engine is being checked"
        return readiness.why_no_idle(context)

    def begun(self, context: bpy.types.Context) -> idling.MakingIdle:
        """Start the idle."""
        return idling.MakingIdle(
            _asked(context),
            start_frame=context.scene.frame_current,
            frames=stored(readiness.chosen(context)).idle_frames,
            engine=engine_for(context),
        )

    def done(self, outcome: bpy.types.Action) -> str:
        """Return that it is ready."""
        rigcache.forget()
        user_keys.forget()
        return f"{outcome.name} is ready: it begins anew every {record.remembered(outcome, loops.IDLE_KEY, 0)} frames."


class ExgesMirrorTake(Button, bpy.types.Operator):
    """Make this take's mirror image a new take: what the left side does, the right side does. Your own keys stay."""

    bl_idname = "exges.mirror_take"
    bl_label = "Mirror Take"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        take: str
    else:
        take: bpy.props.StringProperty(name="Take", description="The take's action", options={"HIDDEN"})

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        if Running.current is not None:
            return Running.current.reason
        return readiness.why_unchangeable(context) or readiness.why_no_take(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Mirror it, if the character has it; without a name, the shown one."""
        preview.restore()
        character = readiness.chosen(context)
        shown = record.shown(character)
        take = self.take or (shown.name if shown is not None else "")
        if take not in {each.name for each in keyframes.takes_of(character)}:
            return self.refused(f"The character has no take {take!r}.")
        try:
            made = idling.mirror(context.scene, character.name, take)
        except ExgesError as error:
            say(str(error), is_bad_news=True)
            return self.refused(error)
        stored(character).compared = take
        rigcache.forget()
        user_keys.forget()
        say(f"{made.name} is the mirror image of {take}; keys outside the take were not mirrored.")
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}


CLASSES = (ExgesIdleLoop, ExgesMirrorTake)
