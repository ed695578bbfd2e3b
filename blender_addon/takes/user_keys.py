# SPDX-License-Identifier: GPL-3.0-or-later
"""The animator's own keys (any key that is not GENERATED) as wishes: which, hard or soft, and the path of the body.

`controls` reads the poses; here they are chosen, and keys that were set inside a take count as well.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import bpy
import numpy as np

from exges_core.motion.skeleton import joint_index
from exges_core.rig import Retargeter

from ..character import rigcache, switches
from ..face import meshes
from ..scene import compat, cooperative, curves, lookup
from . import controls, keyframes, players, reading, record

HARD, SOFT, IGNORED = "HARD", "SOFT", "IGNORED"
_FRESH_S = 1.5
_recent: dict[str, tuple[float, dict[int, list[str]]]] = {}
"""The keys of the character that a panel drew last, and until when they count."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which of the animator's keys count.

    Attributes:
        bones: only keys of these; empty = of all.
        soft: frames whose keys only shape the motion.
        ignored: frames whose keys do not count.
        keeps_path: True = keyed locations of the body are kept, too.
    """

    bones: frozenset[str] = frozenset()
    soft: frozenset[int] = frozenset()
    ignored: frozenset[int] = frozenset()
    keeps_path: bool = True


@dataclass(frozen=True, kw_only=True)
class Found:
    """The animator's keys in a range.

    Attributes:
        controls: in the form of the command line's --controls, times from the range's first frame.
        hard: frame -> bones that must be met exactly, for `splice.settle`.
        edited: the same for keys that were set inside a take...
        edited_take: ...of this name.
        has_path: True = the path of the body is among them.
    """

    controls: dict[str, list[controls.ControlKey]]
    hard: dict[float, set[str]] = field(default_factory=dict)
    edited: dict[float, set[str]] = field(default_factory=dict)
    edited_take: str = ""
    has_path: bool = False


def own_channels(player: compat.Player, *, with_muted: bool = False) -> dict[tuple[str, int], bpy.types.FCurve]:
    """Return the F-curves of all that plays on a character, or shape keys, and is no take; later NLA tracks win."""
    animation = player.animation_data
    if animation is None:
        return {}
    users = [strip for track in animation.nla_tracks if with_muted or not track.mute for strip in track.strips]
    users += [animation] if animation.action is not None else []
    found: dict[tuple[str, int], bpy.types.FCurve] = {}
    for user in users:
        if user.action is not None and keyframes.take_in(user.action) is None:
            found |= curves.by_channel(compat.curves_of(user.action, compat.slot_handle_of(user)))
    return found


def keyed_in_take(character: bpy.types.Object, retargeter: Retargeter) -> dict[float, set[str]]:
    """Return frame -> mapped bones that the animator keyed inside the shown take."""
    take, mapped = record.shown(character), set(retargeter.rig_map.bones.values())
    found: dict[float, set[str]] = {}
    for curve in keyframes.curves_of_take(character, take).values() if take else ():
        bone = controls.turned_bone(curve.data_path)
        if bone in mapped:
            for frame in curves.own_frames(curve):
                found.setdefault(float(frame), set()).add(bone)
    return found


def path_frames(character: bpy.types.Object, retargeter: Retargeter) -> list[float]:
    """Return the frames at which the animator keyed where the body is."""
    path = switches.bone_path(retargeter.rig_map.location_bone) + ".location"
    frames: set[float] = set()
    for (each, _), curve in own_channels(character).items():
        if each == path:
            frames |= {float(frame) for frame in curves.own_frames(curve)}
    return sorted(frames)


def listed(character: bpy.types.Object, retargeter: Retargeter) -> dict[int, list[str]]:
    """Return frame -> bones of all own keys, the body's path as its location bone."""
    found: dict[int, set[str]] = {}
    for keyed in (controls.keyed_frames(character, retargeter), keyed_in_take(character, retargeter)):
        for frame, bones in keyed.items():
            found.setdefault(round(frame), set()).update(bones)
    for frame in path_frames(character, retargeter):
        found.setdefault(round(frame), set()).add(retargeter.rig_map.location_bone)
    return {frame: sorted(bones) for frame, bones in sorted(found.items())}


def recent(character: bpy.types.Object) -> dict[int, list[str]]:
    """Return frame -> bones of all own keys, at most a moment old: panels ask many times a second."""
    name, now = character.name_full, time.monotonic()
    if name not in _recent or _recent[name][0] < now:
        retargeter = rigcache.seen(character)
        if retargeter is None:
            return {}
        found = {} if isinstance(retargeter, str) else listed(character, retargeter)
        _recent.clear()
        _recent[name] = (time.monotonic() + _FRESH_S, found)
    return _recent[name][1]


def digest(character: bpy.types.Object) -> str:
    """Return what tells whether own keys have changed: all of those outside of takes, and where takes have some.

    A take that is made of keys set inside another one has them again, and not to the last bit.
    """
    found = hashlib.sha256()
    for player in players.of(character):
        for place, curve in sorted(own_channels(player).items(), key=lambda each: each[0]):
            found.update(repr(place).encode() + curves.read(curve).floats["co"].tobytes())
    take = record.shown(character)
    edited = keyframes.curves_of_take(character, take) if take else {}
    for curve in (*edited.values(), *_of_faces(character, take)):
        frames = curves.own_frames(curve)
        if (controls.turned_bone(curve.data_path) or meshes.shape_in(curve.data_path)) and len(frames):
            found.update(repr((curve.data_path, curve.array_index)).encode() + frames.tobytes())
    return found.hexdigest()


def _of_faces(character: bpy.types.Object, take: bpy.types.Action | None) -> list[bpy.types.FCurve]:
    """Return a take's curves of shape keys."""
    if take is None:
        return []
    return [curve for key in players.faces(character).values() for curve in players.curves_of(take, key).values()]


def forget() -> None:
    """Let the next look be a fresh one: names may mean other things in another file."""
    _recent.clear()


def finding(
    name: str,
    retargeter: Retargeter,
    choice: Choice,
    *,
    start_frame: int,
    stop_frame: int,
    rate_hz: float,
) -> cooperative.Work[Found]:
    """Return a character's chosen keys in [start_frame, stop_frame); slice by slice."""
    raw = yield from controls.reading_controls(
        name, retargeter, start_frame=start_frame, frames=stop_frame - start_frame, rate_hz=rate_hz
    )
    chosen = [joint for joint, bone in retargeter.rig_map.bones.items() if not choice.bones or bone in choice.bones]
    keys: dict[float, controls.ControlKey] = {}
    for each in raw:
        joints = {joint: turn for joint, turn in each["joints"].items() if joint in chosen}
        if joints:
            keys[start_frame + each["time_s"] * rate_hz] = {**each, "joints": joints}
    part, has_path = (start_frame, stop_frame), False
    yield from _adding_from_take(name, retargeter, chosen, keys, part, rate_hz)
    if choice.keeps_path:
        has_path = yield from _adding_path(name, retargeter, keys, part, rate_hz)
    for frame in list(keys):
        if round(frame) in choice.ignored:
            del keys[frame]
        else:
            keys[frame]["hard"] = round(frame) not in choice.soft
    character = lookup.character(name)
    is_hard = {round(frame) for frame, key in keys.items() if key["hard"]}
    take = record.shown(character)

    def exact(keyed: Mapping[float, set[str]]) -> dict[float, set[str]]:
        ours = {frame: bones & choice.bones if choice.bones else bones for frame, bones in keyed.items()}
        return {frame: bones for frame, bones in ours.items() if round(frame) in is_hard and bones}

    return Found(
        controls={"keys": [keys[frame] for frame in sorted(keys)]},
        hard=exact(controls.keyed_frames(character, retargeter)),
        edited=exact(keyed_in_take(character, retargeter)),
        edited_take=take.name if take else "",
        has_path=has_path,
    )


def _adding_from_take(
    name: str,
    retargeter: Retargeter,
    chosen: list[str],
    keys: dict[float, controls.ControlKey],
    part: tuple[int, int],
    rate_hz: float,
) -> cooperative.Work[None]:
    """Add keys that were set inside the shown take: what is seen there wins over what lies below."""
    character = lookup.character(name)
    keyed = {
        frame: bones for frame, bones in keyed_in_take(character, retargeter).items() if part[0] <= frame < part[1]
    }
    if not keyed:
        return
    shown = record.shown(character)
    assert shown is not None
    take = shown.name
    clip = yield from reading.clipping(
        name, retargeter, lambda: keyframes.curves_now(name, take), np.array(list(keyed)), rate_hz=rate_hz
    )
    joints_of = {bone: joint for joint, bone in retargeter.rig_map.bones.items() if joint in chosen}
    for row, (frame, bones) in enumerate(keyed.items()):
        turns = {
            joints_of[bone]: clip.local_quat_wxyz[row, joint_index(joints_of[bone])].tolist()
            for bone in sorted(bones)
            if bone in joints_of
        }
        if turns:
            key = keys.setdefault(frame, {"time_s": (frame - part[0]) / rate_hz, "joints": {}, "hard": True})
            key["joints"] = {**key["joints"], **turns}


def _adding_path(
    name: str,
    retargeter: Retargeter,
    keys: dict[float, controls.ControlKey],
    part: tuple[int, int],
    rate_hz: float,
) -> cooperative.Work[bool]:
    frames = [frame for frame in path_frames(lookup.character(name), retargeter) if part[0] <= frame < part[1]]
    if not frames:
        return False
    clip = yield from reading.clipping(
        name, retargeter, lambda: own_channels(lookup.character(name)), np.array(frames), rate_hz=rate_hz
    )
    for row, frame in enumerate(frames):
        key = keys.setdefault(frame, {"time_s": (frame - part[0]) / rate_hz, "joints": {}, "hard": True})
        key["root_position_m"] = clip.root_position_m[row].tolist()
    return True
