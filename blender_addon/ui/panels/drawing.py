# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels draw alike: the tab, long sentences, progress."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import bpy

from ...engine import underway
from ...scene.interface import translated
from .. import readiness

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import IconItems

_STAGES = {
    "preparing": "Reading the scene",
    "starting": "Starting",
    "models": "Fetching the model",
    "words": "Hearing the words",
    "features": "Hearing the voice",
    "retrieval": "Finding gestures",
    "score": "Planning the strokes",
    "diffusion": "Making the motion",
    "finish": "Smoothing",
    "files": "Handing over",
    "done": "Handing over",
    "applying": "Writing the keys",
}
_LETTER_PX = 6.3
"""Mean width of a letter of Blender's default font at interface scale 1."""
_MARGIN_PX = 74.0
"""What a sidebar's edges, tabs and one icon take from a line's width at interface scale 1."""
_LONGEST = 120
"""Letters of a refusal that a sidebar has room for, its last sentence aside."""


class Tab(bpy.types.Panel):
    """A panel of the ExGes tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "ExGes"

    if TYPE_CHECKING:  # a panel that is drawn has one

        @property
        def layout(self) -> bpy.types.UILayout:
            """Return what to draw into."""
            raise NotImplementedError


class SubPanel(Tab):
    """A part of the tab, closed until it is needed; its header says what is set."""

    bl_parent_id = "EXGES_PT_main"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's own form

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw the summary at the right of the header."""
        text = self.summary(context)
        if text:
            row = self.layout.row()
            row.alignment = "RIGHT"
            row.enabled = False
            row.label(text=text)

    def summary(self, _context: bpy.types.Context) -> str:
        """Return what a closed panel says of its settings."""
        return ""


class CharacterPanel(SubPanel):
    """A part that shows a character's settings."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say whether there is a character."""
        return readiness.character_of(context) is not None


def wrapped(context: bpy.types.Context, layout: bpy.types.UILayout, text: str, icon: IconItems = "NONE") -> None:
    """Draw a long sentence over as many lines as the sidebar's width asks for."""
    scale = context.preferences.system.ui_scale
    letters = max(16, int((context.region.width / scale - _MARGIN_PX) / _LETTER_PX))
    column = layout.column(align=True)
    column.scale_y = 0.8
    line = ""
    for word in bpy.app.translations.pgettext_iface(text).split():
        if line and len(line) + len(word) >= letters:
            column.label(text=line, icon=icon, translate=False)
            line, icon = "", "BLANK1" if icon != "NONE" else icon
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon, translate=False)


def shortened(text: str) -> str:
    """Return a long refusal's beginning and its last sentence; pressing Generate reports all of it."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST].rsplit(' ', 1)[0]} ... {text.rsplit('. ', 1)[-1]}"


def draw_progress(layout: bpy.types.UILayout, current: underway.UnderWay) -> None:
    """Draw how far a piece of work is, and the button that stops it."""
    progress = current.progress
    layout.label(text="Cancelling..." if current.is_cancelled else _STAGES.get(progress.stage, progress.stage))
    passed_s, left_s = time.monotonic() - current.started_s, current.seconds_left
    rest = translated("{seconds} s left", seconds=round(left_s)) if left_s is not None else f"{passed_s:.0f} s"
    layout.progress(factor=progress.fraction, text=f"{progress.fraction:.0%} · {rest}")
    row = layout.row()
    row.enabled = not current.is_cancelled
    row.operator("exges.cancel", text="Cancel (Esc)", icon="CANCEL")


def two_columns(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """Set a layout to Blender's two columns, without animation dots."""
    layout.use_property_split, layout.use_property_decorate = True, False
    return layout


def clock(seconds: float) -> str:
    """Return seconds as people read them: 1:02.5."""
    minutes, rest = divmod(max(0.0, seconds), 60.0)
    return f"{minutes:.0f}:{rest:04.1f}"
