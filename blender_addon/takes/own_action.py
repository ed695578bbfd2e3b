# SPDX-License-Identifier: GPL-3.0-or-later
"""The animator's own Action and the take: the active one plays above all NLA tracks, so it hides what a take moves.

Generate puts it into a track below the take; here that is done to one that became active since, and taken back.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..scene import compat, nla
from . import keyframes, marks, players, record


def hiding(character: bpy.types.Object, take: bpy.types.Action | None) -> bpy.types.Action | None:
    """Return the active Action if it is the animator's own and plays instead of what a take moves, else None.

    Of several, that of the character comes first, then those of shape keys.
    """
    found = () if take is None else (_hiding(character, player, take) for player in players.of(character))
    return next((own for own in found if own is not None), None)


def _hiding(character: bpy.types.Object, player: compat.Player, take: bpy.types.Action) -> bpy.types.Action | None:
    animation = player.animation_data
    if animation is None or animation.action is None or animation.use_tweak_mode:
        return None
    own = animation.action
    if keyframes.take_in(own) is not None or animation.action_blend_type != "REPLACE":
        return None
    moved = keyframes.curves_of_take(character, take) if player == character else players.curves_of(take, player)
    return own if players.active_curves(player).keys() & moved.keys() else None


def put_below(character: bpy.types.Object) -> bpy.types.Action:
    """Move active Actions that hide the shown take into NLA tracks below all takes, where these show; return the first.

    Raises:
        InputError: as `nla.new_track_below`.
    """
    keyframes.leave_tweak_mode(character)
    take = record.shown(character)
    moved = [
        _put_below(character, player)
        for player in players.of(character)
        if take is not None and _hiding(character, player, take) is not None
    ]
    return moved[0]


def _put_below(character: bpy.types.Object, player: compat.Player) -> bpy.types.Action:
    animation, takes = player.animation_data, keyframes.takes_of(character)
    assert animation is not None
    own = animation.action
    assert own is not None
    lowest = next(
        track for track in animation.nla_tracks if any(keyframes.take_in(strip.action) for strip in track.strips)
    )
    ranges = [take.frame_range for take in takes]
    track = nla.new_track_below(animation, own.name, lowest)
    nla.push_down(animation, track, (min(each[0] for each in ranges), max(each[1] for each in ranges)))
    own[marks.BELOW_KEY] = True
    return own


def below(character: bpy.types.Object) -> bpy.types.NlaStrip | None:
    """Return the strip of the Action that was put below takes last, None if there is none."""
    found = [strip for player in reversed(players.of(character)) for _, strip in _below(player)]
    return found[-1] if found else None


def _below(player: compat.Player) -> Iterator[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]]:
    animation = player.animation_data
    for track in () if animation is None else animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None and marks.BELOW_KEY in strip.action:
                yield track, strip


def take_back(character: bpy.types.Object) -> bpy.types.Action:
    """Make the Actions that were put below takes last the active ones again; return the first."""
    keyframes.leave_tweak_mode(character)
    found = (_take_back(player) for player in players.of(character))
    return next(own for own in found if own is not None)


def _take_back(player: compat.Player) -> bpy.types.Action | None:
    animation, there = player.animation_data, list(_below(player))
    if animation is None or not there or animation.action is not None:
        return None
    track, strip = there[-1]
    own, slot = strip.action, strip.action_slot if compat.HAS_SLOTS else None
    assert own is not None
    track.strips.remove(strip)
    if not track.strips:
        animation.nla_tracks.remove(track)
    animation.action = own
    if slot is not None:
        animation.action_slot = slot
    del own[marks.BELOW_KEY]
    return own
