# SPDX-License-Identifier: GPL-3.0-or-later
"""The one engine and the one take in hand, shared by operators and panels; and the sentence that is shown."""

from __future__ import annotations

from typing import Protocol

import bpy

from exges_core.protocol import JobProgress

from . import job, preferences


class InHand(Protocol):
    """A take that is being made, as panels and buttons see it; `making.Making` is one."""

    started_s: float
    is_cancelled: bool

    @property
    def progress(self) -> JobProgress:
        """Return how far it is."""

    @property
    def seconds_left(self) -> float | None:
        """Return the expected rest, None while it cannot be told."""

    @property
    def take(self) -> bpy.types.Action:
        """Return the take, once `step` has returned True."""

    def step(self) -> bool:
        """Do a little; return True when the take is there."""

    def cancel(self) -> None:
        """Ask it to stop."""

    def close(self) -> None:
        """Give it up at once."""


class Running:
    """The one engine and the one take in hand."""

    engine: job.Engine | None = None
    current: InHand | None = None
    is_checking: bool = False
    last_message: str = ""
    is_bad_news: bool = False


def say(text: str, *, is_bad_news: bool = False) -> None:
    """Keep the sentence that the panel shows."""
    Running.last_message, Running.is_bad_news = text, is_bad_news


def redraw(context: bpy.types.Context) -> None:
    """Let every 3D View and the preferences show the new state."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            elif area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":  # not the view itself: a heavy scene would be drawn ten times a second
                        region.tag_redraw()


def engine_for(python: str) -> job.Engine:
    """Return the warm engine of an environment; another environment ends the old one."""
    command = job.command_of(python)
    if Running.engine is None or Running.engine.command != command:
        stop_engine(waits=False)
        Running.engine = job.Engine(command, environment=preferences.engine_environment(bpy.context))
    return Running.engine


def end_making() -> None:
    """Give up the take in hand, if there is one and it is not done."""
    current, Running.current = Running.current, None
    if current is not None:
        current.close()


def stop_engine(*, waits: bool = True) -> None:
    """End the engine and the take in hand, if there are any.

    Args:
        waits: False = the process may take a moment to end, and Blender goes on.
    """
    end_making()
    if Running.engine is not None and waits:
        Running.engine.stop()
    elif Running.engine is not None:
        Running.engine.leave()
    Running.engine = None
