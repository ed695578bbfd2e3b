# SPDX-License-Identifier: GPL-3.0-or-later
"""ARKit's curves -> curves of a character's shape keys, as arrays. Numpy alone, so that a thread may do it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs import FaceMatch, values

from ..scene import tracks
from ..scene.tracks import Keys, Numbers, Place, Track, Tracks

TOLERANCE = 0.01
"""How far a value may be off where as few keys as possible are written, as a share of its range."""
_STILL = 1e-6

Faces = dict[str, Tracks]
"""Mesh -> curves of its shape keys."""


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A shape key's value as a curve moves it.

    Attributes:
        path: its data path.
        low, high: its range.
    """

    path: str
    low: float
    high: float


Sliders = Mapping[tuple[str, str], Slider]
"""(mesh, key) -> its slider."""


def posed(
    match: FaceMatch, sliders: Sliders, curves: Float[Array, "frames 52"], *, start_frame: int, numbers: Numbers
) -> Faces:
    """Return a face as dense curves of GENERATED keys, in each slider's range."""
    frames = start_frame + np.arange(len(curves), dtype=np.float32)
    shown = values(match, curves)
    known: dict[int, Keys] = {}  # keys of one shape on several meshes share their arrays
    found: Faces = {}
    for place, each in shown.items():
        if place in sliders:
            if id(each) not in known:
                known[id(each)] = tracks.dense(frames, each, numbers)
            found.setdefault(place[0], {})[sliders[place].path, 0] = Track(group="", keys=known[id(each)])
    return found


def within(faces: Faces, sliders: Sliders) -> None:
    """Keep curves in their sliders' ranges: what leads over to the animator's own keys may go beyond."""
    ranges = {(mesh, slider.path): (slider.low, slider.high) for (mesh, _), slider in sliders.items()}
    for mesh, members in faces.items():
        for place, track in members.items():
            low, high = ranges.get((mesh, place[0]), (-np.inf, np.inf))
            by = np.clip(track.keys.values, low, high) - track.keys.values
            if np.abs(by).max(initial=0.0) > 0.0:
                members[place] = Track(group=track.group, keys=track.keys.raised(by))


def fewer(
    faces: Faces,
    sliders: Sliders,
    numbers: Numbers,
    *,
    is_thinned: bool,
    kept: Collection[int],
    edges: Collection[int] = (),
) -> Faces:
    """Return curves with the keys that they need: all, or as few as hold every value; at rest, those at both ends.

    Args:
        faces: dense, one key a frame, all from the same frame to the same.
        sliders: of their shape keys.
        numbers: of Blender's kinds of keys.
        is_thinned: False = on every frame, as long as a value moves at all.
        kept: frames that must keep their keys, and these their values, where a value moves.
        edges: those that must keep them in any case.
    """
    places = [(mesh, place) for mesh, members in faces.items() for place in members]
    spans = {(mesh, slider.path): slider.high - slider.low for (mesh, _), slider in sliders.items()}
    unique: dict[bytes, tuple[Keys, float]] = {}
    names: dict[tuple[str, Place], bytes] = {}
    for mesh, place in places:
        keys, span = faces[mesh][place].keys, spans.get((mesh, place[0]), 1.0)
        name = keys.floats["co"].tobytes() + keys.ints["type"].tobytes() + np.float64(span).tobytes()
        unique.setdefault(name, (keys, span))
        names[mesh, place] = name
    written = dict(zip(unique, _written(list(unique.values()), numbers, is_thinned, kept, edges), strict=True))
    found: Faces = {}
    for mesh, place in places:
        track = Track(group=faces[mesh][place].group, keys=written[names[mesh, place]])
        found.setdefault(mesh, {})[place] = track
    return found


def _written(
    unique: list[tuple[Keys, float]],
    numbers: Numbers,
    is_thinned: bool,
    kept: Collection[int],
    edges: Collection[int],
) -> list[Keys]:
    """Return the keys of each curve that are written; the ranges of their values are given beside them."""
    rests = [float(np.ptp(keys.values)) < _STILL and len(keys.frames) > 1 for keys, _ in unique]
    found = [_ends(keys, numbers, edges) if rests[number] else keys for number, (keys, _) in enumerate(unique)]
    moving = [number for number, is_resting in enumerate(rests) if not is_resting]
    if is_thinned and moving:
        thin = tracks.thinned_values(
            [unique[number][0] for number in moving],
            np.array([TOLERANCE * unique[number][1] for number in moving]),
            numbers,
            kept={*kept, *edges},
        )
        for number, keys in zip(moving, thin, strict=True):
            found[number] = keys
    return found


def _ends(keys: Keys, numbers: Numbers, kept: Collection[int]) -> Keys:
    """Return the first key and the last of a curve that rests, and those that are the animator's or must stay."""
    is_kept = np.isin(keys.frames, np.array(sorted(kept), dtype=np.float32))
    is_kept |= keys.ints["type"] != numbers.generated
    is_kept[[0, -1]] = True
    return keys.where(is_kept)
