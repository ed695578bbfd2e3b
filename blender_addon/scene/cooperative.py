# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work in slices, so that Blender's window stays alive: the modal operators' timer does a few, `now` all of them.

A work is a generator. Each of its slices is short, looks up by name what it needs of Blender and keeps no reference
over a yield: between two slices the user may undo, delete or load anything. What is numpy alone runs `aside`, in a
thread that never sees Blender. No bpy in here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import Generic, Protocol, TypeVar, cast

SLICE_S = 0.02
"""So long a slice may take that can end anywhere."""
BUDGET_S = 0.05
"""So long a timer's tick may take before it lets Blender go on."""
_PAUSE_S = 0.05
clock = time.perf_counter
"""What slices are measured by, in seconds; on a busy computer a benchmark asks for the processor's own."""

Result = TypeVar("Result")


class Aside(Generic[Result]):
    """A function in a thread of its own; numpy only, for Blender must not be touched from there."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ExGes")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`, where somebody can answer it
            self._error = error

    @property
    def is_done(self) -> bool:
        """Say whether the function has returned or raised."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until it is done."""
        self._thread.join()

    def result(self) -> Result:
        """Wait, and return what the function returned or raise what it raised."""
        self.wait()
        if self._error is not None:
            raise self._error
        return cast("Result", self._result)


class Waited(Protocol):
    """What a work may wait for."""

    def wait(self) -> None:
        """Wait for it, for a moment at least."""


class Pause:
    """Waits for something outside that says nothing when it comes: looked for again after a moment."""

    def wait(self) -> None:
        """Wait a moment."""
        time.sleep(_PAUSE_S)


Work = Generator[Waited | None, None, Result]
"""Yields after each slice: None, or what it waits for."""


def aside(function: Callable[[], Result], *, writes_files: bool = False) -> Work[Result]:
    """Run a function in a thread while Blender goes on; return its result.

    Args:
        function: numpy only.
        writes_files: True = a work that is given up waits for it: whoever deletes its folder must come after it.
    """
    task = Aside(function)
    try:
        while not task.is_done:
            yield task
    finally:
        if writes_files:
            task.wait()
    return task.result()


def now(work: Work[Result]) -> Result:
    """Do all of a work at once: without a window nobody waits for Blender to answer."""
    while True:
        try:
            waited_for = next(work)
        except StopIteration as end:
            return end.value
        if waited_for is not None:
            waited_for.wait()


def is_over(begun_s: float) -> bool:
    """Say whether a slice that began then has lasted long enough."""
    return clock() - begun_s > SLICE_S


class Driver(Generic[Result]):
    """Does a work slice by slice.

    Attributes:
        result: of the work, once `step` has returned True.
        longest_s: how long the longest slice held everything else up.
    """

    def __init__(self, work: Work[Result]) -> None:
        self._work = work
        self.result: Result | None = None
        self.longest_s = 0.0

    def step(self, *, budget_s: float = BUDGET_S) -> bool:
        """Do slices until the budget is used up or the work waits for a thread; return whether it is done.

        Raises:
            Exception: whatever the work raises; it has tidied up by then.
        """
        started_s = clock()
        while True:
            begun_s = clock()
            try:
                waited_for = next(self._work)
            except StopIteration as end:
                self.result = end.value
                return True
            finally:
                self.longest_s = max(self.longest_s, clock() - begun_s)
            if waited_for is not None or clock() - started_s > budget_s:
                return False

    def close(self) -> None:
        """Give the work up; it tidies up."""
        self._work.close()
