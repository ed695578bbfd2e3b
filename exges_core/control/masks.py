"""Masks: which entries of a motion are observed, with which values, and how strictly (paper Eq. 8 and Fig. 3).

The unit is a group: one of 55 joints (its six rotation channels) or the root position; heading is joint 0. Contacts
are never observed: they follow from the motion. True in `is_observed` means known in advance. No files, no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from exges_core import timeline
from exges_core.arrays import Array, Bool, Float
from exges_core.errors import ControlError, SkeletonError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import (
    MOTION_CHANNELS,
    ROOT_CHANNELS,
    ROTATION_CHANNELS,
    Anchor,
    features_from_clip,
    joint_channels,
)
from exges_core.motion.rotations import (
    quat_angle,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    rot6d_from_quat,
    yaw_of,
)
from exges_core.motion.skeleton import JOINT_NAMES, JOINTS, joint_index

GROUPS = JOINTS + 1
ROOT_GROUP = JOINTS
"""The last group is the root position; heading belongs to joint 0, the pelvis."""
ORIGIN = Anchor(ground_xz_m=(0.0, 0.0), heading_rad=0.0)
"""Home of a motion that starts from nothing: keys of the command line are relative to it."""
UNIT_TOLERANCE = 1e-2
"""A quaternion's length may be off by this much (three printed digits); it is then made exact."""
SAME_ANGLE_RAD = 1e-4
SAME_PLACE_M = 1e-4

_GROUP_OF_CHANNEL = np.concatenate(
    [np.repeat(np.arange(JOINTS), 6), np.full(3, ROOT_GROUP), np.full(MOTION_CHANNELS - ROTATION_CHANNELS - 3, -1)]
)

_PLACED = np.isin(_GROUP_OF_CHANNEL, (0, ROOT_GROUP))
"""The channels whose meaning depends on the anchor."""


def group_name(group: int) -> str:
    """Return how messages call a group: the joint's name, root position, or contacts (-1)."""
    return "contacts" if group < 0 else "root position" if group == ROOT_GROUP else JOINT_NAMES[group]


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """What is known in advance about a motion of some frames; features relative to its anchor, not normalised.

    Attributes:
        is_observed: True = known in advance.
        target: its value; anything where it is not.
        is_hard: True = pinned in the output; False = soft, which shapes the motion and is then released.
        confidence: of soft entries, 0 to 1, per frame: for how much of the denoising they are observed.
        anchor: where in the world the features' origin is and which way it faces.
    """

    is_observed: Bool[Array, "frames channels"]
    target: Float[Array, "frames channels"]
    is_hard: Bool[Array, "frames channels"]
    confidence: Float[Array, "frames"]
    anchor: Anchor = ORIGIN

    def __post_init__(self) -> None:
        shapes = {self.is_observed.shape, self.target.shape, self.is_hard.shape}
        if len(shapes) > 1 or self.is_observed.shape[1:] != (MOTION_CHANNELS,):
            raise ControlError(
                message(
                    expected=f"a mask and targets of one shape (frames, {MOTION_CHANNELS})",
                    got=str(sorted(shapes)),
                    where="observed mask",
                    do="Use the constructors of exges_core.control.masks.",
                )
            )
        is_bad = self.is_observed & ~np.isfinite(self.target)
        if is_bad.any():
            frame, channel = np.argwhere(is_bad)[0].tolist()
            where = f"{group_name(int(_GROUP_OF_CHANNEL[channel]))} in frame {frame}"
            raise ControlError(
                message(expected="finite targets", got="NaN or infinity", where=where, do="Check the keys.")
            )

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return int(self.is_observed.shape[0])

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is observed."""
        return not self.is_observed.any()

    @property
    def is_known(self) -> Bool[Array, "frames"]:
        """Return the frames of which the whole pose is observed for good."""
        return groups_of_channels(self.is_observed & self.is_hard).all(axis=1)

    def cut(self, part: slice) -> Observed:
        """Return some of the frames."""
        return replace(
            self,
            is_observed=self.is_observed[part],
            target=self.target[part],
            is_hard=self.is_hard[part],
            confidence=self.confidence[part],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Key:
    """One moment an animator fixed: local rotations of some joints, perhaps the root position.

    Attributes:
        time_s: in the take; the nearest frame is meant.
        joints: joint name to local quaternion (w, x, y, z), rest = identity.
        root_position_m: world position of the pelvis joint, or None.
        is_hard: pinned in the output; else soft.
        name: how messages call this key.
    """

    time_s: float
    joints: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    root_position_m: Sequence[float] | None = None
    is_hard: bool = True
    name: str = "key"


def nothing(frames: int, *, anchor: Anchor = ORIGIN) -> Observed:
    """Return a mask of a take about which nothing is known.

    >>> nothing(90).is_observed.sum().item()
    0
    """
    empty = np.zeros((frames, MOTION_CHANNELS), bool)
    return Observed(
        is_observed=empty,
        target=np.zeros((frames, MOTION_CHANNELS), np.float32),
        is_hard=empty.copy(),
        confidence=np.ones(frames, np.float32),
        anchor=anchor,
    )


def channels_of_groups(is_group: Bool[Array, "*batch groups"]) -> Bool[Array, "*batch channels"]:
    """Spread group flags over the groups' channels; contacts are never observed."""
    with_contacts = np.concatenate([is_group, np.zeros((*is_group.shape[:-1], 1), bool)], axis=-1)
    return with_contacts[..., _GROUP_OF_CHANNEL]


def groups_of_channels(is_channel: Bool[Array, "*batch channels"]) -> Bool[Array, "*batch groups"]:
    """Return which groups have all their channels observed."""
    joints = is_channel[..., :ROTATION_CHANNELS].reshape(*is_channel.shape[:-1], JOINTS, 6).all(axis=-1)
    return np.concatenate([joints, is_channel[..., ROOT_CHANNELS].all(axis=-1, keepdims=True)], axis=-1)


def from_clip(
    clip: MotionClip, is_group: Bool[Array, "frames groups"], *, anchor: Anchor = ORIGIN, is_hard: bool = True
) -> Observed:
    """Observe chosen groups of a clip: a frozen region, a seed, a trajectory, a whole pose.

    Raises:
        ControlError: if the mask is not of the clip's frames, or an observed entry is not finite or not a unit
            quaternion; the message names joint and frame.
    """
    if is_group.shape != (clip.frames, GROUPS):
        expected = f"a mask of shape ({clip.frames}, {GROUPS})"
        do = "One row per frame: 55 joints, then the root position."
        raise ControlError(message(expected=expected, got=str(is_group.shape), where="observed clip", do=do))
    is_wrong = np.abs(np.linalg.norm(clip.local_quat_wxyz, axis=-1) - 1.0) > UNIT_TOLERANCE
    if (is_wrong & is_group[:, :JOINTS]).any():
        frame, joint = np.argwhere(is_wrong & is_group[:, :JOINTS])[0].tolist()
        got, where = f"{clip.local_quat_wxyz[frame, joint].tolist()}", f"{JOINT_NAMES[joint]} in frame {frame}"
        raise ControlError(message(expected="a unit quaternion", got=got, where=where, do="Normalise it."))
    is_observed = channels_of_groups(is_group)
    return Observed(
        is_observed=is_observed,
        target=features_from_clip(clip, anchor),
        is_hard=is_observed & is_hard,
        confidence=np.ones(clip.frames, np.float32),
        anchor=anchor,
    )


def home_of_keys(keys: Sequence[Key]) -> Anchor:
    """Return where keys want the body: median ground place and mean heading of those that say so, else the origin."""
    places = [key.root_position_m for key in keys if key.root_position_m is not None]
    turns = [key.joints["pelvis"] for key in keys if "pelvis" in key.joints]
    ground, heading = ORIGIN.ground_xz_m, ORIGIN.heading_rad
    is_sound = all(len(each) == 3 for each in places) and all(len(each) == 4 for each in turns)
    if not is_sound or not np.isfinite([*np.ravel(places), *np.ravel(turns)]).all():
        # `from_keys` says which key it is.
        return ORIGIN
    if places:
        x, z = np.median(np.asarray(places, np.float64)[:, [0, 2]], axis=0)
        ground = (float(x), float(z))
    if turns:
        yaw = yaw_of(np.asarray(turns, np.float64))
        heading = float(np.arctan2(np.sin(yaw).mean(), np.cos(yaw).mean()))
    return Anchor(ground_xz_m=ground, heading_rad=heading)


def from_keys(
    keys: Sequence[Key], frames: int, *, anchor: Anchor = ORIGIN, rate_hz: float = timeline.MOTION_RATE_HZ
) -> Observed:
    """Observe an animator's keys; a hard one wins over a soft one of the same joint and frame.

    Frames are of a take at `rate_hz`; at another rate than 30 a key may lie up to a thirtieth of a second behind it.

    Raises:
        ControlError: naming the key, if it is outside the take, empty, not finite, not a unit quaternion, names an
            unknown joint, or contradicts another hard key.
    """
    observed = nothing(frames, anchor=anchor)
    turn = quat_from_yaw(np.array(-anchor.heading_rad))
    home = np.array([anchor.ground_xz_m[0], 0.0, anchor.ground_xz_m[1]])
    hard_before: dict[tuple[int, int], tuple[Key, Array]] = {}
    for key in sorted(keys, key=lambda each: each.is_hard):
        frame = _frame_of(key, frames, rate_hz)
        for group, value in _values_of(key).items():
            if key.is_hard:
                first = hard_before.setdefault((frame, group), (key, value))
                _refuse_contradiction(key, group, value, first, rate_hz)
            if group == ROOT_GROUP:
                channels, entry = ROOT_CHANNELS, quat_rotate(turn, value - home)
            else:
                channels = joint_channels(group)
                entry = rot6d_from_quat(quat_multiply(turn, value) if group == 0 else value)
            observed.is_observed[frame, channels] = True
            observed.is_hard[frame, channels] = key.is_hard
            observed.target[frame, channels] = entry
    return observed


def combine(soft: Observed, hard: Observed) -> Observed:
    """Lay the second over the first: where both observe an entry, the second holds, with strictness and confidence.

    Raises:
        ControlError: if they are of different lengths, or the first says where the body is relative to another place.
    """
    is_placed = soft.is_observed[:, _PLACED].any()
    if soft.frames != hard.frames or (is_placed and soft.anchor != hard.anchor):
        got = f"{soft.frames} and {hard.frames} frames, {soft.anchor} and {hard.anchor}"
        do = "Make both for the same take and anchor."
        raise ControlError(message(expected="masks of one take", got=got, where="combining masks", do=do))
    over = hard.is_observed
    is_soft_over = (over & ~hard.is_hard).any(axis=1)
    return Observed(
        is_observed=soft.is_observed | over,
        target=np.where(over, hard.target, soft.target),
        is_hard=np.where(over, hard.is_hard, soft.is_hard),
        confidence=np.where(is_soft_over, hard.confidence, soft.confidence),
        anchor=hard.anchor,
    )


def _wrong(key: Key, expected: str, got: str, do: str) -> ControlError:
    return ControlError(message(expected=expected, got=got, where=f"{key.name} at {key.time_s} s", do=do))


def _frame_of(key: Key, frames: int, rate_hz: float) -> int:
    is_other = rate_hz != timeline.MOTION_RATE_HZ
    end_s = timeline.time_of(frames, rate_hz) + is_other / timeline.MOTION_RATE_HZ
    if not np.isfinite(key.time_s) or not 0 <= key.time_s <= end_s:
        raise _wrong(key, f"a time in [0, {end_s:.3f}] s", str(key.time_s), "Move the key into the take.")
    return min(timeline.frame_at(key.time_s, rate_hz), frames - 1)


def _values_of(key: Key) -> dict[int, Array]:
    """Return checked values by group: unit quaternions, or the root's position."""
    values: dict[int, Array] = {}
    for name, quat_wxyz in key.joints.items():
        try:
            joint = joint_index(name)
        except SkeletonError as error:
            raise ControlError(f"{key.name} at {key.time_s} s: {error}") from error
        values[joint] = _unit_quat(key, name, quat_wxyz)
    if key.root_position_m is not None:
        position = np.asarray(key.root_position_m, np.float64)
        if position.shape != (3,) or not np.isfinite(position).all():
            raise _wrong(key, "a root position of three finite numbers", str(key.root_position_m), "Give x, y, z in m.")
        values[ROOT_GROUP] = position
    if not values:
        raise _wrong(key, "at least one joint or a root position", "neither", "Add one or remove the key.")
    return values


def _unit_quat(key: Key, name: str, quat_wxyz: Sequence[float]) -> Array:
    quat = np.asarray(quat_wxyz, np.float64)
    if quat.shape != (4,) or not np.isfinite(quat).all():
        raise _wrong(key, f"four finite numbers w, x, y, z for {name}", str(quat_wxyz), "Give a unit quaternion.")
    length = float(np.linalg.norm(quat))
    if abs(length - 1.0) > UNIT_TOLERANCE:
        raise _wrong(key, f"a unit quaternion for {name}", f"length {length:.4g}", "Normalise it.")
    return quat / length


def _refuse_contradiction(key: Key, group: int, value: Array, first: tuple[Key, Array], rate_hz: float) -> None:
    if first[0] is key:
        return
    if group == ROOT_GROUP:
        is_same = bool(np.linalg.norm(value - first[1]) < SAME_PLACE_M)
    else:
        is_same = bool(quat_angle(quat_multiply(quat_inverse(first[1]), value)) < SAME_ANGLE_RAD)
    if not is_same:
        frame = timeline.frame_at(key.time_s, rate_hz)
        got = f"another one in {first[0].name} at {first[0].time_s} s"
        raise _wrong(key, f"one hard value of {group_name(group)} in frame {frame}", got, "Remove one.")
