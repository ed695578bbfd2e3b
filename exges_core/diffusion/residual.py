"""Exact keys without pops: what pinned entries differ from the network's motion fades into the frames around (ours).

Rotations are corrected as rotations, positions as positions; with two or more pinned frames in a row the difference
also keeps its slope, so that a frozen stretch joins without a kink. Numpy alone.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Bool, Float, Int
from exges_core.control.masks import ROOT_GROUP, Observed, groups_of_channels
from exges_core.motion.features import ROOT_CHANNELS, joint_channels
from exges_core.motion.rotations import (
    quat_from_rot6d,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    rot6d_from_quat,
    rotvec_from_quat,
)

REACH_FRAMES = 18
"""How far a correction reaches to each side: 0.6 s, about a gesture's preparation."""


def spread_residual(
    features: Float[np.ndarray, "frames channels"], observed: Observed, *, reach_frames: int = REACH_FRAMES
) -> Float[np.ndarray, "frames channels"]:
    """Return the features with hard observed entries set exactly and their residual faded into free neighbours.

    Entries farther than `reach_frames` from a hard one of their group keep every bit. Between two keys closer than
    that, the correction passes from one residual to the other.
    """
    pinned = features.copy()
    is_hard = groups_of_channels(observed.is_hard & observed.is_observed)
    for group in np.flatnonzero(is_hard.any(axis=0)).tolist():
        keys = np.flatnonzero(is_hard[:, group])
        channels = ROOT_CHANNELS if group == ROOT_GROUP else joint_channels(group)
        _correct(pinned[:, channels], observed.target[:, channels], keys, reach_frames)
    exact = observed.is_hard & observed.is_observed
    pinned[exact] = observed.target[exact]
    return pinned


def _correct(
    motion: Float[np.ndarray, "frames width"],
    target: Float[np.ndarray, "frames width"],
    keys: Int[np.ndarray, "keys"],
    reach_frames: int,
) -> None:
    """Add the faded residual to one group's free frames, in place."""
    frames = len(motion)
    is_free = np.ones(frames, bool)
    is_free[keys] = False
    left, right = _neighbours(keys, frames)
    at = np.arange(frames)
    is_near = is_free & _is_within(at, keys, left, right, reach_frames)
    if not is_near.any():
        return
    values, wanted = motion.astype(np.float64), target[keys].astype(np.float64)
    places = at[is_near], keys, left[is_near], right[is_near], reach_frames
    if motion.shape[1] == 6:
        quats = quat_from_rot6d(values)
        residual = rotvec_from_quat(quat_multiply(quat_from_rot6d(wanted), quat_inverse(quats[keys])))
        correction = quat_from_rotvec(_faded(residual, *places))
        motion[is_near] = rot6d_from_quat(quat_multiply(correction, quats[is_near]))
    else:
        motion[is_near] = values[is_near] + _faded(wanted - values[keys], *places)


def _neighbours(keys: Int[np.ndarray, "keys"], frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each frame the index of the key at or before it (-1 = none) and of the one after it (or the count)."""
    left = np.searchsorted(keys, np.arange(frames), side="right") - 1
    return left, left + 1


def _is_within(
    at: np.ndarray, keys: np.ndarray, left: np.ndarray, right: np.ndarray, reach_frames: int
) -> Bool[np.ndarray, "frames"]:
    far = 10 * reach_frames + len(at)
    padded = np.concatenate([[-far], keys, [len(at) + far]])
    return np.minimum(at - padded[left + 1], padded[right + 1] - at) < reach_frames


def _faded(
    residual: Float[np.ndarray, "keys width"],
    at: Int[np.ndarray, "near"],
    keys: Int[np.ndarray, "keys"],
    left: Int[np.ndarray, "near"],
    right: Int[np.ndarray, "near"],
    reach_frames: int,
) -> Float[np.ndarray, "near width"]:
    is_next = np.diff(keys) == 1
    change = np.diff(residual, axis=0) * is_next[:, None]
    none = np.zeros((1, residual.shape[1]))
    onward, backward = np.concatenate([none, change]), np.concatenate([-change, none])
    has_left, has_right = left >= 0, right < len(keys)
    left, right = np.maximum(left, 0), np.minimum(right, len(keys) - 1)
    after, before = (at - keys[left])[:, None], (keys[right] - at)[:, None]
    share = np.where((has_left & has_right)[:, None], _smooth(before / np.maximum(after + before, 1)), 1.0)
    from_left = _smooth(1 - after / reach_frames) * (residual[left] + after * onward[left])
    from_right = _smooth(1 - before / reach_frames) * (residual[right] + before * backward[right])
    share_right = np.where((has_left & has_right)[:, None], 1 - share, 1.0)
    return has_left[:, None] * share * from_left + has_right[:, None] * share_right * from_right


def _smooth(share: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Return 0 to 1 with no velocity and no acceleration at either end (quintic smoothstep)."""
    x = np.clip(share, 0.0, 1.0)
    return x**3 * (x * (6 * x - 15) + 10)
