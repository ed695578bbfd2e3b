"""SMPL-X, SMPL-H and SMPL: the canonical names themselves, as their Blender add-on and BEAT2's own BVH use them."""

from __future__ import annotations

from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig.presets.table import Preset, limbs, sided, trunk

SMPLX = Preset(name="smplx", title="SMPL-X", bones={name: (name,) for name in JOINT_NAMES})

SMPL = Preset(
    name="smpl",
    title="SMPL",
    bones={
        **trunk("Pelvis Spine1 Spine2 Spine3 Neck Head"),
        **sided(limbs("Hip Knee Ankle Foot", "Collar Shoulder Elbow Wrist"), "<L|R>_{}"),
    },
    signature=("L_Hand", "R_Hand"),
)
"""Files of SMPL's FBX begin every name with m_avg_ or f_avg_; L_Hand is a bone past the wrist."""
