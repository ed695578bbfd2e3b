# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes from settings to keys: prepared, made by the engine, applied. The window and everything else go this way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import bpy

from exges_core.errors import ExgesError
from exges_core.protocol import JobProgress

from ..engine import client, underway
from ..scene import cooperative, lookup
from ..scene.extension import stored
from ..takes import keyframes, record
from . import applying, preparing, seeds
from .settings import TakeSettings

_Outcome = TypeVar("_Outcome")
_KNOWN = 0.05
"""The fraction of the work from which on the time left is told."""


class _Takes(underway.UnderWay[_Outcome]):
    """Takes of one character on their way."""

    name = "Generation"
    reason = "A take is being generated"

    def __init__(
        self, settings: Sequence[TakeSettings], *, sequencer: str, engine: client.Engine, shown: int | None = None
    ) -> None:
        """Begin; a strip that is tweaked is left, for its Action would stand where the animator's own keys are read.

        Args:
            settings: each take's.
            sequencer: the scene whose strips are heard.
            engine: makes them.
            shown: the seed in the panel, which is to show the takes' instead; None = no panel asks for them.

        Raises:
            ExgesError: as `preparing.preparing` and `client.Engine.start`.
        """
        character = bpy.data.objects.get(settings[0].character)
        if character is not None:
            keyframes.leave_tweak_mode(character)
        self._settings, self._sequencer, self._shown = settings, sequencer, shown
        super().__init__(engine)

    def _one(self, settings: TakeSettings) -> cooperative.Work[str]:
        """Make one take; return its name."""
        plan = yield from preparing.preparing(settings, sequencer=self._sequencer)
        try:
            made_of = seeds.asked(settings)
            result = yield from self._answering(plan.request)
            name = yield from applying.finishing(plan, result)
        finally:
            plan.discard()
        seeds.remember(settings, name, made_of, shown=self._shown)
        self._shown = None if self._shown is None else settings.seed
        return name


class Making(_Takes[bpy.types.Action]):
    """One take on its way."""

    def __init__(
        self, settings: TakeSettings, *, sequencer: str, engine: client.Engine, shown: int | None = None
    ) -> None:
        super().__init__((settings,), sequencer=sequencer, engine=engine, shown=shown)

    def _whole(self) -> cooperative.Work[str]:
        return (yield from self._one(self._settings[0]))

    @property
    def outcome(self) -> bpy.types.Action:
        """Return the take, once `step` has returned True."""
        return bpy.data.actions[cast("str", self._driver.result)]


@dataclass(frozen=True, kw_only=True)
class Made:
    """Takes that were made one after the other.

    Attributes:
        takes: those that are ready.
        ended_by: why there are fewer than were asked for; None = all are there.
    """

    takes: tuple[bpy.types.Action, ...]
    ended_by: ExgesError | None


class MakingSeveral(_Takes[Made]):
    """Takes of the same speech on their way, one after the other, each an undo step. What is finished stays.

    The engine keeps the words of a sound that it has heard: those after the first hear nothing.
    """

    def __init__(
        self, settings: Sequence[TakeSettings], *, sequencer: str, engine: client.Engine, shown: int | None = None
    ) -> None:
        self._made: list[str] = []
        self._ended_by: ExgesError | None = None
        super().__init__(settings, sequencer=sequencer, engine=engine, shown=shown)

    def _whole(self) -> cooperative.Work[None]:
        for settings in self._settings:
            self.job = None
            before = record.shown(lookup.character(settings.character))
            kept = "" if before is None else before.name
            name = yield from self._one(settings)
            self._made.append(name)
            stored(lookup.character(settings.character)).compared = kept
            bpy.ops.ed.undo_push(message=f"Generate: {name}")

    def step(self) -> bool:
        """Do one slice; return True when all is done, or nothing more comes of it.

        Raises:
            ExgesError: as `UnderWay.step`, while no take is finished.
        """
        try:
            return super().step()
        except ExgesError as error:
            if not self._made:
                raise
            self._ended_by = error
            return True

    @property
    def count(self) -> tuple[int, int]:
        """Return which take is made, from 1, and of how many."""
        return min(len(self._made) + 1, len(self._settings)), len(self._settings)

    @property
    def progress(self) -> JobProgress:
        """Return the stage of the take that is made, and the fraction of all."""
        now = super().progress
        return replace(now, fraction=min(1.0, (len(self._made) + now.fraction) / len(self._settings)))

    @property
    def seconds_left(self) -> float | None:
        """Return the estimated time left for all, None while unknown."""
        passed_s, fraction = time.monotonic() - self.started_s, self.progress.fraction
        return passed_s * (1.0 - fraction) / fraction if fraction > _KNOWN else None

    @property
    def outcome(self) -> Made:
        """Return what was made and is still there, once `step` has returned True."""
        takes = tuple(bpy.data.actions[name] for name in self._made if name in bpy.data.actions)
        return Made(takes=takes, ended_by=self._ended_by)
