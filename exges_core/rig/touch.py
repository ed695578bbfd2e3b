"""Touch that was meant: where the canonical body, of human girth, has a hand at its trunk, neck or head; ours.

Motion says no word of contact. On the body that it was made for, a hand at the chin is at the chin, whereas a hand
that hangs beside the hip may well brush a wider one's: legs and hips do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.kinematics import Pose
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M, joint_index
from exges_core.rig.bone_tubes import SIDES
from exges_core.rig.bones import rig_from_hierarchy
from exges_core.rig.depth import Surface
from exges_core.rig.flesh import Flesh
from exges_core.rig.match import match_rig
from exges_core.rig.rest import SPINE, RestPose
from exges_core.rig.retarget_chain import Chain, Posed

_GAP_M = (0.02, 0.06)
"""A hand nearer than this to the body touches it; beyond the second, it does not."""
_TOUCHED = (*SPINE, "neck", "head")


def at_body(pose: Pose) -> Mapping[str, Float[Array, "frames"]]:
    """Return by side how much a hand touches trunk, neck or head in the canonical motion: 1 = it does."""
    chain, flesh = _canonical()
    turns = pose.world_quat_wxyz[:, [joint_index(joint) for _, joint in chain.driven]]
    posed = Posed(turns_wxyz=turns, shift=pose.positions_m[:, 0] - REST_OFFSETS_M[0])
    found, surface = dict[str, Array](), flesh.body.posed(chain, posed)
    for side in SIDES:
        depths = surface.depths(flesh.hands[side].posed(chain, posed)).depth
        near = np.clip((_GAP_M[1] + depths.max(axis=1)) / (_GAP_M[1] - _GAP_M[0]), 0.0, 1.0)
        found[side] = near * near * (3.0 - 2.0 * near)
    return found


@lru_cache(maxsize=1)
def _canonical() -> tuple[Chain, Flesh]:
    """Return the canonical body's bones, and tubes about those of them that are touched and those that touch."""
    rig = rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M)
    rig_map = match_rig(rig)
    chain = Chain(rig=rig, rig_map=rig_map, bones=rig_map.bones)
    flesh = Flesh.of_bones(chain, RestPose(rig=rig, bones=rig_map.bones))
    touched = {chain.joint_places[joint] for joint in _TOUCHED}
    body = Surface(grids=tuple(grid for grid in flesh.body.grids if grid.place in touched))
    return chain, Flesh(body=body, hands=flesh.hands, forearms=flesh.forearms, scale=flesh.scale)
