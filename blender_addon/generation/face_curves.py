# SPDX-License-Identifier: GPL-3.0-or-later
"""The curves of a take's face, of what was read of the scene and what the engine made. Numpy alone, for a thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs import turns
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_arrays
from exges_core.motion.skeleton import joint_index

from ..face import moving
from ..scene import tracks
from ..takes import posing, splice
from . import facing

_SOFT_SHARE, _SOFT_EASE_S = 0.5, 0.5
"""A soft key draws a curve half of the way to it, within half a second."""
_EASE_S = 0.25
"""How long a face takes to come into a range of a take that had none, and to leave it."""
_JAW, _EYES = joint_index("jaw"), [joint_index("left_eye_smplhf"), joint_index("right_eye_smplhf")]


def body_of(clip: MotionClip, face: facing.Face) -> MotionClip:
    """Return the motion without what shape keys and the face's own bones show: a jaw that opens, eyes that look."""
    played = frozenset[str]() if face.match is None else face.match.played | face.bones.played
    joints = [_JAW] if "jawOpen" in played else []
    joints += _EYES if any(name.startswith("eyeLook") for name in played) else []
    if not joints:
        return clip
    quats = clip.local_quat_wxyz.copy()
    quats[:, joints] = np.array([1.0, 0.0, 0.0, 0.0])
    return replace(clip, local_quat_wxyz=quats)


def bones_of(
    face: facing.Face, motion: Path, stand: posing.Stand, body: tracks.Tracks, *, start_frame: int, rate_hz: float
) -> tracks.Tracks:
    """Return the curves of a face's bones, on the frames that a body's curves have.

    Args:
        face: as it was read.
        motion: the engine's file.
        stand: the character.
        body: dense.
        start_frame: of the motion's first frame, in the scene.
        rate_hz: of the scene.
    """
    played = _curves(motion, rate_hz) if stand.face and face.match is not None else None
    if played is None:
        return {}
    frames = max((track.keys.frames for track in body.values()), key=len)
    rows = np.clip(np.round(frames).astype(np.int64) - start_frame, 0, len(played) - 1)
    return posing.of_face(stand, turns(face.bones, played[rows]), frames)


def composed(
    face: facing.Face,
    motion: Path,
    *,
    start_frame: int,
    rate_hz: float,
    part: tuple[int, int] | None,
    is_thinned: bool,
    numbers: tracks.Numbers,
) -> tuple[moving.Faces, tuple[str, ...]]:
    """Return all curves of shape keys, and what is to be said of them; numpy alone, in a thread.

    Args:
        face: as it was read.
        motion: the engine's file.
        start_frame: of its first frame, in the scene.
        rate_hz: of the scene.
        part: the frames that are made anew, if a take stays outside of them.
        is_thinned: True = only as many keys as hold every value.
        numbers: of Blender's kinds of keys.
    """
    made: moving.Faces = {}
    warnings: tuple[str, ...] = ()
    if face.match is not None:
        played = _curves(motion, rate_hz)
        if played is None:
            warnings = ("face: the engine made none; the take has the body only",)
        else:
            made = moving.posed(face.match, face.sliders, played, start_frame=start_frame, numbers=numbers)
    for mesh, members in made.items():
        here = face.parts[mesh]
        splice.settle(members, _half_way(here.soft, members), rate_hz=rate_hz, ease_s=_SOFT_EASE_S)
        splice.settle(members, here.own, rate_hz=rate_hz)
        splice.settle(members, here.edited, rate_hz=rate_hz)
        splice.mark_own(members, here.edited)
        if part is not None:
            _come_and_go(members, here, part, max(1, round(_EASE_S * rate_hz)))
    moving.within(made, face.sliders)
    kept = {
        frame for here in face.parts.values() for goals_here in (here.own, here.edited) for frame in _frames(goals_here)
    }
    edges = set[int]() if part is None else {part[0] - 1, part[0], part[1] - 1, part[1]}
    made = moving.fewer(made, face.sliders, numbers, is_thinned=is_thinned, kept=kept, edges=edges)
    for mesh, here in face.parts.items():
        if part is not None and here.base:
            _keep_outside(made.setdefault(mesh, {}), here, part, numbers, rate_hz)
    return made, warnings


def _curves(motion: Path, rate_hz: float) -> Float[Array, "frames 52"] | None:
    """Return ARKit's curves at the scene's rate; None if the engine made none."""
    arrays = read_arrays(motion, ("face_arkit", "mocap_frame_rate"))
    if "face_arkit" not in arrays:
        return None
    made, made_hz = arrays["face_arkit"].astype(np.float64), float(arrays["mocap_frame_rate"])
    if made_hz == rate_hz:
        return made
    place = np.arange(int((len(made) - 1) / made_hz * rate_hz + 1e-6) + 1) / rate_hz * made_hz
    before = np.minimum(place.astype(np.int64), len(made) - 1)
    share = (place - before)[:, None]
    return (1.0 - share) * made[before] + share * made[np.minimum(before + 1, len(made) - 1)]


def _half_way(soft: facing.Goals, members: tracks.Tracks) -> dict[str, splice.Goal]:
    """Return soft keys as what draws curves half of the way to them."""
    drawn: dict[str, splice.Goal] = {}
    for path, goal in soft.items():
        if (path, 0) in members:
            keys = members[path, 0].keys
            now = np.interp(goal.frames, keys.frames, keys.values)[:, None]
            drawn[path] = replace(goal, values=now + _SOFT_SHARE * (goal.values - now))
    return drawn


def _keep_outside(
    members: tracks.Tracks, here: facing.Part, part: tuple[int, int], numbers: tracks.Numbers, rate_hz: float
) -> None:
    """Let everything outside of a range be as in the take to keep; each value is led over about its own keys alone."""
    for place, kept in here.base.items():
        own = [goal for found_here in (here.own, here.edited) if (goal := found_here.get(place[0])) is not None]
        frames = {round(float(frame)) for goal in own for frame in goal.frames}
        splice.keep_outside(members, {place: kept}, part, numbers, own_frames=frames, rate_hz=rate_hz)


def _frames(found_here: facing.Goals) -> set[int]:
    return {round(float(frame)) for goal in found_here.values() for frame in goal.frames}


def _come_and_go(members: tracks.Tracks, here: facing.Part, part: tuple[int, int], reach: int) -> None:
    """Let curves that the take to keep has not got move in the range alone, from the value that is there and back."""
    for place, track in members.items():
        if place in here.base:
            continue
        frames, values = track.keys.frames, track.keys.values.astype(np.float64)
        inside = np.minimum(frames - (part[0] - 1), part[1] - frames) / (min(reach, (part[1] - part[0] + 1) // 2) or 1)
        weight = 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0.0, 1.0))
        by = (1.0 - weight) * (here.now.get(place[0], 0.0) - values)
        members[place] = tracks.Track(group=track.group, keys=track.keys.raised(by))
