# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of the body each curve of a take belongs to: by the bone map, switches and helpers with their limb."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import bpy

from exges_core.rig import Retargeter

from ..scene import lookup
from ..scene.tracks import ROOT, Place
from . import posing

_BONE = re.compile(r'^pose\.bones\["((?:[^"\\]|\\.)*)"\]')
_OF_THE_HEAD = re.compile(r'\["[^"]*(?:head|neck)[^"]*"\]$', re.IGNORECASE)
"""A property that says what head and neck follow, such as Rigify's, which lies on the bone that moves the body."""


def parts_of_places(character: bpy.types.Object, retargeter: Retargeter, places: Iterable[Place]) -> dict[Place, str]:
    """Return for each curve, given by data path and channel, which part of the body it moves."""
    known = {
        bone: "hands" if part in {"left hand", "right hand"} else part
        for bone, part in posing.parts_of(retargeter).items()
    }
    if retargeter.root_bone:
        known[retargeter.root_bone] = ROOT
    bones = lookup.armature_of(character).bones
    return {place: _part_of(place[0], bones, known) for place in places}


def _part_of(path: str, bones: bpy.types.ArmatureBones, known: Mapping[str, str]) -> str:
    found = _BONE.match(path)
    if found is None:
        return ROOT
    if _OF_THE_HEAD.search(path) and path.count("[") == 2:
        return "head"
    name = bpy.utils.unescape_identifier(found[1])
    if name in known or name not in bones:
        return known.get(name, ROOT)
    return _part_below(bones[name], known) or _part_above(bones[name], known) or ROOT


def _part_below(bone: bpy.types.Bone, known: Mapping[str, str]) -> str:
    """Return the part of the nearest bone that hangs on one, '' if none of them has a part."""
    row = list(bone.children)
    while row:
        for each in row:
            if each.name in known:
                return known[each.name]
        row = [child for each in row for child in each.children]
    return ""


def _part_above(bone: bpy.types.Bone, known: Mapping[str, str]) -> str:
    return next((known[each.name] for each in bone.parent_recursive if each.name in known), "")
