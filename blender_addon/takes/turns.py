# SPDX-License-Identifier: GPL-3.0-or-later
"""A take's rotations in another form than they were made in: Euler angles for quaternions, and back. Numpy alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from exges_core.arrays import Array
from exges_core.motion.euler import euler_from_quat, quat_from_euler
from exges_core.motion.rotations import matrix_from_quat, quat_continuous, quat_normalise

from ..scene import coordinates
from ..scene.tracks import Keys, Numbers, Track, Tracks, dense
from .posing import Bone, axis_angles

BONES, EULER = "bones", "euler"
"""Rotations as each bone has them, or in Euler angles wherever they can be."""
_MODES = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")


def rewrite(
    tracks: Tracks, bones: Mapping[str, Bone], wanted: Mapping[str, str], numbers: Numbers, *, keeps: Collection[str]
) -> dict[str, str]:
    """Write rotations in other modes; return which bone has which mode then, of those that have another one.

    Args:
        tracks: dense; changed in place.
        bones: as they are now.
        wanted: bone -> its mode, or EULER: the order that stays farthest from gimbal lock, unless it has one already.
        numbers: of Blender's kinds of keys.
        keeps: bones that stay as they are; so do those with locked channels.
    """
    changed: dict[str, str] = {}
    for name in [name for name in wanted if name in bones]:
        bone, mode = bones[name], wanted[name]
        places, is_euler = _places(bone), bone.mode in _MODES
        if name in keeps or any(bone.is_turn_locked) or mode == bone.mode or (mode == EULER and is_euler):
            continue
        if any(place not in tracks for place in places):
            continue
        old = [tracks.pop(place) for place in places]
        quats = _quats(bone.mode, np.stack([each.keys.values for each in old], axis=1).astype(np.float64))
        changed[name] = best_mode(quats) if mode == EULER else mode
        kind, values = in_mode(changed[name], quats)
        types = _types([each.keys for each in old], numbers)
        for channel in range(values.shape[1]):
            keys = dense(old[0].keys.frames, values[:, channel], numbers)
            keys.ints["type"] = types.copy()
            tracks[f"{bone.path}.rotation_{kind}", channel] = Track(group=old[0].group, keys=keys)
    return changed


def in_mode(mode: str, quat_wxyz: Array) -> tuple[str, Array]:
    """Return a bone's rotation in a rotation mode: its property, and frames x channels, continuous."""
    if mode == "QUATERNION":
        return "quaternion", quat_continuous(quat_wxyz)
    if mode == "AXIS_ANGLE":
        return "axis_angle", axis_angles(quat_continuous(quat_wxyz))
    order = coordinates.turn_order(mode)
    angles = euler_from_quat(quat_wxyz[:, None], order)[:, 0]
    return "euler", angles[:, [order.index(axis) for axis in "XYZ"]]


def best_mode(quat_wxyz: Array) -> str:
    """Return the Euler order whose middle axis stays farthest from a quarter turn; XYZ where others are no better."""
    matrix = matrix_from_quat(quat_wxyz)
    found: list[tuple[int, int]] = []
    for place, mode in enumerate(_MODES):
        first, _, last = ("XYZ".index(axis) for axis in coordinates.turn_order(mode))
        sine = np.abs(matrix[:, first, last]).max()
        found.append((round(float(np.rad2deg(np.arcsin(min(1.0, sine))))), place))
    return _MODES[min(found)[1]]


def _places(bone: Bone) -> list[tuple[str, int]]:
    kind, count = {"QUATERNION": ("quaternion", 4), "AXIS_ANGLE": ("axis_angle", 4)}.get(bone.mode, ("euler", 3))
    return [(f"{bone.path}.rotation_{kind}", channel) for channel in range(count)]


def _quats(mode: str, values: Array) -> Array:
    if mode == "QUATERNION":
        return quat_normalise(values)
    if mode == "AXIS_ANGLE":
        half = 0.5 * values[:, :1]
        axis = values[:, 1:] / np.maximum(np.linalg.norm(values[:, 1:], axis=1, keepdims=True), 1e-12)
        return np.concatenate([np.cos(half), np.sin(half) * axis], axis=1)
    order = coordinates.turn_order(mode)
    return quat_from_euler(values[:, ["XYZ".index(axis) for axis in order]], order)


def _types(keys: list[Keys], numbers: Numbers) -> Array:
    """Return the types of keys that stand for several: the animator's own where one of them is."""
    types: Array = np.full(len(keys[0].frames), numbers.generated, dtype=np.int32)
    for each in keys:
        is_own = each.ints["type"] != numbers.generated
        types[is_own] = each.ints["type"][is_own]
    return types
