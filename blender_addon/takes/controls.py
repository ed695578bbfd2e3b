# SPDX-License-Identifier: GPL-3.0-or-later
"""The animator's own keys (any key that is not GENERATED) -> the controls file of the command line.

First form: rotations of mapped bones keyed in the active Action or in NLA strips that are no takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

import bpy
import numpy as np

from exges_core.motion.skeleton import joint_index
from exges_core.rig import Retargeter

from ..scene import compat, cooperative, curves, lookup
from ..scene.tracks import Place
from . import keyframes, reading


class ControlKey(TypedDict):
    """One key of the controls file: at a time, rotations (w, x, y, z) of joints and perhaps the root's position."""

    time_s: float
    joints: dict[str, list[float]]
    hard: bool
    root_position_m: NotRequired[list[float]]


_ROTATION = re.compile(r'^pose\.bones\["(.+)"\]\.rotation_(quaternion|euler|axis_angle)$')


def _actions(character: bpy.types.Object) -> Iterator[tuple[bpy.types.Action, int | None]]:
    animation = character.animation_data
    if animation is None:
        return
    if animation.action is not None and keyframes.take_in(animation.action) is None:
        yield animation.action, compat.slot_handle_of(animation)
    for track in animation.nla_tracks:
        for strip in track.strips:
            is_plain = abs(strip.scale - 1.0) < 1e-6 and abs(strip.frame_start - strip.action_frame_start) < 1e-6
            if strip.action is not None and is_plain and not track.mute and keyframes.take_in(strip.action) is None:
                yield strip.action, compat.slot_handle_of(strip)


def turned_bone(path: str) -> str | None:
    """Return the bone whose rotation a data path names, None if it names none."""
    match = _ROTATION.match(path)
    return match[1] if match else None


def _rotation_curves(character: bpy.types.Object) -> dict[Place, bpy.types.FCurve]:
    return {
        (curve.data_path, curve.array_index): curve
        for action, slot in _actions(character)
        for curve in compat.curves_of(action, slot)
        if turned_bone(curve.data_path)
    }


def keyed_frames(character: bpy.types.Object, retargeter: Retargeter) -> dict[float, set[str]]:
    """Return frame -> bones that the animator keyed there; only bones that play a joint."""
    mapped = set(retargeter.bones.values())
    found: dict[float, set[str]] = {}
    for (path, _), curve in _rotation_curves(character).items():
        bone = turned_bone(path)
        if bone in mapped:
            for frame in curves.own_frames(curve).tolist():
                found.setdefault(frame, set()).add(bone)
    return dict(sorted(found.items()))


def reading_controls(
    name: str, retargeter: Retargeter, *, start_frame: int, frames: int, rate_hz: float
) -> cooperative.Work[list[ControlKey]]:
    """Return a character's keys inside a range as those of the controls JSON; slice by slice.

    A keyed bone observes the local rotation of its joint, and of joints above it that have no bone on this rig.
    """
    keyed = keyed_frames(lookup.character(name), retargeter)
    inside = {frame: bones for frame, bones in keyed.items() if start_frame <= frame < start_frame + frames}
    if not inside:
        return []
    clip = yield from reading.clipping(
        name,
        retargeter,
        lambda: _rotation_curves(lookup.character(name)),
        np.array(list(inside)),
        rate_hz=rate_hz,
    )

    def keys() -> list[ControlKey]:
        found: list[ControlKey] = []
        for row, (frame, names) in enumerate(inside.items()):
            joints = [joint for each in sorted(names) for joint in retargeter.joints_of(each)]
            turns = {joint: clip.local_quat_wxyz[row, joint_index(joint)].tolist() for joint in joints}
            found.append({"time_s": (frame - start_frame) / rate_hz, "joints": turns, "hard": True})
        return found

    return (yield from cooperative.aside(keys))


def write_controls(path: Path, controls: Mapping[str, object]) -> None:
    """Write the controls file."""
    path.write_text(json.dumps(controls), encoding="utf-8")
