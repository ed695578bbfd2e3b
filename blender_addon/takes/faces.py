# SPDX-License-Identifier: GPL-3.0-or-later
"""What a take does with a face, taken over into another take: as it is, mirrored, or with keys of one's own in it."""

from __future__ import annotations

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.face.rigs import BoneMotion, FaceChannel, FaceMatch, mirrored_bones
from exges_core.face.rigs.keys import in_range

from ..character import switches
from ..face import bones, meshes, moving
from ..face.found import face_of
from ..scene import curves, lookup, tracks
from ..scene.tracks import Keys, Numbers, Track
from . import goals, players, reading, splice

_WITH_VALUES = ("co", "handle_left", "handle_right")


def of_take(character: bpy.types.Object, take: bpy.types.Action) -> moving.Faces:
    """Return a take's curves of shape keys."""
    found: moving.Faces = {}
    for mesh, key in players.faces(character).items():
        members = players.curves_of(take, key)
        if members:
            found[mesh] = {place: Track(group="", keys=curves.read(curve)) for place, curve in members.items()}
    return found


def mirrored(faces: moving.Faces, match: FaceMatch, numbers: Numbers) -> moving.Faces:
    """Return curves whose left half does what the right one did, and the other way round."""
    found = {mesh: dict(members) for mesh, members in faces.items()}
    for channel in match.channels:
        partner = _partner(channel, match)
        place, from_place = (meshes.value_path(channel.key), 0), (meshes.value_path(partner.key), 0)
        there = faces.get(channel.mesh, {})
        if place in there and from_place in there:
            keys = _moved(there[from_place].keys, partner, channel)
            found[channel.mesh][place] = Track(group="", keys=keys)
    return {
        mesh: {place: _generated(track, numbers) for place, track in members.items()} for mesh, members in found.items()
    }


def bones_mirrored(character: bpy.types.Object, channels: goals.Channels, frames: Array) -> dict[str, BoneMotion]:
    """Return what the bones of a face do in a take on frames, left and right exchanged; none that it does not move."""
    paths = {path for path, _ in channels}
    motions: dict[str, BoneMotion] = {}
    for each in face_of(character).bones.channels:
        bone, path = lookup.pose_of(character).bones[each.bone], switches.bone_path(each.bone)
        place = f"{path}.location"
        has_turn = bool(each.turns) and f"{path}.{reading.rotation_name(bone)}" in paths
        has_place = bool(each.moves) and place in paths
        if has_turn or has_place:
            now = np.array(bone.location[:], dtype=np.float64)
            motions[each.bone] = BoneMotion(
                quat_wxyz=reading.turns(bone, channels, frames) if has_turn else None,
                offset=reading.values(channels, place, now, frames) if has_place else None,
            )
    return mirrored_bones(bones.of(character), motions) if motions else {}


def _partner(channel: FaceChannel, match: FaceMatch) -> FaceChannel:
    """Return the key of the same mesh that plays the other side's shape; what has no side is its own partner."""
    wanted = {_other_side(name): weight for name, weight in channel.weights.items()}
    if channel.is_mixed or wanted == dict(channel.weights):
        return channel
    alike = [each for each in match.channels if each.mesh == channel.mesh and dict(each.weights) == wanted]
    return alike[0] if alike else channel


def _other_side(name: str) -> str:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def _moved(keys: Keys, there: FaceChannel, here: FaceChannel) -> Keys:
    """Return keys of one slider as those of another one."""
    ends = np.array([0.0, 1.0])
    rest, full = in_range(ends, there.low, there.high).tolist()
    own_rest, own_full = in_range(ends, here.low, here.high).tolist()
    if (rest, full) == (own_rest, own_full):
        return keys
    floats = {name: each.copy() for name, each in keys.floats.items()}
    for name in _WITH_VALUES:
        share = (floats[name][:, 1].astype(np.float64) - rest) / (full - rest)
        floats[name][:, 1] = (own_rest + share * (own_full - own_rest)).astype(np.float32)
    return Keys(floats=floats, ints=keys.ints)


def _generated(track: Track, numbers: Numbers) -> Track:
    ints = {**track.keys.ints, "type": np.full_like(track.keys.ints["type"], numbers.generated)}
    return Track(group=track.group, keys=Keys(floats=track.keys.floats, ints=ints))


def own_over(character: bpy.types.Object, take: bpy.types.Action) -> dict[str, dict[tracks.Place, bpy.types.FCurve]]:
    """Return mesh -> curves of an active Action, which is no take, that play instead of what a take has."""
    found: dict[str, dict[tracks.Place, bpy.types.FCurve]] = {}
    for mesh, key in players.faces(character).items():
        animation = key.animation_data
        if animation is None or animation.action is None or animation.use_tweak_mode:
            continue
        if players.take_in(animation.action) is None and animation.action_blend_type == "REPLACE":
            theirs, own = players.curves_of(take, key), players.active_curves(key)
            over = {place: each for place, each in own.items() if place in theirs and not each.mute}
            if over:
                found[mesh] = over
    return found


def blended(
    faces: moving.Faces,
    own: dict[str, dict[tracks.Place, bpy.types.FCurve]],
    shown: dict[str, dict[tracks.Place, bpy.types.FCurve]],
    *,
    frames: tuple[int, int],
    reach: float,
) -> bool:
    """Let a take's curves pass through keys of one's own, giving way to them before and after; return whether any did.

    Args:
        faces: of the take; changed in place.
        own: as `own_over` has it.
        shown: the take's curves.
        frames: the take's first and the one after its last.
        reach: how many frames before and after a key the take gives way.
    """
    whole, numbers, has_met = np.arange(frames[0], frames[1], dtype=np.float64), curves.numbers(), False
    for mesh, members in own.items():
        for place, curve in members.items():
            keyed = np.array(sorted({round(float(each)) for each in curves.own_frames(curve)}), dtype=np.float64)
            keyed = keyed[(keyed >= frames[0]) & (keyed < frames[1])]
            if not len(keyed):
                continue
            there = faces[mesh][place].keys
            dense = tracks.dense(whole, curves.values_at(shown[mesh][place], whole, there), numbers)
            goal = goals.of_value(curve, keyed, with_types=True)
            met = {place: Track(group="", keys=dense)}
            splice.settle(met, {place[0]: goal}, rate_hz=1.0, ease_s=reach)  # in frames
            splice.mark_own(met, {place[0]: goal})
            faces[mesh] |= met
            has_met = True
    return has_met
