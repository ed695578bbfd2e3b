# SPDX-License-Identifier: GPL-3.0-or-later
"""F-curves as arrays and back: every attribute of every key, so that a key that is kept stays bit for bit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import bpy
import numpy as np

from . import compat, decimate

_FLOATS = {"co": 2, "handle_left": 2, "handle_right": 2, "amplitude": 1, "back": 1, "period": 1}
_INTS = ("interpolation", "easing", "type", "handle_left_type", "handle_right_type")
_TURN = re.compile(r'^pose\.bones\["(.+)"\]\.(rotation_quaternion|rotation_euler|rotation_axis_angle|location)$')
_LENGTH_SHARE = 0.25
"""Tolerance of a location, in hundredths of the character's height per degree of tolerance."""


@dataclass(eq=False)
class Keys:
    """All keys of one curve; arrays of one length.

    Attributes:
        floats: attribute -> keys x width, float32 as Blender holds them.
        ints: attribute -> keys.
    """

    floats: dict[str, np.ndarray]
    ints: dict[str, np.ndarray]

    @property
    def frames(self) -> np.ndarray:
        """Return where the keys are."""
        return self.floats["co"][:, 0]

    @property
    def values(self) -> np.ndarray:
        """Return what they hold."""
        return self.floats["co"][:, 1]

    def where(self, chosen: np.ndarray) -> Keys:
        """Return the chosen keys (a mask, or places)."""
        return Keys(
            floats={name: each[chosen] for name, each in self.floats.items()},
            ints={name: each[chosen] for name, each in self.ints.items()},
        )

    def raised(self, by: np.ndarray) -> Keys:
        """Return the keys with values, and their handles, moved."""
        floats = {name: each.copy() for name, each in self.floats.items()}
        for name in ("co", "handle_left", "handle_right"):
            floats[name][:, 1] += by.astype(np.float32)
        return Keys(floats=floats, ints=self.ints)

    def negated(self) -> Keys:
        """Return the keys with opposite values: the other sign of a quaternion."""
        floats = {name: each.copy() for name, each in self.floats.items()}
        for name in ("co", "handle_left", "handle_right"):
            floats[name][:, 1] *= -1.0
        return Keys(floats=floats, ints=self.ints)


def joined(*parts: Keys) -> Keys:
    """Return keys of several parts in the order of time."""
    floats = {name: np.concatenate([part.floats[name] for part in parts]) for name in _FLOATS}
    ints = {name: np.concatenate([part.ints[name] for part in parts]) for name in _INTS}
    order = np.argsort(floats["co"][:, 0], kind="stable")
    return Keys(floats=floats, ints=ints).where(order)


def read(curve: bpy.types.FCurve) -> Keys:
    """Return the keys of a curve."""
    points, count = curve.keyframe_points, len(curve.keyframe_points)
    floats, ints = {}, {}
    for name, width in _FLOATS.items():
        flat = np.empty(count * width, dtype=np.float32)
        points.foreach_get(name, flat)
        floats[name] = flat.reshape(count, width)
    for name in _INTS:
        ints[name] = np.empty(count, dtype=np.int32)
        points.foreach_get(name, ints[name])
    return Keys(floats=floats, ints=ints)


def write(curve: bpy.types.FCurve, keys: Keys) -> None:
    """Replace a curve's keys by others in the order of time; handles stay as given, an update would change them."""
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys.frames))
    for name in _INTS:
        points.foreach_set(name, keys.ints[name])
    for name in _FLOATS:
        points.foreach_set(name, np.ascontiguousarray(keys.floats[name]).ravel())
    curve.id_data.update_tag()


def by_channel(curves: Iterable[bpy.types.FCurve]) -> dict[tuple[str, int], bpy.types.FCurve]:
    """Return curves by data path and channel."""
    return {(curve.data_path, curve.array_index): curve for curve in curves}


def own_frames(curve: bpy.types.FCurve) -> np.ndarray:
    """Return where a curve has keys that are not GENERATED: the animator's own."""
    kinds = np.empty(len(curve.keyframe_points), dtype=np.int32)
    curve.keyframe_points.foreach_get("type", kinds)
    is_own = kinds != compat.enum_value(bpy.types.Keyframe, "type", "GENERATED")
    return _co(curve)[is_own, 0] if is_own.any() else np.empty(0, dtype=np.float32)


def _co(curve: bpy.types.FCurve) -> np.ndarray:
    co = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", co)
    return co.reshape(-1, 2)


def values_at(curve: bpy.types.FCurve, frames: np.ndarray) -> np.ndarray:
    """Return a curve's values at frames, whole or not; quick where it is linear."""
    kinds = np.empty(len(curve.keyframe_points), dtype=np.int32)
    curve.keyframe_points.foreach_get("interpolation", kinds)
    linear = compat.enum_value(bpy.types.Keyframe, "interpolation", "LINEAR")
    if len(kinds) and not len(curve.modifiers) and (kinds == linear).all():
        co = _co(curve).astype(np.float64)
        return np.interp(frames, co[:, 0], co[:, 1])
    return np.array([curve.evaluate(float(frame)) for frame in frames])


def thin(curves: Iterable[bpy.types.FCurve], *, tolerance_deg: float, height: float, kept: Iterable[int] = ()) -> int:
    """Leave only the keys that the motion needs and let curves run smoothly between them; return how many are left.

    Args:
        curves: dense, one key a frame.
        tolerance_deg: how far a bone may turn from the dense motion on any frame.
        height: of the character, in its unit: what a location's tolerance is measured by.
        kept: frames of the scene that must keep their keys.
    """
    groups: dict[str, list[bpy.types.FCurve]] = {}
    for curve in curves:
        if _TURN.match(curve.data_path) and len(curve.keyframe_points) > 2:
            groups.setdefault(curve.data_path, []).append(curve)
    frames_kept, left = np.array(sorted(kept), dtype=np.int64), 0
    for path, members in groups.items():
        dense = [read(curve) for curve in members]
        values = np.stack([keys.values.astype(np.float64) for keys in dense], axis=1)
        # Half an angle in a quaternion's components; a channel of four takes half of that.
        limit = np.deg2rad(tolerance_deg) * (0.25 if path.endswith("quaternion") else 0.5)
        if path.endswith("location"):
            limit = _LENGTH_SHARE * 0.01 * height * tolerance_deg
        chosen = decimate.key_frames(values, limit, kept=frames_kept - round(float(dense[0].frames[0])))
        slopes = decimate.slopes_of(values)
        for channel, (curve, keys) in enumerate(zip(members, dense, strict=True)):
            write(curve, _smooth(keys.where(chosen), slopes[chosen, channel]))
        left += len(chosen) * len(members)
    return left


def _smooth(keys: Keys, slopes: np.ndarray) -> Keys:
    """Return Bezier keys whose handles give the slopes: a third of the way to the neighbour, which is Hermite."""
    frames = keys.frames.astype(np.float64)
    before = np.diff(frames, prepend=frames[0] - 3.0) / 3.0
    after = np.diff(frames, append=frames[-1] + 3.0) / 3.0
    floats, ints = dict(keys.floats), dict(keys.ints)
    floats["handle_left"] = np.stack([frames - before, keys.values - before * slopes], axis=1).astype(np.float32)
    floats["handle_right"] = np.stack([frames + after, keys.values + after * slopes], axis=1).astype(np.float32)
    bezier = compat.enum_value(bpy.types.Keyframe, "interpolation", "BEZIER")
    free = compat.enum_value(bpy.types.Keyframe, "handle_left_type", "FREE")
    ints["interpolation"] = np.full_like(keys.ints["interpolation"], bezier)
    ints["handle_left_type"] = ints["handle_right_type"] = np.full_like(keys.ints["handle_left_type"], free)
    return Keys(floats=floats, ints=ints)
