"""Exact keys without pops: what pinned entries differ from the motion fades into its neighbours, smoothly (ours).

Rotations are corrected as rotations, positions as positions; with two or more pinned frames in a row the difference
also keeps its slope, so that a frozen stretch joins without a kink. Arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Bool, Float, Int
from exges_core.control.masks import ROOT_GROUP, Observed, groups_of_channels
from exges_core.motion.features import ROOT_CHANNELS, joint_channels
from exges_core.motion.rotations import (
    quat_continuous,
    quat_from_rot6d,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_normalise,
    rot6d_from_quat,
    rotvec_from_quat,
    slerp,
)
from exges_core.motion.skeleton import (
    FACE,
    HEAD,
    LEFT_ARM,
    LEFT_HAND,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_HAND,
    RIGHT_LEG,
    TORSO,
    joint_index,
)
from exges_core.motion.smooth import low_pass
from exges_core.signals.banded import solved
from exges_core.signals.runs import frames_to, highest_near, nearest_flag
from exges_core.timeline import MOTION_RATE_HZ

REACH_FRAMES = 24
"""How far a correction reaches to each side at least: 0.8 s, a gesture's preparation and a little."""
LONGEST_REACH_FRAMES = 150
GENTLE_PER_S = {6: 3.0, 3: 0.4}
"""A large correction reaches farther, so that it adds no more than this speed: rotations (six channels) in rad/s, the
root in m/s, for a body that is to be elsewhere walks there."""
LIMBS: tuple[tuple[int, ...], ...] = (
    (ROOT_GROUP, *TORSO),
    HEAD,
    FACE,
    LEFT_ARM,
    RIGHT_ARM,
    LEFT_HAND,
    RIGHT_HAND,
    LEFT_LEG,
    RIGHT_LEG,
)
"""What is smoothed together: a network answers a key of one joint with the whole limb."""
FREE_CUTOFF_HZ = 7.0
"""Where smoothing beside keys ends."""
STEADY_HZ = 3.0
"""What the trunk lets through of a keyed pelvis' turns where hands would hurry."""
_SLOPE_FRAMES = 2
"""How many frames of a run of keys, from its end on, say how a residual goes on from there."""
NOTHING = 1e-6
"""A residual below this (rad, m) is a rounding and is not spread."""


def spread_residual(
    features: Float[Array, "frames channels"], observed: Observed, *, reach_frames: int = REACH_FRAMES
) -> Float[Array, "frames channels"]:
    """Return the features with hard observed entries set exactly and their residual faded into free neighbours.

    Entries farther than a key's reach from it keep every bit: `reach_frames`, or longer where the residual is large
    (`GENTLE_PER_S`). Between two keys closer than that, the correction passes from one residual to the other.
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


def ease_about(
    features: Float[Array, "frames channels"],
    observed: Observed,
    cutoff_hz: Float[Array, "frames"],
    *,
    reach_frames: int = REACH_FRAMES,
) -> Float[Array, "frames channels"]:
    """Return the features with the course beside hard observed entries smoothed, those entries themselves untouched.

    The new course y of a group minimises sum |y - x|^2 + sum lambda_t |third difference of y|^2 with the keys fixed,
    where lambda = (rate / (2 pi cutoff))^6, so that a sine of the cut-off keeps half its size. The cut-off rises
    (smoothly, evenly in octaves) from the one at the nearest end of a run of keys to `FREE_CUTOFF_HZ` at the reach, and
    lambda is nothing from there on: such frames keep every bit. A limb is smoothed together; ours.

    Args:
        features: not normalised.
        observed: the take's mask.
        cutoff_hz: read where a run of keys begins or ends.
        reach_frames: how far smoothing reaches to each side.
    """
    eased = features.copy()
    if len(features) <= _THIRD.size or not observed.is_hard.any():
        return eased
    is_hard = groups_of_channels(observed.is_hard & observed.is_observed)
    for limb in LIMBS:
        is_edge = run_ends(is_hard[:, limb]) & (cutoff_hz < FREE_CUTOFF_HZ)
        if not is_edge.any():
            continue
        weights = _stiffness(is_edge, cutoff_hz, reach_frames)
        near = np.flatnonzero(weights > 0.0)
        span = slice(max(int(near[0]) - _THIRD.size, 0), int(near[-1]) + 1 + _THIRD.size)
        _ease_limb(eased[span], limb, is_hard[span], weights[span])
    return eased


def steady_trunk(
    features: Float[Array, "frames channels"],
    observed: Observed,
    is_hurried: Bool[Array, "frames"],
    *,
    reach_frames: int = REACH_FRAMES,
) -> Float[Array, "frames channels"]:
    """Return the features with the lowest spine joint taking up the pelvis' tremor about some frames; ours.

    A pelvis that is keyed throughout carries a whole body: what trembles in its turns is jerk at the wrists, a stiff
    arm's length away. People steady their trunk against that. So the joint above the pelvis turns as its world rotation
    low-passed at `STEADY_HZ` says, wholly where hands hurry and fading within the reach; where it is itself hard
    observed it stays, and free frames beside that fade as well. All other entries keep every bit.
    """
    is_spine_key = groups_of_channels(observed.is_hard & observed.is_observed)[:, _LOWEST_SPINE]
    if not is_hurried.any() or is_spine_key.all():
        return features
    share = smooth_step(1.0 - frames_to(is_hurried) / reach_frames)
    share *= smooth_step(frames_to(is_spine_key) / reach_frames)
    pelvis, spine = (
        quat_from_rot6d(features[:, joint_channels(joint)].astype(np.float64)) for joint in (0, _LOWEST_SPINE)
    )
    steady = low_pass(quat_continuous(quat_multiply(pelvis, spine)), rate_hz=float(MOTION_RATE_HZ), cutoff_hz=STEADY_HZ)
    wanted = quat_multiply(quat_inverse(pelvis), quat_normalise(steady))
    is_changed = share > 0.0
    steadied = features.copy()
    turned = slerp(spine[is_changed], wanted[is_changed], share[is_changed])
    steadied[is_changed, joint_channels(_LOWEST_SPINE)] = rot6d_from_quat(turned)
    return steadied


def run_ends(is_hard: Bool[Array, "frames groups"]) -> Bool[Array, "frames"]:
    """Return the frames at which any group's run of keys begins or ends, but for the take's own beginning and end."""
    padded = np.pad(is_hard, ((1, 1), (0, 0)), mode="edge")
    return (is_hard & ~(padded[:-2] & padded[2:])).any(axis=1)


def _stiffness(
    is_edge: Bool[Array, "frames"], cutoff_hz: Float[Array, "frames"], reach_frames: int
) -> Float[Array, "frames"]:
    near = smooth_step(1 - frames_to(is_edge) / reach_frames)
    hz = FREE_CUTOFF_HZ * (cutoff_hz[nearest_flag(is_edge)] / FREE_CUTOFF_HZ) ** near
    return np.where(near > 0.0, np.minimum(1.0, 10.0 * near) * (MOTION_RATE_HZ / (2.0 * np.pi * hz)) ** 6, 0.0)


_LOWEST_SPINE = joint_index("spine1")
_THIRD = np.array([-1.0, 3.0, -3.0, 1.0])


def _ease_limb(
    features: Float[Array, "frames channels"],
    limb: Sequence[int],
    is_hard: Bool[Array, "frames groups"],
    weights: Float[Array, "frames"],
) -> None:
    """Smooth a limb's free entries, in place; parts that have their keys at the same frames share their equations."""
    alike: dict[bytes, list[int]] = {}
    for group in limb:
        alike.setdefault(is_hard[:, group].tobytes(), []).append(group)
    for groups in alike.values():
        is_key = is_hard[:, groups[0]]
        is_near = ~is_key & (weights > 0.0)
        courses = [_course_of(features, group) for group in groups]
        stiff = _stiffened(np.hstack(courses), is_key, weights)[is_near]
        bounds = np.cumsum([each.shape[1] for each in courses])[:-1]
        for group, course in zip(groups, np.split(stiff, bounds, axis=1), strict=True):
            if group == ROOT_GROUP:
                features[is_near, ROOT_CHANNELS] = course
            else:
                features[is_near, joint_channels(group)] = rot6d_from_quat(quat_normalise(course))


def _course_of(features: Float[Array, "frames channels"], group: int) -> Float[Array, "frames width"]:
    """Return a joint's quaternions of continuous sign, or the root's places."""
    if group == ROOT_GROUP:
        return features[:, ROOT_CHANNELS].astype(np.float64)
    return quat_continuous(quat_from_rot6d(features[:, joint_channels(group)].astype(np.float64)))


def _stiffened(
    values: Float[Array, "frames width"], is_key: Bool[Array, "frames"], weights: Float[Array, "frames"]
) -> Float[Array, "frames width"]:
    """Return the values with weighted third differences penalised and the keys fixed: one banded system."""
    frames, width = len(values), _THIRD.size
    # A difference spans four frames and counts as its least stiff one, so what is out of reach stays out of it.
    each = np.min([weights[place : frames - width + 1 + place] for place in range(width)], axis=0)
    band = np.zeros((width, frames))
    for later in range(width):
        for earlier in range(later + 1):
            band[later - earlier, earlier : earlier + len(each)] += each * _THIRD[later] * _THIRD[earlier]
    differences = np.diff(values, n=width - 1, axis=0) * each[:, None]
    force = np.zeros_like(values)
    for place in range(width):
        force[place : place + len(each)] -= _THIRD[place] * differences
    band[0] += 1.0
    for apart in range(1, width):
        band[apart, :-apart][is_key[:-apart] | is_key[apart:]] = 0.0
    band[0, is_key], force[is_key] = 1.0, 0.0
    return values + solved(band, force)


def _correct(
    motion: Float[Array, "frames width"],
    target: Float[Array, "frames width"],
    keys: Int[Array, "keys"],
    reach_frames: int,
) -> None:
    """Add the faded residual to one group's free frames, in place."""
    frames = len(motion)
    is_free = np.ones(frames, bool)
    is_free[keys] = False
    # A run of keys, such as a take outside a range, is led over to by its ends alone.
    keys = keys[highest_near(is_free, _SLOPE_FRAMES)[keys]]
    if not len(keys):
        return
    left, right = _neighbours(keys, frames)
    at = np.arange(frames)
    values, wanted = motion.astype(np.float64), target[keys].astype(np.float64)
    is_rotation = motion.shape[1] == 6
    if is_rotation:
        found = quat_from_rot6d(values[keys])
        residual = rotvec_from_quat(quat_multiply(quat_from_rot6d(wanted), quat_inverse(found)))
    else:
        residual = wanted - values[keys]
    # The quintic's steepest slope is 1.875 of its mean slope.
    needed = 1.875 * MOTION_RATE_HZ / GENTLE_PER_S[motion.shape[1]] * np.linalg.norm(residual, axis=-1)
    reach = np.clip(np.ceil(needed), reach_frames, max(LONGEST_REACH_FRAMES, reach_frames))
    is_near = is_free & _is_within(at, keys, left, right, reach)
    if not is_near.any() or np.abs(residual).max() < NOTHING:
        return
    places = at[is_near], keys, left[is_near], right[is_near], reach
    if is_rotation:
        correction = quat_from_rotvec(_faded(residual, *places))
        motion[is_near] = rot6d_from_quat(quat_multiply(correction, quat_from_rot6d(values[is_near])))
    else:
        motion[is_near] = values[is_near] + _faded(residual, *places)


def _neighbours(keys: Int[Array, "keys"], frames: int) -> tuple[Array, Array]:
    """Return for each frame the index of the key at or before it (-1 = none) and of the one after it (or the count)."""
    left = np.searchsorted(keys, np.arange(frames), side="right") - 1
    return left, left + 1


def _is_within(at: Array, keys: Array, left: Array, right: Array, reach: Array) -> Bool[Array, "frames"]:
    last = len(keys) - 1
    after, before = at - keys[np.maximum(left, 0)], keys[np.minimum(right, last)] - at
    is_after = (left >= 0) & (after < reach[np.maximum(left, 0)])
    return is_after | ((right <= last) & (before < reach[np.minimum(right, last)]))


def _faded(
    residual: Float[Array, "keys width"],
    at: Int[Array, "near"],
    keys: Int[Array, "keys"],
    left: Int[Array, "near"],
    right: Int[Array, "near"],
    reach: Float[Array, "keys"],
) -> Float[Array, "near width"]:
    is_next = np.diff(keys) == 1
    change = np.diff(residual, axis=0) * is_next[:, None]
    none = np.zeros((1, residual.shape[1]))
    onward, backward = np.concatenate([none, change]), np.concatenate([-change, none])
    has_left, has_right = left >= 0, right < len(keys)
    left, right = np.maximum(left, 0), np.minimum(right, len(keys) - 1)
    after, before = (at - keys[left])[:, None], (keys[right] - at)[:, None]
    share = np.where((has_left & has_right)[:, None], smooth_step(before / np.maximum(after + before, 1)), 1.0)
    from_left, from_right = (
        smooth_step(1 - apart / reach[side, None]) * residual[side]
        + smooth_step(1 - apart / REACH_FRAMES) * apart * slope[side]
        for apart, side, slope in ((after, left, onward), (before, right, backward))
    )
    share_right = np.where((has_left & has_right)[:, None], 1 - share, 1.0)
    return has_left[:, None] * share * from_left + has_right[:, None] * share_right * from_right


def smooth_step(share: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """Return 0 to 1 with no velocity and no acceleration at either end (quintic smoothstep)."""
    x = np.clip(share, 0.0, 1.0)
    return x**3 * (x * (6 * x - 15) + 10)
