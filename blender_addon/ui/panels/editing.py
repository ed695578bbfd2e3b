# SPDX-License-Identifier: GPL-3.0-or-later
"""Below Generate: editing the shown take by hand, and own keys that hide it."""

from __future__ import annotations

import bpy

from ...scene.interface import translated
from ...takes import editing, own_action, record
from .. import readiness
from .drawing import Tab, wrapped


class ExgesEditingPanel(Tab):
    """Editing the shown take."""

    bl_idname = "EXGES_PT_editing"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Editing"
    bl_options = {"HIDE_HEADER"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it only with a take."""
        return record.shown(readiness.character_of(context)) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = self.layout, readiness.chosen(context)
        if editing.edited(character) is not None:
            layout.operator("exges.back_into_strip", icon="LOOP_BACK")
            return
        found = editing.hidden(character)
        if found is not None:
            wrapped(context, layout, _said(found), "ERROR")
            layout.operator("exges.blend_keys", icon="IPO_EASE_IN_OUT")
        elif own_action.hiding(character, record.shown(character)) is not None:
            wrapped(context, layout, "Your active Action hides the take.", "ERROR")
        if own_action.hiding(character, record.shown(character)) is not None:
            layout.operator("exges.put_below", icon="TRIA_DOWN_BAR")
        layout.operator("exges.edit_take", icon="ACTION")


def _said(found: editing.Hidden) -> str:
    """Return what hides the take, where and when."""
    names = ", ".join(found.bones[:3]) + (f" +{len(found.bones) - 3}" if len(found.bones) > 3 else "")
    if found.before and found.after:
        return translated("Your own keys on {names} hide the take on all frames", names=names)
    if found.after:
        return translated(
            "Your own keys on {names} hide the take from frame {first} on", names=names, first=found.first
        )
    return translated(
        "Your own keys on {names} hide the take on frames {first} to {last}",
        names=names,
        first=found.first,
        last=found.last,
    )


CLASSES = (ExgesEditingPanel,)
