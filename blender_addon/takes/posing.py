# SPDX-License-Identifier: GPL-3.0-or-later
"""Canonical motion -> the curves of a take on one character, as arrays. Numpy alone, so that a thread may do it.

What it has to know of the character is read from Blender beforehand, into `Bones`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array
from exges_core.face.rigs import BoneMotion
from exges_core.motion.clip import MotionClip
from exges_core.motion.euler import euler_from_quat
from exges_core.motion.skeleton import (
    FACE,
    HEAD,
    JOINT_NAMES,
    LEFT_ARM,
    LEFT_HAND,
    LEGS,
    RIGHT_ARM,
    RIGHT_HAND,
    TORSO,
)
from exges_core.rig import Mesh, Retargeter, RigPose
from exges_core.rig.holding import Holding
from exges_core.rig.options import RetargetOptions

from ..scene import coordinates
from ..scene.tracks import ROOT, Numbers, Place, Track, Tracks, dense, thinned

_PARTS = {
    "head": (*HEAD, *FACE),
    "trunk": TORSO,
    "left arm": LEFT_ARM,
    "right arm": RIGHT_ARM,
    "left hand": LEFT_HAND,
    "right hand": RIGHT_HAND,
    "legs": LEGS,
}
"""Parts of the body whose bones share key times -> their joints."""

_FACE_SHARE, _FACE_HEIGHT = 0.25, 0.1
"""A face's bones are thinned so much finer than a body's: lips that are to touch must. Turns; and besides, places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bone:
    """How a pose bone takes its keys.

    Attributes:
        path: its data path.
        mode: its rotation mode.
        is_turn_locked, is_place_locked: per channel, of its rotation and its location.
        own_axes: its rest axes, 3 x 3, if its location is meant in its parent's; None = in its own.
        parent_axes: the parent's; the armature's without one.
    """

    path: str
    mode: str
    is_turn_locked: tuple[bool, ...]
    is_place_locked: tuple[bool, ...]
    own_axes: Array | None
    parent_axes: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Stand:
    """What a take must know of the character it is made for.

    Attributes:
        retargeter: of the character.
        bones: by name: those that get keys.
        held: (path, group, value) of properties that one key holds.
        place_m: the object's location before its first take.
        turn: the object's own rotation and scale, 3 x 3.
        height: of the character, in its own unit.
        numbers: of Blender's kinds of keys.
        mesh: what hands stay out of; None = the character has none.
        face: bones that the curves of a face move, not the motion of the body.
    """

    retargeter: Retargeter
    bones: Mapping[str, Bone]
    held: Sequence[tuple[str, str, float]]
    place_m: Array
    turn: Array
    height: float
    numbers: Numbers
    mesh: Mesh | None = None
    face: tuple[str, ...] = ()


def posed(
    stand: Stand,
    clip: MotionClip,
    *,
    start_frame: int,
    rate_hz: float,
    options: RetargetOptions,
    exact_frames: Sequence[float] = (),
    origin_m: Array | None = None,
    held: Callable[[int, float], Holding] | None = None,
) -> Tracks:
    """Return a clip as dense curves of GENERATED keys on whole frames, time exact to the clip's end.

    Args:
        stand: the character.
        clip: canonical motion; its first frame comes to lie on start_frame.
        start_frame: in the scene.
        rate_hz: of the scene.
        options: what travels and which contacts are kept.
        exact_frames: scene frames of the animator's own keys, where contact changes nothing.
        origin_m: the point of the clip's ground that lies where the character stands; None = the middle of its path.
        held: returns the parts that stay in the own animation for a number of frames and their rate; None = none does.

    Raises:
        RigMatchError: if the character cannot travel so.
    """
    resampled = clip if clip.frame_rate_hz == rate_hz else clip.resample(rate_hz)
    frames = start_frame + np.arange(resampled.frames, dtype=np.float32)
    pose = stand.retargeter.to_rig(
        resampled,
        origin_m=np.median(resampled.root_position_m, axis=0) if origin_m is None else origin_m,
        options=options,
        is_exact=np.isin(frames, np.round(np.array(list(exact_frames), dtype=np.float32))),
        holding=None if held is None else held(resampled.frames, rate_hz),
        flesh=stand.retargeter.flesh_of(stand.mesh) if options.keep_out else None,
    )
    return _tracks(stand, pose, frames)


def keyed_bones(retargeter: Retargeter, options: RetargetOptions) -> tuple[str, ...]:
    """Return the bones that get keys."""
    root = (retargeter.root_bone,) if options.travel == "root" and retargeter.root_bone else ()
    names = (*(name for name, _ in retargeter.driven), retargeter.rig_map.location_bone, *root)
    return tuple(dict.fromkeys(names))


def parts_of(retargeter: Retargeter) -> dict[str, str]:
    """Return which part of the body each driven bone belongs to; one that plays no joint goes with what it follows."""
    part_of = {JOINT_NAMES[joint]: part for part, joints in _PARTS.items() for joint in joints}
    found: list[str] = []
    for (_, joint), above in zip(retargeter.driven, retargeter.above, strict=True):
        found.append(part_of[joint] if joint else found[above] if above >= 0 else ROOT)
    parts = dict(zip([bone for bone, _ in retargeter.driven], found, strict=True))
    carrying = [bone for bone, joint in retargeter.rig_map.carriers.items() if joint == "pelvis"]
    return {**parts, **dict.fromkeys((*carrying, retargeter.rig_map.location_bone), ROOT)}


def _tracks(stand: Stand, pose: RigPose, frames: Array) -> Tracks:
    tracks: Tracks = {}

    def add(path: str, values: Array, group: str, is_locked: Sequence[bool] = ()) -> None:
        tracks.update(_channels(path, values, group, is_locked, frames, stand.numbers))

    for index, name in enumerate(pose.bones):
        bone = stand.bones[name]
        if not all(bone.is_turn_locked):
            kind, values, is_locked = _rotation(bone, pose.basis_quat_wxyz[:, index])
            add(f"{bone.path}.rotation_{kind}", values, name, is_locked)
    places = [(pose.location_bone, pose.location)]
    places += [(pose.root_bone, pose.root_location)] if pose.root_bone else []
    places += pose.beside.items()
    for name, location in places:
        bone = stand.bones[name]
        add(f"{bone.path}.location", _location(bone, location), name, bone.is_place_locked)
    if pose.object_shift.any():
        moved = coordinates.points_to_blender(pose.object_shift) @ stand.turn.T
        add("location", stand.place_m + moved, "Object Transforms")
    for path, group, value in stand.held:
        tracks[path, 0] = Track(group=group, keys=dense(frames[:1], np.array([value]), stand.numbers))
    return tracks


def _channels(
    path: str, values: Array, group: str, is_locked: Sequence[bool], frames: Array, numbers: Numbers
) -> Tracks:
    """Return a property's channels as dense curves, without those that are locked."""
    return {
        (path, channel): Track(group=group, keys=dense(frames, values[:, channel], numbers))
        for channel in range(values.shape[1])
        if not (is_locked and is_locked[channel])
    }


def of_face(stand: Stand, motions: Mapping[str, BoneMotion], frames: Array) -> Tracks:
    """Return what the bones of a face do as dense curves, each in the mode it has."""
    tracks: Tracks = {}
    for name in stand.face:
        bone, motion = stand.bones[name], motions.get(name)
        if motion is not None and motion.quat_wxyz is not None and not all(bone.is_turn_locked):
            kind, values, is_locked = _rotation(bone, motion.quat_wxyz)
            tracks |= _channels(f"{bone.path}.rotation_{kind}", values, name, is_locked, frames, stand.numbers)
        if motion is not None and motion.offset is not None:
            is_locked = bone.is_place_locked
            tracks |= _channels(f"{bone.path}.location", motion.offset, name, is_locked, frames, stand.numbers)
    return tracks


def _rotation(bone: Bone, quat_wxyz: Array) -> tuple[str, Array, Sequence[bool]]:
    """Return a bone's rotation in the mode the bone has: its property, frames x channels, what is locked."""
    if bone.mode == "QUATERNION":
        return "quaternion", quat_wxyz, ()
    if bone.mode == "AXIS_ANGLE":
        return "axis_angle", axis_angles(quat_wxyz), ()
    order = coordinates.turn_order(bone.mode)
    angles = euler_from_quat(quat_wxyz[:, None], order)[:, 0]
    return "euler", angles[:, [order.index(axis) for axis in "XYZ"]], bone.is_turn_locked


def axis_angles(quat_wxyz: Array) -> Array:
    """Return angle and axis per frame, continuous: both signs and whole turns are the same rotation."""
    sine = np.linalg.norm(quat_wxyz[:, 1:], axis=-1)
    angle = 2.0 * np.arctan2(sine, quat_wxyz[:, 0])
    axis = quat_wxyz[:, 1:] / np.maximum(sine, 1e-12)[:, None]
    for frame in range(1, len(angle)):
        if axis[frame] @ axis[frame - 1] < 0.0:
            angle[frame], axis[frame] = -angle[frame], -axis[frame]
        angle[frame] -= 2.0 * np.pi * np.round((angle[frame] - angle[frame - 1]) / (2.0 * np.pi))
    return np.concatenate([angle[:, None], axis], axis=-1)


def _location(bone: Bone, location: Array) -> Array:
    """Return a location, given in the bone's own rest axes, in the axes the bone uses."""
    if bone.own_axes is None:
        return location
    return location @ bone.own_axes.T @ bone.parent_axes


def fewer(tracks: Mapping[Place, Track], stand: Stand, tolerance_deg: float, *, kept: Sequence[int] = ()) -> Tracks:
    """Return only the keys that hold every bone within a tolerance; 0 = all of them."""
    if tolerance_deg <= 0.0:
        return dict(tracks)
    of_face = {place: track for place, track in tracks.items() if track.group in stand.face}
    scale = float(np.cbrt(abs(np.linalg.det(stand.turn))))
    body = thinned(
        {place: track for place, track in tracks.items() if place not in of_face},
        stand.numbers,
        tolerance_deg=tolerance_deg,
        height=stand.height,
        object_scale=scale,
        parts=parts_of(stand.retargeter),
        kept=kept,
    )
    face = thinned(
        of_face,
        stand.numbers,
        tolerance_deg=_FACE_SHARE * tolerance_deg,
        height=_FACE_HEIGHT * stand.height,
        parts=dict.fromkeys(stand.face, "face"),
        kept=kept,
    )
    return {place: {**body, **face}[place] for place in tracks}
