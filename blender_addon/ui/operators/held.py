# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of the held parts: add one, remove one, and a character that sits at one click."""

from typing import TYPE_CHECKING

import bpy

from exges_core.motion.parts import LOWER_BODY

from ...scene.extension import stored
from ...scene.interface import Button, Ending
from .. import readiness


class _OfCharacter(Button):
    """Buttons that change a character's settings."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        return readiness.why_unchangeable(context)


class ExgesAddHeld(_OfCharacter, bpy.types.Operator):
    """Keep one more part of the body as your own animation has it."""

    bl_idname = "exges.add_held"
    bl_label = "Add Held Part"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    def execute(self, context: bpy.types.Context) -> Ending:
        """Add the first part that is not held all the time yet, its range the scene's."""
        held = stored(readiness.chosen(context)).held
        taken = {each.part for each in held if each.is_whole}
        item = held.add()
        parts = item.bl_rna.properties["part"].enum_items.keys()
        item.part = next((part for part in parts if part not in taken), item.part)
        item.first, item.last = context.scene.frame_start, context.scene.frame_end
        return {"FINISHED"}


class ExgesSeated(_OfCharacter, bpy.types.Operator):
    """Keep pelvis, legs and feet as your own animation has them, all the time."""

    bl_idname = "exges.seated"
    bl_label = "Seated"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Hold the lower body."""
        held = stored(readiness.chosen(context)).held
        item = next((each for each in held if each.part == LOWER_BODY), None) or held.add()
        item.part, item.is_whole = LOWER_BODY, True
        return {"FINISHED"}


class ExgesRemoveHeld(_OfCharacter, bpy.types.Operator):
    """Let this part go."""

    bl_idname = "exges.remove_held"
    bl_label = "Remove Held Part"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        place: int
    else:
        place: bpy.props.IntProperty(name="Place", description="Its place in the list", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Remove it from the list."""
        stored(readiness.chosen(context)).held.remove(self.place)
        return {"FINISHED"}


CLASSES = (ExgesAddHeld, ExgesSeated, ExgesRemoveHeld)
