"""Hands, arms and shoulder girdle: from hand targets to local rotations of collar, shoulder, elbow and wrist.

Everything is solved for a left arm; the right one is solved in the mirror (x -> -x) and mirrored back. Forearm twist
(supination), wrist flexion and deviation are angles of their own, so they stay within what a wrist can do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import quat_from_rotvec, quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import REST_OFFSETS_M, joint_index
from training.corpus.gesture.lexemes import HandKey

UPPER_M = float(np.linalg.norm(REST_OFFSETS_M[joint_index("left_elbow")]))
FOREARM_M = float(np.linalg.norm(REST_OFFSETS_M[joint_index("left_wrist")]))
ARM_M = UPPER_M + FOREARM_M
MIRROR_QUAT = np.array((1.0, 1.0, -1.0, -1.0))
MIRROR_POINT = np.array((-1.0, 1.0, 1.0))
ELBOW_TWIST_SHARE = 0.5
"""How much of the forearm's twist is put at the elbow joint; the wrist joint carries the rest, as in BEAT2."""
SHOULDER_REST_M = np.array((0.17, 0.44, -0.02))
"""The left shoulder above the pelvis in the rest pose (spine curve aside)."""
_DIRECTIONS = {
    "D": (0.0, -1.0, 0.0),
    "U": (0.0, 1.0, 0.0),
    "I": (-1.0, 0.0, 0.0),
    "S": (1.0, 0.0, 0.0),
    "O": (0.0, 0.0, 1.0),
    "F": (0.0, 0.0, 1.0),
    "B": (0.0, 0.0, -1.0),
}
_SUPINATION = np.deg2rad(np.arange(-84.0, 91.0, 7.0))
_FLEXION = np.deg2rad(np.arange(-54.0, 55.0, 9.0))
_DEVIATION = np.deg2rad(np.array((-20.0, -10.0, 0.0, 8.0, 16.0)))


@dataclass(frozen=True, kw_only=True)
class Reach:
    """A solved left arm: world rotations of upper arm and untwisted forearm, elbow and wrist positions."""

    upper_quat_wxyz: Float[Array, "frames 4"]
    forearm_quat_wxyz: Float[Array, "frames 4"]
    elbow_m: Float[Array, "frames 3"]
    wrist_m: Float[Array, "frames 3"]


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _ramp(values: Array, low: float, high: float) -> Array:
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def reach(
    shoulder_m: Float[Array, "frames 3"],
    target_m: Float[Array, "frames 3"],
    outward_deg: Float[Array, "frames"],
    heading_quat: Float[Array, "frames 4"] | None = None,
) -> Reach:
    """Solve a left arm for a wrist target; the elbow points down, back and out, and rises with the hand; ours.

    Args:
        shoulder_m: shoulder joint, heading-aligned axes.
        target_m: wrist target in the same axes; beyond 98 % of the arm it is drawn in softly.
        outward_deg: extra elbow swivel, positive outward and up.
        heading_quat: which way the body faces, for targets in the world; None where they are in the body frame.
    """
    span = target_m - shoulder_m
    seen = span if heading_quat is None else quat_rotate(quat_inverse(heading_quat), span)
    distance = np.linalg.norm(span, axis=-1, keepdims=True) / ARM_M
    soft = np.where(distance > 0.88, 0.88 + 0.10 * np.tanh((distance - 0.88) / 0.10), distance)
    soft = np.where(distance < 0.62, 0.46 + 0.16 * np.exp((distance - 0.62) / 0.16), soft)
    target_m = shoulder_m + span * soft / np.maximum(distance, 0.05)
    along = _unit(span)
    high = _ramp(seen[:, 1] / ARM_M, -0.45, 0.35)
    # A hanging arm runs along "down": there the elbow points back and out alone, or the pole would vanish.
    raised = _ramp(seen[:, 1] / ARM_M, -1.0, -0.6)
    across = _ramp(-seen[:, 0] / ARM_M, 0.05, 0.45)
    spread = _ramp(seen[:, 0] / ARM_M, 0.0, 0.6)
    pole = np.stack((0.40 + 0.14 * high + 0.35 * across + 0.4 * spread, -raised, -0.46 + 0.38 * high), axis=-1)
    if heading_quat is not None:
        pole = quat_rotate(heading_quat, pole)
    side = _unit(pole - np.sum(pole * along, axis=-1, keepdims=True) * along)
    angle = np.deg2rad(outward_deg)[:, None]
    side = np.cos(angle) * side + np.sin(angle) * np.cross(along, side)
    elbow_rest = shoulder_m + np.array((UPPER_M, 0.0, 0.0))
    solved = two_bone_ik(
        shoulder_m,
        elbow_rest,
        elbow_rest + np.array((FOREARM_M, 0.0, 0.0)),
        target_m,
        side,
        hinge=np.broadcast_to(np.array((0.0, -1.0, 0.0)), shoulder_m.shape),
        max_extension=0.985,
    )
    return Reach(
        upper_quat_wxyz=solved.root_turn_wxyz,
        forearm_quat_wxyz=solved.mid_turn_wxyz,
        elbow_m=solved.mid_m,
        wrist_m=solved.end_m,
    )


def _about(axis: tuple[float, float, float], angle_rad: Array) -> Array:
    return quat_from_rotvec(angle_rad[..., None] * np.array(axis))


def wrist_swing(flexion_rad: Array, deviation_rad: Array) -> Array:
    """Return the left wrist's local swing: flexion towards the palm, deviation towards the thumb."""
    return quat_multiply(_about((0.0, -1.0, 0.0), deviation_rad), _about((0.0, 0.0, -1.0), flexion_rad))


def _direction(letters: str) -> Array:
    return _unit(np.sum([_DIRECTIONS[letter] for letter in letters], axis=0))


def hand_angles(keys: list[HandKey], elbow_deg: float) -> Float[Array, "keys 3"]:
    """Find supination, wrist flexion and deviation (degrees) that best show each key's palm and fingers; ours.

    A search over what a forearm and a wrist can do, with a price for discomfort: what cannot be reached is approached.
    """
    at = np.array([key.at for key in keys]) * ARM_M
    shoulder = np.broadcast_to(SHOULDER_REST_M, at.shape)
    arm = reach(shoulder, at, np.array([key.elbow for key in keys]) + elbow_deg)
    supination, flexion, deviation = (
        grid.ravel() for grid in np.meshgrid(_SUPINATION, _FLEXION, _DEVIATION, indexing="ij")
    )
    local = quat_multiply(_about((-1.0, 0.0, 0.0), supination), wrist_swing(flexion, deviation))
    palm_local, finger_local = (
        quat_rotate(local, np.array((0.0, -1.0, 0.0))),
        quat_rotate(local, np.array((1.0, 0.0, 0.0))),
    )
    palm = np.array([_direction(key.palm) for key in keys])
    finger = np.array([_direction(key.fingers) if key.fingers else (0.0, 0.0, 0.0) for key in keys])
    back = quat_inverse(arm.forearm_quat_wxyz)
    palm, finger = quat_rotate(back, palm), quat_rotate(back, finger)
    is_free = np.array([not key.fingers for key in keys])[:, None]
    strain = 0.10 * (supination / 1.4) ** 2 + 0.35 * ((flexion + 0.12) / 0.95) ** 2 + 0.30 * (deviation / 0.4) ** 2
    cost = -1.2 * (palm @ palm_local.T) - 1.0 * (finger @ finger_local.T) + np.where(is_free, 2.2, 1.0) * strain
    best = np.argmin(cost, axis=1)
    return np.rad2deg(np.stack((supination[best], flexion[best], deviation[best]), axis=-1))


def collar_angles_deg(target: Float[Array, "frames 3"], shrug_deg: Float[Array, "frames"]) -> Float[Array, "frames 2"]:
    """Return elevation and protraction of the collar for a hand target in arm lengths: the girdle follows the reach."""
    elevation = -1.0 + 20.0 * _ramp(target[:, 1], 0.05, 1.15) + 4.0 * _ramp(target[:, 0], 0.45, 0.9) + shrug_deg
    protraction = -3.0 + 18.0 * _ramp(target[:, 2], 0.1, 0.95) + 5.0 * _ramp(-target[:, 0], -0.35, 0.1)
    return np.stack((elevation, protraction), axis=-1)


def collar_quat(angles_deg: Float[Array, "frames 2"]) -> Float[Array, "frames 4"]:
    """Return the left collar's local rotation from elevation and protraction."""
    radians = np.deg2rad(angles_deg)
    return quat_multiply(_about((0.0, -1.0, 0.0), radians[:, 1]), _about((0.0, 0.0, 1.0), radians[:, 0]))


@dataclass(frozen=True, kw_only=True)
class ArmLocals:
    """Local rotations of a left arm's shoulder, elbow and wrist."""

    shoulder: Float[Array, "frames 4"]
    elbow: Float[Array, "frames 4"]
    wrist: Float[Array, "frames 4"]


def arm_locals(
    collar_world: Float[Array, "frames 4"],
    shoulder_m: Float[Array, "frames 3"],
    target_m: Float[Array, "frames 3"],
    heading_quat: Float[Array, "frames 4"],
    angles_deg: Float[Array, "frames 4"],
) -> ArmLocals:
    """Solve a left arm for a world target and hand angles (supination, flexion, deviation, elbow swivel)."""
    arm = reach(shoulder_m, target_m, angles_deg[:, 3], heading_quat)
    angles = _limited(angles_deg[:, :3])
    supination, flexion, deviation = angles.T
    hand = quat_multiply(
        arm.forearm_quat_wxyz, quat_multiply(_about((-1.0, 0.0, 0.0), supination), wrist_swing(flexion, deviation))
    )
    flexion = flexion - _follow_through(arm.wrist_m, quat_rotate(hand, np.array((0.0, -1.0, 0.0))))
    at_elbow = _about((-1.0, 0.0, 0.0), ELBOW_TWIST_SHARE * supination)
    at_wrist = _about((-1.0, 0.0, 0.0), (1.0 - ELBOW_TWIST_SHARE) * supination)
    return ArmLocals(
        shoulder=quat_multiply(quat_inverse(collar_world), arm.upper_quat_wxyz),
        elbow=quat_multiply(quat_multiply(quat_inverse(arm.upper_quat_wxyz), arm.forearm_quat_wxyz), at_elbow),
        wrist=quat_multiply(at_wrist, wrist_swing(flexion, deviation)),
    )


def _limited(angles_deg: Float[Array, "frames 3"]) -> Float[Array, "frames 3"]:
    limit = np.array((92.0, 62.0, 26.0))
    return np.deg2rad(limit * np.tanh(angles_deg / limit * (1.0 + 0.15 * (angles_deg / limit) ** 2)))


def _follow_through(wrist_m: Float[Array, "frames 3"], palm: Float[Array, "frames 3"]) -> Float[Array, "frames"]:
    """Return how far the hand lags behind the wrist, in radians: 0.3 at 1 m/s along the palm normal."""
    if len(wrist_m) < 2:
        return np.zeros(len(wrist_m))
    speed = np.sum(np.gradient(wrist_m, 1.0 / 30.0, axis=0) * palm, axis=-1)
    trailing = 0.30 * np.tanh(speed / 1.2) * 1.2
    return np.concatenate((trailing[:1], trailing[:-1]))
