# SPDX-License-Identifier: GPL-3.0-or-later
"""A take from settings to keys: prepared, made by the engine, applied. The window and everything else go this way."""

from __future__ import annotations

from typing import cast

import bpy

from ..engine import client, underway
from ..scene import cooperative
from ..takes import keyframes
from . import applying, preparing
from .settings import TakeSettings


class Making(underway.UnderWay[bpy.types.Action]):
    """One take on its way."""

    name = "Generation"
    reason = "A take is being generated"

    def __init__(self, settings: TakeSettings, *, sequencer: str, engine: client.Engine) -> None:
        """Begin; a strip that is tweaked is left, for its Action would stand where the animator's own keys are read.

        Raises:
            ExgesError: as `preparing.preparing` and `client.Engine.start`.
        """
        character = bpy.data.objects.get(settings.character)
        if character is not None:
            keyframes.leave_tweak_mode(character)
        self._settings, self._sequencer = settings, sequencer
        super().__init__(engine)

    def _whole(self) -> cooperative.Work[str]:
        plan = yield from preparing.preparing(self._settings, sequencer=self._sequencer)
        try:
            result = yield from self._answering(plan.request)
            return (yield from applying.finishing(plan, result))
        finally:
            plan.discard()

    @property
    def outcome(self) -> bpy.types.Action:
        """Return the take, once `step` has returned True."""
        return bpy.data.actions[cast("str", self._driver.result)]
