# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons in the preferences: create and delete the engine's environment; what Check examines there. Timers drive."""

from __future__ import annotations

import json
import platform
import time
from typing import cast

import bpy

from exges_core import json_text
from exges_core.errors import Cancelled, ExgesError

from ...engine import builtin, environment, preferences, session
from ...engine.environment_builder import sizes
from ...scene import extension
from ...scene.interface import Button, Ending, redraw, translated

_TICK_S = 0.25


class State:
    """The creation and the examination under way, and the message that the preferences show."""

    creation: environment.Creation | None = None
    examination: environment.Examination | None = None
    last_text: str = ""
    is_bad_news: bool = False


def _say(text: str, *, is_bad_news: bool = False) -> None:
    State.last_text, State.is_bad_news = text, is_bad_news


def creation_reason(context: bpy.types.Context) -> str:
    """Return why no environment can be created now, '' if one can."""
    found = preferences.of(context)
    if State.creation is not None:
        return "The environment is being created"
    if found is None:
        return "ExGes is not installed as an extension"
    if not found.wheels and not bpy.app.online_access:
        return "Blender's online access is off: allow it in Preferences > System > Network, or choose a wheel folder"
    return ""


def size_of(context: bpy.types.Context) -> str:
    """Return what Set Up takes: on which device, how much is downloaded, how much disk."""
    found = preferences.of(context)
    device = sizes.device_for(found.device if found else "auto")
    size = sizes.size_for(platform.system(), device, found.torch_index.strip() if found else "")
    name, disk = device.upper(), f"{size.disk_mb / 1e3:.1f} GB"
    if found is not None and found.wheels:
        return translated("{device}: nothing to download, {disk} on disk", device=name, disk=disk)
    load = f"{size.download_mb / 1e3:.1f} GB" if size.download_mb > 1e3 else f"{round(size.download_mb, -1):.0f} MB"
    return translated("{device}: about {download} to download, {disk} on disk", device=name, download=load, disk=disk)


def _advance_creation() -> bool:
    """Take one step; return True while the job goes on."""
    creation = State.creation
    if creation is None:
        return False
    try:
        if not creation.step():
            return True
        _adopt(bpy.context, creation)
    except ExgesError as error:
        _say(str(error), is_bad_news=not isinstance(error, Cancelled))
    State.creation = None
    return False


def _adopt(context: bpy.types.Context, creation: environment.Creation) -> None:
    """Point the add-on at the new environment and show what the builder's check found."""
    _say("The engine is set up: press Generate.")
    found = preferences.of(context)
    if found is None:
        return
    found.python = creation.python
    try:
        report = cast("dict[str, object]", json_text.read(creation.recipe.root / "doctor.json"))
        found.findings = json.dumps(report["findings"])
    except (OSError, ValueError, KeyError):
        found.findings = ""  # Check finds the same later
    context.preferences.is_dirty = True


def _creation_tick() -> float | None:
    goes_on = _advance_creation()
    redraw(bpy.context)
    return _TICK_S if goes_on else None


class ExgesCreateEnvironment(Button, bpy.types.Operator):
    """Create a Python environment for the engine, in the background: the size beside the button is what it takes."""

    bl_idname = "exges.create_environment"
    bl_label = "Set Up"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return creation_reason(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Start the builder; without a window, wait for it."""
        try:
            State.creation = environment.Creation(preferences.recipe_of(context))
            State.creation.start()
        except ExgesError as error:
            State.creation = None
            _say(str(error), is_bad_news=True)
            return self.refused(error)
        _say("")
        if not bpy.app.background:
            bpy.app.timers.register(_creation_tick, first_interval=_TICK_S, persistent=True)
            return {"FINISHED"}
        while _advance_creation():
            time.sleep(_TICK_S)
        if State.is_bad_news:
            return self.refused(State.last_text)
        self.report({"INFO"}, State.last_text)
        return {"FINISHED"}


class ExgesCancelEnvironment(Button, bpy.types.Operator):
    """Stop creating the environment. Downloads are kept, and the next attempt resumes from them."""

    bl_idname = "exges.cancel_environment"
    bl_label = "Cancel"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ask the builder to stop."""
        if State.creation is not None:
            State.creation.cancel()
        return {"FINISHED"}


class ExgesOpenEnvironmentLog(Button, bpy.types.Operator):
    """Open the installation log."""

    bl_idname = "exges.open_environment_log"
    bl_label = "Open Log"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Open it in the system's text editor."""
        try:
            path = preferences.environment_root(context) / "log.txt"
        except ExgesError as error:
            return self.refused(error)
        if not path.is_file():
            return self.refused(f"There is no log yet ({path}).")
        bpy.ops.wm.path_open(filepath=str(path))
        return {"FINISHED"}


class ExgesRemoveEnvironment(Button, bpy.types.Operator):
    """Delete the environment that the add-on created, with its downloads."""

    bl_idname = "exges.remove_environment"
    bl_label = "Delete Environment"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "The environment is being created" if State.creation is not None else ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Ask for confirmation."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Stop the engine, delete the folder and clear the Python setting."""
        try:
            root, found = preferences.environment_root(context), preferences.of(context)
            was_ours = found is not None and environment.is_made(root, found.python)
            session.stop_engine()  # Windows does not delete a running program
            environment.remove(root)
        except ExgesError as error:
            _say(str(error), is_bad_news=True)
            return self.refused(error)
        if was_ours and found is not None:
            found.python, found.last_check, found.findings = "", "", ""
        _say("Environment deleted.")
        self.report({"INFO"}, State.last_text)
        return {"FINISHED"}


def _advance_examination() -> bool:
    """Take one step; return True while the job goes on."""
    examination, found = State.examination, preferences.of(bpy.context)
    if examination is None:
        return False
    try:
        if not examination.step():
            return True
        if found is not None:
            found.findings = json.dumps(examination.findings)
        _say("")
    except ExgesError as error:
        if found is not None:
            found.findings = ""
        _say(str(error), is_bad_news=True)
    State.examination = None
    return False


def _examination_tick() -> float | None:
    goes_on = _advance_examination()
    redraw(bpy.context)
    return _TICK_S if goes_on else None


def examine(context: bpy.types.Context) -> None:
    """List the engine's device, versions and weights, and whatever is missing; without a window, wait for it.

    Finding nothing out is told in the preferences and refuses nothing: whoever asks has an engine that answers.
    """
    if State.examination is not None:
        State.examination.end()
    found = preferences.of(context)
    if found is not None and preferences.is_builtin(context):
        found.findings, State.examination = json.dumps(builtin.findings(extension.FOLDER)), None
        return
    try:
        State.examination = environment.Examination(
            preferences.python_of(context), variables=preferences.engine_environment(context)
        )
    except ExgesError as error:
        _say(str(error), is_bad_news=True)
        return
    if not bpy.app.background:
        if not bpy.app.timers.is_registered(_examination_tick):
            bpy.app.timers.register(_examination_tick, first_interval=_TICK_S, persistent=True)
        return
    while _advance_examination():
        time.sleep(_TICK_S)


def stop() -> None:
    """End both jobs: the add-on is being disabled, or Blender is quitting."""
    for tick in (_creation_tick, _examination_tick):
        if bpy.app.timers.is_registered(tick):
            bpy.app.timers.unregister(tick)
    for job in (State.creation, State.examination):
        if job is not None:
            job.end()
    State.creation = State.examination = None


CLASSES = (
    ExgesCreateEnvironment,
    ExgesCancelEnvironment,
    ExgesOpenEnvironmentLog,
    ExgesRemoveEnvironment,
)
