"""A clip as the network's 337 channels per frame, and back.

Layout: 55 joints x 6 (first two columns of the local rotation matrix, joint-major), root position 3 (metres), foot
contacts 4. Ground position and heading are relative to an `Anchor`, so that nothing depends on where or which way a
take starts; height stays absolute. Decision (ours): all windows of one take share the take's `home_anchor`, so windows
blend without any conversion. Numpy only, no torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import contacts
from exges_core.motion.rotations import (
    quat_from_rot6d,
    quat_from_yaw,
    quat_multiply,
    quat_rotate,
    rot6d_from_quat,
    yaw_of,
)
from exges_core.motion.skeleton import JOINTS

ROTATION_CHANNELS = JOINTS * 6
ROOT_CHANNELS = slice(ROTATION_CHANNELS, ROTATION_CHANNELS + 3)
CONTACT_CHANNELS = slice(ROTATION_CHANNELS + 3, ROTATION_CHANNELS + 7)
MOTION_CHANNELS = ROTATION_CHANNELS + 7
_BLOCK_FRAMES = 4096
"""Frames converted at a time: an hour's rotation matrices in one piece would need gigabytes."""
STD_FLOOR = 0.01
"""Smallest standard deviation used to normalise: channels that hardly move must not turn noise into signal."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Where a take is at home: features are relative to this place and heading.

    Attributes:
        ground_xz_m: position on the ground (x, z).
        heading_rad: turn about +Y from facing +Z.
    """

    ground_xz_m: tuple[float, float]
    heading_rad: float


def joint_channels(joint: int) -> slice:
    """Return the six rotation channels of a joint."""
    return slice(6 * joint, 6 * joint + 6)


def home_anchor(clip: MotionClip) -> Anchor:
    """Return the take's home: median ground position and circular mean heading."""
    yaw = yaw_of(clip.local_quat_wxyz[:, 0])
    heading = np.arctan2(np.sin(yaw).mean(), np.cos(yaw).mean())
    x, z = np.median(clip.root_position_m[:, [0, 2]], axis=0)
    return Anchor(ground_xz_m=(float(x), float(z)), heading_rad=float(heading))


def features_from_clip(clip: MotionClip, anchor: Anchor) -> Float[Array, "frames 337"]:
    """Return the channels of a clip, float32, not normalised."""
    turn = quat_from_yaw(np.array(-anchor.heading_rad))
    quats = clip.local_quat_wxyz.copy()
    quats[:, 0] = quat_multiply(turn, quats[:, 0])
    home = np.array([anchor.ground_xz_m[0], 0.0, anchor.ground_xz_m[1]])
    root = quat_rotate(turn, clip.root_position_m - home)
    is_contact = contacts(clip.positions_m(), clip.frame_rate_hz)
    features = np.empty((clip.frames, MOTION_CHANNELS), np.float32)
    for first in range(0, clip.frames, _BLOCK_FRAMES):
        rot6d = rot6d_from_quat(quats[first : first + _BLOCK_FRAMES])
        features[first : first + _BLOCK_FRAMES, :ROTATION_CHANNELS] = rot6d.reshape(-1, ROTATION_CHANNELS)
    features[:, ROOT_CHANNELS], features[:, CONTACT_CHANNELS] = root, is_contact
    return features


def clip_from_features(features: Float[Array, "frames 337"], anchor: Anchor, rate_hz: float) -> MotionClip:
    """Return the clip of (not normalised) channels: the inverse of `features_from_clip` to float32 rounding.

    Rotations are the nearest in Gram-Schmidt's sense, so a network's output needs no cleaning first. Contacts are not
    part of a clip: see `contacts_from_features`.
    """
    turn = quat_from_yaw(np.array(anchor.heading_rad))
    quats = np.empty((len(features), JOINTS, 4))
    for first in range(0, len(features), _BLOCK_FRAMES):
        block = features[first : first + _BLOCK_FRAMES, :ROTATION_CHANNELS].astype(np.float64)
        quats[first : first + _BLOCK_FRAMES] = quat_from_rot6d(block.reshape(-1, JOINTS, 6))
    quats[:, 0] = quat_multiply(turn, quats[:, 0])
    home = np.array([anchor.ground_xz_m[0], 0.0, anchor.ground_xz_m[1]])
    root = quat_rotate(turn, features[:, ROOT_CHANNELS].astype(np.float64)) + home
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=float(rate_hz))


def contacts_from_features(features: Float[Array, "frames 337"]) -> Float[Array, "frames 4"]:
    """Return the contact channels as probabilities in [0, 1]."""
    return np.clip(features[:, CONTACT_CHANNELS].astype(np.float64), 0.0, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureStatistics:
    """Mean and (floored) standard deviation per channel; travels with a checkpoint.

    Attributes:
        mean: per channel.
        std: per channel, at least `STD_FLOOR`.
    """

    mean: Float[Array, "channels"]
    std: Float[Array, "channels"]

    @classmethod
    def of(cls, arrays: Iterable[Float[Array, "frames channels"]], *, floor: float = STD_FLOOR) -> FeatureStatistics:
        """Return the statistics of a stream of arrays, in one pass (Chan's pairwise update, float64).

        Raises:
            SkeletonError: if the stream has no frame.
        """
        count, mean, squares = 0, np.zeros(1), np.zeros(1)
        for array in arrays:
            values = array.astype(np.float64)
            if not len(values):
                continue
            total = count + len(values)
            shift = values.mean(axis=0) - mean
            squares = squares + ((values - values.mean(axis=0)) ** 2).sum(axis=0)
            squares = squares + shift**2 * (count * len(values) / total)
            mean, count = mean + shift * (len(values) / total), total
        if not count:
            raise SkeletonError(
                message(
                    expected="at least one frame", got="none", where="feature statistics", do="Check the data folder."
                )
            )
        std = np.maximum(np.sqrt(squares / count), floor)
        return cls(mean=mean.astype(np.float32), std=std.astype(np.float32))

    def normalise(self, features: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
        """Return (features - mean) / std."""
        return (features - self.mean) / self.std

    def denormalise(self, normalised: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
        """Return normalised * std + mean."""
        return normalised * self.std + self.mean
