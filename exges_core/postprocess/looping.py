"""The finish of a loop: filters, medians and planted feet see the motion go on around its ends (ours)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip, unrolled
from exges_core.motion.resample import at_frames
from exges_core.motion.rotations import slerp
from exges_core.timeline import MOTION_RATE_HZ

REACH_FRAMES = 20 * MOTION_RATE_HZ
"""Nothing in the finish looks farther than this: the running median of a resting pose takes 10 s either way and is
smoothed over 2 s."""
JOIN_FRAMES = 15
"""Two turns of the loop differ by what medians round differently; so long they change over."""


_MARGIN_FRAMES = 40
"""A spline's memory fades by 0.27 per knot."""


def around(features: Float[Array, "frames channels"], work: Callable[[Array], MotionClip]) -> MotionClip:
    """Return one turn of a loop, worked on as if it had gone on before and would go on after.

    Args:
        features: one period; after its last frame comes its first.
        work: makes a clip of as many frames of all features it is given.

    Returns:
        One period; its last frame goes on into its first.
    """
    period = len(features)
    turns = -(-REACH_FRAMES // period)
    clip = work(np.tile(features, (2 * turns + 1, 1)))
    return _joined(clip, turns * period, period)


def _joined(clip: MotionClip, start: int, period: int) -> MotionClip:
    """Return the frames of one turn, the first of them changing over from the turn after, where the last one leads."""
    join = min(JOIN_FRAMES, period // 2)
    this, after = clip.cut(start, start + period), clip.cut(start + period, start + period + join)
    share = _eased(np.arange(join) / join)
    quats, root = this.local_quat_wxyz.copy(), this.root_position_m.copy()
    quats[:join] = slerp(after.local_quat_wxyz, quats[:join], share[:, None])
    root[:join] = (1.0 - share[:, None]) * after.root_position_m + share[:, None] * root[:join]
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)


def _eased(share: Array) -> Array:
    """Return 0 at 0 rising to 1 at 1 with flat ends (quintic)."""
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)


def in_frames(clip: MotionClip, frames: int, *, rate_hz: float) -> MotionClip:
    """Return a loop as so many frames at another rate, its period stretched by the fraction of a frame that lacks."""
    if frames == clip.frames:
        return MotionClip(
            local_quat_wxyz=clip.local_quat_wxyz, root_position_m=clip.root_position_m, frame_rate_hz=rate_hz
        )
    margin = min(clip.frames, _MARGIN_FRAMES)
    places = margin + np.arange(frames) * (clip.frames / frames)
    return at_frames(unrolled(clip, margin, margin), places, rate_hz=rate_hz)
