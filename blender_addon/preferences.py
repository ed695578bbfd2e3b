# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: which Python runs the engine. Without one the add-on enables and says what to do."""

import sys
from pathlib import Path

import bpy

from exges_core.errors import WorkerError


class ExgesPreferences(bpy.types.AddonPreferences):
    """Where the engine is."""

    bl_idname = __package__

    python: bpy.props.StringProperty(
        name="Python",
        description="The Python of an environment in which exges is installed; the engine runs there, outside Blender",
        subtype="FILE_PATH",
    )
    last_check: bpy.props.StringProperty(
        name="Last check", description="What the engine last said about itself", options={"HIDDEN"}
    )
    speakers: bpy.props.StringProperty(
        name="Styles", description="The styles the engine's model knows, one a line", options={"HIDDEN"}
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.prop(self, "python")
        layout.operator("exges.check")
        if self.last_check:
            layout.label(text=self.last_check, icon="INFO")
        if not self.python:
            column = layout.column(align=True)
            column.label(text="No engine yet. In a terminal, with Python 3.11 or newer:", icon="INFO")
            column.label(text="python -m venv exges-env, then install the exges wheel in it", icon="BLANK1")
            column.label(text="Then choose that environment's python here and press Check.", icon="BLANK1")


def of(context: bpy.types.Context) -> ExgesPreferences | None:
    """Return the add-on's preferences, None while it runs as a plain module."""
    addon = context.preferences.addons.get(__package__)
    return addon.preferences if addon else None


def python_of(context: bpy.types.Context) -> str:
    """Return the chosen Python.

    Raises:
        WorkerError: if none is chosen.
    """
    found = of(context)
    path = bpy.path.abspath(found.python) if found else ""
    if not path:
        raise WorkerError(
            "Engine: no Python chosen. Open the add-on's preferences and choose the one of the environment with exges."
        )
    if Path(path).is_dir():
        path = str(Path(path) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    return path


CLASSES = (ExgesPreferences,)
