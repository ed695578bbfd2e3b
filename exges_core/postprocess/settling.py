"""Hands that come to rest: arms that hardly move are smoothed more than arms that gesture (ours).

A generated hand wanders where a speaker's rests. One cut-off cannot tell wandering from a stroke, speed can (the idea
of Casiez et al. 2012, "1 euro filter", here without delay: forwards and backwards, over the whole take).
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import velocity_m_per_s
from exges_core.motion.rotations import quat_normalise
from exges_core.motion.skeleton import LEFT_ARM, LEFT_HAND, RIGHT_ARM, RIGHT_HAND, joint_index
from exges_core.motion.smooth import smooth_clip
from exges_core.signals.filters import gaussian
from exges_core.signals.runs import frames_to, highest_near

_ARMS = {"left_wrist": (*LEFT_ARM, *LEFT_HAND), "right_wrist": (*RIGHT_ARM, *RIGHT_HAND)}
_CHEST = joint_index("spine3")
REST_HZ = 0.4
"""An arm at rest moves no quicker than this: it drifts, and changes its posture in seconds."""
FADE_S = 0.5
"""So long it takes from a gesture's end until an arm is at peace."""
HOLD_HZ = 1.0
"""An arm that holds moves no quicker than this..."""
HOLD_FADE_S = 0.2
"""...so long after the hold began, and until so long before it ends."""


CUTOFF_HZ = 1.2
"""Of the low-pass of an arm that hardly moves (docs/decisions/0007-how-calm-an-arm-is.md)."""
REST_M_PER_S, STROKE_M_PER_S = 0.2, 0.5
"""A wrist slower than the first, against the chest, rests; one faster than the second gestures; between is a share."""
REACH_S = 0.2
"""Rest ends so long before a stroke and begins so long after it."""


def settle_arms(clip: MotionClip) -> MotionClip:
    """Return the clip with each arm, hand and fingers, smoothed where its wrist hardly moves; all else is untouched."""
    joints = [joint for arm in _ARMS.values() for joint in arm]
    calm = smooth_clip(clip, cutoff_hz=CUTOFF_HZ, joints=joints)
    positions = calm.pose().positions_m
    quats = clip.local_quat_wxyz.copy()
    for wrist, arm in _ARMS.items():
        relative = positions[:, joint_index(wrist)] - positions[:, _CHEST]
        speed = np.linalg.norm(velocity_m_per_s(relative[:, None], clip.frame_rate_hz), axis=-1)[:, 0]
        share = _gesturing(speed, clip.frame_rate_hz)[:, None, None]
        quats[:, arm] = _mixed(calm.local_quat_wxyz[:, arm], quats[:, arm], share)
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=clip.frame_rate_hz)


def rest_arms(clip: MotionClip, is_resting: Bool[Array, "frames 2"]) -> MotionClip:
    """Return the clip with each arm, hand and fingers, at peace where its hand rests, left and right; ours."""
    return _calmed(clip, is_resting, cutoff_hz=REST_HZ, fade_s=FADE_S)


def hold_arms(clip: MotionClip, is_holding: Bool[Array, "frames 2"]) -> MotionClip:
    """Return the clip with each arm, hand and fingers, steadier where its hand holds, left and right; ours."""
    return _calmed(clip, is_holding, cutoff_hz=HOLD_HZ, fade_s=HOLD_FADE_S)


def _calmed(clip: MotionClip, is_calm: Bool[Array, "frames 2"], *, cutoff_hz: float, fade_s: float) -> MotionClip:
    """Return the clip with arms low-passed where they are to be calm, fading in and out inside."""
    if not is_calm.any():
        return clip
    calm = smooth_clip(clip, cutoff_hz=cutoff_hz, joints=[joint for arm in _ARMS.values() for joint in arm])
    quats = clip.local_quat_wxyz.copy()
    reach = fade_s * clip.frame_rate_hz
    for side, arm in enumerate(_ARMS.values()):
        share = 1.0 - _smooth_step(frames_to(~is_calm[:, side]) / reach)[:, None, None]
        quats[:, arm] = _mixed(calm.local_quat_wxyz[:, arm], quats[:, arm], share)
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=clip.frame_rate_hz)


def _mixed(slow: Array, own: Array, share: Array) -> Array:
    """Return `own` where the share is 1, bit for bit, and `slow` where it is 0."""
    same = np.where((slow * own).sum(axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
    return np.where(share < 1.0, quat_normalise((1.0 - share) * same * slow + share * own), own)


def _smooth_step(share: Array) -> Array:
    share = np.clip(share, 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _gesturing(speed_m_per_s: Float[Array, "frames"], rate_hz: float) -> Float[Array, "frames"]:
    """Return 0 at rest and 1 in gestures, without a jump."""
    reach = max(round(REACH_S * rate_hz), 1)
    highest = gaussian(highest_near(speed_m_per_s, reach), reach / 2)
    return _smooth_step((highest - REST_M_PER_S) / (STROKE_M_PER_S - REST_M_PER_S))
