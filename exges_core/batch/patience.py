"""Asking a drive that may be gone: who asks it hangs and cannot be interrupted, so a thread asks, and is left behind.

Ours. What is asked again and again, and lies where results are written or where ExGes is installed, is asked directly:
without it there is no batch.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

PATIENCE_S = 30.0
"""A drive that sleeps is awake by then."""
_SILENT_FOR_S = 600.0
"""What lies in a folder that was silent is not waited for again for so long."""
_STEP_S = 0.25
_silent: dict[Path, float] = {}
"""Folders that did not answer, and when."""
_free: list[_Hand] = []
"""Threads with nothing to do; one that nobody answered is not among them any more."""

Answer = TypeVar("Answer")
Came = Callable[[], None]
"""To be called whenever something was read: a long file is no silence."""


def answered(path: Path, ask: Callable[[Came], Answer]) -> Answer:
    """Return what `ask` finds out about a path.

    Raises:
        TimeoutError: if nothing came for `PATIENCE_S`, or the folder it lies in was silent a moment ago.
        Exception: whatever `ask` raises.
    """
    if is_silent(path):
        raise _silence()
    hand = _free.pop() if _free else _Hand()
    asked = _Asked(ask)
    hand.give(asked.run)
    if not asked.wait():
        _silent[path.parent] = time.monotonic()
        raise _silence()
    _free.append(hand)
    return asked.result()


def is_silent(path: Path) -> bool:
    """Return whether a path's folder did not answer a moment ago; nobody is asked."""
    return time.monotonic() - _silent.get(path.parent, -_SILENT_FOR_S) < _SILENT_FOR_S


def _silence() -> TimeoutError:
    return TimeoutError(0, f"no answer for {PATIENCE_S:g} s: is its drive there?")


def status_of(path: Path) -> os.stat_result:
    """Return what a path is.

    Raises:
        OSError: as `Path.stat`; TimeoutError if nobody answers.
    """
    return answered(path, lambda _came: path.stat())


def resolved(path: Path) -> Path:
    """Return a path with its links followed; where nobody answers, as it is written."""
    try:
        return answered(path, lambda _came: path.resolve())
    except TimeoutError:
        return Path(os.path.abspath(path))  # noqa: PTH100 - `Path.resolve` would ask


class _Hand:
    """A thread that asks one question after another; to start one for each would take longer than to ask."""

    def __init__(self) -> None:
        self._tasks = queue.SimpleQueue[Callable[[], None]]()
        threading.Thread(target=self._work, daemon=True).start()

    def give(self, task: Callable[[], None]) -> None:
        """Let it do that next."""
        self._tasks.put(task)

    def _work(self) -> None:
        while True:
            self._tasks.get()()


class _Asked(Generic[Answer]):
    """A question under way. Time that this process was stopped for does not count: steps are counted, not seconds."""

    def __init__(self, ask: Callable[[Came], Answer]) -> None:
        self._ask, self._is_over, self._has_come = ask, threading.Event(), False
        self._found: list[Answer] = []
        self._error: Exception | None = None

    def run(self) -> None:
        """Ask."""
        try:
            self._found.append(self._ask(self._come))
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
            self._error = error
        self._is_over.set()

    def _come(self) -> None:
        self._has_come = True

    def wait(self) -> bool:
        """Return whether the answer is there; False = nothing came for too long."""
        steps = 0
        while not self._is_over.wait(_STEP_S):
            steps = 0 if self._has_come else steps + 1
            self._has_come = False
            if steps * _STEP_S >= PATIENCE_S:
                return False
        return True

    def result(self) -> Answer:
        """Return the answer, or raise what came instead."""
        if self._error is not None:
            raise self._error
        return self._found[0]
