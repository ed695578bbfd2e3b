# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of everything Blender is told about, registered in order and taken back in reverse."""

from __future__ import annotations

import bpy

from . import (
    character_operators,
    commands,
    engine_operators,
    export_operators,
    extension,
    gesture_operators,
    handlers,
    model_operators,
    operators,
    panels,
    panels_preferences,
    panels_score,
    panels_takes,
    panels_words,
    properties,
    running,
    take_operators,
    transcript,
    translations,
    word_operators,
)

_CLASSES = (
    *engine_operators.CLASSES,
    *model_operators.CLASSES,
    *panels_preferences.CLASSES,
    *properties.CLASSES,
    *operators.CLASSES,
    *character_operators.CLASSES,
    *gesture_operators.CLASSES,
    *word_operators.CLASSES,
    *take_operators.CLASSES,
    *export_operators.CLASSES,
    *panels.CLASSES,
    *panels_words.CLASSES,
    panels_takes.ExgesGesturesPanel,
    *panels.LATER,
    *panels_score.CLASSES,
    panels_takes.ExgesTakesPanel,
)
_commands: list[object] = []


def register() -> None:
    """Add classes, scene settings and the command line."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    handlers.register()
    bpy.app.translations.register(extension.NAME, translations.TABLES)
    _commands.append(bpy.utils.register_cli_command("exges", commands.run))


def unregister() -> None:
    """Take everything back and end the engine."""
    running.stop_engine()
    engine_operators.stop()
    model_operators.stop()
    transcript.stop()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    bpy.app.translations.unregister(extension.NAME)
    handlers.unregister()
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
