# SPDX-License-Identifier: GPL-3.0-or-later
"""One generation from scene to take, first half: what is asked of the worker. The second half is `applying`.

The modal operator, Blender without a window, the command line and the tests all go through these. Between slices, and
while the worker works, only names are kept: the scene may change.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import bpy
import numpy as np

from exges_core.errors import InputError, message
from exges_core.motion.npz import write_npz
from exges_core.protocol import Request
from exges_core.rig import Retargeter
from exges_core.settings import FaceSettings, GenerationSettings, GestureChoice, check, values_of
from exges_core.timeline import MOTION_RATE_HZ, exact_rate

from ..character import rigcache
from ..engine import preferences
from ..scene import cooperative, lookup
from ..sound import sources
from ..takes import controls, keyframes, layer_blending, layers, modes, reading, record, user_keys
from . import checks, facing, holding, transcript
from .settings import TakeSettings

_EDGE_S = 1.0 / MOTION_RATE_HZ
"""Shortest part that can be made."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A prepared generation: the request, where its files are and where the motion goes.

    Attributes:
        start_frame: of the scene, where the motion begins.
        keys: the animator's keys that it must meet.
        held: parts of the body that stay in the own animation; None = none does.
        part: the frames made anew while the rest of the base stays; None = all are new.
        face: what its face is made of; None = it has none.
        warnings: what was asked for and is not done, in plain words.
    """

    settings: TakeSettings
    request: Request
    folder: Path
    start_frame: int
    sequencer_scene: str
    keys: user_keys.Found
    held: holding.Held | None = None
    part: tuple[int, int] | None = None
    face: facing.Asked | None = None
    warnings: tuple[str, ...] = ()

    def discard(self) -> None:
        """Delete the working files."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What the engine is told of motion that stays, as `protocol.Request` has it."""

    base_motion: str
    base_start_s: float
    keep_outside_s: tuple[float, float]


def prepare(settings: TakeSettings, *, sequencer: bpy.types.Scene) -> Plan:
    """Write what the worker needs into a fresh folder and compose the request, at once; the scene stays as it is.

    Raises:
        ExgesError: as `preparing`.
    """
    return cooperative.now(preparing(settings, sequencer=sequencer.name))


def preparing(settings: TakeSettings, *, sequencer: str) -> cooperative.Work[Plan]:
    """Write what the worker needs into a fresh folder and compose the request, slice by slice.

    The scene stays as it is. A work that is given up deletes its folder.

    Raises:
        RigMatchError: if the character cannot be mapped or animated.
        AudioError: if there is no usable speech.
        InputError: if a setting, the frame rate, the range or the recogniser cannot be used, or something has gone
            meanwhile.
        TranscriptError: if the Text that is the transcript has gone or is empty.
        OutputError: if the working files cannot be written.
    """
    check(settings)
    scene = lookup.scene(settings.scene)
    checks.check_character(lookup.character(settings.character))
    checks.check_recogniser(settings)
    rate_hz = checks.check_rate(scene)
    settings = replace(settings, fps=float(exact_rate(rate_hz)))
    place = sources.place_of(settings.source, scene, lookup.scene(sequencer))
    retargeter = yield from rigcache.requiring(settings.character)
    checks.check_locks(lookup.character(settings.character), retargeter)
    folder, plan = preferences.work_folder(bpy.context), None
    try:
        sound = yield from sources.writing(settings.source, sequencer, folder)
        plan = yield from _planning(settings, retargeter, place, sound, sequencer, folder, rate_hz)
        return plan
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error}). Free some space.") from error
    finally:
        if plan is None:
            shutil.rmtree(folder, ignore_errors=True)


def _planning(
    settings: TakeSettings,
    retargeter: Retargeter,
    place: sources.Place,
    sound: sources.Stretch,
    sequencer: str,
    folder: Path,
    rate_hz: float,
) -> cooperative.Work[Plan]:
    first, last = place.start_frame, _end_of(place, settings, rate_hz)
    base = base_of(settings, lookup.character(settings.character))
    part = None if settings.part is None else clipped(settings.part, (first, last))
    kept: _Kept | None = None
    if base is not None and part is not None:
        part = clipped(part, record.frames_of(base))
        kept = yield from _keeping(settings.character, retargeter, base.name, first, part, folder, rate_hz)
    elif part is not None and part != (first, last):
        start_s, stop_s = ((frame - first) / rate_hz for frame in part)
        sound = replace(sound, start_s=sound.start_s + start_s, stop_s=sound.start_s + stop_s)
        first = part[0]
    # Where nobody knows how long the speech is, the scene's end has to do.
    end = last if place.seconds else lookup.scene(settings.scene).frame_end + 1
    stop = part[1] if part is not None and kept is None else end
    held = yield from _holding(settings, retargeter, folder, (first, max(stop, first + 1)), rate_hz)
    keys = user_keys.Found(controls={"keys": []})
    path = folder / "controls.json"
    if settings.use_keys:
        character = lookup.character(settings.character)
        layer_blending.require_readable_keys(character, record.shown(character))
        inside = part if kept is not None and part is not None else (first, part[1] if part else last)
        keys = yield from user_keys.finding(
            settings.character,
            retargeter,
            settings.choice,
            start_frame=inside[0],
            stop_frame=inside[1],
            rate_hz=rate_hz,
        )
        for key in keys.controls["keys"]:
            key["time_s"] += (inside[0] - first) / rate_hz
        if keys.controls["keys"]:
            yield from cooperative.aside(lambda: controls.write_controls(path, keys.controls), writes_files=True)
    face, why_not = facing.request(settings)
    inside = part if kept is not None and part is not None else (first, end)
    given = _Given(controls=str(path) if keys.controls["keys"] else None, kept=kept, held=held, face=face)
    return Plan(
        settings=settings,
        request=_request(settings, folder, sound, given),
        folder=folder,
        start_frame=first,
        sequencer_scene=sequencer,
        keys=keys,
        held=held,
        part=None if kept is None else part,
        face=facing.asked(settings, inside) if face.face else None,
        warnings=(why_not,) if why_not else (),
    )


@dataclass(frozen=True, kw_only=True)
class _Given:
    """What a take is made beside."""

    controls: str | None
    kept: _Kept | None
    held: holding.Held | None
    face: FaceSettings


def _holding(
    settings: TakeSettings, retargeter: Retargeter, folder: Path, frames: tuple[int, int], rate_hz: float
) -> cooperative.Work[holding.Held | None]:
    busy = holding.check(settings.busy, retargeter)
    if not busy:
        return None
    return (
        yield from holding.reading(
            settings.character, settings.scene, retargeter, busy, folder, frames=frames, rate_hz=rate_hz
        )
    )


def _request(settings: TakeSettings, folder: Path, sound: sources.Stretch, given: _Given) -> Request:
    """Return the request of a take, with what was found out about its speech, its keys and what it keeps."""
    if not settings.use_retrieval:
        settings = replace(settings, **values_of(GestureChoice(), GestureChoice))
    return Request(
        id=uuid.uuid4().hex,
        speech=str(sound.path),
        start_s=sound.start_s,
        end_s=sound.stop_s,
        transcript=transcript.file_of(settings, folder),
        speaker_tier=settings.speaker_tier or None,
        asr=settings.asr,
        outputs=(str(folder / "motion.npz"),),
        report=str(folder / "report.json"),
        candidate_poses=str(folder / "poses.npz"),
        controls=given.controls,
        held=None if given.held is None else str(given.held.motion),
        posture=posture_file(settings, folder),
        library=_libraries(settings),
        score=absolute(settings.score),
        score_out=absolute(settings.score_out),
        **{
            **values_of(settings, GenerationSettings),
            **values_of(given.face, FaceSettings),
            "busy": () if given.held is None else given.held.texts(),
        },
        **({} if given.kept is None else asdict(given.kept)),
    )


def posture_file(settings: TakeSettings, folder: Path) -> str | None:
    """Return the posture as a file, None if there is none; a saved pose is written into the folder."""
    if not settings.posture_text:
        return absolute(settings.posture)
    path = folder / "posture.json"
    path.write_text(settings.posture_text, encoding="utf-8")
    return str(path)


def absolute(path: str) -> str | None:
    """Return a file as the engine is told it; Blender's own `//` means beside the open file."""
    return bpy.path.abspath(path) if path else None


def _libraries(settings: TakeSettings) -> tuple[str, ...] | None:
    """Return the motion bases, the shipped one first: numbers of its gestures stay when the user's own is added."""
    if not settings.library:
        return None
    own = bpy.path.abspath(settings.library)
    return ("default", own) if settings.use_shipped else (own,)


def _end_of(place: sources.Place, settings: TakeSettings, rate_hz: float) -> int:
    """Return the frame after the speech's last; where its length is unknown, far enough."""
    seconds = sources.LONGEST_S if place.seconds is None else place.seconds
    end = place.start_frame + max(1, round(seconds * rate_hz))
    return max(end, settings.part[1]) if place.seconds is None and settings.part else end


def clipped(part: tuple[int, int], whole: tuple[int, int]) -> tuple[int, int]:
    """Return the part of a range inside another one.

    Raises:
        InputError: if there is none.
    """
    start, stop = max(part[0], whole[0]), min(part[1], whole[1])
    if stop <= start:
        raise InputError(
            message(
                expected=f"a range inside frames {whole[0]} to {whole[1] - 1}",
                got=f"{part[0]} to {part[1] - 1}",
                where="Range",
                do="Choose frames in which the speech is heard.",
            )
        )
    return start, stop


def base_of(settings: TakeSettings, character: bpy.types.Object) -> bpy.types.Action | None:
    """Return the take that stays outside of the part; None = nothing has to stay.

    Raises:
        InputError: if the character has no such take, or it cannot be read back.
    """
    if settings.part is None or not settings.base:
        return None
    base = next((each for each in keyframes.takes_of(character) if each.name == settings.base), None)
    if base is None:
        raise InputError(f"Range: the character has no take {settings.base!r} to keep. Choose the whole range.")
    frames = record.frames_of(base)
    if settings.part[0] <= frames[0] and settings.part[1] >= frames[1]:
        return None
    layers.require_whole(character, base, "Range")
    if not modes.fits(character, keyframes.takes_of(character), base):
        raise InputError(f"Range: the bones' rotation modes are not those of {base.name!r}. Show that take first.")
    if record.remembered(base, "travel", "hips") != "hips":
        raise InputError("No range of a take whose root or object travels can be made again: generate the whole take.")
    return base


def _keeping(
    name: str,
    retargeter: Retargeter,
    base: str,
    first: int,
    part: tuple[int, int],
    folder: Path,
    rate_hz: float,
) -> cooperative.Work[_Kept]:
    """Write the base's motion, as it is on the rig now, and return what the request says of it."""
    start, stop = record.frames_of(bpy.data.actions[base])
    start = max(start, first)
    count = int((stop - 1 - start) / rate_hz * MOTION_RATE_HZ + 1e-6) + 1
    begin_s, length_s = (start - first) / rate_hz, count / MOTION_RATE_HZ
    inside = ((part[0] - first) / rate_hz, min((part[1] - first) / rate_hz, begin_s + length_s))
    if inside[1] - inside[0] < _EDGE_S:
        raise InputError("Range: it is shorter than a frame. Choose more.")
    frames = start + np.arange(count) / MOTION_RATE_HZ * rate_hz
    clip = yield from reading.clipping(
        name, retargeter, lambda: lookup.curves_of_action(base), frames, rate_hz=float(MOTION_RATE_HZ)
    )
    path = folder / "base.npz"
    yield from cooperative.aside(lambda: write_npz(path, clip), writes_files=True)
    return _Kept(base_motion=str(path), base_start_s=begin_s, keep_outside_s=inside)
