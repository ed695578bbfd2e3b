"""SMPL-X: the canonical names themselves, as its Blender add-on and BEAT2's own BVH use them."""

from __future__ import annotations

from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig.presets.table import Preset

SMPLX = Preset(name="smplx", title="SMPL-X", bones={name: (name,) for name in JOINT_NAMES})
