"""A posture that is asked for in numbers (bent knees, a lean, feet apart), as the joints that have it; ours.

The numbers change how somebody stands already: the feet stay where they were below the pelvis, each leg reaches its
foot by the law of cosines, and the pelvis sinks until both knees together are bent as asked. A lean is half the
pelvis' and half the spine's; neck and head take it back, for whoever leans still looks ahead, and the pelvis goes back
over the feet as the trunk's weight goes forward. Arms are left alone: hands rest where they did relative to the trunk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.control.standing import Posture
from exges_core.motion.kinematics import Pose, forward_kinematics, hinge_ik
from exges_core.motion.rotations import (
    quat_from_rotvec,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    yaw_of,
)
from exges_core.motion.skeleton import (
    HEAD,
    JOINT_NAMES,
    LEFT_LEG,
    REST_OFFSETS_M,
    RIGHT_LEG,
    SPINE,
)

LEAN_SHARES = {0: 0.5, **dict.fromkeys(SPINE, 0.5 / len(SPINE)), **dict.fromkeys(HEAD, -1.0 / len(HEAD))}
"""Joint -> its part of a lean; what pelvis and spine do, neck and head undo."""
_NECK = HEAD[0]
_WEIGHT_AT = 0.37
"""How far up the line from pelvis to neck a lean acts on balance: two thirds of the body's weight lie beyond the hips,
on average a little more than half way up."""
_ROUNDS = 6
"""Of leaning by what is lacking still: turns of bent spines do not add up to the degree."""
_MOST_M = 0.6
"""The farthest a pelvis sinks or rises."""
_HALVINGS = 28
_LEGS = (LEFT_LEG[:3], RIGHT_LEG[:3])


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a pose stands, in the numbers that a posture asks in."""

    knees_deg: float
    lean_deg: float
    stance_m: float


def measured(local_wxyz: Float[Array, "joints 4"]) -> Measured:
    """Return how a pose stands: the mean bend of both knees, the trunk's lean, the distance between the ankles."""
    pose = _stood(local_wxyz)
    left, right = (pose.positions_m[ankle] for _, _, ankle in _LEGS)
    return Measured(
        knees_deg=float(np.mean([_bend_deg(pose, leg) for leg in _LEGS])),
        lean_deg=_lean_deg(pose.positions_m[_NECK]) - _lean_deg(_NECK_AT_REST_M),
        stance_m=float(np.hypot(*(left - right)[[0, 2]])),
    )


def in_joints(posture: Posture, means_wxyz: Float[Array, "joints 4"]) -> Posture:
    """Return a posture in joints alone.

    Args:
        posture: in joints, in numbers, or both: the numbers then change the pose that the joints show.
        means_wxyz: how the take stands by itself, the pelvis against its heading.
    """
    if not posture.has_numbers:
        return posture
    local = np.array(means_wxyz, dtype=np.float64)
    for name, turn in posture.turns_wxyz.items():
        local[JOINT_NAMES.index(name)] = turn / np.linalg.norm(turn)
    local[0] = quat_multiply(quat_inverse(quat_from_yaw(yaw_of(local[0]))), local[0])
    before, stands = _stood(local), measured(local)
    if posture.lean_deg is not None:
        local = _leaning(local, posture.lean_deg)
    knees_deg = stands.knees_deg if posture.knees_deg is None else posture.knees_deg
    local = _standing(local, _feet_m(before, _stood(local), posture.stance_m), knees_deg)
    leaning = () if posture.lean_deg is None else LEAN_SHARES
    turns = {JOINT_NAMES[joint]: local[joint] for joint in (*(joint for leg in _LEGS for joint in leg[:2]), *leaning)}
    return Posture(turns_wxyz={**posture.turns_wxyz, **turns})


def _stood(local_wxyz: Float[Array, "joints 4"]) -> Pose:
    """Return a pose with its pelvis at the origin, facing +Z."""
    local = local_wxyz.copy()
    local[0] = quat_multiply(quat_inverse(quat_from_yaw(yaw_of(local[0]))), local[0])
    return forward_kinematics(local, np.zeros(3))


def _lean_deg(neck_m: Float[Array, "3"]) -> float:
    return float(np.degrees(np.arctan2(neck_m[2], neck_m[1])))


def _bend_deg(pose: Pose, leg: tuple[int, ...]) -> float:
    """Return the angle between a thigh and its shin."""
    hip, knee, ankle = (pose.positions_m[joint] for joint in leg)
    upper, lower = knee - hip, ankle - knee
    cosine = upper @ lower / (np.linalg.norm(upper) * np.linalg.norm(lower))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _leaning(local_wxyz: Float[Array, "joints 4"], lean_deg: float) -> Float[Array, "joints 4"]:
    local = local_wxyz.copy()
    for _ in range(_ROUNDS):
        lacking_rad = np.deg2rad(lean_deg - measured(local).lean_deg)
        for joint, share in LEAN_SHARES.items():
            local[joint] = quat_multiply(quat_from_rotvec(np.array([share * lacking_rad, 0.0, 0.0])), local[joint])
    return local


def _feet_m(before: Pose, leaning: Pose, stance_m: float | None) -> Float[Array, "2 3"]:
    """Return where the ankles go, from the pelvis: where they were, under the weight, as far apart as is asked."""
    feet = np.stack([before.positions_m[ankle] for _, _, ankle in _LEGS])
    weight = _WEIGHT_AT * (leaning.positions_m[_NECK] - before.positions_m[_NECK])
    feet = feet + np.array([0.0, 0.0, weight[2]])
    if stance_m is None:
        return feet
    middle, apart = feet.mean(axis=0), feet[0] - feet[1]
    apart = np.array([apart[0], 0.0, apart[2]])
    apart = apart / np.linalg.norm(apart) if np.linalg.norm(apart) > 1e-3 else np.array([1.0, 0.0, 0.0])
    aside = 0.5 * stance_m * apart
    return np.stack([middle + aside, middle - aside]) * [1, 0, 1] + feet * [0, 1, 0]


def _standing(
    local_wxyz: Float[Array, "joints 4"], feet_m: Float[Array, "2 3"], knees_deg: float
) -> Float[Array, "joints 4"]:
    """Return a pose whose legs reach the feet, raised by as much as bends the knees: the pelvis sinks."""
    least, most = -_MOST_M, _MOST_M
    for _ in range(_HALVINGS):
        raised = 0.5 * (least + most)
        made = _reaching(local_wxyz, feet_m + np.array([0.0, raised, 0.0]))
        is_more = measured(made).knees_deg > knees_deg
        least, most = (least, raised) if is_more else (raised, most)
    return _reaching(local_wxyz, feet_m + np.array([0.0, most, 0.0]))


def _reaching(local_wxyz: Float[Array, "joints 4"], feet_m: Float[Array, "2 3"]) -> Float[Array, "joints 4"]:
    local, pose = local_wxyz.copy(), _stood(local_wxyz)
    for (hip, knee, ankle), foot_m in zip(_LEGS, feet_m, strict=True):
        places, turns = pose.positions_m, pose.world_quat_wxyz
        hinge = quat_rotate(turns[hip], np.array([1.0, 0.0, 0.0]))
        found = hinge_ik(places[hip], places[knee], places[ankle], foot_m, hinge)
        thigh = quat_multiply(found.root_turn_wxyz, turns[hip])
        shin = quat_multiply(found.mid_turn_wxyz, turns[knee])
        local[hip] = quat_multiply(quat_inverse(turns[0]), thigh)
        local[knee] = quat_multiply(quat_inverse(thigh), shin)
    return local


_NECK_AT_REST_M = REST_OFFSETS_M[[*SPINE, _NECK]].sum(axis=0)
