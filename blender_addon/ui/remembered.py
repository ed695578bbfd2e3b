# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons why a button is grey, and what is seen of a face, kept for a moment: panels draw many times in one."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

import bpy

from ..character import rigcache
from ..face import found
from ..scene.interface import redraw

_Seen = TypeVar("_Seen")
_GLANCE_S = 0.5
"""One drawing asks dozens of times, each button of a row for itself."""
_FRESH_S = 1.0
"""A reason is looked for again after so long."""

_LATER_S = 0.05
"""So long after that the panels are drawn again."""
_DEFECT = "A defect in ExGes, see the console for all of it"


class Memory:
    """A reason that was found a moment ago."""

    def __init__(self, look: Callable[[bpy.types.Context], str]) -> None:
        self.key: object = None
        self.until_s = 0.0
        self.reason = ""
        self._look = look

    def asked(self, context: bpy.types.Context, key: object, *, is_fresh: bool, lasts_s: float) -> str:
        """Return the reason, looked for once a second at most; it is not looked for again within `lasts_s`.

        One that is only remembered is drawn again when its second is over: what it is about may have changed since.
        """
        left_s = self.until_s - time.monotonic()
        if is_fresh or self.key != key or lasts_s > left_s:
            self.reason = self._found(context)
            is_passing = self.reason == rigcache.LOOKING
            self.key, self.until_s = key, 0.0 if is_passing else time.monotonic() + _FRESH_S
        elif self.reason and not bpy.app.timers.is_registered(_draw_again):
            bpy.app.timers.register(_draw_again, first_interval=left_s + _LATER_S)
        return self.reason

    def _found(self, context: bpy.types.Context) -> str:
        """Look for the reason; a defect in looking is one itself, or the button would be grey without any."""
        try:
            return self._look(context)
        except Exception as error:  # noqa: BLE001 - whatever it is
            traceback.print_exc()
            return f"{_DEFECT} ({type(error).__name__}: {error})"


class Glance(Generic[_Seen]):
    """What panels show of a character: drawing looks the first time alone, a timer looks again behind it."""

    def __init__(self, look: Callable[[bpy.types.Object], _Seen]) -> None:
        self.seen: _Seen | None = None
        self.name = ""
        self.until_s = 0.0
        self._look = look
        self._timer = self._look_again

    def of(self, character: bpy.types.Object) -> _Seen:
        """Return what was seen of a character a moment ago; panels are drawn again if that has changed."""
        is_old = time.monotonic() > self.until_s
        if self.seen is None or self.name != character.name_full or (is_old and bpy.app.background):
            return self._looked(character)
        if is_old and not bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.register(self._timer, first_interval=0.0)
        return self.seen

    def forget(self) -> None:
        """Let the next look be a fresh one."""
        self.seen = None

    def _looked(self, character: bpy.types.Object) -> _Seen:
        self.seen = seen = self._look(character)
        self.name, self.until_s = character.name_full, time.monotonic() + _GLANCE_S
        return seen

    def _look_again(self) -> None:
        before, character = self.seen, bpy.data.objects.get(self.name)
        if before is not None and (character is None or self._looked(character) is not before):
            self.seen = self.seen if character is not None else None
            redraw(bpy.context)


FACE = Glance(found.face_of)


def _draw_again() -> None:
    redraw(bpy.context)
