# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation settings in panels: how one is drawn, and the panel of all that have no place of their own."""

from __future__ import annotations

import bpy

from exges_core.settings import title_of

from ...scene.extension import Stored, stored
from .. import readiness
from ..setting_properties import SETTINGS, switch_of
from .drawing import CharacterPanel, two_columns

PLACED = frozenset(
    {
        *("seed", "speaker", "energy", "vividness", "intensity"),
        *("use_retrieval", "retrieval_strength", "retrieval_joints", "use_score"),
    }
)
"""Settings that other panels draw."""


def draw_setting(layout: bpy.types.UILayout, chosen: Stored, name: str) -> None:
    """Draw one generation setting; a number that may be left alone has its switch before it."""
    found, switch = SETTINGS[name], switch_of(name)
    is_bounded = found.least is not None and found.most is not None
    if switch is None:
        layout.prop(chosen, name, slider=is_bounded)
        return
    row = layout.row(align=True, heading=title_of(name, found))
    row.prop(chosen, switch, text="")
    number = row.row(align=True)
    number.active = getattr(chosen, switch)
    number.prop(chosen, name, text="", slider=is_bounded)


def draw_keys(layout: bpy.types.UILayout, chosen: Stored) -> None:
    """Draw how a take's keys are written."""
    layout.prop(chosen, "bake")
    if chosen.bake == "FEWER":
        layout.prop(chosen, "tolerance_deg")
    layout.prop(chosen, "turns")
    layout.prop(chosen, "as_active_action")


class ExgesAdvancedPanel(CharacterPanel):
    """Every setting that no other panel draws: a new one is here by itself."""

    bl_idname = "EXGES_PT_advanced"
    bl_parent_id = "EXGES_PT_take"
    bl_label = "Advanced"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, chosen = two_columns(self.layout), stored(readiness.chosen(context))
        for name in SETTINGS:
            if name not in PLACED:
                draw_setting(layout, chosen, name)


CLASSES = (ExgesAdvancedPanel,)
