# SPDX-License-Identifier: GPL-3.0-or-later
"""The animator's own Action and the take: the active one plays above all NLA tracks, so it hides what a take moves.

Generate puts it into a track below the take; here that is done to one that became active since, and taken back.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..scene import compat, curves, nla
from . import keyframes, marks


def hiding(character: bpy.types.Object, take: bpy.types.Action | None) -> bpy.types.Action | None:
    """Return the active Action if it is the animator's own and plays instead of what a take moves, else None."""
    animation = character.animation_data
    if take is None or animation is None or animation.action is None or animation.use_tweak_mode:
        return None
    own = animation.action
    if keyframes.take_in(own) is not None or animation.action_blend_type != "REPLACE":
        return None
    played = curves.by_channel(compat.curves_of(own, compat.slot_handle_of(animation)))
    return own if played.keys() & keyframes.curves_of_take(character, take).keys() else None


def put_below(character: bpy.types.Object) -> bpy.types.Action:
    """Move the active Action into an NLA track below all takes, where the takes show; return it.

    Raises:
        InputError: as `nla.new_track_below`.
    """
    keyframes.leave_tweak_mode(character)
    animation = character.animation_data
    assert animation is not None
    own, takes = animation.action, keyframes.takes_of(character)
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
    found = [strip for _, strip in _below(character)]
    return found[-1] if found else None


def _below(character: bpy.types.Object) -> Iterator[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]]:
    animation = character.animation_data
    for track in () if animation is None else animation.nla_tracks:
        for strip in track.strips:
            if strip.action is not None and marks.BELOW_KEY in strip.action:
                yield track, strip


def take_back(character: bpy.types.Object) -> bpy.types.Action:
    """Make the Action that was put below takes last the active one again; return it."""
    keyframes.leave_tweak_mode(character)
    animation = character.animation_data
    assert animation is not None
    track, strip = list(_below(character))[-1]
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
