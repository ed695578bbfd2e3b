# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of the body each curve of a take belongs to: by the bone map, switches and helpers with their limb."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile

import bpy

from exges_core.rig import Retargeter

from ..character import switches
from ..scene import lookup
from ..scene.tracks import ROOT, Place
from . import posing

_BONE = re.compile(r'^pose\.bones\["((?:[^"\\]|\\.)*)"\]')
_OF_THE_HEAD = re.compile(r'\["[^"]*(?:head|neck)[^"]*"\]$', re.IGNORECASE)
"""A property that says what head and neck follow, such as Rigify's, which lies on the bone that moves the body."""
_SIDE = re.compile(r"[._ -]([lr])(?:$|[._ -])|(left|right)", re.IGNORECASE)
_ALIKE = 4
"""So many first letters bones have in common that belong together."""


def parts_of_places(character: bpy.types.Object, retargeter: Retargeter, places: Iterable[Place]) -> dict[Place, str]:
    """Return for each curve, given by data path and channel, which part of the body it moves."""
    known = {
        bone: "hands" if part in {"left hand", "right hand"} else part
        for bone, part in posing.parts_of(retargeter).items()
    }
    carrying = (retargeter.root_bone, retargeter.rig_map.bones.get("pelvis", ""))  # legs hang on the hips
    known |= {bone: ROOT for bone in carrying if bone}
    bones = lookup.armature_of(character).bones
    beside = {f"{switches.bone_path(bone)}.location" for bone in retargeter.chain.beside}  # roots that go along
    return {place: ROOT if place[0] in beside else _part_of(place[0], bones, known) for place in places}


def _part_of(path: str, bones: bpy.types.ArmatureBones, known: Mapping[str, str]) -> str:
    found = _BONE.match(path)
    if found is None:
        return ROOT
    if _OF_THE_HEAD.search(path) and path.count("[") == 2:
        return "head"
    name = bpy.utils.unescape_identifier(found[1])
    if name in known or name not in bones:
        return known.get(name, ROOT)
    return _part_beside(name, known) or _part_below(bones[name], known) or _part_above(bones[name], known) or ROOT


def _part_beside(name: str, known: Mapping[str, str]) -> str:
    """Return the part of the bones whose names begin most alike on the same side, '' if they are of several parts.

    Switches lie on bones that hang elsewhere: upper_arm_parent.L beside upper_arm_fk.L, c_foot_ik.l beside c_foot_fk.l.
    """
    alike = {each: _same_letters(each, name) for each in known if _side(each) == _side(name)}
    most = max(alike.values(), default=0)
    parts = {known[each] for each, length in alike.items() if length == most}
    return parts.pop() if most >= _ALIKE and len(parts) == 1 else ""


def _same_letters(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _side(name: str) -> str:
    found = _SIDE.search(name)
    return (found[1] or found[2])[0].lower() if found else ""


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
