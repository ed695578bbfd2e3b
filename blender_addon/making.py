# SPDX-License-Identifier: GPL-3.0-or-later
"""A take from wish to keys: prepared, made by the engine, applied. The window and everything else go this way."""

from __future__ import annotations

import time

import bpy

from exges_core.errors import Cancelled
from exges_core.protocol import JobProgress

from . import applying, generation, job, keyframes, slices


class Making:
    """One take on its way. `step` is called by the modal operator's timer, or `now` does all of it.

    Attributes:
        started_s: when it began.
        job: the engine's part, None before it begins.
        is_cancelled: True = it was asked to stop.
    """

    def __init__(self, wish: generation.Wish, *, sequencer: str, engine: job.Engine) -> None:
        """Begin; a strip that is tweaked is left, for its Action would stand where the animator's own keys are read.

        Raises:
            ExgesError: as `generation.preparing` and `job.Engine.start`.
        """
        character = bpy.data.objects.get(wish.character)
        if character is not None:
            keyframes.leave_tweak_mode(character)
        self.started_s = time.monotonic()
        self.job: job.Job | None = None
        self.is_cancelled = False
        self._wish, self._sequencer, self._engine = wish, sequencer, engine
        self._driver = slices.Driver(self._whole())

    def _whole(self) -> slices.Work[str]:
        plan = yield from generation.preparing(self._wish, sequencer=self._sequencer)
        try:
            self.job = job.Job(self._engine, plan.request)
            while not self.job.step():
                yield slices.Pause()
            assert self.job.result is not None
            return (yield from applying.finishing(plan, self.job.result))
        finally:
            plan.discard()

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
        """Do a little; return True when the take is there.

        Raises:
            Cancelled: after a cancel; nothing of the scene has changed.
            ExgesError: as `generation.preparing`, `job.Job.step` and `applying.finishing`.
        """
        is_ours = self.job is None or self.job.result is not None
        if self.is_cancelled and is_ours:
            self.close()
            raise Cancelled("Generation was cancelled.")
        return self._driver.step()

    def now(self) -> bpy.types.Action:
        """Do all of it at once and return the take.

        Raises:
            ExgesError: as `step`.
        """
        try:
            while not self.step():
                time.sleep(slices.SLICE_S)
        except KeyboardInterrupt:
            self.close()
            raise
        return self.take

    @property
    def take(self) -> bpy.types.Action:
        """Return the take, once `step` has returned True."""
        return bpy.data.actions[self._driver.result]

    def cancel(self) -> None:
        """Ask it to stop; `step` raises Cancelled once it has."""
        self.is_cancelled = True
        if self.job is not None:
            self.job.cancel()

    def close(self) -> None:
        """Give it up at once; nothing stays of it."""
        self._driver.close()
