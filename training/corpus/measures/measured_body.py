"""A clip as the statistics see it: world pose, heading of the last second, wrists in the body's frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import (
    matrix_from_quat,
    quat_from_rotvec,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    rotvec_from_quat,
    yaw_of,
)
from exges_core.motion.skeleton import DEFAULT_SKELETON, Skeleton, joint_index
from training.corpus.measures.signals import RATE_HZ, low_pass, moving_mean, speed
from training.corpus.script import SIDES

X_AXIS = np.array((1.0, 0.0, 0.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredBody:
    """A 30 Hz clip and what most statistics start from; the derived tracks are computed once.

    Attributes:
        clip: the motion.
        skeleton: whose bones carry it: another body (BEAT2's, for one) changes what is measured in metres.
        positions_m, world_quat_wxyz: of its joints.
    """

    clip: MotionClip
    skeleton: Skeleton
    positions_m: Float[Array, "frames 55 3"]
    world_quat_wxyz: Float[Array, "frames 55 4"]

    def at(self, joint: str) -> Float[Array, "frames 3"]:
        """Return a joint's world positions."""
        return self.positions_m[:, joint_index(joint)]

    def world(self, joint: str) -> Float[Array, "frames 4"]:
        """Return a joint's world rotations."""
        return self.world_quat_wxyz[:, joint_index(joint)]

    def local(self, joint: str) -> Float[Array, "frames 4"]:
        """Return a joint's local rotations."""
        return self.clip.local_quat_wxyz[:, joint_index(joint)]

    def rest_bone(self, joint: str) -> Float[Array, "3"]:
        """Return the direction in which a joint lies from its parent at rest."""
        offset = self.skeleton.rest_offsets_m[joint_index(joint)]
        return offset / np.linalg.norm(offset)

    def bone(self, start: str, stop: str) -> Float[Array, "frames 3"]:
        """Return the world direction from one joint to another."""
        along = self.at(stop) - self.at(start)
        return along / np.linalg.norm(along, axis=-1, keepdims=True)

    @cached_property
    def yaw_rad(self) -> Float[Array, "frames"]:
        """Return where the pelvis faces, unwrapped."""
        return np.unwrap(yaw_of(self.world_quat_wxyz[:, 0]))

    @cached_property
    def heading_wxyz(self) -> Float[Array, "frames 4"]:
        """Return the body frame: the pelvis' yaw, averaged over a second."""
        return quat_from_yaw(moving_mean(self.yaw_rad, int(RATE_HZ)))

    @cached_property
    def arm_m(self) -> float:
        """Return the length of upper arm and forearm, mean over sides."""
        return float(
            np.mean(
                [
                    sum(
                        float(np.linalg.norm(self.skeleton.rest_offsets_m[joint_index(f"{side}_{joint}")]))
                        for joint in ("elbow", "wrist")
                    )
                    for side in SIDES
                ]
            )
        )

    @cached_property
    def wrists_m(self) -> Float[Array, "2 frames 3"]:
        """Return the wrists from the pelvis in the body frame: (outward, up, forward)."""
        wrists: list[Array] = []
        for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
            offset = self.at(f"{side}_wrist") - self.positions_m[:, 0]
            wrists.append(quat_rotate(quat_inverse(self.heading_wxyz), offset) * np.array((sign, 1.0, 1.0)))
        return np.stack(wrists)

    @cached_property
    def smooth_wrists_m(self) -> Float[Array, "2 frames 3"]:
        """Return `wrists_m` below 6 Hz."""
        return np.stack([low_pass(wrist) for wrist in self.wrists_m])

    @cached_property
    def wrist_speed_m_per_s(self) -> Float[Array, "2 frames"]:
        """Return the speed of `smooth_wrists_m`."""
        return np.stack([speed(wrist) for wrist in self.smooth_wrists_m])


def measured_body(clip: MotionClip, skeleton: Skeleton = DEFAULT_SKELETON) -> MeasuredBody:
    """Pose a clip; other frame rates are resampled to 30 Hz."""
    even = clip if clip.frame_rate_hz == RATE_HZ else clip.resample(RATE_HZ)
    pose = even.pose(skeleton)
    return MeasuredBody(
        clip=even, skeleton=skeleton, positions_m=pose.positions_m, world_quat_wxyz=pose.world_quat_wxyz
    )


def pitch_yaw_roll_deg(quats: Float[Array, "frames 4"]) -> Float[Array, "frames 3"]:
    """Return (pitch, yaw, roll) in degrees of a rotation yaw * pitch * roll; yaw is unwrapped."""
    matrix = matrix_from_quat(quats)
    pitch = np.arcsin(np.clip(-matrix[:, 1, 2], -1, 1))
    yaw = np.unwrap(np.arctan2(matrix[:, 0, 2], matrix[:, 2, 2]))
    roll = np.arctan2(matrix[:, 1, 0], matrix[:, 1, 1])
    return np.rad2deg(np.stack((pitch, yaw, roll), axis=-1))


def twist_deg(quats: Float[Array, "frames 4"], axis: Float[Array, "3"]) -> Float[Array, "frames"]:
    """Return the turn about a fixed axis inside rotations (swing-twist), in [-180, 180)."""
    turn = np.rad2deg(2 * np.arctan2(quats[:, 1:] @ axis, quats[:, 0]))
    return (turn + 180.0) % 360.0 - 180.0


def swing_deg(quats: Float[Array, "frames 4"], axis: Float[Array, "3"]) -> Float[Array, "frames 3"]:
    """Return the rotation vector, in degrees, of what rotations do beside turning about the axis."""
    twist = quat_from_rotvec(np.deg2rad(twist_deg(quats, axis))[:, None] * axis)
    return np.rad2deg(rotvec_from_quat(quat_multiply(quat_inverse(twist), quats)))
