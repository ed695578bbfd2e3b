# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for editing takes by hand: a take in the active Action and back, own keys blended into it."""

from typing import TYPE_CHECKING

import bpy

from exges_core.errors import ExgesError

from ...character import rigcache
from ...engine.session import Running
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import blending, editing, keyframes, preview, record, user_keys
from .. import readiness


def _forget() -> None:
    rigcache.forget()
    user_keys.forget()
    readiness.forget()


class ExgesEditTake(Button, bpy.types.Operator):
    """Edit the shown take's keys in the Dope Sheet and Graph Editor. Your own Action is kept and comes back."""

    bl_idname = "exges.edit_take"
    bl_label = "Edit Take"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        character = readiness.character_of(context)
        if Running.current is not None:
            return Running.current.reason
        if record.shown(character) is None:
            return "No take is shown"
        return "The take is being edited already" if editing.edited(character) is not None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Make its Action the active one, and the character the active object, whose keys the editors show."""
        preview.restore()
        character = readiness.chosen(context)
        take = record.shown(character)
        assert take is not None
        try:
            editing.begin(character, take.name)
        except ExgesError as error:
            return self.refused(error)
        if context.mode == "OBJECT" and character.visible_get(view_layer=context.view_layer):
            character.select_set(True)
            context.view_layer.objects.active = character
        _forget()
        return {"FINISHED"}


class ExgesBackIntoStrip(Button, bpy.types.Operator):
    """Stop editing: the take plays from its strip with your changes, and your own Action is active again."""

    bl_idname = "exges.back_into_strip"
    bl_label = "Back into Strip"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "" if editing.edited(readiness.character_of(context)) is not None else "No take is being edited"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Leave tweak mode."""
        keyframes.leave_tweak_mode(readiness.chosen(context))
        _forget()
        return {"FINISHED"}


class ExgesBlendKeys(Button, bpy.types.Operator):
    """Make a new take that passes through your keys and flows on around them; your Action goes below it, unchanged."""

    bl_idname = "exges.blend_keys"
    bl_label = "Blend My Keys"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        ease_s: float
    else:
        ease_s: bpy.props.FloatProperty(
            name="Ease",
            description="How long before and after a key the take gives way to it, in seconds",
            default=0.5,
            min=0.04,
            max=10.0,
        )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        if Running.current is not None:
            return Running.current.reason
        is_there = editing.hidden(readiness.character_of(context)) is not None
        return "" if is_there else "No keys of your own hide the shown take"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Blend them."""
        preview.restore()
        character = readiness.chosen(context)
        before = record.shown(character)
        try:
            take = blending.blend(context.scene, character, ease_s=self.ease_s)
        except ExgesError as error:
            return self.refused(error)
        stored(character).compared = before.name if before is not None else ""
        _forget()
        self.report({"INFO"}, f"{take.name} passes through your keys.")
        return {"FINISHED"}


CLASSES = (ExgesEditTake, ExgesBackIntoStrip, ExgesBlendKeys)
