# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators and panels share: the engine, the job under way, and the message shown."""

from __future__ import annotations

import bpy

from . import client, preferences, underway


class Running:
    """The one engine, the one job under way, and the last message."""

    engine: client.Engine | None = None
    current: underway.UnderWay[object] | None = None
    is_checking: bool = False
    last_message: str = ""
    is_bad_news: bool = False


def say(text: str, *, is_bad_news: bool = False) -> None:
    """Set the message that the panel shows."""
    Running.last_message, Running.is_bad_news = text, is_bad_news


def withdraw() -> None:
    """Say no longer that something is ready, which an undo may have taken away; what went wrong stays to be read."""
    if Running.current is None and not Running.is_bad_news:
        say("")


def engine_for(python: str) -> client.Engine:
    """Return the engine of an environment, still warm if neither the environment nor the cache folder has changed."""
    command, places = client.command_of(python), preferences.engine_environment(bpy.context)
    if Running.engine is None or (Running.engine.command, Running.engine.environment) != (command, places):
        stop_engine(waits=False)
        Running.engine = client.Engine(command, environment=places)
    return Running.engine


def end_work() -> None:
    """Abandon the job under way, if there is one."""
    current, Running.current = Running.current, None
    if current is not None:
        current.close()


def stop_engine(*, waits: bool = True) -> None:
    """End the engine and the job under way, if any.

    Args:
        waits: False = return at once, while the process ends in the background.
    """
    end_work()
    if Running.engine is not None and waits:
        Running.engine.stop()
    elif Running.engine is not None:
        Running.engine.leave()
    Running.engine = None
