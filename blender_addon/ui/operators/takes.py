# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of takes: show, compare, delete, settings back into the panel, add to the motion base."""

import bpy

from exges_core.errors import ExgesError

from ...character import rigcache
from ...engine import preferences
from ...engine.session import say
from ...scene import compat
from ...scene.extension import stored
from ...scene.interface import Button, Ending, redraw
from ...takes import addition, keyframes, preview, record, user_keys
from .. import readiness, setting_properties

_TICK_S = 0.2
_SETTINGS = ("transcript", "speaker_tier", "score", "score_out", "use_keys", "keeps_path", "as_active_action")
"""What a take and the panel call the same, beside the generation settings."""


def _with_take(operator: "_OfTakes", context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the chosen character if it has the operator's take; otherwise say so and return None."""
    character = readiness.character_of(context)
    if character is None or operator.take not in {each.name for each in keyframes.takes_of(character)}:
        operator.report({"ERROR"}, f"The character has no take {operator.take!r}.")
        return None
    return character


class _OfTakes(Button):
    """Buttons that need a character with a take."""

    take: bpy.props.StringProperty(name="Take", description="The take's Action", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        return readiness.has_take(cls, context)


class ExgesShowTake(_OfTakes, bpy.types.Operator):
    """Play this take and mute the character's other takes."""

    bl_idname = "exges.show_take"
    bl_label = "Show Take"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show it."""
        character = _with_take(self, context)
        if character is None:
            return {"CANCELLED"}
        preview.restore()
        before = record.shown(character)
        record.show(character, self.take)
        if before is not None and before.name != self.take:
            stored(character).compared = before.name
        rigcache.forget()
        user_keys.forget()
        return {"FINISHED"}


class ExgesFlipTakes(_OfTakes, bpy.types.Operator):
    """Go back and forth between this take and the one that was shown before it."""

    bl_idname = "exges.flip_takes"
    bl_label = "Flip"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        character = readiness.character_of(context)
        names = {each.name for each in keyframes.takes_of(character)} if character else set()
        if character is None or len(names) < 2 or stored(character).compared not in names:
            cls.poll_message_set("Show one take, then another: these two are compared")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show the other one."""
        other = stored(readiness.chosen(context)).compared
        return bpy.ops.exges.show_take(take=other)  # pyright: ignore[reportAttributeAccessIssue]


class ExgesDeleteTake(_OfTakes, bpy.types.Operator):
    """Delete this take; with the last one, the pose goes back to what it was before the first."""

    bl_idname = "exges.delete_take"
    bl_label = "Delete Take"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Delete it."""
        character = _with_take(self, context)
        if character is None:
            return {"CANCELLED"}
        preview.restore()
        self.report({"INFO"}, record.remove(character, self.take))
        rigcache.forget()
        user_keys.forget()
        return {"FINISHED"}


class ExgesReuseSettings(_OfTakes, bpy.types.Operator):
    """Put the settings that made this take back into the panel."""

    bl_idname = "exges.reuse_settings"
    bl_label = "Use Its Settings"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Copy them."""
        character = _with_take(self, context)
        if character is None:
            return {"CANCELLED"}
        chosen, made_with = stored(character), record.settings_of(bpy.data.actions[self.take])
        setting_properties.restore(chosen, made_with)
        for name in _SETTINGS:
            if name in made_with:
                setattr(chosen, name, made_with[name])
        chosen.recogniser = made_with.get("asr", chosen.recogniser)
        if "transcript_text" in made_with:
            chosen.transcript_text = bpy.data.texts.get(str(made_with["transcript_text"]))
        chosen.bake = "FEWER" if made_with.get("tolerance_deg") else "EVERY"
        return {"FINISHED"}


class ExgesMarkTake(_OfTakes, bpy.types.Operator):
    """Put this take among the assets, for other files to use; once more takes it out again."""

    bl_idname = "exges.mark_take"
    bl_label = "Mark as Asset"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Mark it, with what is said in it as its description."""
        if _with_take(self, context) is None:
            return {"CANCELLED"}
        record.mark_as_asset(bpy.data.actions[self.take], is_one=bpy.data.actions[self.take].asset_data is None)
        return {"FINISHED"}


class ExgesAddToBase(bpy.types.Operator):
    """Add the shown take, as it is on the character now, and its speech to your own motion base."""

    bl_idname = "exges.add_to_base"
    bl_label = "Add Take to My Motion Base"

    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        why = ""
        if addition.State.current is not None:
            why = "A take is being added"
        elif record.shown(readiness.character_of(context)) is None:
            why = "No take is shown"
        elif not stored(context.scene).library:
            why = "Choose the folder of your motion base"
        else:
            found = preferences.of(context)
            why = "" if found is not None and found.python else "Choose the engine in the add-on's preferences"
        if why:
            cls.poll_message_set(why)
        return not why

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
        """Add it and wait."""
        try:
            text = self._start(context).wait()
        except ExgesError as error:
            return self._refuse(error)
        finally:
            addition.stop()
        return self._done(context, text)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Add it while Blender stays free."""
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
        """Look whether it is done."""
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
        """Leave nothing behind."""
        context.window_manager.event_timer_remove(self._timer)
        addition.stop()

    def _refuse(self, error: ExgesError) -> Ending:
        say(str(error), is_bad_news=True)
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

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
