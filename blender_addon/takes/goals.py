# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new take has to meet, read for `splice`: the animator's own keys, and a take that stays outside of a range."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from exges_core.arrays import Array

from ..character import switches
from ..scene import curves
from ..scene.tracks import Place, Track
from . import reading, splice

Channels = Mapping[Place, bpy.types.FCurve]


def of_bone(bone: bpy.types.PoseBone, channels: Channels, frames: Array, *, with_types: bool) -> splice.Goal:
    """Return what curves give for a bone's rotation on whole frames, and with_types the types of their keys there."""
    return _of_channels(bone, reading.rotation_name(bone), channels, frames, with_types=with_types)


def of_place(bone: bpy.types.PoseBone, channels: Channels, frames: Array, *, with_types: bool) -> splice.Goal:
    """Return what curves give for a bone's location, as `of_bone`."""
    return _of_channels(bone, "location", channels, frames, with_types=with_types)


def _of_channels(
    bone: bpy.types.PoseBone, kind: str, channels: Channels, frames: Array, *, with_types: bool
) -> splice.Goal:
    path = f"{switches.bone_path(bone.name)}.{kind}"
    now = np.array(getattr(bone, kind)[:], dtype=np.float64)
    types: dict[int, dict[int, int]] = {}
    for channel in range(len(now)) if with_types else ():
        curve = channels.get((path, channel))
        if curve is not None:
            types[channel] = _types(curve, frames)
    return splice.Goal(path=path, frames=frames, values=reading.values(channels, path, now, frames), types=types)


def of_value(curve: bpy.types.FCurve, frames: Array, *, with_types: bool) -> splice.Goal:
    """Return what the curve of a single value gives on whole frames, as `of_bone`."""
    return splice.Goal(
        path=curve.data_path,
        frames=frames,
        values=curves.values_at(curve, frames)[:, None],
        types={0: _types(curve, frames)} if with_types else {},
    )


def _types(curve: bpy.types.FCurve, frames: Array) -> dict[int, int]:
    keys = curves.read(curve)
    is_here = np.isin(keys.frames, frames)
    return dict(zip(keys.frames[is_here].tolist(), keys.ints["type"][is_here].tolist(), strict=True))


def kept(curve: bpy.types.FCurve, track: Track, part: tuple[int, int]) -> splice.Kept:
    """Return a curve of a take as it stays outside of a range."""
    gap = np.array(splice.gap_of(track.keys.frames, part), dtype=np.float64)
    edges = curves.values_at(curve, np.array([part[0] - 1.0, part[1]]), track.keys)
    return splice.Kept(
        group=track.group,
        keys=track.keys,
        edges=(float(edges[0]), float(edges[1])),
        gap_frames=gap,
        gap_values=curves.values_at(curve, gap, track.keys),
    )


def kept_value(curve: bpy.types.FCurve, part: tuple[int, int]) -> splice.Kept:
    """Return the curve of a single value as it stays outside of a range; straight lines need no key on every frame."""
    keys = curves.read(curve)
    found = kept(curve, Track(group=curve.group.name if curve.group else "", keys=keys), part)
    if (keys.ints["interpolation"] != curves.numbers().linear).any():
        return found
    is_edge = np.isin(found.gap_frames, (part[0] - 1, part[1]))
    return splice.Kept(
        group=found.group,
        keys=keys,
        edges=found.edges,
        gap_frames=found.gap_frames[is_edge],
        gap_values=found.gap_values[is_edge],
    )
