# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Character panel says of how the character stands. Draws only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...character import standing

if TYPE_CHECKING:
    import bpy


def draw_standing(layout: bpy.types.UILayout, character: bpy.types.Object) -> None:
    """Draw the buttons that take the present pose as the standing pose, and forget it."""
    row = layout.row(align=True)
    row.operator("exges.use_standing_pose", icon="ARMATURE_DATA")
    if standing.text_of(character):
        row.operator("exges.forget_standing_pose", text="", icon="X")
