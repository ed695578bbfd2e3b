"""The stages of a job: how long each takes, and its progress on one bar."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from exges_core.protocol import OnProgress, Progress


@dataclass(kw_only=True)
class Stages:
    """Times the stages and maps their progress onto one bar.

    Attributes:
        shares: how much of the bar each stage gets, in order.
        on_progress: the bar.
        timings_s: of the stages that are over.
    """

    shares: Mapping[str, float]
    on_progress: OnProgress
    timings_s: dict[str, float] = field(default_factory=dict[str, float])
    _done: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Generator[OnProgress]:
        """Run one stage; gives the sink for its own progress."""
        start, share = self._done, self.shares[name] / sum(self.shares.values())

        def within(step: Progress) -> None:
            self.on_progress(Progress(stage=name, fraction=start + share * step.fraction, note=step.note))

        within(Progress(stage=name, fraction=0.0))
        with self.timed(name):
            yield within
        self._done = start + share

    @contextmanager
    def timed(self, name: str) -> Generator[None]:
        """Count the time of something short to a stage, before or after its turn on the bar."""
        began_s = time.perf_counter()
        yield
        self.timings_s[name] = self.timings_s.get(name, 0.0) + time.perf_counter() - began_s
