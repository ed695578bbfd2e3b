"""The face as far as a skeleton has one: jaw and eyes of the canonical body, from ARKit's curves."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.face.eyes import gaze_in
from exges_core.face.names import COLUMN
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import joint_index

JAW_DEG = 22.0
"""How far a jaw turns at `jawOpen` 1: a chin 10 cm from its hinge then moves 4 cm."""
_JAW = joint_index("jaw")
_EYES = [joint_index("left_eye_smplhf"), joint_index("right_eye_smplhf")]


def with_face(
    clip: MotionClip, curves: Float[Array, "frames 52"], is_kept: Bool[Array, "frames"] | None = None
) -> MotionClip:
    """Return a motion whose jaw and eyes move as the curves say; frames that are kept stay as they are."""
    quats = clip.local_quat_wxyz.copy()
    turn = np.zeros((clip.frames, 3))
    turn[:, 0] = np.deg2rad(JAW_DEG) * curves[:, COLUMN["jawOpen"]]
    quats[:, _JAW] = quat_from_rotvec(turn)
    left, up = np.deg2rad(gaze_in(curves)).T
    quats[:, _EYES] = quat_from_rotvec(np.stack([-up, left, np.zeros_like(up)], axis=-1))[:, None]
    if is_kept is not None:
        quats[is_kept] = clip.local_quat_wxyz[is_kept]
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=clip.frame_rate_hz)
