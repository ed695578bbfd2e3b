# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of everything Blender is told about, registered in order and taken back in reverse."""

from __future__ import annotations

import bpy

from . import commands, operators, panels, preferences, properties

_CLASSES = (*preferences.CLASSES, *properties.CLASSES, *operators.CLASSES, *panels.CLASSES)
_commands: list[object] = []


def register() -> None:
    """Add classes, scene settings and the command line."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    properties.register()
    _commands.append(bpy.utils.register_cli_command("exges", commands.run))


def unregister() -> None:
    """Take everything back and end the engine."""
    operators.stop_engine()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    properties.unregister()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
