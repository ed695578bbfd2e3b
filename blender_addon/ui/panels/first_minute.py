# SPDX-License-Identifier: GPL-3.0-or-later
"""The first minute in the tab: which character is meant, an example of one, and what is offered after a take."""

from __future__ import annotations

import bpy

from ...scene.extension import stored
from .. import readiness
from ..operators import first_minute as first_minute_buttons
from .drawing import set_options


def draw_character(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw which character is chosen, or meant while none is; where there is none, a way to one."""
    scene, character = stored(context.scene), readiness.character_of(context)
    row = layout.row(align=True)
    if scene.character is None and character is not None:
        row.prop(scene, "character", text="", icon="ARMATURE_DATA", placeholder=character.name)
    else:
        row.prop(scene, "character", text="", icon="ARMATURE_DATA")
    row.operator("exges.use_active", text="", icon="EYEDROPPER")
    if character is None:
        layout.operator("exges.add_example", icon="OUTLINER_OB_ARMATURE")


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
