"""What a rig is, to us: bones at rest; and which joints of the canonical body a humanoid cannot do without.

Numpy alone; how bones are named belongs to ``presets``, how they move to ``retarget``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.errors import RigMatchError, message
from exges_core.motion.skeleton import JOINT_NAMES

MAIN_JOINTS: tuple[str, ...] = (
    "pelvis",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
)
"""What nearly every humanoid has; tables are weighed by these."""

REQUIRED_JOINTS: tuple[str, ...] = tuple(name for name in MAIN_JOINTS if name != "head" and "wrist" not in name)
"""Without these there is no gesturing humanoid; any other joint's turn is taken over by the bones that follow it.
Without a bone for the head the neck's plays it; hands without bones are where forearms end."""

EYES: tuple[str, ...] = ("left_eye_smplhf", "right_eye_smplhf")
"""Joints that most rigs drive by look-at targets; never counted as missing."""

FINGER_TIPS: tuple[str, ...] = tuple(name for name in JOINT_NAMES if name.endswith("3") and "spine" not in name)
"""The last joint of each finger."""


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A custom property on a bone that must hold a value for the mapped bones to be in charge (Rigify's IK_FK)."""

    bone: str
    name: str
    value: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Rig:
    """A rig at rest, in one common frame (any up axis, any unit, facing anywhere); parents come before children.

    Attributes:
        names: of the bones.
        parents: index of each bone's parent, -1 for none.
        heads: where each bone turns about.
        tails: where it ends; equal to its head if unknown.
        rest_matrix: rig from bone, pure rotation, at rest.
        inherits_rotation: True where a bone follows its parent's rotation.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads: Float[Array, "bones 3"]
    tails: Float[Array, "bones 3"]
    rest_matrix: Float[Array, "bones 3 3"]
    inherits_rotation: Bool[Array, "bones"]

    def __post_init__(self) -> None:
        count = len(self.names)
        is_ordered = all(parent < index for index, parent in enumerate(self.parents))
        if count == 0 or len(self.parents) != count or not is_ordered or self.rest_matrix.shape != (count, 3, 3):
            raise RigMatchError(
                message(
                    expected="bones with parents before children",
                    got=f"{count} bones, {len(self.parents)} parents",
                    where="rig",
                    do="Pick an armature with a humanoid skeleton.",
                )
            )

    def index(self, name: str) -> int:
        """Return the index of a bone by its exact name.

        Raises:
            RigMatchError: if there is no such bone.
        """
        if name not in self._places:
            raise RigMatchError(
                message(
                    expected=f"a bone {name!r}",
                    got=f"{len(self.names)} bones without it",
                    where="rig",
                    do="Map the character again: its bones have changed.",
                )
            )
        return self._places[name]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: index for index, name in reversed(list(enumerate(self.names)))}

    def is_ancestor(self, upper: str, lower: str) -> bool:
        """Say whether one bone is above another."""
        goal, bone = self.index(upper), self.parents[self.index(lower)]
        while bone >= 0 and bone != goal:
            bone = self.parents[bone]
        return bone >= 0


def rig_from_hierarchy(names: tuple[str, ...], parents: tuple[int, ...], rest_offsets: Float[Array, "bones 3"]) -> Rig:
    """Return a rig whose bone frames are all aligned to the world at rest, as in a BVH file or the canonical body."""
    heads = np.zeros((len(names), 3))
    for bone, parent in enumerate(parents):
        heads[bone] = rest_offsets[bone] + (heads[parent] if parent >= 0 else 0.0)
    tails = heads.copy()
    for bone, parent in enumerate(parents):
        if parent >= 0 and np.array_equal(tails[parent], heads[parent]):
            tails[parent] = heads[bone]
    return Rig(
        names=names,
        parents=parents,
        heads=heads,
        tails=tails,
        rest_matrix=np.broadcast_to(np.eye(3), (len(names), 3, 3)),
        inherits_rotation=np.ones(len(names), dtype=bool),
    )


def highest_of(heads_by_joint: Mapping[str, Float[Array, "3"]], joints: Sequence[str]) -> Float[Array, "3"]:
    """Return where the first of some joints of neck and head is; between the shoulders if the rig has none of them."""
    found = next((heads_by_joint[joint] for joint in joints if joint in heads_by_joint), None)
    return 0.5 * (heads_by_joint["left_shoulder"] + heads_by_joint["right_shoulder"]) if found is None else found


def body_frame(heads_by_joint: Mapping[str, Float[Array, "3"]]) -> Float[Array, "3 3"]:
    """Return rig from canonical: which way the character at rest is up and faces, from hips and what is above; ours.

    Up is the rig axis nearest to hips -> head (neck, or shoulders, where there is none), so a stooping rest pose does
    not tilt the world; left is the line between the hips, level with it.

    Raises:
        RigMatchError: if hips and head coincide or the hips are on one vertical.
    """
    left_hip, right_hip = heads_by_joint["left_hip"], heads_by_joint["right_hip"]
    rising = highest_of(heads_by_joint, ("head", "neck")) - 0.5 * (left_hip + right_hip)
    axis = int(np.argmax(np.abs(rising)))
    up = np.zeros(3)
    up[axis] = np.sign(rising[axis])
    left = left_hip - right_hip
    left = left - up * (left @ up)
    if np.linalg.norm(rising) < 1e-9 or np.linalg.norm(left) < 1e-6 * np.linalg.norm(rising):
        raise RigMatchError(
            message(
                expected="hips side by side below a head",
                got="bones that coincide",
                where="rig at rest",
                do="Check which bones are mapped to the hips and the head.",
            )
        )
    left = left / np.linalg.norm(left)
    return np.stack([left, up, np.cross(left, up)], axis=-1)
