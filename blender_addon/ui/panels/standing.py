# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels say of how a character stands, and what its next take gestures about. They draw only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...character import standing
from ...scene.extension import stored
from .settings import POSTURE, draw_setting

if TYPE_CHECKING:
    import bpy


def draw_standing(layout: bpy.types.UILayout, character: bpy.types.Object) -> None:
    """Draw the buttons that take the present pose as the standing pose, and forget it."""
    row = layout.row(align=True)
    row.operator("exges.use_standing_pose", icon="ARMATURE_DATA")
    if standing.text_of(character):
        row.operator("exges.forget_standing_pose", text="", icon="X")


def draw_posture(layout: bpy.types.UILayout, character: bpy.types.Object) -> None:
    """Draw the buttons that take the present pose as the next takes' posture and forget it, and what is a number."""
    has_posture = bool(stored(character).posture_text)
    row = layout.row(align=True)
    row.operator("exges.gesture_about_pose", icon="CHECKMARK" if has_posture else "POSE_HLT")
    if has_posture:
        row.operator("exges.forget_posture", text="", icon="X")
    for name in POSTURE:
        draw_setting(layout, stored(character), name)
