# SPDX-License-Identifier: GPL-3.0-or-later
"""One generation from scene to take, in two halves around the worker's job: `prepare` and `finish`.

The modal operator, Blender without a window, the command line and the tests all go through these. Between the halves
only names are kept: the scene may change.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import bpy
import numpy as np

from exges_core.errors import ExgesError, InputError, RigMatchError, message
from exges_core.motion.npz import read_npz, write_npz
from exges_core.protocol import Request, Result
from exges_core.rig import Retargeter
from exges_core.rig.retarget import RetargetOptions
from exges_core.timeline import MOTION_RATE_HZ, exact_rate

from . import (
    checks,
    compat,
    controls,
    curves,
    keyframes,
    ownkeys,
    preferences,
    reading,
    rigcache,
    speech,
    splice,
    takes,
)
from .wishes import Wish

__all__ = ["Plan", "Wish", "finish", "prepare"]

_EDGE_S = 1.0 / MOTION_RATE_HZ
"""Shortest part that can be made."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A prepared generation: the request, where its files are and where the motion goes.

    Attributes:
        start_frame: of the scene, where the motion begins.
        keys: the animator's keys that it must meet.
        part: the frames made anew while the rest of the base stays; None = all are new.
    """

    wish: Wish
    request: Request
    folder: Path
    start_frame: int
    sequencer_scene: str
    keys: ownkeys.Found
    part: tuple[int, int] | None = None

    def discard(self) -> None:
        """Delete the working files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare(wish: Wish, *, sequencer: bpy.types.Scene) -> Plan:
    """Write what the worker needs into a fresh folder and compose the request; the scene stays as it is.

    Raises:
        RigMatchError: if the character cannot be mapped or animated.
        AudioError: if there is no usable speech.
        InputError: if the frame rate or the range cannot be used.
        OutputError: if the working files cannot be written.
    """
    scene, character = _scene(wish), _character(wish)
    checks.check_character(character)
    rate_hz = checks.check_rate(scene)
    retargeter = rigcache.required(character)
    place = speech.place_of(wish.source, scene, sequencer)
    folder = preferences.work_folder(bpy.context)
    try:
        return _prepared(wish, retargeter, place, sequencer, folder, rate_hz)
    except ExgesError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise InputError(f"{folder}: cannot be written ({error.strerror or error}). Free some space.") from error


def _prepared(
    wish: Wish,
    retargeter: Retargeter,
    place: speech.Place,
    sequencer: bpy.types.Scene,
    folder: Path,
    rate_hz: float,
) -> Plan:
    character = _character(wish)
    sound = speech.write(wish.source, sequencer, folder)
    first, last = place.start_frame, _end_of(place, wish, rate_hz)
    base = _base(wish, character)
    part = clipped(wish.part, (first, last))
    extra: dict[str, object] = {}
    start_s, stop_s = sound.start_s, sound.stop_s
    if base is not None and part is not None:
        part = clipped(part, takes.frames_of(base))
        extra = _kept(character, retargeter, base, first, part, folder, rate_hz)
    elif part is not None and part != (first, last):
        start_s, stop_s = sound.start_s + (part[0] - first) / rate_hz, sound.start_s + (part[1] - first) / rate_hz
        first = part[0]
    keys = ownkeys.Found(controls={"keys": []})
    if wish.use_keys:
        inside = (part or (first, last)) if base is not None else (first, part[1] if part else last)
        keys = ownkeys.find(
            character, retargeter, wish.choice, start_frame=inside[0], stop_frame=inside[1], rate_hz=rate_hz
        )
        for key in keys.controls["keys"]:
            key["time_s"] += (inside[0] - first) / rate_hz
    path = folder / "controls.json"
    if keys.controls["keys"]:
        controls.write_controls(path, keys.controls)
    request = Request(
        id=uuid.uuid4().hex,
        speech=str(sound.path),
        outputs=(str(folder / "motion.npz"),),
        transcript=bpy.path.abspath(wish.transcript) or None,
        controls=str(path) if keys.controls["keys"] else None,
        library=_libraries(wish),
        report=str(folder / "report.json"),
        candidate_poses=str(folder / "poses.npz"),
        start_s=start_s,
        end_s=stop_s,
        speaker=wish.speaker or None,
        seed=wish.seed,
        use_retrieval=wish.use_retrieval,
        retrieval_strength=wish.retrieval_strength,
        retrieval_joints=wish.retrieval_joints,
        pins=wish.pins if wish.use_retrieval else (),
        bans=wish.bans if wish.use_retrieval else (),
        no_gesture=wish.no_gesture if wish.use_retrieval else (),
        energy=wish.energy,
        intensity=wish.intensity,
        fps=float(exact_rate(rate_hz)),
        **extra,
    )
    return Plan(
        wish=wish,
        request=request,
        folder=folder,
        start_frame=first,
        sequencer_scene=sequencer.name,
        keys=keys,
        part=part if base is not None else None,
    )


def _libraries(wish: Wish) -> tuple[str, ...] | None:
    """Return the motion bases, the shipped one first: numbers of its gestures stay when the user's own is added."""
    if not wish.library:
        return None
    own = bpy.path.abspath(wish.library)
    return ("default", own) if wish.use_shipped else (own,)


def _end_of(place: speech.Place, wish: Wish, rate_hz: float) -> int:
    """Return the frame after the speech's last; where its length is unknown, far enough."""
    seconds = speech.LONGEST_S if place.seconds is None else place.seconds
    end = place.start_frame + max(1, round(seconds * rate_hz))
    return max(end, wish.part[1]) if place.seconds is None and wish.part else end


def clipped(part: tuple[int, int] | None, whole: tuple[int, int]) -> tuple[int, int] | None:
    """Return the part of a range inside another one.

    Raises:
        InputError: if there is none.
    """
    if part is None:
        return None
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


def _base(wish: Wish, character: bpy.types.Object) -> bpy.types.Action | None:
    """Return the take that stays outside of the part; None = nothing has to stay.

    Raises:
        InputError: if the character has no such take, or it cannot be read back.
    """
    if wish.part is None or not wish.base:
        return None
    base = next((each for each in keyframes.takes_of(character) if each.name == wish.base), None)
    if base is None:
        raise InputError(f"Range: the character has no take {wish.base!r} to keep. Choose the whole range.")
    frames = takes.frames_of(base)
    if wish.part[0] <= frames[0] and wish.part[1] >= frames[1]:
        return None
    if takes.record(base).get("travel", "hips") != "hips":
        raise InputError("Range: a take whose root or object travels can only be made anew as a whole.")
    return base


def _kept(
    character: bpy.types.Object,
    retargeter: Retargeter,
    base: bpy.types.Action,
    first: int,
    part: tuple[int, int],
    folder: Path,
    rate_hz: float,
) -> dict[str, object]:
    """Write the base's motion, as it is on the rig now, and return what the request says of it."""
    start, stop = takes.frames_of(base)
    start = max(start, first)
    count = int((stop - 1 - start) / rate_hz * MOTION_RATE_HZ + 1e-6) + 1
    frames = start + np.arange(count) / MOTION_RATE_HZ * rate_hz
    channels = curves.by_channel(compat.curves_of(base))
    clip = reading.clip_of(character, retargeter, channels, frames, rate_hz=float(MOTION_RATE_HZ))
    path = folder / "base.npz"
    write_npz(path, clip)
    begin_s, length_s = (start - first) / rate_hz, count / MOTION_RATE_HZ
    inside = ((part[0] - first) / rate_hz, min((part[1] - first) / rate_hz, begin_s + length_s))
    if inside[1] - inside[0] < _EDGE_S:
        raise InputError("Range: it is shorter than a frame. Choose more.")
    return {"base_motion": str(path), "base_start_s": begin_s, "keep_outside_s": inside}


def _scene(wish: Wish) -> bpy.types.Scene:
    scene = bpy.data.scenes.get(wish.scene)
    if scene is None:
        raise InputError(f"Scene: {wish.scene!r} is gone. Choose the scene again and press Generate.")
    return scene


def _character(wish: Wish) -> bpy.types.Object:
    character = bpy.data.objects.get(wish.character)
    if character is None:
        names = ", ".join(each.name for each in bpy.data.objects if each.type == "ARMATURE") or "no armature at all"
        raise RigMatchError(
            message(
                expected=f"an armature {wish.character!r}" if wish.character else "an armature",
                got=names,
                where="Character",
                do="Choose the character's armature.",
            )
        )
    return character


def finish(plan: Plan, result: Result) -> bpy.types.Action:
    """Turn the worker's result into a take.

    Raises:
        InputError: if the character, the scene or the take to keep has gone meanwhile; the scene is unchanged then.
    """
    wish = plan.wish
    scene, character = _scene(wish), _character(wish)
    checks.check_character(character)
    base = _base(wish, character) if plan.part is not None else None
    clip, report = read_npz(Path(result.outputs[0])), result.report
    settings = {
        **asdict(wish),
        "first_frame": plan.start_frame,
        "speech_key": wish.speech_key,
        **{name: report[name] for name in ("model", "library", "sampler", "steps") if name in report},
    }
    own, edited = ownkeys.own_channels(character), bpy.data.actions.get(plan.keys.edited_take)
    in_place = base is not None or plan.keys.has_path
    action = keyframes.add_take(
        scene,
        character,
        clip,
        start_frame=plan.start_frame,
        settings=settings,
        as_active_action=wish.as_active_action,
        options=RetargetOptions(travel=wish.travel, is_in_place=wish.is_in_place),
        exact_frames=(*plan.keys.hard, *plan.keys.edited),
        origin_m=np.zeros(3) if in_place else None,
        retargeter=rigcache.required(character),
    )
    rate_hz = keyframes.scene_rate_hz(scene)
    splice.settle(character, action, own, plan.keys.hard, rate_hz=rate_hz)
    keyed = {round(frame) for frame in (*plan.keys.hard, *plan.keys.edited)}
    if edited is not None and plan.keys.edited:
        channels = curves.by_channel(compat.curves_of(edited))
        splice.settle(character, action, channels, plan.keys.edited, rate_hz=rate_hz)
        splice.mark_own(action, plan.keys.edited, channels)
    if wish.tolerance_deg > 0.0:
        edges = () if plan.part is None else (plan.part[0] - 1, plan.part[0], plan.part[1] - 1, plan.part[1])
        height = float(max(character.dimensions) or 1.0)
        curves.thin(compat.curves_of(action), tolerance_deg=wish.tolerance_deg, height=height, kept=(*keyed, *edges))
    if base is not None and plan.part is not None:
        splice.keep_outside(action, base, plan.part, own_frames=keyed, rate_hz=rate_hz)
    takes.remember(action, report, plan.folder / "poses.npz")
    return action
