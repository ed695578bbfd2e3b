# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons whose job goes through the engine: modal under a window, blocking without one; both drive the same job."""

import time
from typing import Generic, TypeVar

import bpy

from exges_core.errors import Cancelled, ExgesError

from ...engine import underway
from ...engine.session import Running, end_work, say
from ...scene.interface import Button, Ending, redraw

_TICK_S = 0.1
SLICE_TICK_S = 0.01
"""Time between slices, in seconds; panels are redrawn every _TICK_S."""
_Outcome = TypeVar("_Outcome")


class Driven(Button, Generic[_Outcome]):
    """An operator that drives one job, which `begun` starts and `done` sums up. Esc cancels."""

    _timer: bpy.types.Timer | None = None
    _work: underway.UnderWay[_Outcome] | None = None
    _drawn_s: float = 0.0

    def begun(self, context: bpy.types.Context) -> underway.UnderWay[_Outcome]:
        """Start the job.

        Raises:
            ExgesError: if it is refused at once.
        """
        raise NotImplementedError

    def done(self, outcome: _Outcome) -> str:
        """Return the message about its outcome."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> Ending:
        """Without a window: start, wait, apply."""
        try:
            outcome = self.begun(context).now()
        except ExgesError as error:
            return self._refuse(error)
        return self._finish(outcome)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Under a window: let a timer do it slice by slice, so that Blender stays responsive."""
        if bpy.app.background:
            return self.execute(context)
        try:
            begun = self.begun(context)
            begun.step()  # most refusals come here
        except ExgesError as error:
            return self._refuse(error)
        Running.current = self._work = begun
        say("")
        self._timer = context.window_manager.event_timer_add(SLICE_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Do the next slices at every tick of the timer; Esc cancels."""
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
            if self._work is None or Running.current is not self._work:
                raise Cancelled(f"{self.bl_label} was cancelled.")
            if not self._work.step():
                return {"PASS_THROUGH"}
            outcome = self._work.outcome
        except ExgesError as error:
            self._clear(context)
            return self._refuse(error)
        except Exception:
            self._clear(context)  # a defect goes to the console, and the next click works
            raise
        self._clear(context)
        return self._finish(outcome)

    def _clear(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        end_work()
        redraw(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Clean up when Blender itself ends the operator."""
        if Running.current is not None:
            Running.current.cancel()
        self._clear(context)

    def _refuse(self, error: ExgesError) -> Ending:
        is_bad_news = not isinstance(error, Cancelled)
        say(str(error), is_bad_news=is_bad_news)
        self.report({"ERROR" if is_bad_news else "INFO"}, str(error))
        return {"CANCELLED"}

    def _finish(self, outcome: _Outcome) -> Ending:
        say(self.done(outcome))
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}
