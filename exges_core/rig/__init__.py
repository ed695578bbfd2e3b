"""Rigs: which bone plays which joint, and canonical motion as rotations of that rig's own bones and back.

Numpy alone: Blender's own Python imports this room. No Blender, no files.
"""

from exges_core.rig.bones import REQUIRED_JOINTS, Rig, Switch
from exges_core.rig.flesh import Flesh
from exges_core.rig.match import RigMap, match_rig
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.rig.patch import Mesh
from exges_core.rig.presets import PRESETS, Preset
from exges_core.rig.retarget import Retargeter
from exges_core.rig.retarget_locks import Lock
from exges_core.rig.rig_pose import RigPose
from exges_core.rig.stance import Stance

__all__ = [
    "EXACT",
    "PRESETS",
    "REQUIRED_JOINTS",
    "Flesh",
    "Lock",
    "Mesh",
    "Preset",
    "RetargetOptions",
    "Retargeter",
    "Rig",
    "RigMap",
    "RigPose",
    "Stance",
    "Switch",
    "match_rig",
]
