# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes that go on: one turn of a loop as curves, and what plays it again and again. Mirror images of takes."""

from __future__ import annotations

import math
from typing import cast

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.errors import InputError
from exges_core.motion.clip import MotionClip, unrolled
from exges_core.motion.mirror import mirrored
from exges_core.rig import Retargeter
from exges_core.rig.options import EXACT, RetargetOptions

from ..scene import compat, cooperative, lookup
from ..scene.tracks import Keys, Track, Tracks
from . import faces, keyframes, layers, posing, reading, record

IDLE_KEY = "idle_frames"
"""Among a take's settings: the frames of one turn, if it loops."""
_REACH_S = 5.0
"""Contact on the rig looks no farther around itself."""
_SAME = 1e-3
"""Two turns of the same curve differ by less: what filters forget."""
_MOST_TURNS = 1000
"""Blender repeats a strip no more often."""


def turned(
    stand: posing.Stand,
    clip: MotionClip,
    *,
    start_frame: int,
    options: RetargetOptions,
    tolerance_deg: float,
) -> Tracks:
    """Return one turn of a loop as curves whose last key, one frame after the turn, is the first again.

    Args:
        stand: the character.
        clip: one turn, at the scene's frame rate.
        start_frame: in the scene.
        options: what travels and which contacts are kept.
        tolerance_deg: as `fewer`.
    """
    reach = round(_REACH_S * clip.frame_rate_hz)
    found = posing.posed(
        stand,
        unrolled(clip, reach, reach + 1),
        start_frame=start_frame - reach,
        rate_hz=clip.frame_rate_hz,
        options=options,
    )
    last = start_frame + clip.frames
    found = posing.fewer(found, stand, tolerance_deg, kept=(start_frame, last))
    return {place: Track(group=each.group, keys=_within(each.keys, start_frame, last)) for place, each in found.items()}


def _within(keys: Keys, first: int, last: int) -> Keys:
    """Return the keys of one turn, the last as the first; a single key, which holds a value, comes to the beginning."""
    if len(keys.frames) == 1:
        return _moved(keys, first)
    found = keys.where((keys.frames >= first) & (keys.frames <= last))
    gap = found.values[0] - found.values[-1]
    if abs(gap) > _SAME:  # the other sign of a quaternion, or a whole turn more: the same pose
        return found
    by = np.zeros(len(found.frames), dtype=np.float32)
    by[-1] = gap
    return _going_on(found.raised(by))


def _going_on(keys: Keys) -> Keys:
    """Return the keys of one turn with one slope at both ends, the mean of theirs."""
    floats: dict[str, Array] = {name: each.copy() for name, each in keys.floats.items()}
    ends = (("handle_right", 0), ("handle_left", -1))
    away = [floats[name][at] - floats["co"][at] for name, at in ends]
    if all(each[0] for each in away):
        slope = sum(each[1] / each[0] for each in away) / len(away)
        for (name, at), each in zip(ends, away, strict=True):
            floats[name][at, 1] = floats["co"][at, 1] + each[0] * slope
    return Keys(floats=floats, ints=keys.ints)


def _moved(keys: Keys, frame: int) -> Keys:
    floats: dict[str, Array] = {name: each.copy() for name, each in keys.floats.items()}
    shift = np.float32(frame) - floats["co"][:, 0]
    for name in ("co", "handle_left", "handle_right"):
        floats[name][:, 0] += shift
    return Keys(floats=floats, ints=keys.ints)


def play_on(character: bpy.types.Object, action: bpy.types.Action, frames: int, *, until_frame: int) -> None:
    """Let a take of one turn play on: its strip repeats to a frame; the active Action's curves cycle for ever."""
    animation = character.animation_data
    assert animation is not None  # it has a take
    if animation.action == action:
        for curve in compat.curves_of(action):
            if len(curve.keyframe_points) > 1:
                cycles = cast("bpy.types.FModifierCycles", curve.modifiers.new("CYCLES"))
                cycles.mode_before = "NONE"
        return
    turns = math.ceil((until_frame - action.frame_range[0]) / frames)
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action == action:
                strip.repeat = float(min(max(turns, 1), _MOST_TURNS))


def mirroring(name: str, take: str, retargeter: Retargeter, *, rate_hz: float) -> cooperative.Work[Tracks]:
    """Return the mirror image of a take, as it is on the character now, as curves; slice by slice.

    Poses are mirrored on the canonical body and put back without contact, so what the take's curves do, the mirror
    image does. Keys in other Actions are not part of the take.

    Raises:
        InputError: if the take has gone, or its root or object travels: its path is not on the bones that are read.
        ExgesError: if the character or its bones have gone meanwhile.
    """
    action = bpy.data.actions.get(take)
    if action is None:
        raise InputError(f"Mirror Take: the take {take!r} is gone. Choose another one.")
    if record.remembered(action, "travel", "hips") != "hips":
        raise InputError("Mirror Take: a take whose root or object travels cannot be mirrored. Make it with Hips.")
    layers.require_whole(lookup.character(name), action, "Mirror Take")
    start, stop = record.frames_of(action)
    clip = yield from reading.clipping(
        name,
        retargeter,
        lambda: lookup.curves_of_action(take),
        np.arange(start, stop, dtype=np.float64),
        rate_hz=rate_hz,
    )
    frames = np.arange(start, stop, dtype=np.float64)
    face = faces.bones_mirrored(lookup.character(name), lookup.curves_of_action(take), frames)
    stand = keyframes.stand_of(lookup.character(name), retargeter, EXACT, face)
    found = yield from cooperative.aside(lambda: _image(stand, clip, start))
    found |= posing.of_face(stand, face, frames)
    return posing.fewer(found, stand, float(str(record.settings_of(action).get("tolerance_deg", 0.0))))


def _image(stand: posing.Stand, clip: MotionClip, start: int) -> Tracks:
    return posing.posed(
        stand, mirrored(clip), start_frame=start, rate_hz=clip.frame_rate_hz, options=EXACT, origin_m=np.zeros(3)
    )
