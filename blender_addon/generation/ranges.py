# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames are made: all of the speech, between two markers, the preview range, or what is selected."""

from __future__ import annotations

import bpy
import numpy as np

from exges_core.errors import InputError

from ..scene import compat, curves
from ..takes import players, word_markers

WHOLE, MARKERS, PREVIEW, KEYS = "WHOLE", "MARKERS", "PREVIEW", "KEYS"
Range = tuple[int, int]
"""First frame and the frame after the last, in the scene."""


def part_of(scene: bpy.types.Scene, character: bpy.types.Object | None, kind: str) -> Range | None:
    """Return the frames that a choice of range means now; None = the whole speech.

    Raises:
        InputError: if there are no such markers, no preview range or no selected keys.
    """
    if kind == MARKERS:
        return _between_markers(scene)
    if kind == PREVIEW:
        if not scene.use_preview_range:
            raise InputError("No preview range. Set one in a timeline (P), or choose another range.")
        return scene.frame_preview_start, scene.frame_preview_end + 1
    if kind == KEYS:
        return _selected_keys(character)
    return None


def _between_markers(scene: bpy.types.Scene) -> Range:
    """Return from the first to the last selected marker; with none selected, the two around the current frame."""
    chosen = sorted({marker.frame for marker in scene.timeline_markers if marker.select})
    if len(chosen) >= 2:
        return chosen[0], chosen[-1]
    made = (*word_markers.of(scene), *word_markers.of(scene, word_markers.PHONES))
    ours = {marker.as_pointer() for marker in made}  # these bound a range only if they are selected
    own = sorted({marker.frame for marker in scene.timeline_markers if marker.as_pointer() not in ours})
    before = [frame for frame in own if frame <= scene.frame_current]
    after = [frame for frame in own if frame > scene.frame_current]
    if not before or not after:
        raise InputError(
            f"No markers on both sides of frame {scene.frame_current}. Add markers (M) or select two of them."
        )
    return before[-1], after[0]


def _selected_keys(character: bpy.types.Object | None) -> Range:
    users: list[bpy.types.AnimData | bpy.types.NlaStrip] = []
    for animation in () if character is None else players.animations(character):
        users += [animation, *(strip for track in animation.nla_tracks if not track.mute for strip in track.strips)]
    found = [
        curves.selected_frames(curve)
        for user in users
        if user.action is not None
        for curve in compat.curves_of(user.action, compat.slot_handle_of(user))
    ]
    frames = np.concatenate([*found, np.empty(0, dtype=np.float32)])
    first, last = (round(float(frames.min())), round(float(frames.max()))) if len(frames) else (0, 0)
    if last <= first:
        count = f"{len(frames)} selected {'key is' if len(frames) == 1 else 'keys are'} on fewer than two frames"
        raise InputError(f"No keys of two frames are selected{f': {count}' if len(frames) else ''}. Select some more.")
    return first, last + 1
