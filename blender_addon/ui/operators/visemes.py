# SPDX-License-Identifier: GPL-3.0-or-later
"""One viseme or mood on the face, for looking at: a toggle that never leaves the face changed.

The face is put back at the next press of anything but what moves the view, when the panel is not drawn any more, and
before Generate, saving, undoing and rendering (`handlers`): no undo step ever holds what was only shown.
"""

from typing import TYPE_CHECKING

import bpy

from ...engine.session import Running
from ...face import visemes
from ...scene.interface import Button, Ending, redraw
from .. import readiness
from .gestures import NAVIGATION

_PASSED = NAVIGATION | {f"{side}_{key}" for side in ("LEFT", "RIGHT") for key in ("CTRL", "SHIFT", "ALT")}
"""What leaves a viseme there: moving the view, and the keys that go with it."""
_TICK_S = 0.2
"""How often is looked whether the panel is still there."""
_UNSEEN, _CLICK = 3, 5
"""So many ticks without being drawn, and the panel is closed; so many after a press has put a viseme away, the button
that is pressed may be its own. Ticks, for seconds say nothing on a display that is slow."""


class Watch:
    """How often the panel was asked to be drawn since it was, and what a press has just put away."""

    unseen = 0
    ended = ""


def shown(context: bpy.types.Context) -> str:
    """Return which viseme or mood is shown on the chosen character, '' if none is; the panel tells that it is drawn."""
    Watch.unseen = 0
    return visemes.shown_on(readiness.chosen(context))


class ExgesPreviewViseme(Button, bpy.types.Operator):
    """Show this on the face, without keys. Press again, Esc or anything else to put it back."""

    bl_idname = "exges.preview_viseme"
    bl_label = "Preview"

    _timer: bpy.types.Timer | None = None
    _ticks_left: int | None = None

    if TYPE_CHECKING:
        viseme: str
    else:
        viseme: bpy.props.StringProperty(name="Viseme", description="What is shown", options={"HIDDEN"})

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        if Running.current is not None:
            return Running.current.reason
        return readiness.why_unchangeable(context) or readiness.why_no_face(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show it, or put it back if it is shown."""
        if self.viseme not in visemes.NAMES:
            return self.refused(f"There is no viseme {self.viseme!r}: there are {', '.join(visemes.NAMES)}.")
        character = readiness.chosen(context)
        was_shown = visemes.shown_on(character) == self.viseme
        visemes.preview(character, None if was_shown else self.viseme)
        redraw(context)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Show it until the next press."""
        is_off, Watch.ended = Watch.ended == self.viseme, ""
        if is_off:  # the press on its own button has put it away already
            redraw(context)
            return {"FINISHED"}
        ending = self.execute(context)
        if bpy.app.background or not visemes.Shown.name:
            return ending
        Watch.unseen = 0
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Let everything through, and put the face back on all but navigation; Esc does nothing else."""
        if self._ticks_left is not None:
            return self._wait(context, event)
        if visemes.Shown.name != self.viseme:  # somebody else has put it back
            self._end(context)
            return {"FINISHED", "PASS_THROUGH"}
        if event.type == "TIMER":
            Watch.unseen += 1
            if Watch.unseen > _UNSEEN:
                self.cancel(context)
                return {"FINISHED", "PASS_THROUGH"}
            redraw(context)
            return {"PASS_THROUGH"}
        if event.type in _PASSED or event.value != "PRESS":
            return {"PASS_THROUGH"}
        if event.type == "LEFTMOUSE":
            visemes.restore()
            Watch.ended, self._ticks_left = self.viseme, _CLICK
            redraw(context)
            return {"PASS_THROUGH"}
        self.cancel(context)
        return {"FINISHED"} if event.type == "ESC" else {"FINISHED", "PASS_THROUGH"}

    def _wait(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Remember for a few ticks what the press has put away: it may be the press of its own button."""
        if event.type == "TIMER" and self._ticks_left is not None:
            self._ticks_left -= 1
        if self._ticks_left:
            return {"PASS_THROUGH"}
        Watch.ended = "" if Watch.ended == self.viseme else Watch.ended
        self._end(context)
        return {"FINISHED", "PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Put the face back."""
        visemes.restore()
        self._end(context)

    def _end(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        redraw(context)


CLASSES = (ExgesPreviewViseme,)
