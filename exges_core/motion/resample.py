"""The same motion at other instants: cubic in time, exact on the frames that stay (ours).

A cubic spline through the quaternions, brought back to unit length: between neighbours that are close it follows the
sphere, and it keeps the jerk, of which frame-by-frame slerp loses 6 to 15 %. The root's position follows the same kind
of spline.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_continuous, quat_normalise
from exges_core.signals.splines import spline_at

_BLOCK = 4096
"""Instants per block: an hour's spline at once would need a gigabyte."""
_MARGIN_FRAMES = 32
"""Frames a block sees beyond its own; a spline's memory fades by 0.27 per knot, so 32 of them are beyond rounding."""


def at_frames(clip: MotionClip, places: Float[Array, "instants"], *, rate_hz: float) -> MotionClip:
    """Return the motion at fractional frames of a clip, labelled with a rate; whole ones keep every bit.

    Args:
        clip: at least one frame; fewer than three are interpolated as straight as they are few.
        places: rising, within [0, frames - 1].
        rate_hz: of the result.
    """
    blocks = [_block(clip, places[first : first + _BLOCK]) for first in range(0, len(places), _BLOCK)]
    return MotionClip(
        local_quat_wxyz=np.concatenate([quats for quats, _ in blocks]),
        root_position_m=np.concatenate([roots for _, roots in blocks]),
        frame_rate_hz=float(rate_hz),
    )


def change_rate(clip: MotionClip, rate: Fraction) -> MotionClip:
    """Return the same motion at another frame rate: frame k is the instant k / rate exactly, however long the take.

    Every new instant lies inside the take, none is extrapolated; instants that both rates have keep every bit.

    Raises:
        SkeletonError: if the rate is not positive.
    """
    if rate <= 0:
        raise SkeletonError(
            message(expected="a positive rate", got=f"{rate}", where="resampling a clip", do="Use 30, for one.")
        )
    step = Fraction(clip.frame_rate_hz).limit_denominator(10_000) / rate
    if step == 1:
        return clip
    count = (clip.frames - 1) * step.denominator // step.numerator + 1
    # Whole frames and their remainder apart, in integers: k * step as a float would drift off the frames that coincide.
    whole, rest = np.divmod(np.arange(count, dtype=np.int64) * step.numerator, step.denominator)
    return at_frames(clip, whole + rest / step.denominator, rate_hz=float(rate))


def _block(clip: MotionClip, places: Array) -> tuple[Array, Array]:
    first = max(int(places[0]) - _MARGIN_FRAMES, 0)
    stop = min(int(places[-1]) + 2 + _MARGIN_FRAMES, clip.frames)
    quats, roots = clip.local_quat_wxyz[first:stop], clip.root_position_m[first:stop]
    nearest = np.rint(places).astype(np.int64) - first
    if len(quats) < 2:
        return quats[nearest], roots[nearest]
    moved_quats = quat_normalise(spline_at(quat_continuous(quats), places - first))
    moved_roots = spline_at(roots, places - first)
    is_kept = np.rint(places) == places
    moved_quats[is_kept], moved_roots[is_kept] = quats[nearest[is_kept]], roots[nearest[is_kept]]
    return moved_quats, moved_roots
