"""A take moved onto the posture that is asked for: it rests there, and gestures about it; ours.

What each joint differs by from its mean over the rests is kept, in its parent's axes, and put on the posture instead:
an arm that rose forward rises forward from where it rests now, by as much. An arm that is to rest far from where this
speaker's does (a hand on the hip) leaves that rest for its strokes and comes back: there its joints are moved by
`_WITHIN_DEG` and no more, or elbows would be bent beyond what they can. Feet keep their own tilt (flat is flat) and
the middle between them stays where it was, so that the pelvis sinks with bent knees and nobody slides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from exges_core.arrays import Array, Bool, Float, einsum
from exges_core.control.masks import Observed, groups_of_channels
from exges_core.control.standing import Posture
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import ROTATION_CHANNELS, FeatureStatistics, joint_channels
from exges_core.motion.rotations import (
    IDENTITY_QUAT_WXYZ,
    quat_angle,
    quat_from_rot6d,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    rot6d_from_quat,
    slerp,
    yaw_of,
)
from exges_core.motion.skeleton import (
    CONTACT_JOINTS,
    JOINT_NAMES,
    LEFT_ARM,
    LEFT_HAND,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_HAND,
    RIGHT_LEG,
)
from exges_core.signals.runs import frames_to
from exges_core.timeline import MOTION_RATE_HZ

_SIDES = ((*LEFT_ARM, *LEFT_HAND), (*RIGHT_ARM, *RIGHT_HAND))
_ANKLES = tuple(JOINT_NAMES.index(f"{side}_ankle") for side in ("left", "right"))
_WITHIN_DEG = 30.0
_LEAVE_S = 0.6
"""How long an arm takes to leave its rest for a stroke, and to come back to it: about a preparation."""
_BENT = tuple(joint for leg in (LEFT_LEG, RIGHT_LEG) for joint in leg[:2])
"""Hips and knees."""
_LEAST_S = 1.0
"""Rests shorter than this in all say little of how somebody stands: then the whole take's mean counts."""


def moved_onto(
    clip: MotionClip, posture: Posture, observed: Observed, is_resting: Bool[Array, "frames 2"] | None
) -> MotionClip:
    """Return motion whose mean over the rests is the posture.

    Args:
        clip: the whole take, 30 frames per second.
        posture: what is asked for.
        observed: the take's mask: its hard entries say nothing of how the take itself stands.
        is_resting: where the left and the right hand rest; None = not known.
    """
    upright, local = _upright(clip, observed)
    means = _means(local, _rests(clip, observed, is_resting))
    shares = [np.ones(clip.frames) if is_resting is None else _nearness(is_resting[:, side]) for side in range(2)]
    for joint, offset in offsets(posture, means).items():
        side = next((side for side, joints in enumerate(_SIDES) if joint in joints), None)
        turn = offset if side is None else _left_behind(offset, shares[side])
        local[:, joint] = quat_multiply(local[:, joint], turn)
    local[:, 0] = quat_multiply(upright, local[:, 0])
    return _stood(clip, local, np.ones(clip.frames, bool) if is_resting is None else is_resting.all(axis=1))


def made_up_for(
    posture: Posture,
    asked: Posture,
    planted: MotionClip,
    observed: Observed,
    is_resting: Bool[Array, "frames 2"] | None,
) -> Posture:
    """Return what to ask for so that legs have the posture after their feet are planted, which bends them a little.

    Args:
        posture: what legs shall have.
        asked: what they were asked for before.
        planted: the take that was moved onto that, its feet planted.
        observed: as for `moved_onto`.
        is_resting: as for `moved_onto`.
    """
    means = _means(_upright(planted, observed)[1], _rests(planted, observed, is_resting))
    turns = dict(asked.turns_wxyz)
    for joint in _BENT:
        name = JOINT_NAMES[joint]
        if name in turns:
            lacking = quat_multiply(quat_inverse(means[joint]), posture.turns_wxyz[name])
            turns[name] = quat_multiply(turns[name], lacking)
    return Posture(turns_wxyz=turns)


def _upright(clip: MotionClip, observed: Observed) -> tuple[Array, Array]:
    """Return the take's heading, and its local rotations with the pelvis against that."""
    upright, local = quat_from_yaw(np.full(clip.frames, observed.anchor.heading_rad)), clip.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(quat_inverse(upright), local[:, 0])
    return upright, local


def _rests(clip: MotionClip, observed: Observed, is_resting: Array | None) -> Bool[Array, "frames 2"]:
    is_own = ~(observed.is_hard & observed.is_observed).any(axis=1)
    return (np.ones((clip.frames, 2), bool) if is_resting is None else is_resting) & is_own[:, None]


def offsets(posture: Posture, means_wxyz: Float[Array, "joints 4"]) -> dict[int, Float[Array, "4"]]:
    """Return by joint what leads from a mean to the posture: mean times it is the posture. Feet tilt as they did."""
    found: dict[int, Array] = {}
    for name, turn in posture.turns_wxyz.items():
        joint, asked = JOINT_NAMES.index(name), np.asarray(turn, dtype=np.float64)
        asked = asked / np.linalg.norm(asked)
        if joint == 0:
            asked = quat_multiply(quat_inverse(quat_from_yaw(yaw_of(asked))), asked)
        found[joint] = quat_multiply(quat_inverse(means_wxyz[joint]), asked)
    return found


def taken_off(observed: Observed, posture: Posture, stats: FeatureStatistics) -> Observed:
    """Return a mask whose hard rotations are as if the take stood as the network's own speakers do.

    So a network that never saw the posture is asked for poses that it knows, and what it makes of them is moved onto
    the posture as a whole. Its speakers' mean stands for the mean over the rests, which is not known before.
    """
    is_hard = groups_of_channels(observed.is_hard & observed.is_observed)
    mean = quat_from_rot6d(stats.mean[:ROTATION_CHANNELS].astype(np.float64).reshape(-1, 6))
    target = observed.target.copy()
    for joint, offset in offsets(posture, mean).items():
        rows, channels = np.flatnonzero(is_hard[:, joint]), joint_channels(joint)
        turns = quat_from_rot6d(target[rows, channels].astype(np.float64))
        target[rows, channels] = rot6d_from_quat(quat_multiply(turns, quat_inverse(offset)))
    return replace(observed, target=target)


def _nearness(is_resting: Bool[Array, "frames"]) -> Float[Array, "frames"]:
    """Return 1 at rest, fading to 0 in strokes."""
    share = np.clip(1.0 - frames_to(is_resting) / (_LEAVE_S * MOTION_RATE_HZ), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _left_behind(offset_wxyz: Float[Array, "4"], share: Float[Array, "frames"]) -> Float[Array, "frames 4"]:
    """Return a turn that is whole at rest, and no larger than it may be in strokes."""
    angle = float(np.degrees(quat_angle(offset_wxyz)))
    least = min(1.0, _WITHIN_DEG / max(angle, 1e-9))
    return slerp(IDENTITY_QUAT_WXYZ, offset_wxyz, least + (1.0 - least) * share)


def _means(local_wxyz: Array, rests: Bool[Array, "frames 2"]) -> Float[Array, "joints 4"]:
    """Return each joint's mean rotation: of an arm where its hand rests, of all else where both do."""
    least = _LEAST_S * MOTION_RATE_HZ
    kinds: Mapping[str, Array] = {"both": rests.all(axis=1), "left": rests[:, 0], "right": rests[:, 1]}
    chosen = {kind: rows if rows.sum() >= least else np.ones(len(rows), bool) for kind, rows in kinds.items()}
    found = _mean(local_wxyz[chosen["both"]])
    for kind, joints in zip(("left", "right"), _SIDES, strict=True):
        found[list(joints)] = _mean(local_wxyz[chosen[kind]][:, list(joints)])
    return found


def _mean(quats_wxyz: Float[Array, "frames joints 4"]) -> Float[Array, "joints 4"]:
    """Return mean rotations: the first eigenvector of the sum of q q^T (Markley et al. 2007), which knows no signs."""
    _, vectors = np.linalg.eigh(einsum("fji,fjk->jik", quats_wxyz, quats_wxyz))
    return vectors[..., -1]


def _stood(clip: MotionClip, local_wxyz: Array, is_resting: Bool[Array, "frames"]) -> MotionClip:
    """Return the clip in other poses whose feet tilt as before, the middle between them where it was."""
    before = clip.pose()
    moved = replace(clip, local_quat_wxyz=local_wxyz)
    world = moved.pose().world_quat_wxyz
    rows = is_resting if is_resting.any() else np.ones(clip.frames, bool)
    for ankle in _ANKLES:
        knee = ankle - 3
        aside = _mean((quat_multiply(world[:, ankle], quat_inverse(before.world_quat_wxyz[:, ankle])))[rows, None])
        turned = quat_multiply(quat_from_yaw(yaw_of(aside[0])), before.world_quat_wxyz[:, ankle])
        local_wxyz[:, ankle] = quat_multiply(quat_inverse(world[:, knee]), turned)
    feet = list(CONTACT_JOINTS)
    lift = (before.positions_m[:, feet] - moved.pose().positions_m[:, feet]).mean(axis=1)
    return replace(moved, root_position_m=clip.root_position_m + lift)
