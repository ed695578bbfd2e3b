"""One worker that is this very process: for those who have models already, in a notebook or a test.

It cannot be ended: a clip that hangs here hangs for ever, whatever its limit.
"""

from __future__ import annotations

from exges_core.batch.tasks import Task, make
from exges_core.batch.workers import Ended, Event, Ready
from exges_core.pipeline.models import Models


class Here:
    """Makes a clip whenever it is asked what has happened. A crash takes everything with it."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._task: Task | None = None
        self._is_new = True

    @property
    def count(self) -> int:
        """Return 1."""
        return 1

    def give(self, slot: int, task: Task) -> None:
        """Note the next clip."""
        assert slot == 0
        self._task = task

    def end(self, slot: int) -> None:
        """Nobody asks for it: whoever could is making the clip."""
        raise AssertionError(slot)

    def next_event(self, timeout_s: float) -> Event | None:
        """Make the clip that was given."""
        del timeout_s
        if self._is_new:
            self._is_new = False
            return Ready(slot=0)
        if self._task is None:
            return None
        task, self._task = self._task, None
        return Ended(slot=0, outcome=make(task, self._models))

    def close(self) -> None:
        """Do nothing."""
