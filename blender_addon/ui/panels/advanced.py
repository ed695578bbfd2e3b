# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab's part for generation settings that have no place of their own: a new one is here by itself. Drawing only."""

from __future__ import annotations

import bpy

from ...scene.extension import stored
from .. import readiness
from ..setting_properties import SETTINGS
from .drawing import CharacterPanel, draw_setting, two_columns

PLACED = frozenset(
    {
        *("seed", "speaker", "energy", "vividness", "intensity"),
        *("use_retrieval", "retrieval_strength", "retrieval_joints", "use_score"),
    }
)
"""Settings that other panels draw."""


class ExgesAdvancedPanel(CharacterPanel):
    """Every setting that no other panel draws."""

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
