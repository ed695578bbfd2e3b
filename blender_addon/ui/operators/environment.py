# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences' buttons: make the engine's environment, examine it, delete it. Timers drive; nothing waits."""

from __future__ import annotations

import json
import time

import bpy

from exges_core.errors import Cancelled, ExgesError

from ...engine import environment, preferences, session
from ...scene.interface import Ending

_TICK_S = 0.25


class State:
    """What is being made or examined, and the sentence that the preferences show."""

    creation: environment.Creation | None = None
    examination: environment.Examination | None = None
    last_text: str = ""
    is_bad_news: bool = False


def _say(text: str, *, is_bad_news: bool = False) -> None:
    State.last_text, State.is_bad_news = text, is_bad_news


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"PREFERENCES", "VIEW_3D"}:
                area.tag_redraw()


def creation_reason(context: bpy.types.Context) -> str:
    """Return why no environment can be made now, '' if one can."""
    found = preferences.of(context)
    if State.creation is not None:
        return "The environment is being made"
    if found is None:
        return "ExGes is not installed as an extension"
    if not found.wheels and not bpy.app.online_access:
        return "Blender may not go online: allow it in Preferences > System > Network, or choose a folder of wheels"
    return ""


def _advance_creation() -> bool:
    """Take one step; return True while there is more to come."""
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
    """Let the add-on use the environment that was made, and show what the builder's check found."""
    _say("The environment is ready: press Check, or close the preferences and press Generate.")
    found = preferences.of(context)
    if found is None:
        return
    found.python = creation.python
    try:
        report = json.loads((creation.recipe.root / "doctor.json").read_text(encoding="utf-8"))
        found.findings = json.dumps(report["findings"])
    except (OSError, ValueError, KeyError):
        found.findings = ""  # Examine tells the same later
    context.preferences.is_dirty = True


def _creation_tick() -> float | None:
    goes_on = _advance_creation()
    _redraw()
    return _TICK_S if goes_on else None


class ExgesCreateEnvironment(bpy.types.Operator):
    """Make an environment of its own for the engine: downloads about 0.5 GB (CPU) to 3 GB (CUDA) in the background."""

    bl_idname = "exges.create_environment"
    bl_label = "Create Environment"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        reason = creation_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Ending:
        """Start the builder; without a window wait for its end."""
        try:
            State.creation = environment.Creation(preferences.recipe_of(context))
            State.creation.start()
        except ExgesError as error:
            State.creation = None
            _say(str(error), is_bad_news=True)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        _say("")
        if not bpy.app.background:
            bpy.app.timers.register(_creation_tick, first_interval=_TICK_S, persistent=True)
            return {"FINISHED"}
        while _advance_creation():
            time.sleep(_TICK_S)
        if State.is_bad_news:
            self.report({"ERROR"}, State.last_text)
            return {"CANCELLED"}
        self.report({"INFO"}, State.last_text)
        return {"FINISHED"}


class ExgesCancelEnvironment(bpy.types.Operator):
    """Stop making the environment; what was downloaded is kept, and the next time goes on from there."""

    bl_idname = "exges.cancel_environment"
    bl_label = "Cancel"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ask the builder to stop."""
        if State.creation is not None:
            State.creation.cancel()
        return {"FINISHED"}


class ExgesOpenEnvironmentLog(bpy.types.Operator):
    """Open the log of the environment's making."""

    bl_idname = "exges.open_environment_log"
    bl_label = "Open Log"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Open it with the system's own program for text."""
        try:
            path = preferences.environment_root(context) / "log.txt"
        except ExgesError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not path.is_file():
            self.report({"ERROR"}, f"There is no log yet ({path}).")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(path))
        return {"FINISHED"}


class ExgesRemoveEnvironment(bpy.types.Operator):
    """Delete the environment that the add-on made, and its downloads."""

    bl_idname = "exges.remove_environment"
    bl_label = "Delete Environment"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        if State.creation is not None:
            cls.poll_message_set("The environment is being made")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Delete it and forget its Python."""
        try:
            root, found = preferences.environment_root(context), preferences.of(context)
            was_ours = found is not None and environment.is_made(root, found.python)
            session.stop_engine()  # Windows deletes nothing that runs
            environment.remove(root)
        except ExgesError as error:
            _say(str(error), is_bad_news=True)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if was_ours and found is not None:
            found.python, found.last_check, found.findings = "", "", ""
        _say("The environment was deleted.")
        self.report({"INFO"}, State.last_text)
        return {"FINISHED"}


def _advance_examination() -> bool:
    """Take one step; return True while there is more to come."""
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
    _redraw()
    return _TICK_S if goes_on else None


class ExgesExamine(bpy.types.Operator):
    """List what the engine's environment has: device, versions, weights, speech recognition; and what is missing."""

    bl_idname = "exges.examine"
    bl_label = "Examine"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        found = preferences.of(context)
        reason = "" if found is not None and found.python else "Choose a Python, or create an environment"
        if State.examination is not None:
            reason = "The environment is being examined"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Ending:
        """Start the examination; without a window wait for its end."""
        try:
            State.examination = environment.Examination(
                preferences.python_of(context), variables=preferences.engine_environment(context)
            )
        except ExgesError as error:
            _say(str(error), is_bad_news=True)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not bpy.app.background:
            bpy.app.timers.register(_examination_tick, first_interval=_TICK_S, persistent=True)
            return {"FINISHED"}
        while _advance_examination():
            time.sleep(_TICK_S)
        if State.is_bad_news:
            self.report({"ERROR"}, State.last_text)
            return {"CANCELLED"}
        return {"FINISHED"}


def stop() -> None:
    """End whatever runs: the add-on is being disabled, or Blender ends."""
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
    ExgesExamine,
)
