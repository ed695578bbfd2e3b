# SPDX-License-Identifier: GPL-3.0-or-later
"""Joints in a rigger's words, limb by limb: what is called "left elbow" inside turns what people call a forearm."""

from __future__ import annotations

from types import MappingProxyType

from exges_core.motion.skeleton import JOINT_NAMES

_SIDES = (("left_", "Left"), ("right_", "Right"))
_PARTS = {
    "pelvis": "Hips",
    "spine1": "Spine 1",
    "spine2": "Spine 2",
    "spine3": "Chest",
    "neck": "Neck",
    "head": "Head",
    "jaw": "Jaw",
    "collar": "Shoulder",
    "shoulder": "Upper Arm",
    "elbow": "Forearm",
    "wrist": "Hand",
    "hip": "Thigh",
    "knee": "Shin",
    "ankle": "Foot",
    "foot": "Toes",
}
"""Joint, without its side -> the bone that it turns."""
_TITLES = {
    "head": "Head and Neck",
    "trunk": "Trunk",
    "left_arm": "Left Arm",
    "left_fingers": "Left Fingers",
    "right_arm": "Right Arm",
    "right_fingers": "Right Fingers",
    "left_leg": "Left Leg",
    "right_leg": "Right Leg",
}
_MEMBERS = {
    "head": ("neck", "head", "jaw"),
    "trunk": ("pelvis", "spine1", "spine2", "spine3"),
    "arm": ("collar", "shoulder", "elbow", "wrist"),
    "fingers": ("thumb", "index", "middle", "ring", "pinky"),
    "leg": ("hip", "knee", "ankle", "foot"),
}
_NUMBERS = "123"
"""Of the bones of a finger."""


def _split(joint: str) -> tuple[str, str]:
    """Return a joint's side, "" if it has none, and the rest of its name."""
    for prefix, side in _SIDES:
        if joint.startswith(prefix):
            return side, joint.removeprefix(prefix)
    return "", joint


def said(joint: str) -> str:
    """Return what people call the bone that plays a joint: Left Forearm, Right Index 2."""
    side, part = _split(joint)
    name = _PARTS.get(part) or f"{part.rstrip(_NUMBERS)} {part[-1]}".title()
    return f"{side} {name}".strip()


def _joints(limb: str) -> tuple[str, ...]:
    side, kind = _split(limb)
    return tuple(
        joint
        for member in _MEMBERS[kind]
        for joint in JOINT_NAMES
        if _split(joint) in ((side, member), *((side, f"{member}{number}") for number in _NUMBERS))
    )


LIMBS = MappingProxyType({title: _joints(limb) for limb, title in _TITLES.items()})
"""Limb -> its joints, from the root outwards; eyes, which no take turns, are in none."""
