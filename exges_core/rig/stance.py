"""A pose that counts as a rig's rest: its standing pose, for rigs whose rest shows no standing person; ours.

A rest with crossed arms, a seat below it or a twist in it is read as how the character stands, and every take inherits
it. A standing pose replaces it: the rig is laid into it once, retargeting works on the rig that comes out, and only the
channels are told against the true rest:

    basis_b = B_b basis'_b        B_b: the standing pose's own channel, basis': against the standing pose

Exact, both ways. Numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import (
    IDENTITY_QUAT_WXYZ,
    matrix_from_quat,
    quat_from_matrix,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.rig.bones import Rig
from exges_core.rig.flesh import carriers_of
from exges_core.rig.patch import Mesh
from exges_core.rig.retarget_chain import Chain, Posed


@dataclass(frozen=True, kw_only=True, eq=False)
class Stance:
    """A standing pose as a rig's channels, as in `RigPose`.

    Attributes:
        turns_wxyz: bone -> its rotation against its rest; others are at rest.
        location: of the bone that moves the body, in its own rest axes and the rig's unit.
    """

    turns_wxyz: Mapping[str, Float[Array, "4"]]
    location: Float[Array, "3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stood:
    """A rig laid into its standing pose.

    Args:
        chain: its driven bones, at its true rest.
        stance: the pose.
    """

    chain: Chain
    stance: Stance

    @cached_property
    def basis_wxyz(self) -> Float[Array, "driven 4"]:
        """Return each driven bone's own rotation in the pose."""
        bones = [bone for bone, _ in self.chain.driven]
        turns = np.array([self.stance.turns_wxyz.get(bone, IDENTITY_QUAT_WXYZ) for bone in bones], dtype=np.float64)
        return turns / np.linalg.norm(turns, axis=-1, keepdims=True)

    @cached_property
    def turns_wxyz(self) -> Float[Array, "driven 4"]:
        """Return each driven bone's turn against its rest, in rig axes."""
        rig = self.chain.rig
        rest = quat_from_matrix(rig.rest_matrix[[rig.index(bone) for bone, _ in self.chain.driven]])
        turns = quat_multiply(quat_multiply(rest, self.basis_wxyz), quat_inverse(rest))
        for place, above in enumerate(self.chain.above):
            if above >= 0:
                turns[place] = quat_multiply(turns[above], turns[place])
        return turns

    @cached_property
    def location_axes(self) -> Float[Array, "3 3"]:
        """Return the axes of the location bone's channels in the pose, in rig axes."""
        axes = self.chain.rig.rest_matrix[self.chain.rig.index(self.chain.rig_map.location_bone)]
        place = self.chain.places.get(self.chain.rig_map.location_bone, -1)
        above = self.chain.above[place] if place >= 0 else -1
        return axes if above < 0 else matrix_from_quat(self.turns_wxyz[above]) @ axes

    @cached_property
    def _heads(self) -> Float[Array, "driven 3"]:
        shift = self.location_axes @ self.stance.location
        posed = Posed(turns_wxyz=self.turns_wxyz[None], shift=shift[None])
        heads = self.chain.heads(posed, range(len(self.chain.driven)))
        return np.stack([heads[place][0] for place in range(len(heads))])

    def _carried(self, points: Array, places: Array) -> Array:
        """Return where points go with the driven bones that carry them; -1 = they stay."""
        at = np.maximum(places, 0)
        moved = self._heads[at] + quat_rotate(self.turns_wxyz[at], points - self.chain.rest_heads[at])
        return np.where(places[:, None] >= 0, moved, points)

    @cached_property
    def rig(self) -> Rig:
        """Return the rig with this pose for a rest; bones that are not driven go with those that carry them."""
        rig = self.chain.rig
        places = carriers_of(self.chain, rig.names)
        parent = rig.parents[rig.index(self.chain.rig_map.location_bone)]
        while parent >= 0:  # a root bone stays where it is
            places[parent] = -1 if rig.names[parent] not in self.chain.places else places[parent]
            parent = rig.parents[parent]
        turns = matrix_from_quat(self.turns_wxyz)[np.maximum(places, 0)]
        turned = np.where(places[:, None, None] >= 0, turns @ rig.rest_matrix, rig.rest_matrix)
        return replace(
            rig, heads=self._carried(rig.heads, places), tails=self._carried(rig.tails, places), rest_matrix=turned
        )

    def mesh(self, mesh: Mesh) -> Mesh:
        """Return the character's mesh in this pose, each vertex with the bone that has most of it."""
        places = np.append(carriers_of(self.chain, mesh.bones), -1)[mesh.bone]
        return replace(mesh, vertices=self._carried(mesh.vertices, places))
