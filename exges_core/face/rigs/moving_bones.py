"""Bones that a field of moves takes along: brows and lips, each where it lies, none moved twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs.bone_names import member_of
from exges_core.face.rigs.face_bone import BoneChannel, FaceBone, above

Moves = dict[str, Float[Array, "3"]]
"""ARKit's shape -> where it takes a bone, in the armature's axes and unit."""
_AHEAD = 0.7
"""A bone that cannot be moved is turned, if so much of its length goes forward: its tail is what it moves."""


@dataclass(kw_only=True, eq=False)
class Members:
    """Bones of the parts that several bones make.

    Attributes:
        by_part: part -> its bones: of all sides, each side's of the best row of names.
        alone: bone -> why it is left alone.
    """

    by_part: dict[str, list[FaceBone]] = field(default_factory=dict[str, list[FaceBone]])
    alone: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def bones(self) -> list[FaceBone]:
        """Return all of them."""
        return [bone for bones in self.by_part.values() for bone in bones]


def members_of(bones: Sequence[FaceBone]) -> Members:
    """Return the bones of brows and lips: the row of names that an animator takes, without those that follow."""
    found = Members()
    rows: dict[tuple[str, int], list[FaceBone]] = {}
    for bone in bones:
        part, _, rank = member_of(bone.name)
        if not part:
            continue
        if bone.is_driven or bone.is_locked:
            found.alone[bone.name] = "a driver moves it" if bone.is_driven else "locked"
        elif bone.follows:
            found.alone[bone.name] = "it follows other bones"
        else:
            rows.setdefault((part, rank), []).append(bone)
    for (part, _), row in sorted(rows.items(), key=lambda each: each[0][1]):
        if part not in found.by_part:
            found.by_part[part] = row
        else:
            found.alone |= {bone.name: "other bones play this" for bone in row}
    return found


def channels_of(
    moves: Mapping[str, tuple[str, Moves]],
    bones: Sequence[FaceBone],
    ahead: Float[Array, "3"],
    alone: dict[str, str],
) -> Iterator[BoneChannel]:
    """Yield bones that move as they should, less what those that they hang on take them along.

    Args:
        moves: bone -> its part, and where it goes.
        bones: all of the armature's.
        ahead: forward, in the armature's axes.
        alone: bone -> why it is left alone; those that can neither move nor be turned come to it.
    """
    by_name = {bone.name: bone for bone in bones}
    for name, (part, own) in moves.items():
        bone = by_name[name]
        nearest = next((each for each in above(bone, by_name) if each in moves and by_name[each].can_move), None)
        carried = {} if nearest is None else moves[nearest][1]
        left = {
            shape: own.get(shape, np.zeros(3)) - carried.get(shape, np.zeros(3))
            for shape in dict.fromkeys((*own, *carried))
        }
        left = {shape: move for shape, move in left.items() if float(np.abs(move).max()) > 1e-9}
        if not left:
            continue
        if bone.can_move:
            yield BoneChannel(bone=name, part=part, moves={shape: bone.move_of(each) for shape, each in left.items()})
        elif _points(bone, ahead):
            yield BoneChannel(bone=name, part=part, turns={shape: _turn(bone, each) for shape, each in left.items()})
        else:
            alone[name] = "its location is locked, or it is connected to its parent"


def _points(bone: FaceBone, ahead: Float[Array, "3"]) -> bool:
    along = bone.tail - bone.head
    return float(along @ ahead) >= _AHEAD * float(np.linalg.norm(along)) > 0.0


def _turn(bone: FaceBone, move: Float[Array, "3"]) -> Float[Array, "3"]:
    """Return the turn that takes a bone's tail along, as far as a turn can."""
    along = bone.tail - bone.head
    return bone.turn_of(np.cross(along, move) / float(along @ along))
