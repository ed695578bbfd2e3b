"""How wrists move about the body: the tracks that every measure of listening is made of."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import velocity_m_per_s
from exges_core.motion.skeleton import joint_index
from exges_core.motion.smooth import low_pass
from exges_core.score.sizes import wrists_m
from exges_core.signals.peaks import peaks_of

WRISTS = (joint_index("left_wrist"), joint_index("right_wrist"))
CUTOFF_HZ = 6.0
PEAK_M_PER_S = 0.3
"""A slower peak is no stroke (the corpus's own limit)."""
PROMINENCE_M_PER_S = 0.2
"""Between two peaks the wrist must slow down by as much, or they are one movement."""


def wrist_speeds_m_per_s(clip: MotionClip) -> Float[Array, "frames 2"]:
    """Return how fast left and right wrist move about the pelvis, m/s, of paths low-passed at `CUTOFF_HZ`."""
    smooth = low_pass(wrists_m(clip), rate_hz=clip.frame_rate_hz, cutoff_hz=CUTOFF_HZ)
    return np.linalg.norm(velocity_m_per_s(smooth, clip.frame_rate_hz), axis=-1)


def movement_peaks_s(speed_m_per_s: Float[Array, "frames"], rate_hz: float) -> Float[Array, "peaks"]:
    """Return when one wrist is fastest in each of its movements, seconds."""
    return peaks_of(speed_m_per_s, height=PEAK_M_PER_S, prominence=PROMINENCE_M_PER_S) / rate_hz
