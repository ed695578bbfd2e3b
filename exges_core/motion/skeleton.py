"""The canonical body as data: 55 joints with SMPL-X's names and order, their parents, rest offsets and groups.

Rest is a T-pose with every joint frame aligned to the world: metres, Y up, facing +Z, the character's left = +X. The
numbers are in ``assets/skeleton.json`` with their origin. Numpy alone; no motion in here.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message

JOINTS = 55


@dataclass(frozen=True, kw_only=True, eq=False)
class Skeleton:
    """A joint tree; parents come before children and joint 0 is the root.

    Attributes:
        names: of the joints.
        parents: index of each joint's parent, -1 for the root.
        rest_offsets_m: parent to joint at rest, in world axes; zero for the root.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    rest_offsets_m: Float[Array, "joints 3"]

    def __post_init__(self) -> None:
        is_tree = self.parents[:1] == (-1,) and all(0 <= parent < i for i, parent in enumerate(self.parents) if i)
        if not is_tree or self.rest_offsets_m.shape != (len(self.names), 3) or len(self.parents) != len(self.names):
            raise SkeletonError(
                message(
                    expected="names, parents and offsets of one tree with the root first",
                    got=f"{len(self.names)} names, parents {self.parents[:4]}..., offsets {self.rest_offsets_m.shape}",
                    where="Skeleton",
                    do="Order the joints so that parents come before children.",
                )
            )

    def __len__(self) -> int:
        """Return the number of joints."""
        return len(self.names)

    def rest_positions_m(self) -> Float[Array, "joints 3"]:
        """Return joint positions at rest, the root at the origin."""
        positions = np.zeros_like(self.rest_offsets_m)
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                positions[joint] = positions[parent] + self.rest_offsets_m[joint]
        return positions

    def part(self, joints: Sequence[int]) -> Skeleton:
        """Return the tree of some joints alone, in their order; the parent of each must be among them."""
        return Skeleton(
            names=tuple(self.names[joint] for joint in joints),
            parents=tuple(joints.index(self.parents[joint]) if self.parents[joint] >= 0 else -1 for joint in joints),
            rest_offsets_m=self.rest_offsets_m[list(joints)],
        )


class _Joint(TypedDict):
    name: str
    parent: int
    offset_m: list[float]


class _Body(TypedDict):
    joints: list[_Joint]
    fingertip_length_m: dict[str, float]
    head_top_offset_m: list[float]
    toe_tip_offset_m: list[float]
    pelvis_height_standing_m: float


def _read_asset() -> _Body:
    """Return the shipped description of the body."""
    return json.loads(resources.files("exges_core.assets").joinpath("skeleton.json").read_text(encoding="utf-8"))


def _frozen(values: ArrayLike) -> Array:
    """Return a read-only float64 array."""
    array = np.asarray(values, dtype=np.float64)
    array.flags.writeable = False
    return array


_ASSET = _read_asset()
JOINT_NAMES: tuple[str, ...] = tuple(joint["name"] for joint in _ASSET["joints"])
PARENTS: tuple[int, ...] = tuple(joint["parent"] for joint in _ASSET["joints"])
REST_OFFSETS_M: Float[Array, "joints 3"] = _frozen([joint["offset_m"] for joint in _ASSET["joints"]])
FINGERTIP_LENGTH_M: dict[str, float] = dict(_ASSET["fingertip_length_m"])
"""From the last joint of each finger to its tip."""
HEAD_TOP_OFFSET_M = _frozen(_ASSET["head_top_offset_m"])
"""From the head joint to the top of the head, at rest."""
TOE_TIP_OFFSET_M = _frozen(_ASSET["toe_tip_offset_m"])
"""From the foot joint (the ball) to the tip of the toes, at rest."""
STANDING_PELVIS_HEIGHT_M: float = _ASSET["pelvis_height_standing_m"]
"""Height of the pelvis joint when the rest pose stands on the ground."""

DEFAULT_SKELETON = Skeleton(names=JOINT_NAMES, parents=PARENTS, rest_offsets_m=REST_OFFSETS_M)

BODY = tuple(range(22))
FACE = (22, 23, 24)
LEFT_HAND = tuple(range(25, 40))
RIGHT_HAND = tuple(range(40, 55))
HANDS = LEFT_HAND + RIGHT_HAND
SPINE = (3, 6, 9)
TORSO = (0, *SPINE)
HEAD = (12, 15)
LEFT_ARM = (13, 16, 18, 20)
RIGHT_ARM = (14, 17, 19, 21)
ARMS = LEFT_ARM + RIGHT_ARM
LEFT_LEG = (1, 4, 7, 10)
RIGHT_LEG = (2, 5, 8, 11)
LEGS = LEFT_LEG + RIGHT_LEG
UPPER_BODY = SPINE + HEAD + ARMS
CONTACT_JOINTS = (7, 8, 10, 11)
"""Left ankle, right ankle, left foot, right foot: the four contact channels, in this order."""
FINGERS = ("index", "middle", "pinky", "ring", "thumb")
"""Order of the fingers within a hand's 15 joints, three joints each from the knuckle outwards."""


def carriers_of(joints: Iterable[int]) -> tuple[int, ...]:
    """Return some joints of the canonical body and all that carry them, in the body's order."""
    found: set[int] = set()
    for joint in joints:
        at = joint
        while at >= 0:
            found.add(at)
            at = PARENTS[at]
    return tuple(sorted(found))


def joint_index(name: str) -> int:
    """Return the index of a joint by its SMPL-X name.

    >>> joint_index("left_wrist")
    20

    Raises:
        SkeletonError: if there is no such joint; the message names the nearest ones.
    """
    if name in JOINT_NAMES:
        return JOINT_NAMES.index(name)
    near = difflib.get_close_matches(name.lower(), JOINT_NAMES, n=4, cutoff=0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"Joints are {', '.join(JOINT_NAMES)}."
    raise SkeletonError(message(expected="a joint of the canonical body", got=repr(name), where="joint name", do=hint))


def end_offset_m(name: str) -> Float[Array, "3"]:
    """Return where a chain's last bone ends against its joint, in rest axes: fingertip, toe tip, head top, chin."""
    if name.endswith("_foot"):
        return TOE_TIP_OFFSET_M
    if name == "head":
        return HEAD_TOP_OFFSET_M
    finger = next((finger for finger in FINGERS if finger in name), None)
    if finger is None:
        return np.array([0.0, -0.02, 0.06]) if name == "jaw" else np.array([0.0, 0.0, 0.02])
    # Fingers go on straight; so does the thumb, which points forwards and down at rest.
    bone = REST_OFFSETS_M[joint_index(name)]
    return FINGERTIP_LENGTH_M[finger] * bone / np.linalg.norm(bone)
