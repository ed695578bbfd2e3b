# SPDX-License-Identifier: GPL-3.0-or-later
"""The face of a take: whether it is asked for, what it depends on in the scene, and its curves.

It goes as the body does: own keys are met and blended about, a range is led over into what stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy
import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs import FaceBones, FaceMatch, turns
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_arrays
from exges_core.motion.skeleton import joint_index
from exges_core.settings import FaceSettings, values_of

from ..character import switches
from ..face import found, meshes, moving
from ..scene import compat, cooperative, curves, lookup, tracks
from ..takes import goals, keyframes, players, posing, record, splice, user_keys
from ..takes import reading as reading_of_takes
from .settings import TakeSettings

_SOFT_SHARE, _SOFT_EASE_S = 0.5, 0.5
"""A soft key draws a curve half of the way to it, within half a second."""
_EASE_S = 0.25
"""How long a face takes to come into a range of a take that had none, and to leave it."""
_JAW, _EYES = joint_index("jaw"), [joint_index("left_eye_smplhf"), joint_index("right_eye_smplhf")]
_Goals = Mapping[str, splice.Goal]


def request(settings: TakeSettings) -> tuple[FaceSettings, str]:
    """Return what the engine is asked of the face, and why that is none though one was wanted; '' = it is as wanted."""
    wanted = FaceSettings(**values_of(settings, FaceSettings))
    if not settings.face:
        return wanted, ""
    found.look_again()
    seen = found.face_of(lookup.character(settings.character))
    if seen.can_move:
        return wanted, ""
    why = f" ({'; '.join(seen.left_alone[:3])})" if seen.left_alone else ""
    return FaceSettings(), f"face: no shape keys and no face bones that can be moved{why}; the take has the body only"


def match_of(character: bpy.types.Object) -> FaceMatch:
    """Return which of a character's shape keys plays what now."""
    found.look_again()
    return found.face_of(character).match


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a face was to be made of when the engine was asked.

    Attributes:
        keys: (mesh, key) of all that were to play.
        bones: those that were to play.
        frames: the first in which own keys count, and the one after the last; None = own keys do not count.
    """

    keys: frozenset[tuple[str, str]]
    bones: frozenset[str]
    frames: tuple[int, int] | None


def asked(settings: TakeSettings, frames: tuple[int, int]) -> Asked:
    """Return what a face is made of now."""
    seen = found.face_of(lookup.character(settings.character))
    keys = frozenset((each.mesh, each.key) for each in seen.match.channels)
    bones = frozenset(each.bone for each in seen.bones.channels)
    return Asked(keys=keys, bones=bones, frames=frames if settings.use_keys else None)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What was read of one mesh: data path -> value now, and the animator's keys; curves that stay outside of a range.

    Own keys are met, soft ones are only drawn to, edited ones were set inside the take before.
    """

    now: Mapping[str, float]
    own: _Goals
    soft: _Goals
    edited: _Goals
    base: Mapping[tracks.Place, splice.Kept]


@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """What was read of a character's face: all that the take's curves depend on.

    Attributes:
        match: which key plays what; None = no face is made, and what the take to keep has stays.
        bones: which bones play what no key does.
        sliders: of the keys that play.
        parts: by mesh.
        own, edited: bone of the face -> keys of the animator's to be met; those that were set inside the take before.
        warnings: what is not done, in plain words.
    """

    match: FaceMatch | None
    bones: FaceBones
    sliders: moving.Sliders
    own: _Goals = field(default_factory=dict[str, splice.Goal])
    edited: _Goals = field(default_factory=dict[str, splice.Goal])
    parts: Mapping[str, _Part] = field(default_factory=dict[str, _Part])
    warnings: tuple[str, ...] = ()


def reading(
    settings: TakeSettings, wanted: Asked | None, base: str, part: tuple[int, int] | None
) -> cooperative.Work[Face]:
    """Read what a take's face depends on, slice by slice: a mesh each.

    Args:
        settings: of the take.
        wanted: as `asked` had it; None = no face is made.
        base: the take that stays outside of the part; '' = none.
        part: the frames that are made anew.
    """
    found.look_again()
    match, gone, bones = None, tuple[str, ...](), FaceBones()
    own: dict[str, splice.Goal] = {}
    edited: dict[str, splice.Goal] = {}
    if wanted is not None:
        character = lookup.character(settings.character)
        seen = found.face_of(character)
        match, gone = _still(seen, wanted)
        bones = replace(seen.bones, channels=tuple(each for each in seen.bones.channels if each.bone in wanted.bones))
        shown = record.shown(character)
        own = _of_bones(character, bones, user_keys.own_channels(character), wanted, settings, with_types=False)
        channels = {} if shown is None else keyframes.curves_of_take(character, shown)
        edited = _of_bones(character, bones, channels, wanted, settings, with_types=True)
    parts: dict[str, _Part] = {}
    sliders: dict[tuple[str, str], moving.Slider] = {}
    for mesh in list(players.faces(lookup.character(settings.character))):
        key = players.faces(lookup.character(settings.character)).get(mesh)
        if key is not None:  # else it is told when the curves have been written
            here = _read(settings, key, mesh, wanted)
            sliders |= _sliders(mesh, match)
            yield None
            kept = (yield from _keeping(settings.character, mesh, base, part)) if base and part else here.base
            parts[mesh] = replace(here, base=kept)
    return Face(match=match, bones=bones, sliders=sliders, own=own, edited=edited, parts=parts, warnings=gone)


def _of_bones(
    character: bpy.types.Object,
    bones: FaceBones,
    channels: goals.Channels,
    wanted: Asked,
    settings: TakeSettings,
    *,
    with_types: bool,
) -> dict[str, splice.Goal]:
    """Return the animator's hard keys of the turns of a face's bones, by bone."""
    found_here: dict[str, splice.Goal] = {}
    for name in [each.bone for each in bones.channels]:
        bone = lookup.pose_of(character).bones[name]
        path = f"{switches.bone_path(name)}.{reading_of_takes.rotation_name(bone)}"
        curves_of_bone = [curve for (each, _), curve in channels.items() if each == path and not curve.mute]
        frames = {
            frame for curve in curves_of_bone for frame in _frames_of(curve, wanted.frames, settings, is_soft=False)
        }
        if frames:
            at = np.array(sorted(frames))
            found_here[name] = goals.of_bone(bone, channels, at, with_types=with_types)
    return found_here


def _frames_of(
    curve: bpy.types.FCurve, within: tuple[int, int] | None, settings: TakeSettings, *, is_soft: bool
) -> list[float]:
    """Return whole frames on which the animator has keyed a curve: hard ones or soft ones, as far as keys count."""
    choice = settings.choice
    return [
        frame
        for frame in curves.own_frames(curve).tolist()
        if float(frame).is_integer()
        and within is not None
        and within[0] <= frame < within[1]
        and int(frame) not in choice.ignored
        and (int(frame) in choice.soft) == is_soft
    ]


def _sliders(mesh: str, match: FaceMatch | None) -> dict[tuple[str, str], moving.Slider]:
    blocks, found_here = meshes.blocks_of(mesh), dict[tuple[str, str], moving.Slider]()
    for channel in match.channels if match else ():
        block = blocks.get(channel.key) if channel.mesh == mesh else None
        if block is not None:
            path, low, high = meshes.value_path(block.name), block.slider_min, block.slider_max
            found_here[mesh, block.name] = moving.Slider(path=path, low=low, high=high)
    return found_here


def _still(seen: found.FaceSeen, wanted: Asked) -> tuple[FaceMatch, tuple[str, ...]]:
    """Return the match without keys that play only since the engine was asked, and a line on those that do no more."""
    channels = tuple(each for each in seen.match.channels if (each.mesh, each.key) in wanted.keys)
    gone = sorted(wanted.keys - {(each.mesh, each.key) for each in channels})
    told = (_gone([f"{mesh}/{key}" for mesh, key in gone]),) if gone else ()
    told += tuple(f"face: {line}" for line in seen.left_alone)
    return replace(seen.match, channels=channels), told


def _gone(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"face: {', '.join(names[:3])}{more} went while the take was made: left out"


def _keeping(
    name: str, mesh: str, base: str, part: tuple[int, int]
) -> cooperative.Work[dict[tracks.Place, splice.Kept]]:
    """Read what a take that stays outside of a range does with a mesh, slice by slice."""
    kept: dict[tracks.Place, splice.Kept] = {}
    while True:
        begun_s, key = cooperative.clock(), players.faces(lookup.character(name)).get(mesh)
        there = {} if key is None else players.curves_of(lookup.take(base), key)
        left = [place for place in there if place not in kept]
        for place in left:
            kept[place] = goals.kept_value(there[place], part)
            if cooperative.is_over(begun_s):
                break
        yield None
        if all(place in kept for place in left):
            return kept


def _read(settings: TakeSettings, key: bpy.types.Key, mesh: str, wanted: Asked | None) -> _Part:
    now = {meshes.value_path(name): float(block.value) for name, block in meshes.blocks_of(mesh).items()}
    own: dict[str, splice.Goal] = {}
    soft: dict[str, splice.Goal] = {}
    edited: dict[str, splice.Goal] = {}
    if wanted is not None and wanted.frames is not None:
        own = _keyed(user_keys.own_channels(key), wanted.frames, settings, is_soft=False)
        soft = _keyed(user_keys.own_channels(key), wanted.frames, settings, is_soft=True)
        shown = record.shown(lookup.character(settings.character))
        if shown is not None:
            channels = players.curves_of(shown, key)
            edited = _keyed(channels, wanted.frames, settings, is_soft=False, with_types=True)
            soft |= _keyed(channels, wanted.frames, settings, is_soft=True)
    return _Part(now=now, own=own, soft=soft, edited=edited, base={})


def _keyed(
    channels: goals.Channels,
    within: tuple[int, int],
    settings: TakeSettings,
    *,
    is_soft: bool,
    with_types: bool = False,
) -> dict[str, splice.Goal]:
    """Return the animator's keys of shape keys on whole frames: hard ones or soft ones, without those to be ignored."""
    found_here: dict[str, splice.Goal] = {}
    for (path, _), curve in channels.items():
        frames = _frames_of(curve, within, settings, is_soft=is_soft)
        if frames and meshes.shape_in(path) and not curve.mute:
            found_here[path] = goals.of_value(curve, np.array(frames), with_types=with_types)
    return found_here


def body_of(clip: MotionClip, face: Face) -> MotionClip:
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
    face: Face, motion: Path, stand: posing.Stand, body: tracks.Tracks, *, start_frame: int, rate_hz: float
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
    face: Face,
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


def _half_way(soft: _Goals, members: tracks.Tracks) -> dict[str, splice.Goal]:
    """Return soft keys as what draws curves half of the way to them."""
    drawn: dict[str, splice.Goal] = {}
    for path, goal in soft.items():
        if (path, 0) in members:
            keys = members[path, 0].keys
            now = np.interp(goal.frames, keys.frames, keys.values)[:, None]
            drawn[path] = replace(goal, values=now + _SOFT_SHARE * (goal.values - now))
    return drawn


def _keep_outside(
    members: tracks.Tracks, here: _Part, part: tuple[int, int], numbers: tracks.Numbers, rate_hz: float
) -> None:
    """Let everything outside of a range be as in the take to keep; each value is led over about its own keys alone."""
    for place, kept in here.base.items():
        own = [goal for found_here in (here.own, here.edited) if (goal := found_here.get(place[0])) is not None]
        frames = {round(float(frame)) for goal in own for frame in goal.frames}
        splice.keep_outside(members, {place: kept}, part, numbers, own_frames=frames, rate_hz=rate_hz)


def _frames(found_here: _Goals) -> set[int]:
    return {round(float(frame)) for goal in found_here.values() for frame in goal.frames}


def _come_and_go(members: tracks.Tracks, here: _Part, part: tuple[int, int], reach: int) -> None:
    """Let curves that the take to keep has not got move in the range alone, from the value that is there and back."""
    for place, track in members.items():
        if place in here.base:
            continue
        frames, values = track.keys.frames, track.keys.values.astype(np.float64)
        inside = np.minimum(frames - (part[0] - 1), part[1] - frames) / (min(reach, (part[1] - part[0] + 1) // 2) or 1)
        weight = 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0.0, 1.0))
        by = (1.0 - weight) * (here.now.get(place[0], 0.0) - values)
        members[place] = tracks.Track(group=track.group, keys=track.keys.raised(by))


def tidied(character: bpy.types.Object, take: bpy.types.Action, written: moving.Faces) -> list[str]:
    """Take curves of shape keys that have gone since out of a take; return what is to be said of them."""
    faces, gone = players.faces(character), list[str]()
    for mesh, members in written.items():
        if mesh not in faces:
            gone.append(mesh)
            continue
        names = meshes.blocks_of(mesh)
        lost = {path for path, _ in members if meshes.shape_in(path) not in names}
        gone += [f"{mesh}/{meshes.shape_in(path)}" for path in sorted(lost)]
        action = players.part_of(take, faces[mesh])
        if lost and action is not None:
            compat.remove_curves(action, lambda curve, lost=lost: curve.data_path in lost, faces[mesh])
    return [_gone(gone)] if gone else []
