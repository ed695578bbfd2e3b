# SPDX-License-Identifier: GPL-3.0-or-later
"""The first minute in the tab: three steps that tick themselves, an example, and what is offered after a take."""

from __future__ import annotations

import bpy

from ...scene.extension import stored
from .. import readiness
from ..operators import first_minute as first_minute_buttons
from .drawing import set_options

_STEPS = ("Pick a character", "Pick a sound", "Press Generate")


def draw_steps(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw the first steps in a fresh file, with an example that takes them all; without a character, that alone."""
    has_character = readiness.character_of(context) is not None
    if first_minute_buttons.are_steps_shown(context):
        box = layout.box()
        row = box.row()
        row.label(text="First Steps")
        set_options(row.operator("exges.decline", text="", icon="X", emboss=False), offer=first_minute_buttons.STEPS)
        column, done = box.column(align=True), first_minute_buttons.steps_done(context)
        for text, is_done in zip(_STEPS, done, strict=True):
            column.label(text=text, icon="CHECKMARK" if is_done else "RADIOBUT_OFF")
        if done[-1]:
            column.label(text="Press Space in the 3D View to watch", icon="PLAY")
        layout = box
    if not has_character:
        layout.operator("exges.add_example", icon="OUTLINER_OB_ARMATURE")


def draw_character(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw which character is chosen, or meant while none is; where there is none, a way to one."""
    scene, character = stored(context.scene), readiness.character_of(context)
    row = layout.row(align=True)
    if scene.character is None and character is not None:
        row.prop(scene, "character", text="", icon="ARMATURE_DATA", placeholder=character.name)
    else:
        row.prop(scene, "character", text="", icon="ARMATURE_DATA")
    row.operator("exges.use_active", text="", icon="EYEDROPPER")


def draw_offers(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw what would help to watch the take that was made; nothing of it happens by itself."""
    if first_minute_buttons.end_offered(context) is not None:
        _offer(layout, "exges.extend_end", first_minute_buttons.END)
    if first_minute_buttons.is_sync_offered(context):
        _offer(layout, "exges.sync_to_audio", first_minute_buttons.SYNC)


def _offer(layout: bpy.types.UILayout, operator: str, offer: str) -> None:
    row = layout.row(align=True)
    row.operator(operator)
    set_options(row.operator("exges.decline", text="", icon="X"), offer=offer)
