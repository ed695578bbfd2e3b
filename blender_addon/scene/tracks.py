# SPDX-License-Identifier: GPL-3.0-or-later
"""A take before it is written: the keys of all its curves as arrays. Numpy alone, so that a thread may work on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array

from . import decimate

FLOATS = {"co": 2, "handle_left": 2, "handle_right": 2, "amplitude": 1, "back": 1, "period": 1}
SELECTED = "select_control_point"
INTS: dict[str, type] = {
    **dict.fromkeys(("interpolation", "easing", "type", "handle_left_type", "handle_right_type"), np.int32),
    SELECTED: np.bool_,
}
"""Every attribute of a key, so that one that is kept stays bit for bit; handles are selected as their key is."""
_TURN = re.compile(r'^pose\.bones\["(.+)"\]\.(rotation_quaternion|rotation_euler|rotation_axis_angle|location)$')
_LENGTH_SHARE = 0.25
"""Tolerance of a location, in hundredths of the character's height per degree of tolerance."""

Place = tuple[str, int]
"""A curve's data path and channel."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The numbers behind Blender's names for kinds of keys, as `foreach_set` takes them."""

    generated: int
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
    floats["co"] = np.stack([frames, values], axis=1).astype(np.float32)
    slopes = decimate.slopes_of(np.asarray(values, dtype=np.float64)[:, None])[:, 0]
    for name, third in (("handle_left", -1.0 / 3.0), ("handle_right", 1.0 / 3.0)):
        floats[name] = np.stack([frames + third, values + third * slopes], axis=1).astype(np.float32)
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
    kept: Iterable[int] = (),
) -> Tracks:
    """Return only the keys that the motion needs, with curves that run smoothly between them.

    Args:
        tracks: dense, one key a frame.
        numbers: of Blender's kinds of keys.
        tolerance_deg: how far a bone may turn from the dense motion on any frame.
        height: of the character, in its unit: what a location's tolerance is measured by.
        kept: frames of the scene that must keep their keys.
    """
    found, frames_kept = dict(tracks), np.array(sorted(kept), dtype=np.int64)
    groups: dict[str, list[Place]] = {}
    for place, track in tracks.items():
        if _TURN.match(place[0]) and len(track.keys.frames) > 2:
            groups.setdefault(place[0], []).append(place)
    for path, places in groups.items():
        members = [tracks[place].keys for place in places]
        values = np.stack([keys.values.astype(np.float64) for keys in members], axis=1)
        # Half an angle in a quaternion's components; a channel of four takes half of that.
        limit = np.deg2rad(tolerance_deg) * (0.25 if path.endswith("quaternion") else 0.5)
        if path.endswith("location"):
            limit = _LENGTH_SHARE * 0.01 * height * tolerance_deg
        chosen = decimate.key_frames(values, limit, kept=frames_kept - round(float(members[0].frames[0])))
        slopes = decimate.slopes_of(values)
        for channel, (place, keys) in enumerate(zip(places, members, strict=True)):
            smooth = _smooth(keys.where(chosen), slopes[chosen, channel], numbers)
            found[place] = Track(group=tracks[place].group, keys=smooth)
    return found


def _smooth(keys: Keys, slopes: Array, numbers: Numbers) -> Keys:
    """Return Bezier keys whose handles give the slopes: a third of the way to the neighbour, which is Hermite."""
    frames = keys.frames.astype(np.float64)
    before, after = _thirds(frames)
    floats, ints = dict(keys.floats), dict(keys.ints)
    floats["handle_left"] = np.stack([frames - before, keys.values - before * slopes], axis=1).astype(np.float32)
    floats["handle_right"] = np.stack([frames + after, keys.values + after * slopes], axis=1).astype(np.float32)
    ints["interpolation"] = np.full_like(keys.ints["interpolation"], numbers.bezier)
    ints["handle_left_type"] = ints["handle_right_type"] = np.full_like(keys.ints["handle_left_type"], numbers.free)
    return Keys(floats=floats, ints=ints)
