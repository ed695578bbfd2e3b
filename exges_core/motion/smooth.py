"""Zero-phase low-pass of a whole clip: a finish that takes tremor out without moving anything in time."""

from __future__ import annotations

from collections.abc import Sequence

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_continuous, quat_normalise
from exges_core.signals.filters import low_pass_both_ways

_JOINTS_AT_ONCE = 11
"""All of an hour's joints in one call would need a gigabyte."""
_BEYOND = 9
"""Frames by which a clip is continued at either end."""


def low_pass(
    values: Float[Array, "frames *channels"], *, rate_hz: float, cutoff_hz: float
) -> Float[Array, "frames *channels"]:
    """Return values low-passed forwards and backwards by a second-order Butterworth filter (half amplitude at the cut).

    Fewer than 4 frames, or a cut-off from half the rate upwards, leave them as they are.
    """
    if len(values) < 4 or cutoff_hz >= 0.5 * rate_hz:
        return values
    return low_pass_both_ways(values, cutoff_hz / rate_hz, beyond=min(_BEYOND, len(values) - 1))


def smooth_clip(clip: MotionClip, *, cutoff_hz: float, joints: Sequence[int] | None = None) -> MotionClip:
    """Return the clip low-passed at `cutoff_hz`; ours.

    Rotations are filtered as quaternions of continuous sign and brought back to unit length, which for the small
    turns between frames is the filter of the rotation itself.

    Args:
        clip: the motion.
        cutoff_hz: gestures live below about 6 Hz; 8 removes tremor, 4 visibly softens strokes.
        joints: only these; None = all and the root's position.
    """
    chosen = list(range(clip.local_quat_wxyz.shape[1])) if joints is None else list(joints)
    quats = clip.local_quat_wxyz.copy()
    for first in range(0, len(chosen), _JOINTS_AT_ONCE):
        some = chosen[first : first + _JOINTS_AT_ONCE]
        continuous = quat_continuous(quats[:, some])
        quats[:, some] = quat_normalise(low_pass(continuous, rate_hz=clip.frame_rate_hz, cutoff_hz=cutoff_hz))
    root = clip.root_position_m
    if joints is None:
        root = low_pass(root, rate_hz=clip.frame_rate_hz, cutoff_hz=cutoff_hz)
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)
