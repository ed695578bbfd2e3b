# SPDX-License-Identifier: GPL-3.0-or-later
"""NLA tracks and strips as Blender's own API does not offer them: copies of strips, tracks in the right place."""

from __future__ import annotations

from typing import cast

import bpy
import numpy as np

from exges_core.errors import InputError

from . import compat, curves, tracks

_LIKE = (
    *("scale", "repeat", "extrapolation", "blend_type", "use_auto_blend", "blend_in", "blend_out"),
    *("mute", "use_reverse"),
)
"""What a copied strip has of its model beside its times, in the order in which Blender takes it."""
_TIMES = ("frame_start", "frame_end", "action_frame_start", "action_frame_end", "scale", "repeat", "use_reverse")
"""What maps a strip's Action to the scene's frames."""


def copied(track: bpy.types.NlaTrack, model: bpy.types.NlaStrip, action: bpy.types.Action) -> bpy.types.NlaStrip:
    """Add a strip to a track that plays an Action as another strip plays its own, influence curve included."""
    strip = track.strips.new(action.name, int(model.frame_start), action)
    if action == model.action and compat.HAS_SLOTS and model.action_slot is not None:
        strip.action_slot = model.action_slot
    else:
        compat.assign_slot(strip, action)
    align(strip, model)
    for name in _LIKE:
        setattr(strip, name, getattr(model, name))
    if model.use_animated_influence:
        strip.use_animated_influence = True
        curves.write(influence_curve(strip), curves.read(influence_curve(model)))
    return strip


def align(strip: bpy.types.NlaStrip, model: bpy.types.NlaStrip) -> None:
    """Let a strip lie where another one lies, and play the same frames of its Action."""
    strip.action_frame_start, strip.action_frame_end = model.action_frame_start, model.action_frame_end
    strip.scale, strip.repeat = model.scale, model.repeat
    strip.frame_start_ui = model.frame_start
    strip.frame_end = model.frame_end


def times(strip: bpy.types.NlaStrip) -> tuple[float, ...]:
    """Return what maps a strip's Action to the scene's frames."""
    return tuple(round(float(getattr(strip, name)), 4) for name in _TIMES)


def influence_curve(strip: bpy.types.NlaStrip) -> bpy.types.FCurve:
    """Return the curve of a strip's animated influence, which Blender makes with the switch."""
    found = next((curve for curve in strip.fcurves if curve.data_path == "influence"), None)
    assert found is not None
    return found


def hold_influence(strip: bpy.types.NlaStrip, level: float) -> None:
    """Let a strip have an influence, its fades included: Blender's own fades end at 1, and a curve leaves them out."""
    leave_auto_blend(strip)
    strip.use_animated_influence = level < 1.0
    if level < 1.0:
        write_influence(strip, level)


def leave_auto_blend(strip: bpy.types.NlaStrip) -> None:
    """Let a strip's fades be what they are set to; where they are, Blender would set them to 0."""
    if strip.use_auto_blend:
        strip.use_auto_blend = False


def write_influence(strip: bpy.types.NlaStrip, level: float) -> None:
    """Write the curve of a strip's influence: the fades, and a level between them."""
    first, last = strip.frame_start, strip.frame_end
    points = {first + strip.blend_in: level, last - strip.blend_out: level}
    points |= {first: 0.0} if strip.blend_in > 0.0 else {}
    points |= {last: 0.0} if strip.blend_out > 0.0 else {}
    frames = np.array(sorted(points))
    keys = tracks.dense(frames, np.array([points[frame] for frame in frames.tolist()]), curves.numbers())
    keys.ints["type"][:] = 0
    curves.write(influence_curve(strip), keys)
    strip.influence = level


def push_down(animation: bpy.types.AnimData, track: bpy.types.NlaTrack, covers: tuple[float, float]) -> None:
    """Move the active Action into an empty track, where it plays as it did; its keys stay as they are.

    Args:
        animation: whose active Action.
        track: gets the strip.
        covers: frames in which it is seen; curves that go on outside of their keys go on in all of these.
    """
    action = animation.action
    assert action is not None
    found = compat.curves_of(action, compat.slot_handle_of(animation))
    first, last = action.curve_frame_range
    if any(len(curve.modifiers) or curve.extrapolation == "LINEAR" for curve in found):
        scenes = bpy.data.scenes
        first = min(first, covers[0], *(each.frame_start for each in scenes))
        last = max(last, covers[1], *(each.frame_end for each in scenes))
    strip = track.strips.new(action.name, int(first), action)
    if compat.HAS_SLOTS and animation.action_slot is not None:
        strip.action_slot = animation.action_slot
    strip.action_frame_start, strip.action_frame_end = first, last
    strip.frame_start_ui = first
    strip.blend_type, strip.extrapolation = animation.action_blend_type, animation.action_extrapolation
    hold_influence(strip, animation.action_influence)
    animation.action = None


def new_track_below(animation: bpy.types.AnimData, name: str, lowest: bpy.types.NlaTrack) -> bpy.types.NlaTrack:
    """Add an empty track right below another one.

    Blender adds tracks only above others. Below all of them there is no place for one: the lowest's strips move up.

    Raises:
        InputError: as `require_room_below`.
    """
    require_room_below(animation, lowest)
    found = list(animation.nla_tracks)
    place = found.index(lowest)
    if place:
        track = animation.nla_tracks.new(prev=found[place - 1])
        track.name = name
        return track
    above = animation.nla_tracks.new(prev=lowest)
    above.name, above.mute, above.lock = lowest.name, lowest.mute, lowest.lock
    for strip in list(lowest.strips):
        copied(above, strip, cast("bpy.types.Action", strip.action)).name = strip.name
        lowest.strips.remove(strip)
    lowest.name, lowest.mute, lowest.lock = name, False, False
    return lowest


def require_room_below(animation: bpy.types.AnimData, lowest: bpy.types.NlaTrack) -> None:
    """Refuse a track below which `new_track_below` can add none.

    Raises:
        InputError: if it is the lowest and has strips that cannot be copied.
    """
    if animation.nla_tracks[0] == lowest and any(strip.type != "CLIP" for strip in lowest.strips):
        raise InputError(
            f"NLA track {lowest.name!r} has transitions or groups, which cannot move up. Move an empty track below it "
            "first (NLA editor > Track > Move to Bottom)."
        )
