# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that goes through the engine, from beginning to end: a take, or the words of a speech.

Whoever drives calls `step`: the modal operators' timer under a window, `now` everywhere else.
"""

from __future__ import annotations

import time
from typing import Generic, TypeVar, cast

from exges_core import protocol
from exges_core.errors import Cancelled
from exges_core.protocol import JobProgress

from ..scene import cooperative
from . import client

Outcome = TypeVar("Outcome")


class UnderWay(Generic[Outcome]):
    """One piece of work. What is done, and in which order, is `_whole` of the class that inherits.

    Attributes:
        name: what it is called when it was cancelled.
        reason: why other buttons are grey meanwhile.
        started_s: when it began.
        job: the engine's part, None before it begins.
        is_cancelled: True = it was asked to stop.
    """

    name = ""
    reason = ""

    def __init__(self, engine: client.Engine) -> None:
        self.started_s = time.monotonic()
        self.job: client.Job | None = None
        self.is_cancelled = False
        self._engine = engine
        self._driver = cooperative.Driver(self._whole())

    def _whole(self) -> cooperative.Work[object]:
        """Do it all, slice by slice."""
        raise NotImplementedError

    def _answering(self, request: protocol.Job) -> cooperative.Work[protocol.Result]:
        """Hand a request to the engine and wait for its result."""
        self.job = client.Job(self._engine, request)
        while not self.job.step():
            yield cooperative.Pause()
        assert self.job.result is not None
        return self.job.result

    @property
    def progress(self) -> JobProgress:
        """Return how far it is."""
        if self.job is None:
            return JobProgress(id="", stage="preparing", fraction=0.0)
        if self.job.result is not None:
            return JobProgress(id=self.job.request.id, stage="applying", fraction=1.0)
        return self.job.progress

    @property
    def seconds_left(self) -> float | None:
        """Return the expected rest, None while it cannot be told."""
        return None if self.job is None or self.job.result is not None else self.job.seconds_left

    @property
    def longest_s(self) -> float:
        """Return for how long Blender had to wait at most."""
        return self._driver.longest_s

    def step(self) -> bool:
        """Do a little; return True when it is done.

        Raises:
            Cancelled: after a cancel; nothing of the scene has changed.
            ExgesError: whatever refuses.
        """
        is_ours = self.job is None or self.job.result is not None
        if self.is_cancelled and is_ours:
            self.close()
            raise Cancelled(f"{self.name} was cancelled.")
        return self._driver.step()

    @property
    def outcome(self) -> Outcome:
        """Return what came of it, once `step` has returned True."""
        return cast("Outcome", self._driver.result)

    def now(self) -> Outcome:
        """Do all of it at once.

        Raises:
            ExgesError: as `step`.
        """
        try:
            while not self.step():
                time.sleep(cooperative.SLICE_S)
        except KeyboardInterrupt:
            self.close()
            raise
        return self.outcome

    def cancel(self) -> None:
        """Ask it to stop; `step` raises Cancelled once it has."""
        self.is_cancelled = True
        if self.job is not None:
            self.job.cancel()

    def close(self) -> None:
        """Give it up at once; nothing stays of it."""
        self._driver.close()
