# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as timeline markers: added as one set, removed as one set, the user's own left alone.

Blender 5 lets no markers carry properties, so the scene remembers which words it has marked, and where.
"""

from __future__ import annotations

import json

import bpy

from ..scene import lookup
from .heard_words import HeardWords

_WORDS_KEY = "exges_words"
"""Custom property of a scene: [word, frame] of every marker that is a heard word."""


def add(scene: bpy.types.Scene, heard: HeardWords) -> int:
    """Replace the words' markers by those of what was heard; return how many."""
    remove(scene)
    rate_hz = lookup.scene_rate_hz(scene)
    places: list[tuple[str, int]] = []
    for word in heard.words:
        marker = scene.timeline_markers.new(word.text, frame=heard.frame_of(word, rate_hz))
        marker.select = False
        places.append((marker.name, marker.frame))
    scene[_WORDS_KEY] = json.dumps(places)
    return len(heard.words)


def of(scene: bpy.types.Scene) -> list[bpy.types.TimelineMarker]:
    """Return the words' markers: of each word the one of its name that is nearest to where it was put."""
    if _WORDS_KEY not in scene:
        return []
    left: dict[str, list[bpy.types.TimelineMarker]] = {}
    for marker in scene.timeline_markers:
        left.setdefault(marker.name, []).append(marker)
    found: list[bpy.types.TimelineMarker] = []
    for name, frame in json.loads(lookup.text_of(scene, _WORDS_KEY)):
        if left.get(name):
            nearest = min(left[name], key=lambda marker: abs(marker.frame - frame))
            left[name].remove(nearest)
            found.append(nearest)
    return found


def remove(scene: bpy.types.Scene) -> int:
    """Remove the words' markers; return how many there were."""
    ours = of(scene)
    for marker in ours:
        scene.timeline_markers.remove(marker)
    if _WORDS_KEY in scene:
        del scene[_WORDS_KEY]
    return len(ours)


def are_there(scene: bpy.types.Scene) -> bool:
    """Say whether there are any."""
    return bool(of(scene))
