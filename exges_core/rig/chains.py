"""Bones that play no joint of their own but belong to a mapped chain: more spine and neck bones, twists, metacarpals.

Numpy alone. Which bone plays which joint is decided in ``match``; what to do with the rest in ``retarget``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from exges_core.motion.skeleton import FINGERS
from exges_core.rig.bones import Rig
from exges_core.rig.names import is_twist

_SEGMENTS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
_OFF_AXIS = 0.2
"""A twist bone's head is at most this far off its limb, as a share of the limb."""


@dataclass(frozen=True, kw_only=True)
class Chains:
    """Whole chains of a mapped rig.

    Attributes:
        spine: every bone between the pelvis' and the neck's, lowest first; 1 to 6 in known families.
        neck: from the first neck bone to the one below the head, lowest first; empty if the head follows the spine.
        twists: joint at a limb segment's upper end -> its twist bones, nearest that end first; both those in line
            (DAZ's lShldrTwist is the forearm's parent) and those beside (Unreal's lowerarm_twist_01).
        metacarpals: first joint of a finger -> the bone between the hand and it; never of thumbs.
    """

    spine: tuple[str, ...] = ()
    neck: tuple[str, ...] = ()
    twists: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    metacarpals: Mapping[str, str] = field(default_factory=dict[str, str])


def _path_up(rig: Rig, lower: str, upper: str) -> tuple[str, ...]:
    """Return the bones strictly between, upper first; empty if the one is not above the other."""
    path: list[str] = []
    bone = rig.parents[rig.index(lower)]
    while bone >= 0 and rig.names[bone] != upper:
        path.append(rig.names[bone])
        bone = rig.parents[bone]
    return tuple(reversed(path)) if bone >= 0 else ()


def chains_of(rig: Rig, bones: Mapping[str, str]) -> Chains:
    """Return the whole chains around the mapped bones (joint -> bone)."""
    pelvis, head = bones.get("pelvis"), bones.get("head")
    top = bones.get("neck", head)
    spine = _path_up(rig, top, pelvis) if top is not None and pelvis is not None else ()
    if not spine:
        spine = tuple(bones[name] for name in ("spine1", "spine2", "spine3") if name in bones)
    neck: tuple[str, ...] = ()
    if head is not None and "neck" in bones and bones["neck"] != head:
        neck = (bones["neck"], *_path_up(rig, head, bones["neck"]))
    children: dict[int, list[int]] = {}
    for bone, parent in enumerate(rig.parents):
        children.setdefault(parent, []).append(bone)
    twists: dict[str, tuple[str, ...]] = {}
    metacarpals: dict[str, str] = {}
    for side in ("left", "right"):
        for upper, lower in _SEGMENTS:
            ends = bones.get(f"{side}_{upper}"), bones.get(f"{side}_{lower}")
            if ends[0] is not None and ends[1] is not None:
                found = _twists(rig, children, ends[0], ends[1])
                if found:
                    twists[f"{side}_{upper}"] = found
        for finger in (each for each in FINGERS if each != "thumb"):  # a thumb's first joint is its metacarpal
            first, hand = bones.get(f"{side}_{finger}1"), bones.get(f"{side}_wrist")
            between = _path_up(rig, first, hand) if first is not None and hand is not None else ()
            if between:
                metacarpals[f"{side}_{finger}1"] = between[-1]
    return Chains(spine=spine, neck=neck, twists=twists, metacarpals=metacarpals)


def _twists(rig: Rig, children: Mapping[int, list[int]], upper: str, lower: str) -> tuple[str, ...]:
    start, stop = rig.index(upper), rig.index(lower)
    in_line = set(_path_up(rig, lower, upper))
    along = rig.heads[stop] - rig.heads[start]
    length = max(float(np.linalg.norm(along)), 1e-12)
    found: list[tuple[float, str]] = []
    waiting = list(children.get(start, ()))
    while waiting:
        bone = waiting.pop()
        if bone == stop:
            continue
        waiting += children.get(bone, ())
        offset = (rig.heads[bone] - rig.heads[start]) / length
        share = float(offset @ along) / length
        is_beside = np.linalg.norm(offset - share * along / length) < _OFF_AXIS and -_OFF_AXIS < share < 1.0 + _OFF_AXIS
        name = rig.names[bone]
        if name in in_line or (is_beside and is_twist(name)):
            found.append((share, name))
    return tuple(name for _, name in sorted(found))
