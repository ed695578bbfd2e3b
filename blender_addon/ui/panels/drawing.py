# SPDX-License-Identifier: GPL-3.0-or-later
"""What all panels share: the tab, wrapped text, progress."""

from __future__ import annotations

import re
import time
import unicodedata
from typing import TYPE_CHECKING

import bpy

from exges_core.rig.lean import Lean

from ...engine import underway
from ...scene.interface import translated
from .. import readiness

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import IconItems  # pyright: ignore[reportMissingModuleSource] - of the stubs alone

_STAGES = {
    "preparing": "Reading the scene",
    "starting": "Starting",
    "models": "Downloading the model",
    "words": "Recognising the words",
    "features": "Analysing the voice",
    "retrieval": "Retrieving gestures",
    "score": "Planning strokes",
    "diffusion": "Generating motion",
    "finish": "Finishing",
    "files": "Writing files",
    "done": "Writing files",
    "applying": "Writing keys",
}
_LETTER_PX = 6.3
"""Mean width of a letter in Blender's default font, in pixels at interface scale 1."""
_MARGIN_PX = 74.0
"""Width that a sidebar's edges, tabs and one icon take, in pixels at interface scale 1."""
_ICON_LETTERS = 4
"""So many letters are as wide as an icon with its edges."""
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECE = re.compile(rf"\s*(?:[「『（“]*[{_WIDE}][、。，：；）」』！？”]*|[^\s{_WIDE}]+)")
"""What no line is broken in: a word, or one sign of Chinese or Japanese, which have no spaces, with its punctuation."""
_LONGEST = 120
"""Length of a reason that fits a sidebar, in letters, not counting its last sentence."""


class Tab(bpy.types.Panel):
    """A panel of the ExGes tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "ExGes"

    if TYPE_CHECKING:  # set while a panel is drawn

        @property
        def layout(self) -> bpy.types.UILayout:
            """Return the layout to draw into."""
            raise NotImplementedError


class SubPanel(Tab):
    """A section of the tab, closed by default; its header sums up its settings."""

    bl_parent_id = "EXGES_PT_main"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender's own form

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw the summary on the right of the header."""
        text = self.summary(context)
        if text:
            row = self.layout.row()
            row.alignment = "RIGHT"
            row.enabled = False
            row.label(text=text)

    def summary(self, _context: bpy.types.Context) -> str:
        """Return the summary shown in the header."""
        return ""


class CharacterPanel(SubPanel):
    """A section with a character's settings."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it only with a character."""
        return readiness.character_of(context) is not None


def wrapped(context: bpy.types.Context, layout: bpy.types.UILayout, text: str, icon: IconItems = "NONE") -> None:
    """Draw text wrapped to the sidebar's width."""
    letters = max(16, _letters(context))
    column = layout.column(align=True)
    column.scale_y = 0.8
    line = ""
    for piece in _PIECE.findall(" ".join(bpy.app.translations.pgettext_iface(text).split())):
        if line and _width(line + piece) > letters:
            column.label(text=line, icon=icon, translate=False)
            line, icon = "", "BLANK1" if icon != "NONE" else icon
        line = f"{line}{piece}".lstrip()
    column.label(text=line, icon=icon, translate=False)


def _width(text: str) -> int:
    """Return how many letters of the Latin alphabet are as wide as a text."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def fits(context: bpy.types.Context, text: str, *, icons: int) -> bool:
    """Say whether a text fits a row of the sidebar beside so many icons."""
    return _width(text) + icons * _ICON_LETTERS <= _letters(context) + _ICON_LETTERS


def _letters(context: bpy.types.Context) -> int:
    """Return how many letters fit beside one icon."""
    return int((context.region.width / context.preferences.system.ui_scale - _MARGIN_PX) / _LETTER_PX)


def draw_lean(context: bpy.types.Context, layout: bpy.types.UILayout, lean: Lean) -> None:
    """Say how a character's rest pose leans, if it does."""
    degrees = round(lean.degrees)
    if lean.is_tipped:
        text = translated("At rest the whole body leans by {degrees} degrees, which is undone", degrees=degrees)
        wrapped(context, layout, text, "INFO")
    elif lean.is_stooped:
        text = translated(
            "At rest the trunk leans by {degrees} degrees, which counts as standing straight", degrees=degrees
        )
        wrapped(context, layout, text, "QUESTION")


def shortened(text: str) -> str:
    """Return the beginning and the last sentence of a long reason; the button's tooltip has all of it."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST].rsplit(' ', 1)[0]} ... {text.rsplit('. ', 1)[-1]}"


def draw_progress(layout: bpy.types.UILayout, current: underway.UnderWay[object]) -> None:
    """Draw a job's progress and its Cancel button."""
    progress, (number, all_of_them) = current.progress, current.count
    if all_of_them > 1:
        layout.label(text=translated("Take {number} of {all}", number=number, all=all_of_them), translate=False)
    layout.label(text="Cancelling..." if current.is_cancelled else _STAGES.get(progress.stage, progress.stage))
    passed_s, left_s = time.monotonic() - current.started_s, current.seconds_left
    rest = translated("{seconds} s left", seconds=round(left_s)) if left_s is not None else f"{passed_s:.0f} s"
    layout.progress(factor=progress.fraction, text=f"{progress.fraction:.0%} · {rest}")
    row = layout.row()
    row.enabled = not current.is_cancelled
    row.operator("exges.cancel", text="Cancel (Esc)", icon="CANCEL")


def set_options(button: bpy.types.OperatorProperties | None, **values: object) -> None:
    """Set the properties with which a drawn button calls its operator."""
    for name, value in values.items():
        setattr(button, name, value)


def two_columns(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """Split a layout into labels and fields, without animation dots."""
    layout.use_property_split, layout.use_property_decorate = True, False
    return layout


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds: 1:02.5."""
    minutes, rest = divmod(max(0.0, seconds), 60.0)
    return f"{minutes:.0f}:{rest:04.1f}"
