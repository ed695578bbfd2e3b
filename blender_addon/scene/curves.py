# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves as arrays and back: every attribute of every key, so that a key that is kept stays bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import bpy
import numpy as np

from exges_core.arrays import Array

from . import attributes, compat, cooperative
from .tracks import FLOATS, INTS, SELECTED, Keys, Numbers, Place, Track, Tracks

CurvesNow = Callable[[], Mapping[Place, bpy.types.FCurve]]
"""Looks curves up anew: a slice must not keep those of the one before."""


def numbers() -> Numbers:
    """Return the numbers behind Blender's kinds of keys."""
    return Numbers(
        generated=compat.enum_value(bpy.types.Keyframe, "type", "GENERATED"),
        own=compat.enum_value(bpy.types.Keyframe, "type", "KEYFRAME"),
        linear=compat.enum_value(bpy.types.Keyframe, "interpolation", "LINEAR"),
        bezier=compat.enum_value(bpy.types.Keyframe, "interpolation", "BEZIER"),
        free=compat.enum_value(bpy.types.Keyframe, "handle_left_type", "FREE"),
        auto=compat.enum_value(bpy.types.Keyframe, "handle_left_type", "AUTO_CLAMPED"),
    )


def read(curve: bpy.types.FCurve) -> Keys:
    """Return the keys of a curve."""
    points = curve.keyframe_points
    return Keys(
        floats={
            name: attributes.read(points, name, np.float32, width).reshape(-1, width) for name, width in FLOATS.items()
        },
        ints={name: attributes.read(points, name, kind) for name, kind in INTS.items()},
    )


def write(curve: bpy.types.FCurve, keys: Keys) -> None:
    """Replace a curve's keys by others in the order of time; handles stay as given, an update would change them."""
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys.frames))  # all zero, but for handles that are AUTO_CLAMPED and curves that are BEZIER
    clamped = compat.enum_value(bpy.types.Keyframe, "handle_left_type", "AUTO_CLAMPED")
    there = {"easing": 0, "handle_left_type": clamped, "handle_right_type": clamped}
    for name in INTS:
        if name not in there or (keys.ints[name] != there[name]).any():
            attributes.write(points, name, keys.ints[name])
    for name in ("select_left_handle", "select_right_handle"):
        attributes.write(points, name, keys.ints[SELECTED])  # new keys are selected
    for name, width in FLOATS.items():
        if width > 1 or keys.floats[name].any():
            attributes.write(points, name, keys.floats[name])


def reading(curves_now: CurvesNow) -> cooperative.Work[Tracks]:
    """Read all keys of curves, slice by slice."""
    found: Tracks = {}
    while True:
        begun_s, left = cooperative.clock(), False
        for place, curve in curves_now().items():
            if place in found:
                continue
            if cooperative.is_over(begun_s):
                left = True
                break
            found[place] = Track(group=curve.group.name if curve.group else "", keys=read(curve))
        if not left:
            return found
        yield None


Target = tuple[bpy.types.Action, compat.Player | None]
"""Where curves are written: an Action, and for whom in it; None = for whom its first slot is."""


def writing(target: Callable[[], Target | None], tracks: Mapping[Place, Track]) -> cooperative.Work[None]:
    """Write curves into an Action, slice by slice.

    Args:
        target: looks the Action up, or makes it anew: an undo may have taken it away, and it is written again then.
            None = whom they are for has gone: nothing is written.
        tracks: what is to be in it.
    """
    while True:
        begun_s, found = cooperative.clock(), target()
        if found is None:
            return
        action, owner = found
        there = {(curve.data_path, curve.array_index) for curve in compat.own_curves(action, owner)}
        left = [place for place in tracks if place not in there]
        for done, place in enumerate(left):
            if done and cooperative.is_over(begun_s):
                break
            write(compat.curve_in(action, *place, tracks[place].group, owner), tracks[place].keys)
        else:
            action.update_tag()
            return
        yield None


def by_channel(curves: Iterable[bpy.types.FCurve]) -> dict[Place, bpy.types.FCurve]:
    """Return curves by data path and channel."""
    return {(curve.data_path, curve.array_index): curve for curve in curves}


def own_frames(curve: bpy.types.FCurve) -> Array:
    """Return where a curve has keys that are not GENERATED: the animator's own."""
    kinds = attributes.read(curve.keyframe_points, "type", np.int32)
    is_own = kinds != compat.enum_value(bpy.types.Keyframe, "type", "GENERATED")
    return _co(curve)[is_own, 0] if is_own.any() else np.empty(0, dtype=np.float32)


def selected_frames(curve: bpy.types.FCurve) -> Array:
    """Return where a curve has selected keys."""
    is_selected = attributes.read(curve.keyframe_points, SELECTED, np.bool_)
    return _co(curve)[is_selected, 0] if is_selected.any() else np.empty(0, dtype=np.float32)


def _co(curve: bpy.types.FCurve) -> Array:
    return attributes.read(curve.keyframe_points, "co", np.float32, 2)


def values_at(curve: bpy.types.FCurve, frames: Array, keys: Keys | None = None) -> Array:
    """Return a curve's values at frames, whole or not; quick where it is linear, and where its keys are at hand."""
    if keys is None:
        kinds = attributes.read(curve.keyframe_points, "interpolation", np.int32)
    else:
        kinds = keys.ints["interpolation"]
    linear = compat.enum_value(bpy.types.Keyframe, "interpolation", "LINEAR")
    if len(kinds) and not len(curve.modifiers) and (kinds == linear).all():
        co = (_co(curve) if keys is None else keys.floats["co"]).astype(np.float64)
        return np.interp(frames, co[:, 0], co[:, 1])
    return np.array([curve.evaluate(float(frame)) for frame in frames])
