"""Rigs: which bone plays which joint, and canonical motion as rotations of that rig's own bones and back.

Numpy alone: Blender's own Python imports this room. No Blender, no files.
"""

from exges_core.rig.bones import REQUIRED_JOINTS, Rig, Switch
from exges_core.rig.match import RigMap, match_rig
from exges_core.rig.presets import PRESETS, Preset
from exges_core.rig.retarget import Retargeter, RigPose

__all__ = [
    "PRESETS",
    "REQUIRED_JOINTS",
    "Preset",
    "Retargeter",
    "Rig",
    "RigMap",
    "RigPose",
    "Switch",
    "match_rig",
]
