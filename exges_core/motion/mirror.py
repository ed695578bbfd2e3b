"""The mirror image of a motion: what the left side did, the right side does. Numpy alone: Blender's Python imports it.

The mirror stands at x = 0 and is seen from the side: left and right joints change places, a rotation keeps its part
about x and turns the other way about y and z, and the root goes to the other side. Contact goes with the feet, for it
is measured from the motion. Mirrored twice is the motion itself.
"""

from __future__ import annotations

import numpy as np

from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import JOINT_NAMES

_QUAT_SIGNS = np.array([1.0, 1.0, -1.0, -1.0])
_PLACE_SIGNS = np.array([-1.0, 1.0, 1.0])


def other_side(name: str) -> str:
    """Return the joint on the other side; one in the middle is its own.

    >>> other_side("left_wrist"), other_side("jaw")
    ('right_wrist', 'jaw')
    """
    for one, other in (("left", "right"), ("right", "left")):
        if one in name:
            return name.replace(one, other)
    return name


SWAPPED = tuple(JOINT_NAMES.index(other_side(name)) for name in JOINT_NAMES)
"""Of each joint, the one on the other side: arms, legs, every finger, eyes."""


def mirrored(clip: MotionClip) -> MotionClip:
    """Return the mirror image of a motion.

    >>> from exges_core import mirrored
    >>> import numpy as np
    >>> still = np.tile([1.0, 0.0, 0.0, 0.0], (1, 55, 1))
    >>> clip = MotionClip(local_quat_wxyz=still, root_position_m=np.array([[0.5, 1.0, 0.0]]), frame_rate_hz=30.0)
    >>> mirrored(clip).root_position_m.tolist()
    [[-0.5, 1.0, 0.0]]
    """
    return MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz[:, SWAPPED] * _QUAT_SIGNS,
        root_position_m=clip.root_position_m * _PLACE_SIGNS,
        frame_rate_hz=clip.frame_rate_hz,
    )
