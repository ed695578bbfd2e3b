# SPDX-License-Identifier: GPL-3.0-or-later
"""The one engine and the one job in hand, shared by operators and panels; and the sentence that is shown."""

from __future__ import annotations

import bpy

from . import job, preferences


class Running:
    """The one engine and the one job in hand."""

    engine: job.Engine | None = None
    current: job.Job | None = None
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
        stop_engine()
        Running.engine = job.Engine(command, environment=preferences.engine_environment(bpy.context))
    return Running.engine


def stop_engine() -> None:
    """End the engine, if there is one."""
    if Running.engine is not None:
        Running.engine.stop()
    Running.engine = None
    Running.current = None
