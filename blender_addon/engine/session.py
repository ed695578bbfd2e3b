# SPDX-License-Identifier: GPL-3.0-or-later
"""The one engine and the one work in hand, shared by operators and panels; and the sentence that is shown."""

from __future__ import annotations

import bpy

from . import client, preferences, underway


class Running:
    """The one engine and the one work in hand: a take, or the words of a speech."""

    engine: client.Engine | None = None
    current: underway.UnderWay | None = None
    is_checking: bool = False
    last_message: str = ""
    is_bad_news: bool = False


def say(text: str, *, is_bad_news: bool = False) -> None:
    """Keep the sentence that the panel shows."""
    Running.last_message, Running.is_bad_news = text, is_bad_news


def engine_for(python: str) -> client.Engine:
    """Return the warm engine of an environment; another one, or another cache folder, ends the old engine."""
    command, places = client.command_of(python), preferences.engine_environment(bpy.context)
    if Running.engine is None or (Running.engine.command, Running.engine.environment) != (command, places):
        stop_engine(waits=False)
        Running.engine = client.Engine(command, environment=places)
    return Running.engine


def end_work() -> None:
    """Give up the work in hand, if there is one and it is not done."""
    current, Running.current = Running.current, None
    if current is not None:
        current.close()


def stop_engine(*, waits: bool = True) -> None:
    """End the engine and the work in hand, if there are any.

    Args:
        waits: False = the process may take a moment to end, and Blender goes on.
    """
    end_work()
    if Running.engine is not None and waits:
        Running.engine.stop()
    elif Running.engine is not None:
        Running.engine.leave()
    Running.engine = None
