# SPDX-License-Identifier: GPL-3.0-or-later
"""Strokes in the tab: planned, read from a file, or written to one. Draws only."""

from __future__ import annotations

import bpy

from ...scene.extension import stored
from ...scene.interface import counted
from ...takes import record
from .. import readiness
from .drawing import CharacterPanel, two_columns


class ExgesScorePanel(CharacterPanel):
    """Where the next take's strokes come from."""

    bl_idname = "EXGES_PT_score"
    bl_parent_id = "EXGES_PT_take"
    bl_label = "Score"

    def draw_header(self, context: bpy.types.Context) -> None:
        """Draw the panel's checkbox."""
        self.layout.prop(stored(readiness.chosen(context)), "use_score", text="")

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many strokes the shown take has."""
        score = record.report(record.shown(readiness.character_of(context))).get("score")
        return counted(len(score["strokes"]), "{count} stroke", "{count} strokes") if score else ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, settings = two_columns(self.layout), stored(readiness.chosen(context))
        layout.active = settings.use_score
        layout.prop(settings, "score", placeholder="Planned")
        layout.prop(settings, "score_out", placeholder="None")


CLASSES = (ExgesScorePanel,)
