# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the body that the next take leaves to the character's own animation. Draws only."""

from __future__ import annotations

import bpy

from ...scene.extension import stored
from .. import readiness
from .drawing import CharacterPanel, set_options


class ExgesHeldPanel(CharacterPanel):
    """Held parts."""

    bl_idname = "EXGES_PT_held"
    bl_parent_id = "EXGES_PT_controls"
    bl_label = "Held Parts"

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many there are."""
        count = len(stored(readiness.chosen(context)).held)
        return str(count) if count else ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        for place, each in enumerate(stored(readiness.chosen(context)).held):
            column = layout.column(align=True)
            row = column.row(align=True)
            row.prop(each, "part", text="")
            row.prop(each, "is_whole", text="", icon="TIME")
            set_options(row.operator("exges.remove_held", text="", icon="X"), place=place)
            if not each.is_whole:
                row = column.row(align=True)
                row.prop(each, "first", text="From")
                row.prop(each, "last", text="To")
        row = layout.row(align=True)
        row.operator("exges.seated", icon="ARMATURE_DATA")
        row.operator("exges.add_held", icon="ADD")


CLASSES = (ExgesHeldPanel,)
