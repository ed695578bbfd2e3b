"""Canonical motion <-> rotations of a rig's own bones, by direct matrix math through the rest poses.

For a bone b that plays joint j, with F = rig from canonical and A_b = the turn that brings the rig's rest pose to the
canonical T-pose, the bone's turn against its rest is

    D_b = F G_j F^T A_b          G_j: world rotation of the joint
    basis_b = R_b^T D_p^T D_b R_b    R_b: rest matrix, p: the driven bone that b follows

ours; any rest pose, roll, up axis and unit. Numpy alone, vectorised over frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exges_core.arrays import Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics, local_from_world
from exges_core.motion.rotations import matrix_from_quat, quat_between, quat_continuous, quat_from_matrix
from exges_core.motion.skeleton import (
    DEFAULT_SKELETON,
    FINGERS,
    JOINT_NAMES,
    PARENTS,
    STANDING_PELVIS_HEIGHT_M,
    joint_index,
)
from exges_core.rig.bones import FINGER_TIPS, Rig, body_frame
from exges_core.rig.match import RigMap

_REST_M = DEFAULT_SKELETON.rest_positions_m()
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


@dataclass(frozen=True, kw_only=True, eq=False)
class RigPose:
    """Motion as a rig's channels: each driven bone's own rotation, and the location of one bone.

    Attributes:
        bones: names, parents first.
        basis_quat_wxyz: against the bone's rest (Blender's matrix_basis), signs continuous over frames.
        location_bone: the bone that carries the location.
        location: in its own rest axes and the rig's unit.
        frame_rate_hz: frames per second.
    """

    bones: tuple[str, ...]
    basis_quat_wxyz: Float[np.ndarray, "frames bones 4"]
    location_bone: str
    location: Float[np.ndarray, "frames 3"]
    frame_rate_hz: float


def _direction(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    return (stop - start) / max(float(np.linalg.norm(stop - start)), 1e-12)


def _hand_frame(direction: np.ndarray, across: np.ndarray) -> np.ndarray:
    normal = np.cross(direction, across)
    normal = normal / np.linalg.norm(normal)
    return np.stack([direction, np.cross(normal, direction), normal], axis=-1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Retargeter:
    """A rig and its map, ready to carry motion in both directions.

    Args:
        rig: at rest.
        rig_map: from `match.match_rig`.
    """

    rig: Rig
    rig_map: RigMap

    @cached_property
    def heads(self) -> Mapping[str, np.ndarray]:
        """Return where each mapped joint is on the rig at rest."""
        return {joint: self.rig.heads[self.rig.index(bone)] for joint, bone in self.rig_map.bones.items()}

    @cached_property
    def rig_from_canonical(self) -> Float[np.ndarray, "3 3"]:
        """Return the turn from canonical axes to the rig's."""
        return body_frame(self.heads)

    @cached_property
    def scale(self) -> float:
        """Return rig units per canonical metre, from the length of the legs (the height of the hips)."""

        def leg(heads: Mapping[str, np.ndarray]) -> float:
            return sum(
                float(np.linalg.norm(heads[f"{side}_{lower}"] - heads[f"{side}_{upper}"]))
                for side in ("left", "right")
                for upper, lower in (("hip", "knee"), ("knee", "ankle"))
            )

        return leg(self.heads) / leg({name: _REST_M[index] for index, name in enumerate(JOINT_NAMES)})

    @cached_property
    def alignment(self) -> Mapping[str, np.ndarray]:
        """Return per mapped joint the turn from the rig's rest pose to the canonical T-pose, in rig axes.

        Limbs and fingers are brought to the canonical directions by the smallest turn, carried down the chain; hands
        by wrist -> middle knuckle and the knuckle line, so palms face as they must. Trunk, head and feet keep the
        rig's own rest, which is how that character stands straight.
        """
        aligned: dict[str, np.ndarray] = {}
        for index, joint in enumerate(JOINT_NAMES):
            if joint not in self.heads:
                continue
            turn = self._inherited(aligned, index)
            if joint.endswith("_wrist"):
                turn = self._hand_alignment(joint, turn)
            else:
                toward = self._limb_directions(joint)
                if toward is not None:
                    turn = matrix_from_quat(quat_between(turn @ toward[0], toward[1])) @ turn
            aligned[joint] = turn
        return aligned

    def _inherited(self, aligned: Mapping[str, np.ndarray], index: int) -> np.ndarray:
        name = JOINT_NAMES[index]
        if name.split("_", 1)[-1] in ("hip", "ankle", "foot", "collar", "shoulder") or not name.startswith(
            ("left_", "right_")
        ):
            return np.eye(3)
        parent = PARENTS[index]
        while parent >= 0 and JOINT_NAMES[parent] not in aligned:
            parent = PARENTS[parent]
        return aligned[JOINT_NAMES[parent]] if parent >= 0 else np.eye(3)

    def _limb_directions(self, joint: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the bone's direction on the rig and its canonical direction in rig axes; None if it has none."""
        chain = next((chain for chain in _CHAINS if joint in chain), None)
        if chain is None:
            return None
        index = joint_index(joint)
        below = next((name for name in chain[chain.index(joint) + 1 :] if name in self.heads), None)
        if below is not None:
            canonical = _REST_M[joint_index(below)] - _REST_M[index]
            return _direction(self.heads[joint], self.heads[below]), _direction(
                np.zeros(3), self.rig_from_canonical @ canonical
            )
        if joint not in FINGER_TIPS:
            return None
        bone = self.rig.index(self.rig_map.bones[joint])
        along = _direction(self.rig.heads[bone], self.rig.tails[bone])
        before = self.heads.get(chain[1])
        if before is None or along @ _direction(before, self.heads[joint]) < _STRAIGHT_ENOUGH:
            return None
        canonical = _REST_M[index] - _REST_M[PARENTS[index]]
        return along, _direction(np.zeros(3), self.rig_from_canonical @ canonical)

    def _hand_alignment(self, joint: str, inherited: np.ndarray) -> np.ndarray:
        side = joint.split("_", 1)[0]
        knuckles = [f"{side}_{name}" for name in ("middle1", "index1", "pinky1")]
        if not all(name in self.heads for name in knuckles):
            return inherited
        middle, index, pinky = (self.heads[name] for name in knuckles)
        here = _hand_frame(_direction(self.heads[joint], middle), index - pinky)
        middle, index, pinky, wrist = (_REST_M[joint_index(name)] for name in (*knuckles, joint))
        there = self.rig_from_canonical @ _hand_frame(_direction(wrist, middle), index - pinky)
        return there @ here.T

    @cached_property
    def driven(self) -> tuple[tuple[str, str], ...]:
        """Return (bone, joint) of every bone that gets keys, so that what a bone follows comes before it."""
        joints = {**{bone: joint for joint, bone in self.rig_map.bones.items()}, **self.rig_map.carriers}
        order: list[str] = []

        def visit(bone: str) -> None:
            if bone not in order:
                above = self._followed(bone, joints)
                if above is not None:
                    visit(above)
                order.append(bone)

        for bone in sorted(joints, key=self.rig.index):
            visit(bone)
        return tuple((bone, joints[bone]) for bone in order)

    def _followed(self, bone: str, joints: Mapping[str, str]) -> str | None:
        logical = self.rig_map.logical_parents.get(bone)
        if logical in joints:
            return logical
        index = self.rig.index(bone)
        while self.rig.inherits_rotation[index] and self.rig.parents[index] >= 0:
            index = self.rig.parents[index]
            if self.rig.names[index] in joints:
                return self.rig.names[index]
        return None

    @cached_property
    def above(self) -> tuple[int, ...]:
        """Return for each driven bone the place in `driven` of the bone it follows, -1 for none."""
        names = [bone for bone, _ in self.driven]
        joints = dict(self.driven)
        return tuple(-1 if (above := self._followed(bone, joints)) is None else names.index(above) for bone in names)

    @cached_property
    def _rest(self) -> Float[np.ndarray, "driven 3 3"]:
        return self.rig.rest_matrix[[self.rig.index(bone) for bone, _ in self.driven]]

    def rest_pelvis(self) -> Float[np.ndarray, "3"]:
        """Return where the canonical pelvis joint is on the rig at rest: above the middle of the hips."""
        hips = 0.5 * (self.heads["left_hip"] + self.heads["right_hip"])
        canonical = -0.5 * (_REST_M[joint_index("left_hip")] + _REST_M[joint_index("right_hip")])
        return hips + self.scale * self.rig_from_canonical @ canonical

    def standing_pelvis(self) -> Float[np.ndarray, "3"]:
        """Return where it is when the rig stands in the canonical rest pose with its ankles as high as at rest."""
        pelvis, up = self.rest_pelvis(), self.rig_from_canonical[:, 1]
        lifts: list[float] = []
        for side in ("left", "right"):
            hip, knee, ankle = (self.heads[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
            leg = self.alignment[f"{side}_hip"] @ (knee - hip) + self.alignment[f"{side}_knee"] @ (ankle - knee)
            lifts.append(float(up @ (ankle - hip - leg)))
        return pelvis + up * 0.5 * sum(lifts)

    def deltas(self, world_quat_wxyz: Float[np.ndarray, "frames 55 4"]) -> Float[np.ndarray, "frames driven 3 3"]:
        """Return each driven bone's turn against its rest in rig axes, from the joints' world rotations."""
        frame = self.rig_from_canonical
        indices = [joint_index(joint) for _, joint in self.driven]
        world = frame @ matrix_from_quat(world_quat_wxyz[:, indices]) @ frame.T
        carried = [np.eye(3) if bone in self.rig_map.carriers else self.alignment[joint] for bone, joint in self.driven]
        return world @ np.stack(carried)

    def _pelvis_offset(self, deltas: np.ndarray) -> np.ndarray:
        """Return the pelvis minus the location bone's head, turned by the deltas along the bones between them."""
        places = {bone: index for index, (bone, _) in enumerate(self.driven)}
        at = places[self.rig_map.bones["pelvis"]]
        bone = self.rig.heads[self.rig.index(self.driven[at][0])]
        offset = deltas[:, at] @ (self.rest_pelvis() - bone)
        while self.driven[at][0] != self.rig_map.location_bone and self.above[at] >= 0:
            above = self.above[at]
            head = self.rig.heads[self.rig.index(self.driven[above][0])]
            offset = offset + deltas[:, above] @ (bone - head)
            at, bone = above, head
        return offset

    def to_rig(self, clip: MotionClip, *, origin_m: Float[np.ndarray, "3"] | None = None) -> RigPose:
        """Return the clip as channels of this rig.

        Args:
            clip: canonical motion, standing on y = 0.
            origin_m: the point of the ground that comes to lie where the rig stands at rest; None = the world's origin.
        """
        world = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
        deltas = self.deltas(world)
        basis = np.empty_like(deltas)
        for index, above in enumerate(self.above):
            local = deltas[:, index] if above < 0 else deltas[:, above].transpose(0, 2, 1) @ deltas[:, index]
            basis[:, index] = self._rest[index].T @ local @ self._rest[index]
        moved = clip.root_position_m - np.array([0.0, STANDING_PELVIS_HEIGHT_M, 0.0])
        moved = moved - (np.zeros(3) if origin_m is None else np.array([origin_m[0], 0.0, origin_m[2]]))
        pelvis = self.standing_pelvis() + self.scale * moved @ self.rig_from_canonical.T
        bone = self.rig.index(self.rig_map.location_bone)
        head = pelvis - self._pelvis_offset(deltas)
        return RigPose(
            bones=tuple(name for name, _ in self.driven),
            basis_quat_wxyz=quat_continuous(quat_from_matrix(basis)),
            location_bone=self.rig_map.location_bone,
            location=(head - self.rig.heads[bone]) @ self.rig.rest_matrix[bone],
            frame_rate_hz=clip.frame_rate_hz,
        )

    def to_canonical(
        self,
        basis_quat_wxyz: Float[np.ndarray, "frames driven 4"],
        location: Float[np.ndarray, "frames 3"],
        *,
        frame_rate_hz: float,
    ) -> MotionClip:
        """Return channels of this rig as canonical motion: the exact inverse of `to_rig` for mapped joints.

        Joints without a bone keep the turn of their parent.
        """
        basis = matrix_from_quat(basis_quat_wxyz)
        deltas = np.empty_like(basis)
        for index, above in enumerate(self.above):
            local = self._rest[index] @ basis[:, index] @ self._rest[index].T
            deltas[:, index] = local if above < 0 else deltas[:, above] @ local
        frame = self.rig_from_canonical
        world = np.broadcast_to(np.eye(3), (len(basis), len(JOINT_NAMES), 3, 3)).copy()
        places = {joint: index for index, (bone, joint) in enumerate(self.driven) if bone not in self.rig_map.carriers}
        for index, joint in enumerate(JOINT_NAMES):
            if joint in places:
                world[:, index] = frame.T @ deltas[:, places[joint]] @ self.alignment[joint].T @ frame
            elif PARENTS[index] >= 0:
                world[:, index] = world[:, PARENTS[index]]
        bone = self.rig.index(self.rig_map.location_bone)
        pelvis = self.rig.heads[bone] + location @ self.rig.rest_matrix[bone].T + self._pelvis_offset(deltas)
        moved = (pelvis - self.standing_pelvis()) @ frame / self.scale
        return MotionClip(
            local_quat_wxyz=local_from_world(quat_from_matrix(world)),
            root_position_m=moved + np.array([0.0, STANDING_PELVIS_HEIGHT_M, 0.0]),
            frame_rate_hz=frame_rate_hz,
        )
