# SPDX-License-Identifier: GPL-3.0-or-later
"""The face of a take: whether it is asked for, what it depends on in the scene, and its curves.

It goes as the body does: own keys are met and blended about, a range is led over into what stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from exges_core.face.rigs import FaceBones, FaceMatch
from exges_core.settings import FaceSettings, values_of

from ..character import switches
from ..face import found, meshes, moving
from ..scene import compat, cooperative, curves, lookup, tracks
from ..takes import goals, keyframes, players, record, splice, user_keys
from ..takes import reading as reading_of_takes
from .settings import TakeSettings

Goals = Mapping[str, splice.Goal]


def request(settings: TakeSettings) -> tuple[FaceSettings, str]:
    """Return what the engine is asked of the face, and why that is none though one was wanted; '' = it is as wanted."""
    wanted = FaceSettings(**values_of(settings, FaceSettings))
    if not settings.face:
        return wanted, ""
    found.look_again()
    seen = found.face_of(lookup.character(settings.character))
    if seen.can_move:
        return wanted, ""
    why = f" ({'; '.join(seen.warnings)})" if seen.warnings else ""
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
class Part:
    """What was read of one mesh: data path -> value now, and the animator's keys; curves that stay outside of a range.

    Own keys are met, soft ones are only drawn to, edited ones were set inside the take before.
    """

    now: Mapping[str, float]
    own: Goals
    soft: Goals
    edited: Goals
    base: Mapping[tracks.Place, splice.Kept]


@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """What was read of a character's face: all that the take's curves depend on.

    Attributes:
        match: which key plays what; None = no face is made, and what the take to keep has stays.
        bones: which bones play what no key does.
        sliders: of the keys that play.
        parts: by mesh.
        own, edited: bone of the face, or path of its place -> the animator's keys to be met; those set inside
            the take before.
        warnings: what is not done, in plain words.
    """

    match: FaceMatch | None
    bones: FaceBones
    sliders: moving.Sliders
    own: Goals = field(default_factory=dict[str, splice.Goal])
    edited: Goals = field(default_factory=dict[str, splice.Goal])
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    warnings: tuple[str, ...] = ()

    @property
    def keyed(self) -> frozenset[int]:
        """Return the frames on which the animator has keyed bones of the face."""
        own = (*self.own.values(), *self.edited.values())
        return frozenset(round(float(frame)) for goal in own for frame in goal.frames)


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
    parts: dict[str, Part] = {}
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
    """Return the animator's hard keys of the turns and places of a face's bones, by bone; of places, by path."""
    found_here: dict[str, splice.Goal] = {}
    for each in bones.channels:
        bone = lookup.pose_of(character).bones[each.bone]
        kinds = {reading_of_takes.rotation_name(bone): goals.of_bone} if each.turns else {}
        kinds |= {"location": goals.of_place} if each.moves else {}
        for kind, goal_of in kinds.items():
            path = f"{switches.bone_path(each.bone)}.{kind}"
            curves_of_bone = [curve for (here, _), curve in channels.items() if here == path and not curve.mute]
            frames = {
                frame for curve in curves_of_bone for frame in _frames_of(curve, wanted.frames, settings, is_soft=False)
            }
            if frames:
                found_here[path if kind == "location" else each.bone] = goal_of(
                    bone, channels, np.array(sorted(frames)), with_types=with_types
                )
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
    told += tuple(f"face: {line}" for line in seen.warnings)
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


def _read(settings: TakeSettings, key: bpy.types.Key, mesh: str, wanted: Asked | None) -> Part:
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
    return Part(now=now, own=own, soft=soft, edited=edited, base={})


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
