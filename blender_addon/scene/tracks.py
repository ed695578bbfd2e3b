# SPDX-License-Identifier: GPL-3.0-or-later
"""A take before it is written: the keys of all its curves as arrays. Numpy alone, so that a thread may work on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array

from . import decimate, segments

FLOATS = {"co": 2, "handle_left": 2, "handle_right": 2, "amplitude": 1, "back": 1, "period": 1}
SELECTED = "select_control_point"
INTS: dict[str, type] = {
    **dict.fromkeys(("interpolation", "easing", "type", "handle_left_type", "handle_right_type"), np.int32),
    SELECTED: np.bool_,
}
"""Every attribute of a key, so that one that is kept stays bit for bit; handles are selected as their key is."""
_TURN = re.compile(r'^pose\.bones\["(.+)"\]\.(rotation_quaternion|rotation_euler|rotation_axis_angle|location)$')
_LENGTH_SHARE = 0.25
"""Tolerance of a location: a distance, in hundredths of the character's height per degree of tolerance."""

ROOT = "root"
"""The part of the body that places and whatever is in no other share."""

Place = tuple[str, int]
"""A curve's data path and channel."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The numbers behind Blender's names for kinds of keys, as `foreach_set` takes them."""

    generated: int
    own: int
    linear: int
    bezier: int
    free: int
    auto: int


@dataclass(eq=False)
class Keys:
    """All keys of one curve; arrays of one length.

    Attributes:
        floats: attribute -> keys x width, float32 as Blender holds them.
        ints: attribute -> keys, of the kinds in INTS.
    """

    floats: dict[str, Array]
    ints: dict[str, Array]

    @property
    def frames(self) -> Array:
        """Return where the keys are."""
        return self.floats["co"][:, 0]

    @property
    def values(self) -> Array:
        """Return what they hold."""
        return self.floats["co"][:, 1]

    def where(self, chosen: Array) -> Keys:
        """Return the chosen keys (a mask, or places)."""
        return Keys(
            floats={name: each[chosen] for name, each in self.floats.items()},
            ints={name: each[chosen] for name, each in self.ints.items()},
        )

    def raised(self, by: Array) -> Keys:
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


@dataclass(eq=False)
class Track:
    """One curve: its group's name, and its keys."""

    group: str
    keys: Keys


Tracks = dict[Place, Track]


def joined(*parts: Keys) -> Keys:
    """Return keys of several parts in the order of time."""
    floats = {name: np.concatenate([part.floats[name] for part in parts]) for name in FLOATS}
    ints = {name: np.concatenate([part.ints[name] for part in parts]) for name in INTS}
    order = np.argsort(floats["co"][:, 0], kind="stable")
    return Keys(floats=floats, ints=ints).where(order)


def dense(frames: Array, values: Array, numbers: Numbers) -> Keys:
    """Return GENERATED keys, one a frame, with straight lines between them; handles for those who make them curves."""
    frames, count = frames.astype(np.float64), len(frames)
    ints: dict[str, Array] = {name: np.zeros(count, dtype=kind) for name, kind in INTS.items()}
    ints["type"][:], ints["interpolation"][:] = numbers.generated, numbers.linear
    ints["handle_left_type"][:] = ints["handle_right_type"][:] = numbers.auto
    floats = {name: np.zeros((count, width), dtype=np.float32) for name, width in FLOATS.items()}
    slopes = segments.slopes_of(np.asarray(values, dtype=np.float64))
    floats["co"][:, 0], floats["co"][:, 1] = frames, values
    for name, third in (("handle_left", -1.0 / 3.0), ("handle_right", 1.0 / 3.0)):
        floats[name][:, 0], floats[name][:, 1] = frames + third, values + third * slopes
    return Keys(floats=floats, ints=ints)


def _thirds(frames: Array) -> tuple[Array, Array]:
    """Return a third of the way to the key before and to the one after; at the ends, a frame."""
    before = np.diff(frames, prepend=frames[0] - 3.0) / 3.0
    return before, np.diff(frames, append=frames[-1] + 3.0) / 3.0


def thinned(
    tracks: Mapping[Place, Track],
    numbers: Numbers,
    *,
    tolerance_deg: float,
    height: float,
    object_scale: float = 1.0,
    parts: Mapping[str, str] | None = None,
    kept: Iterable[int] = (),
) -> Tracks:
    """Return only the keys that the motion needs, with curves that run smoothly between them.

    Args:
        tracks: dense, one key a frame, all from the same frame to the same.
        numbers: of Blender's kinds of keys.
        tolerance_deg: how far a bone may turn from the dense motion on any whole frame.
        height: of the character, in its unit: what a location's tolerance is measured by.
        object_scale: of the character's unit, in that of the object's location.
        parts: bone -> the part of the body whose key times it shares; others, and the object, share the root's.
        kept: frames of the scene that must keep their keys, and these their values.
    """
    found, groups = dict(tracks), _groups(tracks)
    if not groups:
        return found
    start = round(float(tracks[next(iter(groups.values()))[0]].keys.frames[0]))
    paths, members = list(groups), _members(groups, parts or {})
    rows = [np.array(each) for each in members]
    units = _units(groups, np.deg2rad(tolerance_deg), height, object_scale)
    frames_kept = np.array(sorted(kept), dtype=np.int64) - start
    fits = decimate.fits(_values(tracks, groups) / units, rows, kept=frames_kept)
    for part, fit in zip(members, fits, strict=True):
        scaled = fit.values * units[part], fit.slopes * units[part], fit.reaches
        for column, row in enumerate(part):
            for place in groups[paths[row]]:
                values, slopes, reaches = (each[:, column, place[1]] for each in scaled)
                keys = _smooth(tracks[place].keys.where(fit.keys), values, slopes, reaches, numbers)
                found[place] = Track(group=tracks[place].group, keys=keys)
    return found


def thinned_values(
    keys: Sequence[Keys], tolerances: Array, numbers: Numbers, *, kept: Iterable[int] = ()
) -> list[Keys]:
    """Return only the keys that curves of single values need, each with key times of its own.

    Args:
        keys: dense, one key a frame, all from the same frame to the same.
        tolerances: how far each value may be off on any whole frame.
        numbers: of Blender's kinds of keys.
        kept: frames of the scene that must keep their keys, and these their values.
    """
    start = round(float(keys[0].frames[0]))
    values = np.stack([each.values for each in keys], axis=1).astype(np.float64)[:, :, None] / tolerances[:, None]
    rows = [np.array([row]) for row in range(len(keys))]
    fits = decimate.fits(values, rows, kept=np.array(sorted(kept), dtype=np.int64) - start)
    found: list[Keys] = []
    for each, fit, unit in zip(keys, fits, tolerances, strict=True):
        shown, slopes, reaches = fit.values[:, 0, 0] * unit, fit.slopes[:, 0, 0] * unit, fit.reaches[:, 0, 0]
        found.append(_smooth(each.where(fit.keys), shown, slopes, reaches, numbers))
    return found


def _values(tracks: Mapping[Place, Track], groups: Mapping[str, list[Place]]) -> Array:
    """Return frames x groups x channels, 0 where a group has no such channel."""
    places = [place for members in groups.values() for place in members]
    found = np.zeros((len(tracks[places[0]].keys.frames), len(groups), 4))
    for row, members in enumerate(groups.values()):
        for place in members:
            found[:, row, place[1]] = tracks[place].keys.values
    return found


def _groups(tracks: Mapping[Place, Track]) -> dict[str, list[Place]]:
    """Return by data path the curves that are thinned together: a bone's turn, its place, the object's place."""
    found: dict[str, list[Place]] = {}
    for place, track in tracks.items():
        if (_TURN.match(place[0]) or place[0] == "location") and len(track.keys.frames) > 2:
            found.setdefault(place[0], []).append(place)
    return found


def _members(paths: Iterable[str], parts: Mapping[str, str]) -> list[list[int]]:
    """Return for each part of the body which of the paths belong to it."""
    found: dict[str, list[int]] = {}
    for row, path in enumerate(paths):
        bone = _TURN.match(path)
        found.setdefault(parts.get(bone[1] if bone else "", ROOT), []).append(row)
    return list(found.values())


def _units(paths: Iterable[str], angle: float, height: float, object_scale: float) -> Array:
    """Return by how much each channel may be off if the others are not, groups x channels; their distance counts.

    No turn is off by more than the angle then: a quaternion's distance is the sine of half of it; two of three Euler
    axes may be the same one; an axis counts most, twice, where it is turned about by half a turn.
    """
    found: list[list[float]] = []
    for path in paths:
        if path.endswith("location"):
            length = _LENGTH_SHARE * 0.01 * height * float(np.rad2deg(angle))
            found.append([length * (object_scale if path == "location" else 1.0)] * 4)
        elif path.endswith("axis_angle"):
            found.append([angle, *[0.5 * angle] * 3])
        else:
            found.append([float(np.sin(0.5 * angle)) if path.endswith("quaternion") else angle / 2.0**0.5] * 4)
    return np.array(found)


def _smooth(keys: Keys, values: Array, slopes: Array, reaches: Array, numbers: Numbers) -> Keys:
    """Return Bezier keys whose handles have the slopes and reach so much of the way to the neighbour, at ends a third.

    Blender would shorten handles of a segment that together are longer than it.
    """
    frames = keys.frames.astype(np.float64)
    before, after = _thirds(frames)
    before[1:] *= 3.0 * reaches[1:, 0]
    after[:-1] *= 3.0 * reaches[:-1, 1]
    floats, ints = dict(keys.floats), dict(keys.ints)
    floats["co"] = np.stack([frames, values], axis=1).astype(np.float32)
    floats["handle_left"] = np.stack([frames - before, values - before * slopes], axis=1).astype(np.float32)
    floats["handle_right"] = np.stack([frames + after, values + after * slopes], axis=1).astype(np.float32)
    ints["interpolation"] = np.full_like(keys.ints["interpolation"], numbers.bezier)
    ints["handle_left_type"] = ints["handle_right_type"] = np.full_like(keys.ints["handle_left_type"], numbers.free)
    return Keys(floats=floats, ints=ints)
