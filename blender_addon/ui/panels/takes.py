# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab's list of takes. Draws only."""

from __future__ import annotations

import bpy

from ...scene.extension import stored
from ...scene.interface import translated
from ...takes import keyframes, record
from .. import readiness
from .drawing import CharacterPanel, fits, set_options
from .layers import draw_own_action

_ICONS = 6
"""In the row of a take."""


class ExgesTakesPanel(CharacterPanel):
    """The character's takes."""

    bl_idname = "EXGES_PT_takes"
    bl_label = "Takes"

    def summary(self, context: bpy.types.Context) -> str:
        """Return the shown take's name."""
        take = record.shown(readiness.character_of(context))
        return take.name if take else ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = self.layout, readiness.chosen(context)
        found = keyframes.takes_of(character)
        if not found:
            layout.label(text="None yet", icon="BLANK1")
        draw_own_action(layout, character)
        column = layout.column(align=True)
        for action in found:
            is_shown = keyframes.is_shown(character, action)
            row = column.row(align=True)
            text = f"{action.name} · {translated('seed {seed}', seed=record.remembered(action, 'seed', 0))}"
            text = text if fits(context, text, icons=_ICONS) else action.name
            icon = "HIDE_OFF" if is_shown else "HIDE_ON"
            is_asset = action.asset_data is not None
            for button in (
                row.operator("exges.show_take", text=text, icon=icon, depress=is_shown, translate=False),
                row.operator("exges.reuse_settings", text="", icon="FILE_REFRESH"),
                row.operator("exges.mirror_take", text="", icon="MOD_MIRROR"),
                row.operator("exges.export_take", text="", icon="EXPORT"),
                row.operator("exges.mark_take", text="", icon="ASSET_MANAGER", depress=is_asset),
                row.operator("exges.delete_take", text="", icon="TRASH"),
            ):
                set_options(button, take=action.name)
        if found:
            self._draw_compared(layout, character)
            column = layout.column(align=True)
            column.prop(stored(context.scene), "library", text="", placeholder="My Motion Base")
            if stored(context.scene).library:
                column.prop(stored(context.scene), "licence")
            column.operator("exges.add_to_base", icon="ADD")

    @staticmethod
    def _draw_compared(layout: bpy.types.UILayout, character: bpy.types.Object) -> None:
        names = {each.name: each for each in keyframes.takes_of(character)}
        other, now = names.get(stored(character).compared), record.shown(character)
        if other is None or now is None or other == now:
            return
        box = layout.box()
        box.operator("exges.flip_takes", text=f"{now.name} / {other.name}", icon="ARROW_LEFTRIGHT", translate=False)
        column = box.column(align=True)
        column.scale_y = 0.8
        for title, here, there in record.differences(now, other):
            column.label(text=f"{translated(title)}: {here} / {there}", translate=False)


CLASSES = (ExgesTakesPanel,)
