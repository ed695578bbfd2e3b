# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation settings in panels: how one is drawn, and the panel of all that have no place of their own."""

from __future__ import annotations

import bpy

from exges_core.settings import title_of

from ...scene.extension import Stored, stored
from .. import readiness
from ..setting_properties import SETTINGS, switch_of
from .drawing import CharacterPanel, two_columns

STRENGTHS = {
    "face_mouth": "Mouth",
    "face_brows": "Brows",
    "face_blinks": "Blinks",
    "face_gaze": "Gaze",
    "face_nods": "Nods",
}
EMOTIONS = {"face_happy": "Happy", "face_sad": "Sad", "face_angry": "Angry", "face_surprised": "Surprised"}
"""Of the face, each with what the face's own panel calls it."""
POSTURE = ("knees_deg", "lean_deg", "stance_m")
PLACED = frozenset(
    {
        *POSTURE,
        *("face", *STRENGTHS, *EMOTIONS),
        *("seed", "speaker", "energy", "vividness", "intensity"),
        *("use_retrieval", "retrieval_strength", "retrieval_joints", "use_score"),
    }
)
"""Settings that other panels draw."""
_LABEL = 0.4
"""Blender's own share of a label in two columns."""


def draw_setting(layout: bpy.types.UILayout, chosen: Stored, name: str, *, text: str = "") -> None:
    """Draw one generation setting; a number that may be left alone has its switch before it.

    Args:
        layout: in two columns.
        chosen: the character's settings.
        name: the setting's.
        text: shown instead of its own, where what stands above it says the rest.
    """
    found, switch = SETTINGS[name], switch_of(name)
    is_bounded = found.least is not None and found.most is not None
    text = text or title_of(name, found)
    if isinstance(getattr(chosen, name), set):
        _draw_choices(layout, chosen, name, text)
        return
    if switch is None:
        layout.prop(chosen, name, text=text, slider=is_bounded)
        return
    row = layout.row(align=True, heading=text)
    row.prop(chosen, switch, text="")
    number = row.row(align=True)
    number.active = getattr(chosen, switch)
    number.prop(chosen, name, text="", slider=is_bounded)


def _draw_choices(layout: bpy.types.UILayout, chosen: Stored, name: str, text: str) -> None:
    """Draw a setting of several choices below each other: beside each other their names are cut off."""
    split = layout.split(factor=_LABEL, align=True)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text=text)
    column = split.column(align=True)
    column.use_property_split = False
    for choice in SETTINGS[name].choices:
        column.prop_enum(chosen, name, choice)


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
