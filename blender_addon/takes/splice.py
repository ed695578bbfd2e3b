# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits inside a take's curves: own keys exact, and everything outside a range as it was, bit for bit. Numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array
from exges_core.motion.rotations import quat_normalise

from ..scene.tracks import SELECTED, Keys, Numbers, Place, Track, Tracks, dense, joined

_EASE_S = 0.25
"""How long a correction takes to fade."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Goal:
    """What the animator's own curves give for one bone's rotation, all channels, on keyed frames.

    Attributes:
        path: the data path of the rotation.
        frames: whole frames of the scene, in order.
        values: frames x channels.
        types: channel -> frame -> type of the key there; empty unless the keys go over into the take.
    """

    path: str
    frames: Array
    values: Array
    types: Mapping[int, Mapping[int, int]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """A curve of the take that stays outside of a range.

    Attributes:
        group: its group's name.
        keys: all its keys.
        edges: its values on the frame before the range and on the one after it, whether or not it reaches so far.
        gap_frames: frames outside the range whose shape its keys inside the range gave...
        gap_values: ...and its values there.
    """

    group: str
    keys: Keys
    edges: tuple[float, float]
    gap_frames: Array
    gap_values: Array


def gap_of(frames: Array, part: tuple[int, int]) -> list[int]:
    """Return the frames between the range and the nearest keys outside it."""
    start, stop = part
    before, after = frames[frames < start], frames[frames >= stop]
    gap = [*range(int(before[-1]) + 1, start)] if len(before) else []
    return gap + ([*range(stop, int(np.ceil(after[0])))] if len(after) else [])


def settle(tracks: Tracks, goals: Mapping[str, Goal], *, rate_hz: float, ease_s: float = _EASE_S) -> float:
    """Let a dense take pass through the animator's own keys to the bit; return by how much it was off, at most.

    The engine has met them already, so what is left is rounding; were it more, it would fade within a quarter second.

    Args:
        tracks: the take; changed in place.
        goals: by bone.
        rate_hz: of the scene.
        ease_s: how long a correction takes to fade.
    """
    reach, worst = max(1, round(ease_s * rate_hz)), 0.0
    for goal in goals.values():
        places_of = [(goal.path, channel) for channel in range(goal.values.shape[1])]
        members = [tracks[place] for place in places_of if place in tracks]
        if len(members) < len(places_of):
            continue  # locked channels: the take has no say there
        first, count = round(float(members[0].keys.frames[0])), len(members[0].keys.frames)
        is_inside = (goal.frames >= first) & (goal.frames < first + count)
        places = (goal.frames[is_inside] - first).astype(np.int64)
        if not len(places):
            continue
        now = np.stack([track.keys.values for track in members], axis=1).astype(np.float64)
        off = _offsets(now[places], goal.values[is_inside], goal.path)
        worst = max(worst, float(np.abs(off).max()))
        by = _faded(off, places, count, reach)
        for channel, track in enumerate(members):
            tracks[goal.path, channel] = Track(group=track.group, keys=track.keys.raised(by[:, channel]))
    return worst


def mark_own(tracks: Tracks, goals: Mapping[str, Goal]) -> None:
    """Let keys of a take stay the animator's, of their own types: they were set by hand in the take before."""
    for goal in goals.values():
        for channel, types in goal.types.items():
            track = tracks.get((goal.path, channel))
            if track is None:
                continue
            kinds = track.keys.ints["type"].copy()
            for frame, kind in types.items():
                kinds[track.keys.frames == frame] = kind
            ints = {**track.keys.ints, "type": kinds}
            tracks[goal.path, channel] = Track(group=track.group, keys=Keys(floats=track.keys.floats, ints=ints))


def _offsets(now: Array, goal: Array, path: str) -> Array:
    """Return what takes values to their goals the near way: either sign of a quaternion, whole turns of an angle."""
    if path.endswith("quaternion"):
        goal = quat_normalise(goal)
        return goal * np.where((goal * now).sum(axis=1, keepdims=True) < 0.0, -1.0, 1.0) - now
    off = goal - now
    if path.endswith("euler"):
        off -= 2.0 * np.pi * np.round(off / (2.0 * np.pi))
    return off


def _faded(off: Array, places: Array, count: int, reach: int) -> Array:
    """Return corrections on every frame: whole at the places, fading away from them, never into a neighbour."""
    by = np.zeros((count, off.shape[1]))
    for index, place in enumerate(places):
        before = min(reach, place - places[index - 1]) if index else reach
        after = min(reach, places[index + 1] - place) if index + 1 < len(places) else reach
        frames = np.arange(max(0, place - before), min(count, place + after + 1))
        distance = (frames - place) / np.where(frames < place, before, after)
        weight = np.where(np.abs(distance) < 1.0, 0.5 + 0.5 * np.cos(np.pi * distance), 0.0)
        by[frames] += weight[:, None] * off[index]
    return by


def keep_outside(
    tracks: Tracks,
    base: Mapping[Place, Kept],
    part: tuple[int, int],
    numbers: Numbers,
    *,
    own_frames: set[int],
    rate_hz: float,
    middles: Mapping[str, int] | None = None,
) -> None:
    """Give a new take all keys of another one outside a range, bit for bit; inside, the new ones, without a step.

    Args:
        tracks: the new take, with keys at least at the ends of the range and on the frames around it; changed in place.
        base: the take that it is made from.
        part: the first frame made anew, and the one after the last.
        numbers: of Blender's kinds of keys.
        own_frames: of the animator's own keys in the range; nothing is moved there.
        rate_hz: of the scene.
        middles: data path of Euler angles -> the channel of the middle axis.
    """
    start, stop = part
    inner = sorted(frame for frame in own_frames if start <= frame < stop)
    reach = max(1, round(_EASE_S * rate_hz))
    ease = (
        min(reach, (inner[0] if inner else stop) - start, (stop - start + 1) // 2),
        min(reach, stop - 1 - (inner[-1] if inner else start), (stop - start) // 2),
    )
    for path in {path for path, _ in base}:
        middle = (middles or {}).get(path)
        if middle is not None or path.endswith("rotation_axis_angle"):
            _align(
                tracks,
                path,
                [kept for (each, _), kept in sorted(base.items(), key=_place) if each == path],
                part,
                middle,
            )
        pairs = [(kept, tracks.get((path, channel))) for (each, channel), kept in base.items() if each == path]
        signs = _signs_at(pairs, part) if path.endswith("rotation_quaternion") else (1.0, 1.0)
        for channel in [channel for each, channel in base if each == path]:
            kept, fresh = base[path, channel], tracks.get((path, channel))
            turn = 2.0 * np.pi if path.endswith("rotation_euler") else 0.0
            keys = kept.keys if fresh is None else _joined(kept, fresh.keys, part, ease, signs, numbers, turn=turn)
            tracks[path, channel] = Track(group=kept.group if fresh is None else fresh.group, keys=keys)


def _place(item: tuple[Place, Kept]) -> Place:
    return item[0]


def _align(tracks: Tracks, path: str, kept: list[Kept], part: tuple[int, int], middle: int | None) -> None:
    """Write new angles as those that stay write theirs: the other triple, the other axis, whole turns more or less."""
    fresh = [tracks.get((path, channel)) for channel in range(len(kept))]
    made = [each for each in fresh if each is not None and len(each.keys.frames) > 1]
    first, last = kept[0].keys.frames[[0, -1]]
    ends = [end for end, frame in enumerate((part[0] - 1, part[1])) if first <= frame <= last]
    if len(made) < len(kept) or not ends:
        return
    before = np.array([each.edges[ends[0]] for each in kept])
    after = np.array([_value_at(each.keys, (part[0] - 1, part[1])[ends[0]]) for each in made])
    signs, shift, can_turn = np.ones((2, len(kept))), np.zeros((2, len(kept))), np.ones(len(kept))
    if middle is None:
        signs[1], can_turn[1:] = -1.0, 0.0
    else:
        signs[1, middle], shift[1] = -1.0, np.pi
    shift += can_turn * 2.0 * np.pi * np.round((before - signs * after - shift) / (2.0 * np.pi))
    best = int(np.abs(before - signs * after - shift).sum(axis=1).argmin())
    for channel, track in enumerate(made):
        keys = track.keys.negated() if signs[best, channel] < 0.0 else track.keys
        keys = keys.raised(np.full(len(keys.frames), shift[best, channel]))
        tracks[path, channel] = Track(group=track.group, keys=keys)


def _signs_at(pairs: list[tuple[Kept, Track | None]], part: tuple[int, int]) -> tuple[float, float]:
    """Return the signs with which the old quaternions go over into the new ones, and these into the old again."""
    made = [fresh for _, fresh in pairs if fresh is not None]
    if len(made) < len(pairs):
        return 1.0, 1.0
    first, last = pairs[0][0].keys.frames[[0, -1]]
    signs = [0.0, 0.0]
    for end, frame in enumerate((part[0] - 1, part[1])):
        if first <= frame <= last:
            before = np.array([kept.edges[end] for kept, _ in pairs])
            after = np.array([_value_at(fresh.keys, frame) for fresh in made])
            signs[end] = -1.0 if float(before @ after) < 0.0 else 1.0
    return signs[0] or signs[1] or 1.0, signs[1] or signs[0] or 1.0


def _value_at(keys: Keys, frame: float) -> float:
    return float(np.interp(frame, keys.frames.astype(np.float64), keys.values.astype(np.float64)))


def _joined(
    kept: Kept,
    fresh: Keys,
    part: tuple[int, int],
    ease: tuple[int, int],
    signs: tuple[float, float],
    numbers: Numbers,
    *,
    turn: float = 0.0,
) -> Keys:
    """Return what stays, and the fresh keys led over to it; values that are a turn apart are the same ones."""
    start, stop = part
    frames = kept.keys.frames
    if len(fresh.frames) < 2 or len(frames) < 2:
        return kept.keys  # a switch, or a channel that only the base has
    outside = kept.keys.where((frames < start) | (frames >= stop))
    if signs[0] < 0.0:
        fresh = fresh.negated()
    inside = fresh.where((fresh.frames >= start) & (fresh.frames < stop))
    was_selected = bool(kept.keys.ints[SELECTED][(frames >= start) & (frames < stop)].any())
    inside.ints[SELECTED][:] = was_selected  # so that the selected keys can be made anew once more
    steps: list[float] = []
    for end, (frame, sign) in enumerate(((start - 1, 1.0), (stop, signs[0] * signs[1]))):
        is_there = frames[0] <= frame <= frames[-1]
        step = sign * kept.edges[end] - _value_at(fresh, frame) if is_there else 0.0
        steps.append(step - turn * round(step / turn) if turn else step)
    by = steps[0] * _fall(inside.frames - start + 1, ease[0]) + steps[1] * _fall(stop - inside.frames, ease[1])
    return joined(outside, dense(kept.gap_frames, kept.gap_values, numbers), inside.raised(by))


def _fall(distance: Array, reach: int) -> Array:
    if reach < 1:
        return np.zeros(len(distance))
    share = np.clip(np.asarray(distance, dtype=np.float64) / (reach + 1), 0.0, 1.0)
    return 0.5 + 0.5 * np.cos(np.pi * share)
