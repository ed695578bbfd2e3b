"""Canonical motion <-> rotations of a rig's own bones, by direct quaternion math through the rest poses.

For a bone b that plays joint j, with F = rig from canonical and A_b = the turn that brings the rig's rest pose to the
canonical T-pose, the bone's turn against its rest is

    D_b = F G_j F^-1 A_b              G_j: world rotation of the joint
    basis_b = R_b^-1 D_p^-1 D_b R_b   R_b: its rest rotation, p: the driven bone that b follows

ours; any rest pose, roll, up axis and unit. Numpy alone, vectorised over frames; no constraints, nothing evaluated.
Rest poses are in ``rest``, bones without a joint in ``retarget_chain``, feet and hands in ``contacts``; a pose that
counts as the rest is in ``stance``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.errors import RigMatchError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import Pose, forward_kinematics, local_from_world
from exges_core.motion.rotations import (
    IDENTITY_QUAT_WXYZ,
    quat_continuous,
    quat_from_matrix,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.rig import contacts
from exges_core.rig.bones import Rig
from exges_core.rig.clearance import keep_out
from exges_core.rig.flesh import Flesh
from exges_core.rig.holding import Holding, OwnPose, hold
from exges_core.rig.match import RigMap
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.rig.patch import Mesh
from exges_core.rig.rest import RestPose, played_bones
from exges_core.rig.retarget_chain import Chain, Posed, bend_evenly
from exges_core.rig.retarget_locks import Lock, nearest_allowed
from exges_core.rig.rig_pose import RigPose, path_m
from exges_core.rig.stance import Stance, Stood

_STANDING_M = np.array([0.0, STANDING_PELVIS_HEIGHT_M, 0.0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Retargeter:
    """A rig and its map, ready to carry motion in both directions.

    Args:
        rig: at rest.
        rig_map: from `match.match_rig`.
        locks: bone -> Euler channels that must not move; other bones make up for what that costs.
        held: bones that something else moves; never driven unless a joint has them.
        stance: the pose that counts as the rig's rest; None = its rest does.
    """

    rig: Rig
    rig_map: RigMap
    locks: Mapping[str, Lock] = field(default_factory=dict[str, Lock])
    held: frozenset[str] = frozenset()
    stance: Stance | None = None

    @cached_property
    def bones(self) -> Mapping[str, str]:
        """Return joint -> bone as they are played: the map's, but the highest spine bone plays the chest."""
        return played_bones(self.rig_map.bones)

    @cached_property
    def rest(self) -> RestPose:
        """Return the rig's rest pose as the canonical body sees it."""
        return RestPose(rig=self.chain.rig, bones=self.bones)

    @cached_property
    def _stood(self) -> Stood | None:
        at_rest = Chain(rig=self.rig, rig_map=self.rig_map, bones=self.bones, held=self.held)
        return None if self.stance is None else Stood(chain=at_rest, stance=self.stance)

    @cached_property
    def chain(self) -> Chain:
        """Return the bones that are turned, in the pose that counts as the rest."""
        rig = self.rig if self._stood is None else self._stood.rig
        return Chain(rig=rig, rig_map=self.rig_map, bones=self.bones, held=self.held)

    @property
    def driven(self) -> tuple[tuple[str, str], ...]:
        """Return (bone, joint) of every bone that gets keys, so that what a bone follows comes before it."""
        return self.chain.driven

    @property
    def above(self) -> tuple[int, ...]:
        """Return for each driven bone the place in `driven` of the bone it follows, -1 for none."""
        return self.chain.above

    def flesh_of(self, mesh: Mesh | None) -> Flesh:
        """Return the surface that hands stay out of: the mesh's, or without a body in it tubes about the bones.

        That of the last mesh is remembered: one take after another is made for the same character.
        """
        if mesh is None:
            return self._tubes
        for known, flesh in self._sampled:
            if known.is_same(mesh):
                return flesh
        stood = mesh if self._stood is None else self._stood.mesh(mesh)
        found = Flesh.of_mesh(self.chain, self.rest, stood) or self._tubes
        self._sampled[:] = [(mesh, found)]
        return found

    @cached_property
    def _sampled(self) -> list[tuple[Mesh, Flesh]]:
        """Return the mesh that was looked at last, with its surface; none at first."""
        return []

    @cached_property
    def _tubes(self) -> Flesh:
        return Flesh.of_bones(self.chain, self.rest)

    @property
    def rig_from_canonical(self) -> Float[Array, "3 3"]:
        """Return the turn from canonical axes to the rig's."""
        return self.rest.rig_from_canonical

    @property
    def scale(self) -> float:
        """Return rig units per canonical metre."""
        return self.rest.scale

    @property
    def alignment(self) -> Mapping[str, Array]:
        """Return per mapped joint the turn from the rig's rest pose to the canonical T-pose, in rig axes."""
        return self.rest.alignment

    @cached_property
    def root_bone(self) -> str:
        """Return the highest bone above the one that moves the body, '' if there is none."""
        index, found = self.rig.parents[self.rig.index(self.rig_map.location_bone)], ""
        while index >= 0:
            found = self.rig.names[index]
            index = self.rig.parents[index]
        return "" if found in self.chain.places else found

    @cached_property
    def _rest_wxyz(self) -> Float[Array, "driven 4"]:
        return quat_from_matrix(self.chain.rig.rest_matrix[[self.rig.index(bone) for bone, _ in self.driven]])

    @cached_property
    def _frame_wxyz(self) -> Float[Array, "4"]:
        return quat_from_matrix(self.rig_from_canonical)

    @cached_property
    def _after_wxyz(self) -> Float[Array, "driven 4"]:
        """Return F^-1 A_b: what is applied before the joint's own turn."""
        carriers, upright = self.rig_map.carriers, self.rest.lean.upright
        turns = [upright if not joint or bone in carriers else self.alignment[joint] for bone, joint in self.driven]
        return quat_multiply(quat_inverse(self._frame_wxyz), quat_from_matrix(np.stack(turns)))

    def joints_of(self, bone: str) -> tuple[str, ...]:
        """Return the joints whose local rotations a bone's own rotation decides, from the top: () if it plays none.

        Its own joint is the last; before it come those above it that have no bone on this rig.
        """
        joint = next((joint for joint, own in self.bones.items() if own == bone), None)
        if joint is None:
            return ()
        found, index = [joint], PARENTS[joint_index(joint)]
        while index >= 0 and JOINT_NAMES[index] not in self.bones:
            found.insert(0, JOINT_NAMES[index])
            index = PARENTS[index]
        return tuple(found)

    def _pelvis(self, posed: Posed) -> Float[Array, "frames 3"]:
        """Return where the canonical pelvis joint is on the posed rig."""
        place = self.chain.joint_places["pelvis"]
        arm = self.rest.pelvis() - self.chain.rest_heads[place]
        return self.chain.heads(posed, [place])[place] + quat_rotate(posed.turns_wxyz[:, place], arm)

    def _posed(self, pose: Pose, origin_m: Float[Array, "3"]) -> Posed:
        """Return the rig with every joint's world rotation, the pelvis where the scaled motion has it."""
        joints = [joint_index(joint) if joint else 0 for _, joint in self.driven]
        turns = quat_multiply(quat_multiply(self._frame_wxyz, pose.world_quat_wxyz[:, joints]), self._after_wxyz)
        self.chain.share_turns(turns)
        unmoved = Posed(turns_wxyz=turns, shift=np.zeros((len(turns), 3)))
        moved = pose.positions_m[:, 0] - _STANDING_M - origin_m * np.array([1.0, 0.0, 1.0])
        wanted = self.rest.standing_pelvis() + self.scale * moved @ self.rig_from_canonical.T
        return Posed(turns_wxyz=turns, shift=wanted - self._pelvis(unmoved))

    @cached_property
    def _standing(self) -> tuple[Pose, Posed]:
        """Return the canonical body at rest on the ground, and the rig in that pose."""
        rest = np.zeros((1, len(JOINT_NAMES), 4))
        rest[..., 0] = 1.0
        pose = forward_kinematics(rest, _STANDING_M[None])
        return pose, self._posed(pose, np.zeros(3))

    def to_rig(
        self,
        clip: MotionClip,
        *,
        origin_m: Float[Array, "3"] | None = None,
        options: RetargetOptions = EXACT,
        is_exact: Bool[Array, "frames"] | None = None,
        flesh: Flesh | None = None,
        holding: Holding | None = None,
    ) -> RigPose:
        """Return the clip as channels of this rig.

        Args:
            clip: canonical motion, standing on y = 0.
            origin_m: the point of the ground that comes to lie where the rig stands at rest; None = the world's origin.
            options: contact and travel; by default every bone has its joint's rotation exactly.
            is_exact: frames in which contact must change nothing (an animator's keys); it fades around them.
            holding: parts that stay where the rig's own animation has them; None = none does.
            flesh: from `flesh_of`, what hands stay out of if the options say so; None = tubes about the bones.

        Raises:
            RigMatchError: if the options ask for a root bone and there is none.
        """
        if options.travel == "root" and not self.root_bone:
            raise RigMatchError(
                message(
                    expected="a root bone above the hips",
                    got=f"{self.rig_map.location_bone!r}, which has no parent",
                    where="travel",
                    do="Let the hips or the object travel.",
                )
            )
        origin = np.zeros(3) if origin_m is None else origin_m
        pose = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m)
        posed, free = self._posed(pose, origin), None if holding is None else holding.free
        body = contacts.Body(chain=self.chain, rest=self.rest, standing=self._standing)
        weight = contacts.free_weight(is_exact, clip.frames, clip.frame_rate_hz)
        if options.keep_feet:
            posed = contacts.keep_feet(body, pose, posed, origin, weight, clip.frame_rate_hz)
        if holding is not None:
            posed = hold(self.chain, posed, holding, clip.frame_rate_hz)
        if options.keep_hands:
            alone = 1.0 if free is None else free["left"] * free["right"]
            posed = contacts.keep_hands(body, pose, posed, alone * weight)
        if options.keep_out:
            posed = keep_out(body, flesh or self._tubes, pose, posed, weight, clip.frame_rate_hz, free=free)
        self.chain.share_turns(posed.turns_wxyz)
        posed = self._with_locks(posed)
        path = np.zeros_like(posed.shift)
        if options.is_in_place or options.travel != "hips":
            path = self.scale * path_m(clip, origin) @ self.rig_from_canonical.T
        return self._channels(posed, path, options, clip.frame_rate_hz)

    def _channels(self, posed: Posed, path: Array, options: RetargetOptions, rate_hz: float) -> RigPose:
        """Return a posed rig as its channels, the path carried by what the options say."""
        carried = np.zeros_like(path) if options.is_in_place else path
        root, thing = (carried if options.travel == name else np.zeros_like(path) for name in ("root", "object"))
        root_bone = self.root_bone if options.travel == "root" else ""
        if root_bone:
            root = root @ self.rig.rest_matrix[self.rig.index(root_bone)]
        return RigPose(
            bones=tuple(name for name, _ in self.driven),
            basis_quat_wxyz=quat_continuous(self._basis(posed.turns_wxyz)),
            location_bone=self.rig_map.location_bone,
            location=self._location(posed, posed.shift - path),
            frame_rate_hz=rate_hz,
            root_bone=root_bone,
            root_location=root,
            object_shift=thing,
            beside={bone: self._beside(bone, posed, path, root_bone) for bone in self.chain.beside},
        )

    def _beside(self, bone: str, posed: Posed, path: Array, root_bone: str) -> Array:
        """Return the location of a root beside the bone that moves the body; a root bone's path does not carry it."""
        is_carried = not root_bone or self.rig.is_ancestor(root_bone, bone)
        shift = posed.shift - path if is_carried else posed.shift
        shift = shift if self.stance is None else shift + self._location_axes @ self.stance.location
        return shift @ self.rig.rest_matrix[self.rig.index(bone)]

    def _basis(self, turns_wxyz: Array) -> Array:
        """Return each driven bone's rotation in its own rest axes, against the bone it follows."""
        local = turns_wxyz.copy()
        below = [place for place, above in enumerate(self.above) if above >= 0]
        over = [self.above[place] for place in below]
        local[:, below] = quat_multiply(quat_inverse(turns_wxyz[:, over]), turns_wxyz[:, below])
        basis = quat_multiply(quat_multiply(quat_inverse(self._rest_wxyz), local), self._rest_wxyz)
        return basis if self._stood is None else quat_multiply(self._stood.basis_wxyz, basis)

    def _carrier_turn(self, turns_wxyz: Array) -> Array | None:
        """Return how the bone above the location bone is turned; None if nothing above it turns."""
        place = self.chain.places.get(self.rig_map.location_bone)
        above = -1 if place is None else self.above[place]
        return None if above < 0 else turns_wxyz[:, above]

    def _location(self, posed: Posed, shift: Array) -> Array:
        carrier = self._carrier_turn(posed.turns_wxyz)
        shift = shift if carrier is None else quat_rotate(quat_inverse(carrier), shift)
        return (
            shift @ self._location_axes if self.stance is None else shift @ self._location_axes + self.stance.location
        )

    @cached_property
    def _location_axes(self) -> Array:
        """Return the axes in which the location bone's channels are told, in rig axes."""
        if self._stood is not None:
            return self._stood.location_axes
        return self.rig.rest_matrix[self.rig.index(self.rig_map.location_bone)]

    def _with_locks(self, posed: Posed) -> Posed:
        """Return the pose that locked channels allow; what follows a locked bone still has its own world rotation."""
        locked = [place for place, (bone, _) in enumerate(self.driven) if bone in self.locks]
        if not locked:
            return posed
        turns = posed.turns_wxyz.copy()
        for place in locked:
            rest, above = self._rest_wxyz[place], self.above[place]
            over = np.broadcast_to(np.array([1.0, 0.0, 0.0, 0.0]), turns[:, 0].shape) if above < 0 else turns[:, above]
            wanted = quat_multiply(quat_inverse(rest), quat_multiply(quat_inverse(over), turns[:, place]))
            own = IDENTITY_QUAT_WXYZ if self._stood is None else self._stood.basis_wxyz[place]
            lock = self.locks[self.driven[place][0]]
            allowed = nearest_allowed(quat_multiply(own, quat_multiply(wanted, rest)), lock)
            allowed = quat_multiply(quat_inverse(own), allowed)
            turns[:, place] = quat_multiply(quat_multiply(over, rest), quat_multiply(allowed, quat_inverse(rest)))
        moved = self._pelvis(posed) - self._pelvis(Posed(turns_wxyz=turns, shift=posed.shift))
        return Posed(turns_wxyz=turns, shift=posed.shift + moved)

    def own_motion(self, own: OwnPose, *, frame_rate_hz: float) -> MotionClip:
        """Return what the rig's own animation shows as canonical motion."""
        place = self.chain.joint_places["pelvis"]
        unmoved = Posed(turns_wxyz=own.turns_wxyz, shift=np.zeros((len(own.heads), 3)))
        shift = own.heads[:, place] - self.chain.heads(unmoved, [place])[place]
        basis, location = self._basis(own.turns_wxyz), self._location(unmoved, shift)
        return self.to_canonical(basis, location, frame_rate_hz=frame_rate_hz)

    def to_canonical(
        self,
        basis_quat_wxyz: Float[Array, "frames driven 4"],
        location: Float[Array, "frames 3"],
        *,
        frame_rate_hz: float,
        root_location: Float[Array, "frames 3"] | None = None,
        object_shift: Float[Array, "frames 3"] | None = None,
    ) -> MotionClip:
        """Return channels of this rig as canonical motion: the exact inverse of `to_rig` for mapped joints.

        Joints without a bone keep the turn of their parent; those of the spine and neck share the bend of the bones
        around them.

        Args:
            basis_quat_wxyz: of the bones of `driven`, as in `RigPose`.
            location: of the location bone, as in `RigPose`.
            frame_rate_hz: of the clip returned.
            root_location: of the root bone; None = it does not move.
            object_shift: of the object; None = it does not move.
        """
        rest, basis = self._rest_wxyz, basis_quat_wxyz
        if self._stood is not None and self.stance is not None:
            basis = quat_multiply(quat_inverse(self._stood.basis_wxyz), basis)
            location = location - self.stance.location
        local = quat_multiply(quat_multiply(rest, basis), quat_inverse(rest))
        turns = local.copy()
        for place, above in enumerate(self.above):
            if above >= 0:
                turns[:, place] = quat_multiply(turns[:, above], local[:, place])
        shift = location @ self._location_axes.T
        carrier = self._carrier_turn(turns)
        shift = shift if carrier is None else quat_rotate(carrier, shift)
        if root_location is not None:
            shift = shift + root_location @ self.rig.rest_matrix[self.rig.index(self.root_bone)].T
        shift = shift if object_shift is None else shift + object_shift
        pelvis = self._pelvis(Posed(turns_wxyz=turns, shift=shift))
        moved = (pelvis - self.rest.standing_pelvis()) @ self.rig_from_canonical / self.scale
        return MotionClip(
            local_quat_wxyz=local_from_world(self._world(turns)),
            root_position_m=moved + _STANDING_M,
            frame_rate_hz=frame_rate_hz,
        )

    def _world(self, turns_wxyz: Array) -> Array:
        """Return the joints' world rotations from the driven bones' turns."""
        frame, places = self._frame_wxyz, self.chain.joint_places
        world = np.empty((len(turns_wxyz), len(JOINT_NAMES), 4))
        world[:, 0] = np.array([1.0, 0.0, 0.0, 0.0])
        for index, joint in enumerate(JOINT_NAMES):
            if joint in places:
                turn = quat_multiply(quat_inverse(frame), turns_wxyz[:, places[joint]])
                world[:, index] = quat_multiply(turn, quat_inverse(self._after_wxyz[places[joint]]))
            elif PARENTS[index] >= 0:
                world[:, index] = world[:, PARENTS[index]]
        bend_evenly(world, places)
        return world
