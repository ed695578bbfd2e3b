"""From the network's features to a clip that stands on the ground: smooth, lock the feet, pin the keys again (ours)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Float
from exges_core.control.masks import ORIGIN, Observed
from exges_core.diffusion.residual import spread_residual
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features, contacts_from_features, features_from_clip
from exges_core.motion.footlock import lock_feet
from exges_core.motion.smooth import smooth_clip
from exges_core.timeline import MOTION_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class FinishConfig:
    """What is done after denoising.

    Attributes:
        cutoff_hz: of the zero-phase low-pass that takes tremor out; 0 = none.
        is_foot_lock: pin planted feet by leg IK.
    """

    cutoff_hz: float = 7.0
    is_foot_lock: bool = True


def finish(
    features: Float[np.ndarray, "frames 337"], observed: Observed, config: FinishConfig | None = None
) -> MotionClip:
    """Return the motion as a clip at 30 fps whose hard observed entries are exact.

    Smoothing and foot lock move everything a little, so the hard entries are set again afterwards and the difference
    is spread over their neighbours.
    """
    config = config or FinishConfig()
    clip = clip_from_features(features, ORIGIN, MOTION_RATE_HZ)
    if config.cutoff_hz > 0.0:
        clip = smooth_clip(clip, cutoff_hz=config.cutoff_hz)
    if config.is_foot_lock:
        clip = lock_feet(clip, contacts_from_features(features))
    if not observed.is_hard.any():
        return clip
    pinned = spread_residual(features_from_clip(clip, ORIGIN), observed)
    return clip_from_features(pinned, ORIGIN, MOTION_RATE_HZ)
