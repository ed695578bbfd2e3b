# SPDX-License-Identifier: GPL-3.0-or-later
"""One generation from scene to take, second half: the worker's motion becomes a take.

All of a take is worked out as arrays first, then written into an Action that nobody uses yet, and only the last slice
gives it to the character: whatever happens before, nothing of the scene has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

import bpy
import numpy as np

from exges_core.errors import ExgesError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.protocol import Result
from exges_core.rig.options import RetargetOptions

from ..character import rigcache
from ..face import moving
from ..scene import cooperative, curves, lookup, tracks
from ..takes import controls, goals, heard_words, keyframes, modes, posing, record, splice, turns, user_keys
from . import checks, face_curves, facing, holding, preparing

_ABOUT_S = 5.0
"""How much of the motion about a range is put on the rig with it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scene:
    """What was read of the scene: all that the take depends on.

    Attributes:
        own: the animator's own keys that the take must pass through, by bone.
        edited: those that were set inside the take before.
        base: the take that stays outside of a range; None = nothing stays.
        keyed: bones that the animator turns outside of takes: their rotation mode has to stay.
        modes: bone -> the rotation mode that it had before takes gave it another one.
        face: what moves it, and what its curves have to meet.
    """

    stand: posing.Stand
    rate_hz: float
    own: Mapping[str, splice.Goal]
    edited: Mapping[str, splice.Goal]
    base: Mapping[tracks.Place, splice.Kept] | None
    keyed: frozenset[str]
    modes: Mapping[str, str]
    face: facing.Face


@dataclass(frozen=True, kw_only=True, eq=False)
class _Composed:
    """All curves of a take, bones that it gives other rotation modes, and what is to be said of its face."""

    body: tracks.Tracks
    faces: moving.Faces
    written_for: Mapping[str, str]
    warnings: tuple[str, ...]


def finish(plan: preparing.Plan, result: Result) -> bpy.types.Action:
    """Turn the worker's result into a take, at once.

    Raises:
        ExgesError: as `finishing`.
    """
    return bpy.data.actions[cooperative.now(finishing(plan, result))]


def finishing(plan: preparing.Plan, result: Result) -> cooperative.Work[str]:
    """Turn the worker's result into a take, slice by slice; return its name.

    Raises:
        InputError: if the character, the scene or the take to keep has gone meanwhile; the scene is unchanged then.
    """
    settings = plan.settings
    packing = cooperative.Aside(lambda: record.packed_poses(plan.folder / "poses.npz"))
    try:
        scene = yield from _reading(plan)
        made = yield from cooperative.aside(lambda: _composed(plan, scene, Path(result.outputs[0])))
    finally:
        packing.wait()  # it reads a file whose folder may be deleted next; it is done long before
    poses = packing.result()
    name = yield from keyframes.writing(made.body, settings.character, made.faces)
    action = bpy.data.actions[name]
    try:
        character = lookup.character(settings.character)
        checks.check_character(character)
        lookup.pose_bones(settings.character, scene.stand.retargeter)
    except ExgesError:
        keyframes.remove_actions(action)
        raise
    report = _told(plan, scene, [*made.warnings, *facing.tidied(character, action, made.faces)], result.report)
    remembered = {
        **asdict(settings),
        "first_frame": plan.start_frame,
        "speech_key": settings.speech_key,
        **{each: report[each] for each in ("model", "library") if each in report},
        **({"heard_by": report["asr"]} if "asr" in report else {}),
    }
    record.remember(action, report, poses)
    heard_words.forget(character)
    keyframes.publish(
        character,
        action,
        scene.stand,
        remembered,
        start_frame=plan.start_frame,
        as_active_action=settings.as_active_action,
        written_for=made.written_for,
    )
    return action.name


def _told(plan: preparing.Plan, scene: _Scene, more: Sequence[str], report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the engine's report with what this character could not do among its warnings."""
    held = [] if plan.held is None else plan.held.warnings(scene.stand.retargeter, plan.start_frame, scene.rate_hz)
    told = [*plan.warnings, *scene.face.warnings, *more, *held]
    return {**report, "warnings": [*report.get("warnings", ()), *told]} if told else report


def _options(plan: preparing.Plan) -> RetargetOptions:
    is_carried = plan.held is not None and holding.is_carried(plan.held.busy)
    return RetargetOptions(
        travel="hips" if is_carried else cast("Literal['hips', 'root', 'object']", plan.settings.travel),
        is_in_place=plan.settings.is_in_place and not is_carried,
        keep_out=plan.settings.keeps_hands_out,
    )


def _reading(plan: preparing.Plan) -> cooperative.Work[_Scene]:
    """Read what the take depends on."""
    name = plan.settings.character
    checks.check_character(lookup.character(name))
    retargeter = yield from rigcache.requiring(name)
    own = yield from _goals(name, plan.keys.hard, lambda: user_keys.own_channels(lookup.character(name)))
    edited: dict[str, splice.Goal] = {}
    if plan.keys.edited and plan.keys.edited_take in bpy.data.actions:
        edited = yield from _goals(
            name, plan.keys.edited, lambda: keyframes.curves_now(name, plan.keys.edited_take), with_types=True
        )
    base = None
    if plan.part is not None:
        base = yield from _keeping(plan, plan.part)
    face = yield from facing.reading(plan.settings, plan.face, plan.settings.base if plan.part else "", plan.part)
    lookup.pose_bones(name, retargeter)
    character = lookup.character(name)
    return _Scene(
        stand=keyframes.stand_of(character, retargeter, _options(plan), [each.bone for each in face.bones.channels]),
        rate_hz=lookup.scene_rate_hz(lookup.scene(plan.settings.scene)),
        own={**own, **face.own},
        edited={**edited, **face.edited},
        base=base,
        keyed=frozenset(bone for path, _ in user_keys.own_channels(character) if (bone := controls.turned_bone(path))),
        modes=modes.before(keyframes.takes_of(character)),
        face=face,
    )


def _goals(
    name: str, keyed: Mapping[float, set[str]], curves_now: curves.CurvesNow, *, with_types: bool = False
) -> cooperative.Work[dict[str, splice.Goal]]:
    """Read what curves give for keyed bones on whole frames, and with_types the types of their keys there."""
    frames_of: dict[str, list[float]] = {}
    for frame in sorted(keyed):
        for bone in keyed[frame] if float(frame).is_integer() else ():
            frames_of.setdefault(bone, []).append(frame)
    found: dict[str, splice.Goal] = {}
    for name_of_bone, wanted in frames_of.items():
        bones, channels = lookup.pose_of(lookup.character(name)).bones, curves_now()
        if name_of_bone in bones:
            frames = np.array(wanted)
            found[name_of_bone] = goals.of_bone(bones[name_of_bone], channels, frames, with_types=with_types)
        yield None
    return found


def _keeping(plan: preparing.Plan, part: tuple[int, int]) -> cooperative.Work[dict[tracks.Place, splice.Kept]]:
    """Read the take that stays outside of a range."""
    base = preparing.base_of(plan.settings, lookup.character(plan.settings.character))
    name = plan.settings.base if base is None else base.name
    keys = yield from curves.reading(lambda: lookup.curves_of_action(name))
    found: dict[tracks.Place, splice.Kept] = {}
    left = list(keys)
    while left:
        begun_s, channels = cooperative.clock(), lookup.curves_of_action(name)
        while left and not cooperative.is_over(begun_s):
            place = left.pop(0)
            if place in channels:
                found[place] = goals.kept(channels[place], keys[place], part)
        yield None
    return found


def _free_of(plan: preparing.Plan, stand: posing.Stand, goals: Mapping[str, splice.Goal]) -> Mapping[str, splice.Goal]:
    """Return goals without bones that are held, for these are where the own animation has them already."""
    held = None if plan.held is None else plan.held.bones(stand.retargeter)
    return {bone: goal for bone, goal in goals.items() if held is None or bone not in held}


def _composed(plan: preparing.Plan, scene: _Scene, motion: Path) -> _Composed:
    """Return the take; numpy alone, in a thread."""
    body, written_for = _body(plan, scene, motion)
    faces, warnings = face_curves.composed(
        scene.face,
        motion,
        start_frame=plan.start_frame,
        rate_hz=scene.rate_hz,
        part=None if scene.base is None else plan.part,
        is_thinned=plan.settings.tolerance_deg > 0.0,
        numbers=scene.stand.numbers,
    )
    return _Composed(body=body, faces=faces, written_for=written_for, warnings=warnings)


def _body(plan: preparing.Plan, scene: _Scene, motion: Path) -> tuple[tracks.Tracks, dict[str, str]]:
    """Return all curves of the body, and the bones that are given other rotation modes."""
    stand, rate_hz, settings = scene.stand, scene.rate_hz, plan.settings
    in_place = scene.base is not None or plan.keys.has_path
    clip, start_frame = face_curves.body_of(read_npz(motion), scene.face), plan.start_frame
    if scene.base is not None and plan.part is not None:
        clip, start_frame = _near(stand, clip, start_frame, plan.part, rate_hz)
    found = posing.posed(
        stand,
        clip,
        start_frame=start_frame,
        rate_hz=rate_hz,
        options=_options(plan),
        exact_frames=(*plan.keys.hard, *plan.keys.edited),
        origin_m=np.zeros(3) if in_place else None,
        held=None if plan.held is None else plan.held.holding,
    )
    found |= face_curves.bones_of(scene.face, motion, stand, found, start_frame=plan.start_frame, rate_hz=rate_hz)
    if scene.base is not None:  # what the take to keep has not got would begin and end in a step
        base, lacking = scene.base, {f"{stand.bones[name].path}." for name in stand.face}
        found = {
            place: each for place, each in found.items() if place in base or not place[0].startswith(tuple(lacking))
        }
    own, edited = (_free_of(plan, stand, goals) for goals in (scene.own, scene.edited))
    splice.settle(found, own, rate_hz=rate_hz)
    splice.settle(found, edited, rate_hz=rate_hz)
    splice.mark_own(found, edited)
    written_for: dict[str, str] = {}
    if scene.base is None:  # a range is written as the take is that it belongs to
        wanted = dict.fromkeys(stand.bones, turns.EULER) if settings.turns == turns.EULER else scene.modes
        written_for = turns.rewrite(found, stand.bones, wanted, stand.numbers, keeps=scene.keyed)
    keyed = {round(frame) for frame in (*plan.keys.hard, *plan.keys.edited)} | scene.face.keyed
    if settings.tolerance_deg > 0.0:
        part = plan.part
        edges = () if part is None else (part[0] - 1, part[0], part[1] - 1, part[1])
        dense, found = found, posing.fewer(found, stand, settings.tolerance_deg, kept=(*keyed, *edges))
        exact = frozenset[str]() if plan.held is None else plan.held.carrying(stand.retargeter)
        found |= {place: track for place, track in dense.items() if track.group in exact}
    if scene.base is not None and plan.part is not None:
        splice.keep_outside(
            found, scene.base, plan.part, stand.numbers, own_frames=keyed, rate_hz=rate_hz, middles=_middles(stand)
        )
    return found, written_for


def _near(
    stand: posing.Stand, clip: MotionClip, start_frame: int, part: tuple[int, int], rate_hz: float
) -> tuple[MotionClip, int]:
    """Return the motion at the scene's rate in a range and some seconds about it, which feet need, and where it begins.

    All of it where some axes of a bone are locked: angles of those cannot be led over into the ones that stay.
    """
    moved = clip if clip.frame_rate_hz == rate_hz else clip.resample(rate_hz)
    if any(any(bone.is_turn_locked) and bone.mode != "QUATERNION" for bone in stand.bones.values()):
        return moved, start_frame
    about = round(_ABOUT_S * rate_hz)
    first = max(0, part[0] - start_frame - about)
    return moved.cut(first, min(moved.frames, part[1] - start_frame + about)), start_frame + first


def _middles(stand: posing.Stand) -> dict[str, int]:
    """Return which channel of a bone's Euler angles is that of the middle axis."""
    return {
        f"{bone.path}.rotation_euler": "XYZ".index(bone.mode[1])
        for bone in stand.bones.values()
        if bone.mode not in {"QUATERNION", "AXIS_ANGLE"}
    }
