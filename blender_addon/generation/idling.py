# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes that no speech is needed for: an idle that loops, made by the engine, and a take's mirror image."""

from __future__ import annotations

import math
import shutil
import uuid
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal, cast

import bpy

from exges_core.motion.npz import read_npz
from exges_core.protocol import Idle, Result
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.settings import IDLE_LENGTHS_S, IdleSettings, values_of
from exges_core.timeline import exact_rate

from ..character import rigcache
from ..engine import client, preferences, underway
from ..scene import cooperative, curves, lookup
from ..takes import faces, heard_words, keyframes, loops, record
from . import checks, facing
from .preparing import posture_file
from .settings import TakeSettings


class MakingIdle(underway.UnderWay[bpy.types.Action]):
    """An idle on its way. Own keys, speech and range are not looked at: it is a take of its own."""

    name = "Generation"
    reason = "A take is being generated"

    def __init__(self, settings: TakeSettings, *, start_frame: int, frames: int, engine: client.Engine) -> None:
        """Begin.

        Args:
            settings: whose manner and seed, how it stands and travels, how it is written.
            start_frame: where it begins in the scene.
            frames: of one turn.
            engine: makes it.

        Raises:
            ExgesError: if the character cannot be animated, or the frame rate or length is none.
        """
        keyframes.leave_tweak_mode(lookup.character(settings.character))
        self._settings, self._start_frame, self._frames = settings, start_frame, frames
        super().__init__(engine)

    @classmethod
    def lasting(cls, seconds: float, settings: TakeSettings, *, engine: client.Engine) -> MakingIdle:
        """Begin an idle of about so long, whole frames of the scene, where its settings say that motion begins.

        Raises:
            ExgesError: as `MakingIdle`.
        """
        rate_hz = checks.check_rate(lookup.scene(settings.scene))
        least_s, most_s = IDLE_LENGTHS_S
        frames = min(max(round(seconds * rate_hz), math.ceil(least_s * rate_hz)), math.floor(most_s * rate_hz))
        return cls(settings, start_frame=settings.start_frame, frames=frames, engine=engine)

    def _whole(self) -> cooperative.Work[str]:
        settings = self._settings
        checks.check_character(lookup.character(settings.character))
        rate_hz = checks.check_rate(lookup.scene(settings.scene))
        self._settings = settings = replace(settings, fps=float(exact_rate(rate_hz)), part=None, base="")
        retargeter = yield from rigcache.requiring(settings.character)
        checks.check_locks(lookup.character(settings.character), retargeter)
        folder = preferences.work_folder(bpy.context)
        try:
            result = yield from self._answering(_request(settings, folder, self._frames, rate_hz))
            return (yield from self._applied(result, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _applied(self, result: Result, folder: Path) -> cooperative.Work[str]:
        settings, start = self._settings, self._start_frame
        retargeter = yield from rigcache.requiring(settings.character)
        options = RetargetOptions(
            travel=cast("Literal['hips', 'root', 'object']", settings.travel),
            is_in_place=settings.is_in_place,
            keep_out=settings.keeps_hands_out,
        )
        stand = keyframes.stand_of(lookup.character(settings.character), retargeter, options)
        curves = yield from cooperative.aside(
            lambda: loops.turned(
                stand,
                read_npz(folder / "motion.npz"),
                start_frame=start,
                options=options,
                tolerance_deg=settings.tolerance_deg,
            )
        )
        name = yield from keyframes.writing(curves, settings.character)
        action, character = bpy.data.actions[name], lookup.character(settings.character)
        record.remember(action, result.report, "")
        heard_words.forget(character)
        remembered = {
            **asdict(settings),
            "first_frame": start,
            "speech_key": "",
            "model": result.report["model"],
            loops.IDLE_KEY: self._frames,
        }
        keyframes.publish(
            character, action, stand, remembered, start_frame=start, as_active_action=settings.as_active_action
        )
        until = lookup.scene(settings.scene).frame_end + 1
        loops.play_on(character, action, self._frames, until_frame=until)
        return action.name

    @property
    def outcome(self) -> bpy.types.Action:
        """Return the take, once `step` has returned True."""
        return bpy.data.actions[cast("str", self._driver.result)]


def _request(settings: TakeSettings, folder: Path, frames: int, rate_hz: float) -> Idle:
    return Idle(
        id=uuid.uuid4().hex,
        seconds=frames / rate_hz,
        outputs=(str(folder / "motion.npz"),),
        posture=posture_file(settings, folder),
        **values_of(settings, IdleSettings),
    )


def mirror(scene: bpy.types.Scene, name: str, take: str) -> bpy.types.Action:
    """Make the mirror image of a take a new take beside it, shown, at the same frames; return it.

    Raises:
        ExgesError: as `loops.mirroring`, and if the frame rate is none that takes have.
    """
    return bpy.data.actions[cooperative.now(_mirroring(scene.name, name, take))]


def _mirroring(scene: str, name: str, take: str) -> cooperative.Work[str]:
    checks.check_character(lookup.character(name))
    rate_hz = checks.check_rate(lookup.scene(scene))
    retargeter = yield from rigcache.requiring(name)
    found = yield from loops.mirroring(name, take, retargeter, rate_hz=rate_hz)
    yield None
    character, numbers = lookup.character(name), curves.numbers()
    face = faces.mirrored(faces.of_take(character, lookup.take(take)), facing.match_of(character), numbers)
    made = yield from keyframes.writing(found, name, face)
    action, original, character = bpy.data.actions[made], bpy.data.actions[take], lookup.character(name)
    settings = record.settings_of(original)
    for key in (record.REPORT_KEY, record.POSES_KEY):
        if key in original:
            action[key] = original[key]
    keyframes.publish(
        character,
        action,
        keyframes.stand_of(character, retargeter, EXACT),
        {**settings, "is_mirrored": not settings.get("is_mirrored", False)},
        start_frame=record.frames_of(original)[0],
        as_active_action=bool(settings.get("as_active_action")),
    )
    frames = record.remembered(original, loops.IDLE_KEY, 0)
    if frames:
        loops.play_on(character, action, frames, until_frame=lookup.scene(scene).frame_end + 1)
    return action.name
