# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that goes through the engine, from start to end: a take, or the words of a speech.

Whoever drives it calls `step`: a modal operator's timer under a window, `now` everywhere else.
"""

from __future__ import annotations

import time
from typing import Generic, TypeVar, cast

from exges_core import protocol
from exges_core.errors import Cancelled
from exges_core.protocol import JobProgress

from ..scene import cooperative
from . import client

Outcome = TypeVar("Outcome", covariant=True)


class UnderWay(Generic[Outcome]):
    """One job; subclasses say in `_whole` what is done, in which order.

    Attributes:
        name: its name in "... was cancelled".
        reason: why other buttons are greyed out meanwhile.
        started_s: when it began, on the monotonic clock.
        job: the engine's part, None before it begins.
        is_cancelled: True once it was asked to stop.
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
        """Do all of it, slice by slice."""
        raise NotImplementedError

    def _answering(self, request: protocol.Job) -> cooperative.Work[protocol.Result]:
        """Send a request to the engine and wait for its result."""
        self.job = client.Job(self._engine, request)
        while not self.job.step():
            yield cooperative.Pause()
        assert self.job.result is not None
        return self.job.result

    @property
    def count(self) -> tuple[int, int]:
        """Return which part is under way, from 1, and of how many."""
        return 1, 1

    @property
    def progress(self) -> JobProgress:
        """Return its stage and fraction."""
        if self.job is None:
            return JobProgress(id="", stage="preparing", fraction=0.0)
        if self.job.result is not None:
            return JobProgress(id=self.job.request.id, stage="applying", fraction=1.0)
        return self.job.progress

    @property
    def seconds_left(self) -> float | None:
        """Return the estimated time left, None while unknown."""
        return None if self.job is None or self.job.result is not None else self.job.seconds_left

    def step(self) -> bool:
        """Do one slice; return True when all is done.

        Raises:
            Cancelled: after `cancel`; the scene is unchanged.
            ExgesError: whatever goes wrong.
        """
        is_ours = self.job is None or self.job.result is not None
        if self.is_cancelled and is_ours:
            self.close()
            raise Cancelled(f"{self.name} was cancelled.")
        return self._driver.step()

    @property
    def outcome(self) -> Outcome:
        """Return the result, once `step` has returned True."""
        return cast("Outcome", self._driver.result)

    def now(self) -> Outcome:
        """Do all of it now, blocking.

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
        """Abandon it at once and clean up."""
        self._driver.close()
