"""Which way a head at rest is turned: left from bones in pairs, up from the body below it, forward from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs.face_bone import FaceBone
from exges_core.rig.names import parse_name

_UPS = (np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]))
"""Up in Blender, and in what is imported without a turn; taken where no body tells."""


def frame_of(bones: Sequence[FaceBone], face: Sequence[FaceBone]) -> Float[Array, "3 3"] | None:
    """Return armature from head, its columns left, up and forward; None if nothing tells left from right.

    Args:
        bones: all of the armature's.
        face: those of its face.
    """
    left = left_of(bones)
    if left is None:
        return None
    up = _up_of({each.name: each for each in bones}, face, left)
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def left_of(bones: Sequence[FaceBone]) -> Float[Array, "3"] | None:
    """Return which way left is, from bones in pairs; None if there are none."""
    by_side: dict[str, dict[str, FaceBone]] = {"left": {}, "right": {}}
    for bone in bones:
        parsed = parse_name(bone.name)
        if parsed.side:
            by_side[parsed.side].setdefault(parsed.text, bone)
    pairs = [(bone, by_side["right"].get(text)) for text, bone in by_side["left"].items()]
    apart = np.sum([np.zeros(3), *(left.head - right.head for left, right in pairs if right is not None)], axis=0)
    return _unit(apart)


def _up_of(by_name: Mapping[str, FaceBone], face: Sequence[FaceBone], left: Float[Array, "3"]) -> Float[Array, "3"]:
    """Return the axis of the armature that is nearest to the way from the root of all up to the face."""
    rising = np.zeros(3)
    for bone in face:
        root = bone
        while root.parent in by_name and by_name[root.parent] is not bone:
            root = by_name[root.parent]
        rising += bone.head - root.head
    level = rising - left * (rising @ left)
    if float(np.linalg.norm(level)) < 1e-6:
        return min(_UPS, key=lambda up: abs(float(up @ left)))
    axis = int(np.argmax(np.abs(level)))
    up = np.zeros(3)
    up[axis] = np.sign(level[axis])
    straight = _unit(up - left * (up @ left))
    return up if straight is None else straight


def _unit(vector: Float[Array, "3"]) -> Float[Array, "3"] | None:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 else None
