"""Both arms of a take solved together: hand targets in, local rotations out; no joint whips, no hand sinks in.

Each arm is solved by itself, as a left one; then whoever overlaps is pushed apart and both are solved again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.kinematics import angular_speed_rad_per_s, forward_kinematics
from exges_core.motion.rotations import quat_multiply, quat_normalise, quat_rotate
from exges_core.motion.skeleton import REST_OFFSETS_M, joint_index
from exges_core.timeline import MOTION_RATE_HZ
from training.corpus.gesture import arms, collisions
from training.corpus.gesture.noise import smooth

_FASTEST_DPS = np.array((430.0, 620.0, 620.0))
"""Shoulder, elbow and wrist: two thirds of what would be a glitch."""
_SOFTNESS_S = (0.12, 0.10, 0.08, 0.06, 0.05, 0.04, 0.04)
"""How widely each round of pushing apart is spread in time: gently first, then at what is left."""
_TOO_LITTLE_M = 0.006


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What one arm is asked to do, mirrored to the left where it is the right one.

    Attributes:
        chest_quat, chest_m: the chest (spine3) in the world.
        heading_quat: which way the body faces.
        collar_quat: local rotation of the collar.
        target_m: where the wrist should be, in the world.
        angles_deg: supination, wrist flexion, wrist deviation, elbow swivel.
    """

    chest_quat: Float[Array, "frames 4"]
    chest_m: Float[Array, "frames 3"]
    heading_quat: Float[Array, "frames 4"]
    collar_quat: Float[Array, "frames 4"]
    target_m: Float[Array, "frames 3"]
    angles_deg: Float[Array, "frames 4"]

    @property
    def collar_world(self) -> Float[Array, "frames 4"]:
        """Return the collar's rotation in the world."""
        return quat_multiply(self.chest_quat, self.collar_quat)

    @property
    def shoulder_m(self) -> Float[Array, "frames 3"]:
        """Return where the shoulder joint is in the world."""
        base = self.chest_m + quat_rotate(self.chest_quat, REST_OFFSETS_M[joint_index("left_collar")])
        return base + quat_rotate(self.collar_world, REST_OFFSETS_M[joint_index("left_shoulder")])


def solve_arms(local: Float[Array, "frames 55 4"], pelvis_m: Float[Array, "frames 3"], both: Mapping[str, Arm]) -> None:
    """Fill in collars, shoulders, elbows and wrists of `local`, which has trunk and fingers already."""
    asked = dict(both)
    for softness_s in (*_SOFTNESS_S, None):
        for side, arm in asked.items():
            asked[side] = _solve_one(local, side, arm)
        if softness_s is None:
            break
        pushes = collisions.pushes_m(forward_kinematics(quat_normalise(local), pelvis_m))
        if max(float(np.abs(push).max(initial=0.0)) for push in pushes.values()) < _TOO_LITTLE_M:
            break
        for side, push in pushes.items():
            mirrored = push if side == "left" else push * arms.MIRROR_POINT
            asked[side] = replace(asked[side], target_m=asked[side].target_m + 1.7 * smooth(mirrored, softness_s))


def _solve_one(local: Array, side: str, arm: Arm) -> Arm:
    """Solve an arm, rounding the hand's path off where a joint would whip; returns what was solved in the end."""
    collar_world, shoulder = arm.collar_world, arm.shoulder_m
    solved = arms.arm_locals(collar_world, shoulder, arm.target_m, arm.heading_quat, arm.angles_deg)
    for attempt in range(8):
        joints = np.stack((solved.shoulder, solved.elbow, solved.wrist), axis=1)
        rates = np.rad2deg(angular_speed_rad_per_s(joints, float(MOTION_RATE_HZ))) / _FASTEST_DPS
        excess = np.append(rates.max(axis=1), 0.0)
        if excess.max() < 1.0:
            break
        share = np.clip(smooth(np.maximum(excess - 0.8, 0.0)[:, None], 0.10) * 8.0, 0.0, 1.0)
        sigma_s = 0.10 * 1.25**attempt
        arm = replace(
            arm,
            target_m=arm.target_m + share * (smooth(arm.target_m, sigma_s) - arm.target_m),
            angles_deg=arm.angles_deg + share * (smooth(arm.angles_deg, sigma_s) - arm.angles_deg),
        )
        solved = arms.arm_locals(collar_world, shoulder, arm.target_m, arm.heading_quat, arm.angles_deg)
    turn = np.ones(4) if side == "left" else arms.MIRROR_QUAT
    local[:, joint_index(f"{side}_collar")] = arm.collar_quat * turn
    for name, quats in (("shoulder", solved.shoulder), ("elbow", solved.elbow), ("wrist", solved.wrist)):
        local[:, joint_index(f"{side}_{name}")] = quats * turn
    return arm


def arm_of(
    side: str,
    *,
    chest: tuple[Float[Array, "frames 4"], Float[Array, "frames 3"]],
    heading_quat: Float[Array, "frames 4"],
    pelvis_m: Float[Array, "frames 3"],
    target: Float[Array, "frames 3"],
    angles_deg: Float[Array, "frames 4"],
    shrug_deg: Float[Array, "frames"],
) -> Arm:
    """Ask an arm to reach a target in the body frame (arm lengths); the trunk carries the hand along.

    Args:
        side: left or right.
        chest: rotation and position of spine3 in the world.
        heading_quat: which way the body faces.
        pelvis_m: the pelvis in the world.
        target: of the wrist, x outward.
        angles_deg: of the hand and the elbow's swivel.
        shrug_deg: how far the shoulder is raised.
    """
    point, turn = (np.ones(3), np.ones(4)) if side == "left" else (arms.MIRROR_POINT, arms.MIRROR_QUAT)
    asked = Arm(
        chest_quat=chest[0] * turn,
        chest_m=chest[1] * point,
        heading_quat=heading_quat * turn,
        collar_quat=arms.collar_quat(smooth(arms.collar_angles_deg(target, shrug_deg), 0.05)),
        target_m=np.zeros_like(target),
        angles_deg=angles_deg,
    )
    pelvis, heading = pelvis_m * point, asked.heading_quat
    carried = (asked.shoulder_m - pelvis) - quat_rotate(heading, arms.SHOULDER_REST_M + np.zeros_like(pelvis))
    return replace(asked, target_m=pelvis + quat_rotate(heading, arms.ARM_M * target) + 0.85 * carried)
