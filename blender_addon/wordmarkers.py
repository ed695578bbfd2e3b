# SPDX-License-Identifier: GPL-3.0-or-later
"""A take's words as timeline markers: added as one set, removed as one set, the user's own left alone."""

from __future__ import annotations

import bpy

from . import keyframes, takes
from .ranges import WORDS_TAG


def add(scene: bpy.types.Scene, action: bpy.types.Action) -> int:
    """Replace the words' markers by those of a take; return how many."""
    remove(scene)
    words = takes.report(action).get("words", ())
    rate_hz, start = keyframes.scene_rate_hz(scene), takes.record(action).get("first_frame", 1)
    for word in words:
        marker = scene.timeline_markers.new(word["text"], frame=start + round(word["start_s"] * rate_hz))
        marker.select = False
        marker[WORDS_TAG] = action.name
    return len(words)


def remove(scene: bpy.types.Scene) -> int:
    """Remove the words' markers; return how many there were."""
    ours = [marker for marker in scene.timeline_markers if WORDS_TAG in marker]
    for marker in ours:
        scene.timeline_markers.remove(marker)
    return len(ours)


def are_there(scene: bpy.types.Scene) -> bool:
    """Say whether there are any."""
    return any(WORDS_TAG in marker for marker in scene.timeline_markers)
