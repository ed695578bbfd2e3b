# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators and panels share: the engine, the job under way, and the message shown."""

from __future__ import annotations

import bpy

from . import client, preferences, underway


class Running:
    """The one engine, the one job under way, the last message, and what else Blender is busy with."""

    engine: client.Engine | None = None
    current: underway.UnderWay[object] | None = None
    is_checking: bool = False
    busy_with: frozenset[str] = frozenset()
    last_message: str = ""
    is_bad_news: bool = False


def say(text: str, *, is_bad_news: bool = False) -> None:
    """Set the message that the panel shows."""
    Running.last_message, Running.is_bad_news = text, is_bad_news


def withdraw() -> None:
    """Say no longer that something is ready, which an undo may have taken away; what went wrong stays to be read."""
    if Running.current is None and not Running.is_bad_news:
        say("")


def engine_for(context: bpy.types.Context) -> client.Engine:
    """Return the chosen engine for a job that begins, still warm if the choice and its folders are what they were.

    Raises:
        ExgesError: if there is none.
    """
    launch = preferences.launch_of(context)
    if Running.engine is None or Running.engine.launch != launch or Running.engine.is_held_low:
        stop_engine(waits=False)
        Running.engine = client.Engine.of(launch)
    Running.engine.give_way(bool(Running.busy_with))
    return Running.engine


def running_engine(context: bpy.types.Context) -> client.Engine | None:
    """Return the chosen engine if it runs now; panels ask."""
    engine = Running.engine
    if engine is None or not engine.is_running or engine.launch.inherits == preferences.is_builtin(context):
        return None
    return engine


def be_busy(what: str, is_so: bool) -> None:
    """Take in that Blender renders or plays, or no longer: a job under way gives way meanwhile."""
    Running.busy_with = Running.busy_with | {what} if is_so else Running.busy_with - {what}
    engine = Running.engine
    if engine is None:
        return
    engine.give_way(bool(Running.busy_with) and Running.current is not None)
    if engine.is_held_low and Running.current is None:
        stop_engine(waits=False)  # the system lets nobody raise it: the next job starts a fresh one


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
