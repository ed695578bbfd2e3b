# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: the engine's Python, what Check found, and creating an environment."""

import json
from typing import TYPE_CHECKING

import bpy

from ...engine import preferences
from ...engine.preferences import OWN, Preferences
from ...scene import extension
from ...scene.interface import translated
from ..operators import environment as environment_buttons
from . import engine_choice, setup
from . import words as words_panel

if TYPE_CHECKING:
    from .drawing import IconItems

_WIDTH = 96
_ELSEWHERE = {"bpy", "whisper", "moonshine", "pocketsphinx"}
"""Findings that matter outside Blender only, or are drawn elsewhere."""


class ExgesPreferences(Preferences, bpy.types.AddonPreferences):
    """The engine's Python and how its environment is created."""

    bl_idname = extension.NAME

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        engine_choice.draw_choice(context, layout.box())
        is_own = self.engine == OWN
        if is_own:
            layout.prop(self, "python")
        layout.operator("exges.check", icon="PLAY")
        if self.last_check:
            _sentence(layout, self.last_check, "INFO")
        self._draw_findings(layout)
        if preferences.has_engine(context):
            self._draw_models(context, layout)
        layout.prop(self, "cache_folder")
        layout.prop(self, "shows_first_steps")
        if not is_own:
            return
        box = layout.box()
        if environment_buttons.State.creation is not None:
            setup.draw_creation(box, environment_buttons.State.creation)
        else:
            self._draw_recipe(context, box)

    def _draw_findings(self, layout: bpy.types.UILayout) -> None:
        if environment_buttons.State.examination is not None:
            layout.label(text="Looking at the environment...", icon="SORTTIME")
            return
        column = layout.column(align=True)
        column.scale_y = 0.8
        for each in json.loads(self.findings or "[]"):
            if each["name"] in _ELSEWHERE:
                continue
            _sentence(column, f"{each['name']}: {each['text']}", "CHECKMARK" if each["ok"] else "RADIOBUT_OFF")

    @staticmethod
    def _draw_models(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        box = layout.box()
        text = translated("Recogniser · {automatic}", automatic=words_panel.automatic(context))
        box.label(text=text, icon="SPEAKER", translate=False)
        words_panel.draw_models(context, box)

    def _draw_recipe(self, context: bpy.types.Context, box: bpy.types.UILayout) -> None:
        if not self.python:
            box.label(text="No engine yet: set it up here, or choose a Python above.", icon="INFO")
        box.prop(self, "device")
        row = box.row()
        row.use_property_split, row.alignment = False, "LEFT"
        row.prop(self, "show_options", icon="TRIA_DOWN" if self.show_options else "TRIA_RIGHT", emboss=False)
        if self.show_options:
            for name in ("wheels", "base_python", "environment_folder", "torch_index"):
                box.prop(self, name)
            row = box.row(align=True)
            row.operator("exges.open_environment_log", icon="TEXT")
            row.operator("exges.remove_environment", icon="TRASH")
        box.operator("exges.create_environment", icon="IMPORT")
        box.label(text=environment_buttons.size_of(context), translate=False)
        text, is_bad_news = environment_buttons.State.last_text, environment_buttons.State.is_bad_news
        reason = environment_buttons.creation_reason(context)
        if reason or text:
            _sentence(box, reason or text, "ERROR" if is_bad_news and not reason else "INFO")


def _sentence(layout: bpy.types.UILayout, text: str, icon: "IconItems") -> None:
    """Draw text wrapped to the preferences' width."""
    column = layout.column(align=True)
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= _WIDTH:
            column.label(text=line, icon=icon)
            line, icon = "", "BLANK1"
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


CLASSES = (ExgesPreferences,)
