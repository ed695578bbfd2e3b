# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab's lists: retrieved gestures, segment by segment, and takes. Draws only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...scene.extension import Stored, stored
from ...scene.interface import translated
from ...takes import gestures, keyframes, preview, record
from .. import readiness
from .drawing import CharacterPanel, clock, set_options, wrapped
from .layers import draw_own_action

if TYPE_CHECKING:
    from .drawing import IconItems


class ExgesGesturesPanel(CharacterPanel):
    """Retrieved gestures: the candidates for each segment of the speech."""

    bl_idname = "EXGES_PT_gestures"
    bl_label = "Gestures"

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many segments use a gesture."""
        found = gestures.of_take(record.shown(readiness.character_of(context)))
        used = sum(each.used is not None for each in found)
        return translated("{used} of {all} segments", used=used, all=len(found)) if found else ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = self.layout, readiness.chosen(context)
        take = record.shown(character)
        found, settings = gestures.of_take(take), stored(character)
        if take is None or not found:
            wrapped(context, layout, "A take's gestures are listed here once it is generated.", "INFO")
            return
        number: int = min(stored(context.scene).segment, len(found) - 1)
        row = layout.row(align=True)
        set_options(row.operator("exges.step_segment", text="", icon="TRIA_LEFT"), step=-1)
        text = translated("Segment {number} of {all}", number=number, all=len(found) - 1)
        set_options(row.operator("exges.step_segment", text=text, translate=False), step=0)
        set_options(row.operator("exges.step_segment", text="", icon="TRIA_RIGHT"), step=1)
        self._draw_segment(context, found[number], settings)
        kinds = [str(each.kind) for each in settings.wishes]
        counts = {kind: kinds.count(kind) for kind in ("PIN", "NONE", "BAN")}
        if any(counts.values()):
            text = translated(
                "{pins} pinned, {none} without, {bans} banned",
                pins=counts["PIN"],
                none=counts["NONE"],
                bans=counts["BAN"],
            )
            row = layout.row(align=True)
            row.label(text=text, translate=False)
            row.operator("exges.forget_wishes", text="", icon="X")
            has_segments = counts["PIN"] or counts["NONE"]
            if has_segments and settings.wishes_for != record.remembered(take, "speech_key", ""):
                wrapped(context, layout, "The pins belong to different speech and are ignored here.", "ERROR")
        if preview.Shown.before is not None:
            layout.operator("exges.end_preview", icon="LOOP_BACK")

    def _draw_segment(self, context: bpy.types.Context, segment: gestures.Segment, settings: Stored) -> None:
        box, constraint = self.layout.box(), gestures.constraint_for(settings, segment.number)
        wrapped(context, box, f"{clock(segment.start_s)}  {segment.text or '-'}", "OUTLINER_DATA_GP_LAYER")
        if constraint is None and segment.used is None and segment.decision:
            wrapped(context, box, segment.decision, "BLANK1")
        for each in segment.candidates:
            is_pinned = constraint is not None and constraint.kind == "PIN" and constraint.clip == each.clip
            is_banned = gestures.is_banned(settings, each.clip)
            row = box.row(align=True)
            row.active = not is_banned
            text = f"{each.probability:.0%}  {each.text or each.source}"
            row.label(text=text, icon="RADIOBUT_ON" if each.is_used else "RADIOBUT_OFF", translate=False)
            buttons: tuple[tuple[str, IconItems, bool], ...] = (
                ("preview_gesture", "HIDE_OFF", False),
                ("pin_gesture", "PINNED" if is_pinned else "UNPINNED", is_pinned),
                ("ban_gesture", "CANCEL", is_banned),
            )
            for name, icon, is_on in buttons:
                button = row.operator(f"exges.{name}", text="", icon=icon, depress=is_on)
                set_options(button, segment=segment.number, clip=each.clip)
        is_silent = constraint is not None and constraint.kind == "NONE"
        set_options(box.operator("exges.no_gesture", depress=is_silent), segment=segment.number)


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
        draw_own_action(context, layout, character)
        column = layout.column(align=True)
        for action in found:
            is_shown = keyframes.is_shown(character, action)
            row = column.row(align=True)
            text = f"{action.name} · {translated('seed {seed}', seed=record.remembered(action, 'seed', 0))}"
            icon = "HIDE_OFF" if is_shown else "HIDE_ON"
            is_asset = action.asset_data is not None
            for button in (
                row.operator("exges.show_take", text=text, icon=icon, depress=is_shown, translate=False),
                row.operator("exges.reuse_settings", text="", icon="FILE_REFRESH"),
                row.operator("exges.export_take", text="", icon="EXPORT"),
                row.operator("exges.mark_take", text="", icon="ASSET_MANAGER", depress=is_asset),
                row.operator("exges.delete_take", text="", icon="TRASH"),
            ):
                set_options(button, take=action.name)
        if found:
            self._draw_compared(layout, character)
            column = layout.column(align=True)
            column.prop(stored(context.scene), "library", text="")
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


CLASSES = (ExgesGesturesPanel, ExgesTakesPanel)
