# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons that drive the engine: Generate, Cancel, Check."""

import bpy

from exges_core.errors import WorkerError
from exges_core.protocol import Hello

from ...character import rigcache
from ...engine import client, preferences
from ...engine.session import Running, engine_for, say, stop_engine
from ...generation import running
from ...scene import compat
from ...scene.interface import Button, Ending, redraw
from ...takes import preview, record, user_keys
from .. import readiness
from . import driven

_TICK_S = 0.1


class ExgesGenerate(driven.Driven[bpy.types.Action], bpy.types.Operator):
    """Generate gestures for the speech and put them on the character as a new take. Esc cancels."""

    bl_idname = "exges.generate"
    bl_label = "Generate"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return disabled_reason(context)

    def begun(self, context: bpy.types.Context) -> running.Making:
        """Start the take."""
        preview.restore()
        engine = engine_for(preferences.python_of(context))
        return running.Making(
            readiness.take_settings(context), sequencer=compat.sequencer_scene(context).name, engine=engine
        )

    def done(self, outcome: bpy.types.Action) -> str:
        """Return that it is ready, with the engine's warnings."""
        warnings = [client.without_options(each) for each in record.report(outcome).get("warnings", ())]
        rigcache.forget()
        user_keys.forget()
        return " ".join((f"{outcome.name} is ready.", *(f"{each[:1].upper()}{each[1:]}." for each in warnings)))


def disabled_reason(context: bpy.types.Context) -> str:
    """Return why Generate cannot run now, '' if it can."""
    if Running.current is not None:
        return Running.current.reason
    if Running.is_checking:
        return "The engine is being checked"
    return readiness.reason(context)


class ExgesCancel(Button, bpy.types.Operator):
    """Stop the current job; the scene stays unchanged."""

    bl_idname = "exges.cancel"
    bl_label = "Cancel"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "Nothing is being generated" if Running.current is None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ask the job to stop."""
        if Running.current is not None:
            Running.current.cancel()
        return {"FINISHED"}


class ExgesCheck(Button, bpy.types.Operator):
    """Restart the engine and show its version, device and styles. It stays loaded."""

    bl_idname = "exges.check"
    bl_label = "Check"

    _timer: bpy.types.Timer | None = None

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "The engine is busy" if Running.current is not None or Running.is_checking else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Without a window: start the engine, wait for its hello, end it."""
        try:
            return self._greet(context, client.check(preferences.python_of(context)))
        except WorkerError as error:
            return self._refuse(context, error)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Under a window: start the engine and let the timer wait for its hello."""
        if bpy.app.background:
            return self.execute(context)
        stop_engine(waits=False)
        try:
            engine_for(preferences.python_of(context)).start()
        except WorkerError as error:
            return self._refuse(context, error)
        Running.is_checking = True
        say("")
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Wait for the hello; Esc cancels."""
        if event.type not in {"TIMER", "ESC"}:
            return {"PASS_THROUGH"}
        engine = Running.engine
        try:
            if engine is None or event.type == "ESC":
                stop_engine(waits=False)
                raise WorkerError("Engine: the check was cancelled.")
            engine.receive()
        except WorkerError as error:
            self.cancel(context)
            return self._refuse(context, error)
        if engine.hello is None:
            return {"PASS_THROUGH"}
        self.cancel(context)
        return self._greet(context, engine.hello)

    def cancel(self, context: bpy.types.Context) -> None:
        """Remove the timer."""
        context.window_manager.event_timer_remove(self._timer)
        Running.is_checking = False

    def _greet(self, context: bpy.types.Context, hello: Hello) -> Ending:
        styles = f", {len(hello.speakers)} styles" if hello.speakers else ""
        self._remember(
            context, f"exges {hello.exges_version}: {hello.backend} on {hello.device}{styles}", hello.speakers
        )
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}

    def _refuse(self, context: bpy.types.Context, error: WorkerError) -> Ending:
        self._remember(context, str(error), (), is_bad_news=True)
        return self.refused(error)

    @staticmethod
    def _remember(
        context: bpy.types.Context, text: str, speakers: tuple[str, ...], *, is_bad_news: bool = False
    ) -> None:
        say(text, is_bad_news=is_bad_news)
        found = preferences.of(context)
        if found is not None:
            found.last_check, found.speakers = text, "\n".join(speakers)
        redraw(context)


CLASSES = (ExgesGenerate, ExgesCancel, ExgesCheck)
