# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab's section for idles. Draws only."""

from __future__ import annotations

import bpy

from ...engine.session import Running
from ...scene.extension import stored
from ...scene.interface import translated
from .. import readiness
from ..operators.loops import ExgesIdleLoop
from .drawing import CharacterPanel, shortened, two_columns, wrapped


class ExgesIdlePanel(CharacterPanel):
    """Motion without speech that loops."""

    bl_idname = "EXGES_PT_idle"
    bl_label = "Idle Loop"

    def summary(self, context: bpy.types.Context) -> str:
        """Return the length."""
        return translated("{count} frames", count=stored(readiness.chosen(context)).idle_frames)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = two_columns(self.layout)
        layout.prop(stored(readiness.chosen(context)), "idle_frames", text="Length")
        layout.operator("exges.idle_loop", icon="FILE_REFRESH")
        reason = "" if Running.current is not None else ExgesIdleLoop.why_not(context)
        if reason:
            wrapped(context, layout, shortened(reason), "INFO")


CLASSES = (ExgesIdlePanel,)
