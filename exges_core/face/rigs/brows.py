"""Brows of bones: each goes as far as its place between the inner end and the outer one says.

How far is a share of the distance of the eyes. None of it is learned from a name: which bone is the inner one is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs.bone_names import BROW, EYE
from exges_core.face.rigs.face_bone import FaceBone
from exges_core.face.rigs.moving_bones import Moves

_INNER_UP, _OUTER_UP, _DOWN, _TOGETHER = 0.17, 0.17, 0.1, 0.05
"""Moves at 1, in distances of the eyes: a brow rises by 11 mm on a head whose eyes are 63 mm apart."""
_OUTER_DOWN = 0.5
"""An outer end comes down by so much of what the inner one does."""
_EYES_OF_BROWS = 0.62
"""The distance of the eyes where no bones tell it, in that of the brows' outer ends."""
_SHAPES = frozenset({"browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight"})


def brows(
    members: Sequence[FaceBone], parts: Mapping[str, FaceBone], frame: Float[Array, "3 3"], played: frozenset[str]
) -> dict[str, tuple[str, Moves]]:
    """Return brow bone -> its part, and where it goes; {} where shape keys move brows.

    Args:
        members: the brows' bones, of both sides.
        parts: part -> bone, with the eyes where they are bones.
        frame: armature from head, columns left, up, forward.
        played: the ARKit shapes that keys play.
    """
    if not members or played & _SHAPES:
        return {}
    left, up = frame[:, 0], frame[:, 1]
    middle = _middle(members, left)
    eyes_apart = _eyes_apart(parts, members, left)
    found: dict[str, tuple[str, Moves]] = {}
    for sign, side, name in ((1.0, "left", "Left"), (-1.0, "right", "Right")):
        places = {bone.name: sign * (float(bone.head @ left) - middle) for bone in members}
        here = {each: place for each, place in places.items() if place > 0.0}
        for each, outer in _outward(here).items():
            found[each] = (
                f"{side} {BROW}",
                {
                    "browInnerUp": (1.0 - outer) * _INNER_UP * eyes_apart * up,
                    f"browOuterUp{name}": outer * _OUTER_UP * eyes_apart * up,
                    f"browDown{name}": -(1.0 - (1.0 - _OUTER_DOWN) * outer) * _DOWN * eyes_apart * up
                    - (1.0 - outer) * sign * _TOGETHER * eyes_apart * left,
                },
            )
    return found


def _middle(members: Sequence[FaceBone], left: Float[Array, "3"]) -> float:
    across = [float(bone.head @ left) for bone in members]
    return 0.5 * (min(across) + max(across))


def _eyes_apart(parts: Mapping[str, FaceBone], members: Sequence[FaceBone], left: Float[Array, "3"]) -> float:
    eyes = [parts[name] for name in (f"left {EYE}", f"right {EYE}") if name in parts]
    if len(eyes) == 2:
        return abs(float((eyes[0].head - eyes[1].head) @ left))
    return _EYES_OF_BROWS * float(np.ptp([float(bone.head @ left) for bone in members]))


def _outward(places: Mapping[str, float]) -> dict[str, float]:
    """Return bone -> its place from 0, the inner end, to 1, the outer one; a lone bone is both halves."""
    low, high = min(places.values(), default=0.0), max(places.values(), default=0.0)
    if high - low < 1e-3 * max(high, 1e-12):
        return dict.fromkeys(places, 0.5)
    return {name: (place - low) / (high - low) for name, place in places.items()}
