# SPDX-License-Identifier: GPL-3.0-or-later
"""Retrieved gestures in the tab, segment by segment, and what is pinned and banned. Draws only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...scene.extension import Stored, stored
from ...scene.interface import counted, translated
from ...takes import gestures, preview, record
from .. import readiness
from .drawing import CharacterPanel, clock, set_options, wrapped

if TYPE_CHECKING:
    from .drawing import IconItems

_BANS_SHOWN = 8


class ExgesGesturesPanel(CharacterPanel):
    """Retrieved gestures: the candidates for each segment of the speech."""

    bl_idname = "EXGES_PT_gestures"
    bl_label = "Gestures"

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many segments use a gesture."""
        found = gestures.of_take(record.shown(readiness.character_of(context)))
        used = sum(each.used is not None for each in found)
        return (
            counted(len(found), "{used} of {count} segment", "{used} of {count} segments", used=used) if found else ""
        )

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
        text = translated("Segment {number} of {all}", number=number + 1, all=len(found))
        set_options(row.operator("exges.step_segment", text=text, translate=False), step=0)
        set_options(row.operator("exges.step_segment", text="", icon="TRIA_RIGHT"), step=1)
        _draw_segment(context, layout, found[number], settings)
        _draw_constraints(context, layout, take, settings)
        if preview.Shown.before is not None:
            layout.operator("exges.end_preview", icon="LOOP_BACK")


def _draw_segment(
    context: bpy.types.Context, layout: bpy.types.UILayout, segment: gestures.Segment, settings: Stored
) -> None:
    box, constraint = layout.box(), gestures.constraint_for(settings, segment.number)
    wrapped(context, box, f"{clock(segment.start_s)}  {segment.text or '-'}", "OUTLINER_DATA_GP_LAYER")
    if constraint is None and segment.used is None and segment.decision:
        wrapped(context, box, segment.decision, "BLANK1")
    for each in segment.candidates:
        is_pinned = constraint is not None and constraint.kind == gestures.PIN and constraint.clip == each.clip
        _draw_candidate(context, box, segment, each, is_pinned=is_pinned, settings=settings)
    is_silent = constraint is not None and constraint.kind == gestures.NONE
    set_options(box.operator("exges.no_gesture", depress=is_silent), segment=segment.number)


def _draw_candidate(
    context: bpy.types.Context,
    layout: bpy.types.UILayout,
    segment: gestures.Segment,
    candidate: gestures.Candidate,
    *,
    is_pinned: bool,
    settings: Stored,
) -> None:
    """Draw a candidate, its buttons, and why it is used or not where its probability does not say."""
    is_banned = gestures.is_banned(settings, candidate.clip)
    row = layout.row(align=True)
    label = row.row(align=True)
    label.active = not is_banned
    name = segment.called(candidate)
    text = translated("banned: {name}", name=name) if is_banned else f"{int(100 * candidate.probability)}%  {name}"
    icon = "CANCEL" if is_banned else "RADIOBUT_ON" if candidate.is_used else "RADIOBUT_OFF"
    label.label(text=text, icon=icon, translate=False)
    buttons: tuple[tuple[str, IconItems, bool], ...] = (
        ("preview_gesture", "HIDE_OFF", False),
        ("pin_gesture", "PINNED" if is_pinned else "UNPINNED", is_pinned),
        ("ban_gesture", "LOOP_BACK" if is_banned else "CANCEL", False),
    )
    for operator, sign, is_on in buttons:
        button = row.operator(f"exges.{operator}", text="", icon=sign, depress=is_on)
        set_options(button, segment=segment.number, clip=candidate.clip)
    why = "" if is_banned else segment.why(candidate)
    if why:
        wrapped(context, layout, why, "BLANK1")


def _draw_constraints(
    context: bpy.types.Context, layout: bpy.types.UILayout, take: bpy.types.Action, settings: Stored
) -> None:
    """Draw how much is pinned, without and banned, and a way back from each ban: a banned one is listed no more."""
    kinds = [str(each.kind) for each in settings.wishes]
    if not kinds:
        return
    pins, none, bans = (kinds.count(kind) for kind in (gestures.PIN, gestures.NONE, gestures.BAN))
    text = translated("{pins} pinned, {none} without, {bans} banned", pins=pins, none=none, bans=bans)
    row = layout.row(align=True)
    row.label(text=text, translate=False)
    row.operator("exges.forget_wishes", text="", icon="X")
    if (pins or none) and settings.wishes_for != record.remembered(take, "speech_key", ""):
        wrapped(context, layout, "The pins belong to different speech and are ignored here.", "ERROR")
    column = layout.column(align=True)
    banned = [each for each in settings.wishes if each.kind == gestures.BAN]
    for each in banned[:_BANS_SHOWN]:
        row = column.row(align=True)
        label = row.row(align=True)
        label.active = False
        label.label(text=each.text or str(each.clip), icon="CANCEL", translate=False)
        set_options(row.operator("exges.ban_gesture", text="", icon="LOOP_BACK"), clip=each.clip)
    if len(banned) > _BANS_SHOWN:
        text = translated("{count} more", count=len(banned) - _BANS_SHOWN)
        column.label(text=text, icon="BLANK1", translate=False)


CLASSES = (ExgesGesturesPanel,)
