"""A rig's rest pose against the canonical T-pose: which way it faces, how large it is, how its limbs must turn.

Ours; any rest pose (T, A, bent, arms forward), any roll, up axis and unit. No frames of motion in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import matrix_from_quat, quat_between, quat_from_rotvec
from exges_core.motion.skeleton import (
    DEFAULT_SKELETON,
    FINGERS,
    JOINT_NAMES,
    PARENTS,
    STANDING_PELVIS_HEIGHT_M,
    joint_index,
)
from exges_core.rig.bones import FINGER_TIPS, Rig, body_frame
from exges_core.rig.lean import Lean, lean_of

REST_M = DEFAULT_SKELETON.rest_positions_m()
"""The canonical joints at rest, the pelvis at the origin."""
SPINE: tuple[str, ...] = ("spine1", "spine2", "spine3")
_CHAINS = tuple(
    chain
    for side in ("left", "right")
    for chain in (
        (f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"),
        (f"{side}_hip", f"{side}_knee", f"{side}_ankle"),
        *((f"{side}_{finger}1", f"{side}_{finger}2", f"{side}_{finger}3") for finger in FINGERS),
    )
)
_STRAIGHT_ENOUGH = np.cos(np.deg2rad(50.0))
_ON_AXIS = 0.95
_HINGES = {
    "left_shoulder": np.array([0.0, -1.0, 0.0]),
    "right_shoulder": np.array([0.0, 1.0, 0.0]),
    "left_hip": np.array([1.0, 0.0, 0.0]),
    "right_hip": np.array([1.0, 0.0, 0.0]),
}
"""Upper bone of a limb -> the canonical axis about which its lower bone flexes, cross(upper, lower)."""
_SWING_AXES: dict[str, Array] = {
    "shoulder": np.array([0.0, 0.0, 1.0]),
    "hip": np.array([0.0, 0.0, 1.0]),
    "elbow": np.array([0.0, 1.0, 0.0]),
    "knee": np.array([1.0, 0.0, 0.0]),
    **{
        f"{finger}{number}": np.array([0.0, 0.0, 1.0])
        for finger in FINGERS
        if finger != "thumb"
        for number in (1, 2, 3)
    },
}
"""The canonical axis about which people make one rest pose of another: arms are raised, legs spread and fingers curled
in the frontal plane, elbows and knees bend. The smallest turn alone would roll them by some degrees."""
_IN_PLANE = (0.5, 0.75)
"""A bone with less than the first share of its length in that plane is turned the shortest way, from the second on
about the axis."""
_BENT_RAD = np.deg2rad([25.0, 45.0])
"""From the first bend on a limb's own hinge says something about its roll, from the second on everything."""
_LEAST_FOREARM, _FOLDED = 0.5, 0.0
"""A forearm's tail is where it ends unless it is nearer than this share of the upper arm, or the arm would be folded by
more than a right angle."""
_UPPER_ARM = 1.05
"""Upper arm against forearm of the canonical body."""
_KNUCKLES = ("index", "middle", "ring", "pinky")


def unit(vector: Array) -> Array:
    """Return a vector at length 1; a zero vector stays zero."""
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def played_bones(bones: Mapping[str, str]) -> dict[str, str]:
    """Return joint -> bone with the highest bone of the spine playing the chest, whichever joint it was mapped to.

    Shoulders and neck follow the chest: a spine of one or two bones would otherwise lose the upper part of every bend.
    For the same reason a neck without a head above it plays the head.
    """
    if "head" not in bones and "neck" in bones:
        bones = {"head" if joint == "neck" else joint: bone for joint, bone in bones.items()}
    mapped = [joint for joint in SPINE if joint in bones]
    if not mapped or mapped[-1] == SPINE[-1]:
        return dict(bones)
    return {SPINE[-1] if joint == mapped[-1] else joint: bone for joint, bone in bones.items()}


def hands_without_bones(rig: Rig, bones: Mapping[str, str]) -> dict[str, Array]:
    """Return wrist -> where it is at rest on a rig that has no bone for it: at the forearm's end.

    Where the forearm's tail cannot be its end (files that know no tails, tails laid anywhere), the arm is taken to go
    straight on, its parts in human proportion.
    """
    found: dict[str, Array] = {}
    for side in ("left", "right"):
        shoulder, elbow = (bones.get(f"{side}_{name}") for name in ("shoulder", "elbow"))
        if f"{side}_wrist" in bones or shoulder is None or elbow is None:
            continue
        start, tail = rig.heads[rig.index(elbow)], rig.tails[rig.index(elbow)]
        upper = start - rig.heads[rig.index(shoulder)]
        length, share = float(np.linalg.norm(tail - start)), float(unit(tail - start) @ unit(upper))
        is_end = length > _LEAST_FOREARM * float(np.linalg.norm(upper)) and share > _FOLDED
        found[f"{side}_wrist"] = tail if is_end else start + upper / _UPPER_ARM
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class RestPose:
    """A rig at rest, seen as the canonical body.

    Args:
        rig: the bones.
        bones: joint -> bone.
    """

    rig: Rig
    bones: Mapping[str, str]

    @cached_property
    def heads(self) -> Mapping[str, Array]:
        """Return where each mapped joint is on the rig."""
        return {joint: self.rig.heads[self.rig.index(bone)] for joint, bone in self.bones.items()}

    @cached_property
    def points(self) -> Mapping[str, Array]:
        """Return the same, and where wrists without a bone are."""
        return {**self.heads, **hands_without_bones(self.rig, self.bones)}

    @cached_property
    def rig_from_canonical(self) -> Float[Array, "3 3"]:
        """Return the turn from canonical axes to the rig's."""
        return body_frame(self.heads)

    @cached_property
    def scale(self) -> float:
        """Return rig units per canonical metre, from the length of the legs (the height of the hips)."""

        def leg(heads: Mapping[str, Array]) -> float:
            return sum(
                float(np.linalg.norm(heads[f"{side}_{lower}"] - heads[f"{side}_{upper}"]))
                for side in ("left", "right")
                for upper, lower in (("hip", "knee"), ("knee", "ankle"))
            )

        return leg(self.heads) / leg({name: REST_M[index] for index, name in enumerate(JOINT_NAMES)})

    @cached_property
    def lean(self) -> Lean:
        """Return how the figure leans at rest."""
        return lean_of(self.heads, self.rig_from_canonical)

    @cached_property
    def own_axes(self) -> Float[Array, "3 3"]:
        """Return left, up and front of the figure at rest, in rig axes; `rig_from_canonical` unless it is tipped."""
        return self.lean.upright.T @ self.rig_from_canonical if self.lean.is_tipped else self.rig_from_canonical

    @cached_property
    def alignment(self) -> Mapping[str, Array]:
        """Return per mapped joint the turn from the rig's rest pose to the canonical T-pose, in rig axes.

        Limbs and fingers are brought to the canonical directions by the smallest turn, carried down the chain; a limb
        that is bent at rest is also rolled so that it bends about the canonical hinge; hands are turned by wrist ->
        knuckles and the knuckle line, so palms face as they must. Trunk, head and feet keep the rig's own rest, which
        is how that character stands straight; a figure that is tipped over at rest is stood up first, as a whole.
        """
        aligned: dict[str, Array] = {}
        for index, joint in enumerate(JOINT_NAMES):
            if joint not in self.heads:
                continue
            turn = self._inherited(aligned, index)
            if joint.endswith("_wrist"):
                turn = self._hand_alignment(joint, turn)
            else:
                toward = self._limb_directions(joint)
                if toward is not None:
                    turn = self._swing(joint, turn @ toward[0], toward[1]) @ turn
                    turn = self._hinge_roll(joint, turn, toward[1]) @ turn
            aligned[joint] = turn
        return aligned

    def _inherited(self, aligned: Mapping[str, Array], index: int) -> Array:
        name = JOINT_NAMES[index]
        if name.split("_", 1)[-1] in ("hip", "ankle", "foot", "collar", "shoulder") or not name.startswith(
            ("left_", "right_")
        ):
            return self.lean.upright
        parent = PARENTS[index]
        while parent >= 0 and JOINT_NAMES[parent] not in aligned:
            parent = PARENTS[parent]
        return aligned[JOINT_NAMES[parent]] if parent >= 0 else self.lean.upright

    def _limb_directions(self, joint: str) -> tuple[Array, Array] | None:
        """Return the bone's direction on the rig and its canonical direction in rig axes; None if it has none."""
        chain = next((chain for chain in _CHAINS if joint in chain), None)
        if chain is None:
            return None
        index = joint_index(joint)
        below = next((name for name in chain[chain.index(joint) + 1 :] if name in self.points), None)
        if below is not None:
            canonical = REST_M[joint_index(below)] - REST_M[index]
            return unit(self.points[below] - self.heads[joint]), unit(self.rig_from_canonical @ canonical)
        along = self._tip_direction(joint, chain)
        if along is None:
            return None
        # Fingers of the canonical body go on straight beyond their last joint.
        canonical = REST_M[index] - REST_M[PARENTS[index]]
        return along, unit(self.rig_from_canonical @ canonical)

    def _tip_direction(self, joint: str, chain: tuple[str, ...]) -> Array | None:
        """Return where a finger's last bone points: to its tail, or as its frame lies to the one before's."""
        if joint not in FINGER_TIPS:
            return None
        above = [name for name in chain[: chain.index(joint)] if name in self.heads]
        if not above:
            return None
        bone, before = (self.rig.index(self.bones[name]) for name in (joint, above[-1]))
        onwards = unit(self.rig.heads[bone] - self.rig.heads[before])
        along = unit(self.rig.tails[bone] - self.rig.heads[bone])
        if along @ onwards > _STRAIGHT_ENOUGH:
            return along
        # Imported bones often end anywhere, but one axis of their frames runs along them.
        in_frame = self.rig.rest_matrix[before].T @ onwards
        along = self.rig.rest_matrix[bone] @ in_frame
        return along if np.abs(in_frame).max() > _ON_AXIS and along @ onwards > _STRAIGHT_ENOUGH else None

    def _swing(self, joint: str, here: Array, there: Array) -> Array:
        """Return the turn from one direction to another: about the joint's axis first, the rest the shortest way."""
        axis = _SWING_AXES.get(joint.split("_", 1)[1])
        if axis is None:
            return matrix_from_quat(quat_between(here, there))
        axis = self.rig_from_canonical @ axis
        flat_here, flat_there = (each - axis * (axis @ each) for each in (here, there))
        size = min(float(np.linalg.norm(flat_here)), float(np.linalg.norm(flat_there)))
        share = float(np.interp(size, _IN_PLANE, [0.0, 1.0]))
        angle = float(np.arctan2(axis @ np.cross(flat_here, flat_there), flat_here @ flat_there))
        first = matrix_from_quat(quat_from_rotvec(share * angle * axis))
        return matrix_from_quat(quat_between(first @ here, there)) @ first

    def _hinge_roll(self, joint: str, turn: Array, along: Array) -> Array:
        """Return the roll about `along` that brings a bent limb's hinge to the canonical one; identity if straight."""
        chain = next(chain for chain in _CHAINS if joint in chain)
        if joint not in _HINGES or not all(name in self.points for name in chain):
            return np.eye(3)
        upper, middle, end = (self.points[name] for name in chain)
        normal = np.cross(unit(middle - upper), unit(end - middle))
        bend = float(np.arctan2(np.linalg.norm(normal), unit(middle - upper) @ unit(end - middle)))
        share = float(np.interp(bend, _BENT_RAD, [0.0, 1.0]))
        if share == 0.0:
            return np.eye(3)
        here = turn @ normal
        there = self.rig_from_canonical @ _HINGES[joint]
        there = there - along * (there @ along)
        angle = float(np.arctan2(along @ np.cross(here, there), here @ there))
        return matrix_from_quat(quat_from_rotvec(share * angle * along))

    def _hand_alignment(self, joint: str, inherited: Array) -> Array:
        """Return the hand's turn: by its outermost knuckles; by a direction if there is one knuckle, else inherited."""
        side, wrist = joint.split("_", 1)[0], REST_M[joint_index(joint)]
        present = [name for name in (f"{side}_{finger}1" for finger in _KNUCKLES) if name in self.heads]
        if not present:
            return inherited
        here = np.stack([self.heads[name] for name in present])
        there = np.stack([REST_M[joint_index(name)] for name in present]) @ self.rig_from_canonical.T
        middle = [place for place, name in enumerate(present) if "middle" in name] or list(range(len(present)))
        toward_here = unit(here[middle].mean(axis=0) - self.heads[joint])
        toward_there = unit(there[middle].mean(axis=0) - self.rig_from_canonical @ wrist)
        across_here, across_there = here[0] - here[-1], there[0] - there[-1]
        if np.linalg.norm(np.cross(toward_here, across_here)) < 0.002 * self.scale:
            return matrix_from_quat(quat_between(inherited @ toward_here, toward_there)) @ inherited
        return _hand_frame(toward_there, across_there) @ _hand_frame(toward_here, across_here).T

    def pelvis(self) -> Float[Array, "3"]:
        """Return where the canonical pelvis joint is on the rig at rest: above the middle of the hips."""
        return self._above_hips(self.own_axes)

    def _above_hips(self, axes: Array) -> Array:
        hips = 0.5 * (self.heads["left_hip"] + self.heads["right_hip"])
        canonical = -0.5 * (REST_M[joint_index("left_hip")] + REST_M[joint_index("right_hip")])
        return hips + self.scale * axes @ canonical

    @cached_property
    def _standing_pelvis(self) -> Array:
        pelvis, up = self._above_hips(self.rig_from_canonical), self.rig_from_canonical[:, 1]
        lifts: list[float] = []
        for side in ("left", "right"):
            hip, knee, ankle = (self.heads[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
            leg = self.alignment[f"{side}_hip"] @ (knee - hip) + self.alignment[f"{side}_knee"] @ (ankle - knee)
            lifts.append(float(up @ (ankle - hip - leg)))
        by_ankles = pelvis + up * 0.5 * sum(lifts)
        return self._on_ground(by_ankles) if self.lean.is_tipped else by_ankles

    def standing_pelvis(self) -> Float[Array, "3"]:
        """Return where it is when the rig stands in the canonical rest pose.

        Its ankles are as high as at rest. A figure that was tipped over about its hips has them in the air: its pelvis
        stays as high as at rest, if that brings its feet nearer to the ground of the rig's origin.
        """
        return self._standing_pelvis

    def _on_ground(self, by_ankles: Array) -> Array:
        """Return where a figure that was tipped over stands: on its ankles, or with its pelvis, as high as at rest."""
        up = self.rig_from_canonical[:, 1]
        by_pelvis = by_ankles + up * (up @ (self.pelvis() - by_ankles))
        ankle = 0.5 * sum(float(up @ self.heads[f"{side}_ankle"]) for side in ("left", "right"))
        ankle -= self.scale * (STANDING_PELVIS_HEIGHT_M + float(REST_M[joint_index("left_ankle"), 1]))
        return by_pelvis if abs(ankle + up @ (by_pelvis - by_ankles)) < abs(ankle) else by_ankles

    def stood(self, points: Float[Array, "*points 3"]) -> Float[Array, "*points 3"]:
        """Return where points of the figure at rest are once it is stood up as a whole; unmoved if it is upright."""
        if not self.lean.is_tipped:
            return points
        return (points - self.pelvis()) @ self.lean.upright.T + self.standing_pelvis()


def _hand_frame(direction: Array, across: Array) -> Array:
    normal = unit(np.cross(direction, across))
    return np.stack([direction, np.cross(normal, direction), normal], axis=-1)
