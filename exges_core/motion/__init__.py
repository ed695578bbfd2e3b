"""Motion as data: rotations, the canonical skeleton, kinematics and clips; file formats beside.

What Blender's own Python imports (rotations, skeleton, kinematics, clip) needs numpy alone, and so does this package's
``__init__``: it may import nothing else.
"""

from exges_core.motion.clip import MotionClip, concatenate
from exges_core.motion.kinematics import Pose, contacts, forward_kinematics
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS, REST_OFFSETS_M, Skeleton, joint_index

__all__ = [
    "DEFAULT_SKELETON",
    "JOINT_NAMES",
    "PARENTS",
    "REST_OFFSETS_M",
    "MotionClip",
    "Pose",
    "Skeleton",
    "concatenate",
    "contacts",
    "forward_kinematics",
    "joint_index",
]
