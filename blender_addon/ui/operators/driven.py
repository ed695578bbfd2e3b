# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons whose work goes through the engine: modal under a window, at once without one; both drive the same work."""

import time
from typing import Any

import bpy

from exges_core.errors import Cancelled, ExgesError

from ...engine import underway
from ...engine.session import Running, end_work, say
from ...scene.interface import Button, Ending, redraw

_TICK_S = 0.1
SLICE_TICK_S = 0.01
"""Slices follow each other so quickly while a work is prepared and applied; panels are drawn every _TICK_S."""


class Driven(Button):
    """What such operators have in common; Esc cancels. One says which work (`begun`) and what came of it (`done`)."""

    _timer: bpy.types.Timer | None = None
    _drawn_s: float = 0.0

    def begun(self, context: bpy.types.Context) -> underway.UnderWay:
        """Return the work on its way.

        Raises:
            ExgesError: if it is refused at once.
        """
        raise NotImplementedError

    def done(self, outcome: Any) -> str:  # noqa: ANN401 - each work has its own
        """Return the sentence about what came of it."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> Ending:
        """Do it without a window: start, wait, apply."""
        try:
            outcome = self.begun(context).now()
        except ExgesError as error:
            return self._refuse(error)
        return self._finish(outcome)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Do it under a window: the timer does it slice by slice, Blender stays free."""
        if bpy.app.background:
            return self.execute(context)
        try:
            begun = self.begun(context)
            begun.step()  # what is refused is mostly refused here
        except ExgesError as error:
            return self._refuse(error)
        Running.current = begun
        say("")
        self._timer = context.window_manager.event_timer_add(SLICE_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
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
                raise Cancelled(f"{self.bl_label} was cancelled.")
            if not Running.current.step():
                return {"PASS_THROUGH"}
            outcome = Running.current.outcome
        except ExgesError as error:
            self._clear(context)
            return self._refuse(error)
        except Exception:
            self._clear(context)  # a defect: it is told in the console, and the next click works
            raise
        self._clear(context)
        return self._finish(outcome)

    def _clear(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        end_work()
        redraw(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Leave nothing behind when Blender itself ends the operator."""
        if Running.current is not None:
            Running.current.cancel()
        self._clear(context)

    def _refuse(self, error: ExgesError) -> Ending:
        is_bad_news = not isinstance(error, Cancelled)
        say(str(error), is_bad_news=is_bad_news)
        self.report({"ERROR" if is_bad_news else "INFO"}, str(error))
        return {"CANCELLED"}

    def _finish(self, outcome: Any) -> Ending:  # noqa: ANN401
        say(self.done(outcome))
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}
