# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits inside a take's F-curves: own keys exact, and everything outside a range as it was, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from exges_core.motion.rotations import quat_normalise

from . import compat, curves, reading, switches

_EASE_S = 0.25
"""How long a correction takes to fade."""


def _sign(one: np.ndarray, other: np.ndarray) -> float:
    return -1.0 if float(one @ other) < 0.0 else 1.0


def settle(
    character: bpy.types.Object,
    action: bpy.types.Action,
    own: reading.Channels,
    keyed: Mapping[float, set[str]],
    *,
    rate_hz: float,
) -> float:
    """Let a dense take pass through the animator's own keys to the bit; return by how much it was off, at most.

    The engine has met them already, so what is left is rounding; were it more, it would fade within a quarter second.

    Args:
        character: whose keys they are.
        action: the take.
        own: the animator's F-curves.
        keyed: frame -> bones that are keyed there.
        rate_hz: of the scene.
    """
    take = curves.by_channel(compat.curves_of(action))
    reach, worst = max(1, round(_EASE_S * rate_hz)), 0.0
    by_bone: dict[str, list[int]] = {}
    for frame, bones in keyed.items():
        for bone in bones if float(frame).is_integer() else ():
            by_bone.setdefault(bone, []).append(int(frame))
    for name, wanted in by_bone.items():
        bone = character.pose.bones[name]
        path = f"{switches.bone_path(name)}.{reading.rotation_name(bone)}"
        members = [take.get((path, channel)) for channel in range(len(getattr(bone, reading.rotation_name(bone))))]
        if any(curve is None for curve in members):
            continue  # locked channels: the take has no say there
        dense = [curves.read(curve) for curve in members]
        first = round(float(dense[0].frames[0]))
        places = np.array(sorted(frame - first for frame in wanted if 0 <= frame - first < len(dense[0].frames)))
        if not len(places):
            continue
        now = np.stack([keys.values for keys in dense], axis=1).astype(np.float64)
        rest = np.array(getattr(bone, reading.rotation_name(bone))[:], dtype=np.float64)
        goal = reading.values(own, path, rest, places + float(first))
        off = _offsets(now[places], goal, path)
        worst = max(worst, float(np.abs(off).max()))
        by = _faded(off, places, len(now), reach)
        for channel, (curve, keys) in enumerate(zip(members, dense, strict=True)):
            curves.write(curve, keys.raised(by[:, channel]))
    return worst


def mark_own(action: bpy.types.Action, keyed: Mapping[float, set[str]], own: reading.Channels) -> None:
    """Let keys of a take stay the animator's: they were set by hand in the take before."""
    for curve in compat.curves_of(action):
        before = own.get((curve.data_path, curve.array_index))
        bone = curve.group.name if curve.group else ""
        frames = [frame for frame, bones in keyed.items() if bone in bones]
        if before is None or not frames or "rotation" not in curve.data_path:
            continue
        keys, old = curves.read(curve), curves.read(before)
        for frame in frames:
            here, there = np.flatnonzero(keys.frames == frame), np.flatnonzero(old.frames == frame)
            if len(here) and len(there):
                keys.ints["type"][here[0]] = old.ints["type"][there[0]]
        curves.write(curve, keys)


def _offsets(now: np.ndarray, goal: np.ndarray, path: str) -> np.ndarray:
    """Return what takes values to their goals the near way: either sign of a quaternion, whole turns of an angle."""
    if path.endswith("quaternion"):
        goal = quat_normalise(goal)
        return goal * np.where((goal * now).sum(axis=1, keepdims=True) < 0.0, -1.0, 1.0) - now
    off = goal - now
    if path.endswith("euler"):
        off -= 2.0 * np.pi * np.round(off / (2.0 * np.pi))
    return off


def _faded(off: np.ndarray, places: np.ndarray, count: int, reach: int) -> np.ndarray:
    """Return corrections on every frame: whole at the places, fading away from them, never into a neighbour."""
    by = np.zeros((count, off.shape[1]))
    frames = np.arange(count)
    for index, place in enumerate(places):
        before = min(reach, place - places[index - 1]) if index else reach
        after = min(reach, places[index + 1] - place) if index + 1 < len(places) else reach
        distance = (frames - place) / np.where(frames < place, before, after)
        weight = np.where(np.abs(distance) < 1.0, 0.5 + 0.5 * np.cos(np.pi * distance), 0.0)
        by += weight[:, None] * off[index]
    return by


def keep_outside(
    action: bpy.types.Action, base: bpy.types.Action, part: tuple[int, int], *, own_frames: set[int], rate_hz: float
) -> None:
    """Give a new take all keys of another one outside a range, bit for bit; inside, the new ones, without a step.

    Args:
        action: the new take, dense at least on the range and one frame around it.
        base: the take that it is made from.
        part: the first frame made anew, and the one after the last.
        own_frames: of the animator's own keys in the range; nothing is moved there.
        rate_hz: of the scene.
    """
    start, stop = part
    new, old = curves.by_channel(compat.curves_of(action)), curves.by_channel(compat.curves_of(base))
    inner = sorted(frame for frame in own_frames if start <= frame < stop)
    reach = max(1, round(_EASE_S * rate_hz))
    ease = (
        min(reach, (inner[0] if inner else stop) - start, (stop - start + 1) // 2),
        min(reach, stop - 1 - (inner[-1] if inner else start), (stop - start) // 2),
    )
    for path in {path for path, _ in old}:
        pairs = [(curve, new.get((path, channel))) for (each, channel), curve in old.items() if each == path]
        signs = _signs_at(pairs, start, stop) if path.endswith("rotation_quaternion") else (1.0, 1.0)
        for curve, target in pairs:
            if target is None:
                group = curve.group.name if curve.group else ""
                target = compat.curve_in(action, path, curve.array_index, group)
            curves.write(target, _joined(curve, curves.read(target), part, ease, signs))


def _signs_at(
    pairs: list[tuple[bpy.types.FCurve, bpy.types.FCurve | None]], start: int, stop: int
) -> tuple[float, float]:
    """Return the signs with which the old quaternions go over into the new ones, and these into the old again."""
    if any(target is None for _, target in pairs):
        return 1.0, 1.0
    first, last = pairs[0][0].range()
    signs = [
        _sign(*(np.array([curve.evaluate(frame) for curve in each]) for each in zip(*pairs, strict=True)))
        if first <= frame <= last
        else 0.0
        for frame in (start - 1, stop)
    ]
    return signs[0] or signs[1] or 1.0, signs[1] or signs[0] or 1.0


def _joined(
    curve: bpy.types.FCurve,
    fresh: curves.Keys,
    part: tuple[int, int],
    ease: tuple[int, int],
    signs: tuple[float, float],
) -> curves.Keys:
    start, stop = part
    kept = curves.read(curve)
    outside = kept.where((kept.frames < start) | (kept.frames >= stop))
    if len(fresh.frames) < 2 or len(kept.frames) < 2:
        return kept  # a switch, or a channel that only the base has
    if signs[0] < 0.0:
        fresh = fresh.negated()
    inside = fresh.where((fresh.frames >= start) & (fresh.frames < stop))
    steps: list[float] = []
    for frame, sign in ((start - 1, 1.0), (stop, signs[0] * signs[1])):
        is_there = kept.frames[0] <= frame <= kept.frames[-1]
        now = float(np.interp(frame, fresh.frames.astype(np.float64), fresh.values.astype(np.float64)))
        steps.append(sign * curve.evaluate(frame) - now if is_there else 0.0)
    by = steps[0] * _fall(inside.frames - start + 1, ease[0]) + steps[1] * _fall(stop - inside.frames, ease[1])
    return curves.joined(outside, _bridges(curve, outside, inside, part), inside.raised(by))


def _fall(distance: np.ndarray, reach: int) -> np.ndarray:
    if reach < 1:
        return np.zeros(len(distance))
    share = np.clip(np.asarray(distance, dtype=np.float64) / (reach + 1), 0.0, 1.0)
    return 0.5 + 0.5 * np.cos(np.pi * share)


def _bridges(curve: bpy.types.FCurve, outside: curves.Keys, inside: curves.Keys, part: tuple[int, int]) -> curves.Keys:
    """Return keys between the last one outside and the range, where the old curve ran through keys that are gone."""
    start, stop = part
    before, after = outside.frames[outside.frames < start], outside.frames[outside.frames >= stop]
    gap = [*range(int(before[-1]) + 1, start)] if len(before) else []
    gap += [*range(stop, int(np.ceil(after[0])))] if len(after) else []
    if not gap or not len(inside.frames):
        return outside.where(np.zeros(len(outside.frames), dtype=bool))
    bridge = inside.where(np.zeros(len(gap), dtype=np.int64))
    values = np.array([curve.evaluate(frame) for frame in gap], dtype=np.float32)
    for name in ("co", "handle_left", "handle_right"):
        bridge.floats[name][:, 0], bridge.floats[name][:, 1] = np.array(gap, dtype=np.float32), values
    linear = compat.enum_value(bpy.types.Keyframe, "interpolation", "LINEAR")
    bridge.ints["interpolation"][:] = linear
    return bridge
