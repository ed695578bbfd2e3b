# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: which Python runs the engine. Without one the add-on enables and says what to do."""

import sys
from pathlib import Path

import bpy

from exges_core.errors import WorkerError

from . import job


class ExgesPreferences(bpy.types.AddonPreferences):
    """Where the engine is."""

    bl_idname = __package__

    python: bpy.props.StringProperty(
        name="Python",
        description="The Python of an environment in which exges is installed; the engine runs there, outside Blender",
        subtype="FILE_PATH",
    )
    last_check: bpy.props.StringProperty(options={"HIDDEN"})

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.prop(self, "python")
        layout.operator("exges.check")
        for line in self.last_check.splitlines():
            layout.label(text=line)
        if not self.python:
            column = layout.column(align=True)
            column.label(text="No engine yet. In a terminal, with Python 3.11 or newer:", icon="INFO")
            column.label(text="python -m venv exges-env, then pip install exges in it")
            column.label(text="Then choose that environment's python here and press Check.")


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


class ExgesCheck(bpy.types.Operator):
    """Start the engine once and show what it says about itself."""

    bl_idname = "exges.check"
    bl_label = "Check"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the engine who it is."""
        try:
            hello = job.check(python_of(context))
            text, level = f"exges {hello.exges_version}: {hello.backend} on {hello.device}", "INFO"
        except WorkerError as error:
            text, level = str(error), "ERROR"
        found = of(context)
        if found is not None:
            found.last_check = text
        self.report({level}, text)
        return {"FINISHED"} if level == "INFO" else {"CANCELLED"}


CLASSES = (ExgesPreferences, ExgesCheck)
