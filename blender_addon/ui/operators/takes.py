# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for takes: show, compare, delete, reuse settings, mark as asset, add to the motion base."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import bpy

from exges_core.errors import ExgesError
from exges_core.score.busy import busy_of

from ...character import rigcache
from ...engine import preferences
from ...engine.session import say
from ...scene import compat
from ...scene.extension import Stored, stored
from ...scene.interface import Button, Ending, redraw
from ...takes import addition, keyframes, layers, preview, record, user_keys
from .. import readiness, setting_properties

_TICK_S = 0.2
_SETTINGS = (
    "transcript",
    "speaker_tier",
    "score",
    "score_out",
    "posture_text",
    "use_keys",
    "keeps_path",
    "keeps_hands_out",
    "turns",
    "as_active_action",
)
"""What a take and the panel call the same, beside the generation settings."""


def _with_take(operator: "_OfTakes", context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the character if it has the operator's take; otherwise report that it has not and return None."""
    character = readiness.character_of(context)
    if character is None or operator.take not in {each.name for each in keyframes.takes_of(character)}:
        operator.report({"ERROR"}, f"The character has no take {operator.take!r}.")
        return None
    return character


def _show(character: bpy.types.Object, take: str) -> Ending:
    """Play a take, and remember the one shown before for Flip."""
    preview.restore()
    before = record.shown(character)
    record.show(character, take)
    if before is not None and before.name != take:
        stored(character).compared = before.name
    rigcache.forget()
    user_keys.forget()
    return {"FINISHED"}


def _hold(chosen: Stored, texts: Sequence[str]) -> None:
    """List the parts that a take was made to hold."""
    chosen.held.clear()
    for busy in busy_of(texts):
        item = chosen.held.add()
        item.part, item.is_whole = busy.part, busy.span is None
        if busy.span is not None:
            item.first, item.last = (round(frame) for frame in busy.span)


class _OfTakes(Button):
    """Buttons that need a character with a take."""

    if TYPE_CHECKING:
        take: str
    else:
        take: bpy.props.StringProperty(name="Take", description="The take's action", options={"HIDDEN"})

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return readiness.why_no_take(context)


class ExgesShowTake(_OfTakes, bpy.types.Operator):
    """Play this take and mute the character's other takes."""

    bl_idname = "exges.show_take"
    bl_label = "Show Take"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show it, if the character has it."""
        character = _with_take(self, context)
        return {"CANCELLED"} if character is None else _show(character, self.take)


class ExgesFlipTakes(_OfTakes, bpy.types.Operator):
    """Switch between this take and the one shown before it."""

    bl_idname = "exges.flip_takes"
    bl_label = "Flip"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        character = readiness.character_of(context)
        names = [] if character is None else [each.name for each in keyframes.takes_of(character)]
        can_flip = character is not None and len(names) > 1 and stored(character).compared in names
        return "" if can_flip else "No second take to compare: show one take, then another"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show the other take."""
        character = readiness.chosen(context)
        return _show(character, stored(character).compared)


class ExgesDeleteTake(_OfTakes, bpy.types.Operator):
    """Delete this take. Deleting the last one restores the pose from before the first."""

    bl_idname = "exges.delete_take"
    bl_label = "Delete Take"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Delete its action and its track."""
        character = _with_take(self, context)
        if character is None:
            return {"CANCELLED"}
        preview.restore()
        self.report({"INFO"}, record.remove(character, self.take))
        rigcache.forget()
        user_keys.forget()
        return {"FINISHED"}


class ExgesReuseSettings(_OfTakes, bpy.types.Operator):
    """Copy the settings this take was made with back into the panel, and lock its seed: Generate makes it again."""

    bl_idname = "exges.reuse_settings"
    bl_label = "Reuse Settings"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Copy them; settings that the take does not have stay."""
        character = _with_take(self, context)
        if character is None:
            return {"CANCELLED"}
        chosen, made_with = stored(character), record.settings_of(bpy.data.actions[self.take])
        setting_properties.restore(chosen, made_with)
        chosen.is_seed_locked = True
        for name in _SETTINGS:
            if name in made_with:
                setattr(chosen, name, made_with[name])
        chosen.recogniser = made_with.get("asr", chosen.recogniser)
        if "transcript_text" in made_with:
            chosen.transcript_text = bpy.data.texts.get(str(made_with["transcript_text"]))
        chosen.bake = "FEWER" if made_with.get("tolerance_deg") else "EVERY"
        _hold(chosen, cast("Sequence[str]", made_with.get("busy", ())))
        return {"FINISHED"}


class ExgesMarkTake(_OfTakes, bpy.types.Operator):
    """Mark this take as an asset for other files. Press again to clear it."""

    bl_idname = "exges.mark_take"
    bl_label = "Mark as Asset"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Mark it, with its words as the description, or clear it."""
        character = _with_take(self, context)
        if character is None:
            return {"CANCELLED"}
        try:
            layers.require_whole(character, bpy.data.actions[self.take], "Mark as Asset")
        except ExgesError as error:
            return self.refused(error)
        record.mark_as_asset(bpy.data.actions[self.take], is_one=bpy.data.actions[self.take].asset_data is None)
        return {"FINISHED"}


class ExgesAddToBase(Button, bpy.types.Operator):
    """Add the shown take, with your edits and its speech, to your motion base."""

    bl_idname = "exges.add_to_base"
    bl_label = "Add Take to My Motion Base"

    _timer: bpy.types.Timer | None = None

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        if addition.State.current is not None:
            return "A take is being added"
        take = record.shown(readiness.character_of(context))
        if take is None:
            return "No take is shown"
        if layers.is_split(readiness.character_of(context), take):
            return "The take is in layers: join its layers first"
        if not stored(context.scene).library:
            return "No folder for your motion base: choose one"
        found = preferences.of(context)
        return (
            "" if found is not None and found.python else "Adding a take needs an environment of your own: set one up"
        )

    def _start(self, context: bpy.types.Context) -> addition.Addition:
        character = readiness.chosen(context)
        take = record.shown(character)
        assert take is not None
        added = addition.State.current = addition.Addition(
            context.scene,
            character,
            take,
            sequencer=compat.sequencer_scene(context),
            python=preferences.python_of(context),
            licence=stored(context.scene).licence,
        )
        return added

    def execute(self, context: bpy.types.Context) -> Ending:
        """Add it without a window, and wait."""
        try:
            text = self._start(context).wait()
        except ExgesError as error:
            return self._refuse(error)
        finally:
            addition.stop()
        return self._done(context, text)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Add it under a window, without blocking Blender."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._start(context)
        except ExgesError as error:
            addition.stop()
            return self._refuse(error)
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Check at every tick whether it is done."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            text = "" if addition.State.current is None else addition.State.current.step()
        except ExgesError as error:
            self.cancel(context)
            return self._refuse(error)
        if text is None:
            return {"PASS_THROUGH"}
        self.cancel(context)
        return self._done(context, text)

    def cancel(self, context: bpy.types.Context) -> None:
        """Remove the timer and end the worker."""
        context.window_manager.event_timer_remove(self._timer)
        addition.stop()

    def _refuse(self, error: ExgesError) -> Ending:
        say(str(error), is_bad_news=True)
        return self.refused(error)

    def _done(self, context: bpy.types.Context, text: str) -> Ending:
        say(text)
        self.report({"INFO"}, text)
        redraw(context)
        return {"FINISHED"}


CLASSES = (
    ExgesShowTake,
    ExgesFlipTakes,
    ExgesDeleteTake,
    ExgesReuseSettings,
    ExgesMarkTake,
    ExgesAddToBase,
)
