# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of everything Blender is told about, registered in order and taken back in reverse."""

from __future__ import annotations

import bpy

from . import handlers
from .engine import session
from .generation import transcript
from .headless import commands
from .scene import extension
from .ui import properties, translations
from .ui.operators import character as character_buttons
from .ui.operators import editing as editing_buttons
from .ui.operators import environment as environment_buttons
from .ui.operators import export as export_buttons
from .ui.operators import face as face_buttons
from .ui.operators import first_minute as first_minute_buttons
from .ui.operators import generate as generate_buttons
from .ui.operators import gestures as gesture_buttons
from .ui.operators import held as held_buttons
from .ui.operators import layers as layer_buttons
from .ui.operators import loops as loop_buttons
from .ui.operators import speech_models as model_buttons
from .ui.operators import standing as standing_buttons
from .ui.operators import takes as take_buttons
from .ui.operators import visemes as viseme_buttons
from .ui.operators import words as word_buttons
from .ui.panels import bone_map as bone_map_panel
from .ui.panels import editing as editing_panel
from .ui.panels import face as face_panel
from .ui.panels import gestures as gestures_panel
from .ui.panels import held as held_panel
from .ui.panels import layers as layers_panel
from .ui.panels import loops as loops_panel
from .ui.panels import main as main_panel
from .ui.panels import preferences as preferences_panel
from .ui.panels import score as score_panel
from .ui.panels import settings as settings_panel
from .ui.panels import takes as takes_panel
from .ui.panels import words as words_panel

_CLASSES = (
    *environment_buttons.CLASSES,
    *model_buttons.CLASSES,
    *preferences_panel.CLASSES,
    *properties.CLASSES,
    *generate_buttons.CLASSES,
    *character_buttons.CLASSES,
    *first_minute_buttons.CLASSES,
    *held_buttons.CLASSES,
    *standing_buttons.CLASSES,
    *gesture_buttons.CLASSES,
    *word_buttons.CLASSES,
    *face_buttons.CLASSES,
    *viseme_buttons.CLASSES,
    *take_buttons.CLASSES,
    *editing_buttons.CLASSES,
    *layer_buttons.CLASSES,
    *export_buttons.CLASSES,
    *loop_buttons.CLASSES,
    *main_panel.CLASSES,
    *bone_map_panel.CLASSES,
    *held_panel.CLASSES,
    *words_panel.CLASSES,
    *gestures_panel.CLASSES,
    *main_panel.NEXT,
    *face_panel.CLASSES,
    *main_panel.LAST,
    *editing_panel.CLASSES,
    *score_panel.CLASSES,
    *settings_panel.CLASSES,
    *takes_panel.CLASSES,
    *layers_panel.CLASSES,
    *loops_panel.CLASSES,
)
_commands: list[object] = []


def register() -> None:
    """Add classes, scene settings and the command line."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    handlers.register()
    bpy.app.translations.register(extension.NAME, translations.tables())
    _commands.append(bpy.utils.register_cli_command("exges", commands.run))


def unregister() -> None:
    """Take everything back and end the engine."""
    session.stop_engine()
    environment_buttons.stop()
    model_buttons.stop()
    transcript.stop()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    bpy.app.translations.unregister(extension.NAME)
    handlers.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
