# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's buttons. Generate runs modal under a window and synchronously without one; both drive the same job."""

import time

import bpy

from exges_core.errors import Cancelled, ExgesError, WorkerError
from exges_core.protocol import Hello

from . import compat, job, making, preferences, preview, readiness, rigcache, takes
from .running import Running, end_making, engine_for, redraw, say, stop_engine

__all__ = ["CLASSES", "Running", "disabled_reason", "engine_for", "redraw", "say", "stop_engine"]
_TICK_S = 0.1
SLICE_TICK_S = 0.01
"""Slices follow each other so quickly while a take is prepared and applied; panels are drawn every _TICK_S."""


class ExgesGenerate(bpy.types.Operator):
    """Generate gestures for the speech and put them on the character as a new take. Esc cancels."""

    bl_idname = "exges.generate"
    bl_label = "Generate"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    _timer: bpy.types.Timer | None = None
    _drawn_s: float = 0.0

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        reason = disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Generate without a window: start, wait, apply."""
        try:
            action = _making(context).now()
        except ExgesError as error:
            return self._refuse(error)
        return self._done(action)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Generate under a window: the timer does it slice by slice, Blender stays free."""
        if bpy.app.background:
            return self.execute(context)
        try:
            begun = _making(context)
            begun.step()  # what is refused is mostly refused here
        except ExgesError as error:
            return self._refuse(error)
        Running.current = begun
        say("")
        self._timer = context.window_manager.event_timer_add(SLICE_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Go on at every tick of the timer; Esc asks it to stop."""
        if event.type == "ESC" and event.value == "PRESS" and Running.current is not None:
            Running.current.cancel()
            redraw(context)
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if time.monotonic() - self._drawn_s > _TICK_S:
            self._drawn_s = time.monotonic()
            redraw(context)
        try:
            if Running.current is None:
                raise Cancelled("Generation was cancelled.")
            if not Running.current.step():
                return {"PASS_THROUGH"}
            action = Running.current.take
        except ExgesError as error:
            self._clear(context)
            return self._refuse(error)
        except Exception:
            self._clear(context)  # a defect: it is told in the console, and the next click works
            raise
        self._clear(context)
        return self._done(action)

    def _clear(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        end_making()
        redraw(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Leave nothing behind when Blender itself ends the operator."""
        if Running.current is not None:
            Running.current.cancel()
        self._clear(context)

    def _refuse(self, error: ExgesError) -> set[str]:
        is_bad_news = not isinstance(error, Cancelled)
        say(str(error), is_bad_news=is_bad_news)
        self.report({"ERROR" if is_bad_news else "INFO"}, str(error))
        return {"CANCELLED"}

    def _done(self, action: bpy.types.Action) -> set[str]:
        warnings = [job.without_options(each) for each in takes.report(action).get("warnings", ())]
        say(" ".join((f"{action.name} was made.", *(f"{each[:1].upper()}{each[1:]}." for each in warnings))))
        rigcache.forget()
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}


def _making(context: bpy.types.Context) -> making.Making:
    preview.restore()
    engine = engine_for(preferences.python_of(context))
    return making.Making(readiness.wish_of(context), sequencer=compat.sequencer_scene(context).name, engine=engine)


def disabled_reason(context: bpy.types.Context) -> str:
    """Return why Generate cannot run now, '' if it can."""
    if Running.current is not None:
        return "A take is being generated"
    if Running.is_checking:
        return "The engine is being checked"
    return readiness.reason(context)


class ExgesCancel(bpy.types.Operator):
    """Stop the generation that runs; the scene stays as it is."""

    bl_idname = "exges.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        if Running.current is None:
            cls.poll_message_set("Nothing is being generated")
            return False
        return True

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask the job to stop."""
        if Running.current is not None:
            Running.current.cancel()
        return {"FINISHED"}


class ExgesCheck(bpy.types.Operator):
    """Start the engine afresh and show what it says about itself; it then stays ready."""

    bl_idname = "exges.check"
    bl_label = "Check"

    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        if Running.current is not None or Running.is_checking:
            cls.poll_message_set("The engine is busy")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the engine who it is, without a window: start, wait, end it."""
        try:
            return self._greet(context, job.check(preferences.python_of(context)))
        except WorkerError as error:
            return self._refuse(context, error)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask under a window: the timer waits for the answer, Blender stays free."""
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

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Wait for the hello; Esc gives up waiting."""
        if event.type not in {"TIMER", "ESC"}:
            return {"PASS_THROUGH"}
        engine = Running.engine
        try:
            if engine is None or event.type == "ESC":
                stop_engine(waits=False)
                raise WorkerError("Engine: the check was given up.")
            engine.receive()
        except WorkerError as error:
            self.cancel(context)
            return self._refuse(context, error)
        if engine.hello is None:
            return {"PASS_THROUGH"}
        self.cancel(context)
        return self._greet(context, engine.hello)

    def cancel(self, context: bpy.types.Context) -> None:
        """Leave no timer behind."""
        context.window_manager.event_timer_remove(self._timer)
        Running.is_checking = False

    def _greet(self, context: bpy.types.Context, hello: Hello) -> set[str]:
        styles = f", {len(hello.speakers)} styles" if hello.speakers else ""
        self._remember(
            context, f"exges {hello.exges_version}: {hello.backend} on {hello.device}{styles}", hello.speakers
        )
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}

    def _refuse(self, context: bpy.types.Context, error: WorkerError) -> set[str]:
        self._remember(context, str(error), (), is_bad_news=True)
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

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
