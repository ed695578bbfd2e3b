# SPDX-License-Identifier: GPL-3.0-or-later
"""The example character as a human, on bones of the canonical body's names. No bpy in here."""

from __future__ import annotations

from pathlib import Path

from exges_core.arrays import Array
from exges_core.motion.skeleton import FINGERS, JOINT_NAMES

from . import example_body
from .human_file import NAME, Human, read_human

_SIDES = {"left": "L", "right": "R"}
_TRUNK = {
    "pelvis": "spine",
    "spine1": "spine.001",
    "spine2": "spine.002",
    "spine3": "spine.003",
    "neck": "spine.004",
    "head": "spine.006",
}
_LIMBS = {
    "collar": "shoulder",
    "shoulder": "upper_arm",
    "elbow": "forearm",
    "wrist": "hand",
    "hip": "thigh",
    "knee": "shin",
    "ankle": "foot",
    "foot": "toe",
    **{f"{finger}{n}": f"{'' if finger == 'thumb' else 'f_'}{finger}.0{n}" for finger in FINGERS for n in (1, 2, 3)},
}
_JOINTS = {
    **_TRUNK,
    **{f"{side}_{ours}": f"{theirs}.{end}" for side, end in _SIDES.items() for ours, theirs in _LIMBS.items()},
}
"""Joint -> Rigify's bone."""
_BESIDE = {"spine.005": "neck", "pelvis": "pelvis", "palm": "wrist"}
"""Rigify's other deforming bones: whose they are here."""


def came_with_us() -> Human | None:
    """Return the human if one came with the extension.

    Raises:
        InputError: if its file is damaged.
    """
    path = Path(__file__).with_name(NAME)
    return read_human(path) if path.is_file() else None


def ends_m(human: Human) -> dict[str, tuple[Array, Array]]:
    """Return where each joint's bone begins and ends, in Blender's axes."""
    bones = {bone.name: bone for bone in human.bones}
    ends = {joint: (bones[name].head_m, bones[name].tail_m) for joint, name in _JOINTS.items()}
    ours, head = example_body.joints_m(), ends["head"][0]
    for joint in JOINT_NAMES:  # the jaw: it has a bone, and no weight
        if joint not in ends and joint not in example_body.LEFT_OUT:
            by = head - ours["head"]
            ends[joint] = (ours[joint] + by, example_body.tail_m(joint) + by)
    ends["neck"] = (ends["neck"][0], head)
    return ends


def bone_of(group: str) -> str:
    """Return the joint that takes over one of Rigify's deforming bones.

    >>> bone_of("DEF-upper_arm.L.001"), bone_of("DEF-palm.02.R"), bone_of("DEF-spine.005")
    ('left_shoulder', 'right_wrist', 'neck')
    """
    name = group.removeprefix("DEF-")
    by_bone = {theirs: ours for ours, theirs in _JOINTS.items()}
    for each in (name, name.removesuffix(".001")):
        if each in by_bone:
            return by_bone[each]
    if name in _BESIDE:
        return _BESIDE[name]
    stem, _, end = name.partition(".")
    side = next(side for side, letter in _SIDES.items() if end.endswith(letter))
    return _BESIDE[stem] if stem == "pelvis" else f"{side}_{_BESIDE[stem]}"
