# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and phones as timeline markers: each added as one set, removed as one set, the user's own left alone.

Blender 5 lets no markers carry properties, so the scene remembers what it has marked, and where.
"""

from __future__ import annotations

import json
from typing import cast

import bpy

from ..scene import lookup
from .heard_words import HeardPhone, HeardWord, HeardWords

WORDS, PHONES = "exges_words", "exges_phones"
"""Custom properties of a scene: [text, frame] of every marker that is a heard word, or a phone."""


def add(scene: bpy.types.Scene, heard: HeardWords, kind: str = WORDS) -> int:
    """Replace the markers of words (or phones) by those of what was heard; return how many."""
    remove(scene, kind)
    rate_hz = lookup.scene_rate_hz(scene)
    told: tuple[HeardWord | HeardPhone, ...] = heard.phones if kind == PHONES else heard.words
    places: list[tuple[str, int]] = []
    for each in told:
        marker = scene.timeline_markers.new(each.text, frame=heard.frame_of(each, rate_hz))
        marker.select = False
        places.append((marker.name, marker.frame))
    scene[kind] = json.dumps(places)
    return len(told)


def of(scene: bpy.types.Scene, kind: str = WORDS) -> list[bpy.types.TimelineMarker]:
    """Return one kind's markers: of each text the one of its name that is nearest to where it was put."""
    if kind not in scene:
        return []
    left: dict[str, list[bpy.types.TimelineMarker]] = {}
    for marker in scene.timeline_markers:
        left.setdefault(marker.name, []).append(marker)
    found: list[bpy.types.TimelineMarker] = []
    for name, frame in cast("list[tuple[str, int]]", lookup.json_of(scene, kind)):
        if left.get(name):
            nearest = min(left[name], key=lambda marker: abs(marker.frame - frame))
            left[name].remove(nearest)
            found.append(nearest)
    return found


def remove(scene: bpy.types.Scene, kind: str = WORDS) -> int:
    """Remove one kind's markers; return how many there were."""
    ours = of(scene, kind)
    for marker in ours:
        scene.timeline_markers.remove(marker)
    if kind in scene:
        del scene[kind]
    return len(ours)


def are_there(scene: bpy.types.Scene, kind: str = WORDS) -> bool:
    """Say whether there are any of one kind."""
    return bool(of(scene, kind))
