"""When a foot is planted, for the foot lock and the physical metrics alike. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.motion.kinematics import Pose, velocity_m_per_s
from exges_core.motion.rotations import quat_rotate
from exges_core.motion.skeleton import joint_index

_SIDES = ("left", "right")
BALL_HEIGHT_M = 0.015
"""Height of the foot joint (the ball) above the sole."""
SOLE_M = {
    "ankle": np.array([[0.0, -0.075, -0.045]]),
    "foot": np.array([[0.0, -BALL_HEIGHT_M, 0.0], [0.0, -BALL_HEIGHT_M, 0.07]]),
}
"""Points of the sole at rest: the heel on the ankle, ball and toe tip on the foot joint."""


@dataclass(frozen=True, kw_only=True)
class FootLockConfig:
    """What counts as planted, and how softly feet are pinned.

    Attributes:
        enter_m_per_s: a foot becomes planted below this horizontal speed of its ball...
        leave_m_per_s: ...and stays so up to this one.
        enter_height_m: the same for the ball's height above the take's floor...
        leave_height_m: ...and up to this one.
        enter_probability: given contact channels, a foot becomes planted from this one...
        leave_probability: ...and stays so down to this one.
        sure_probability: from this one on a planted foot stays...
        leave_when_sure_m_per_s: ...up to this speed: a network's body drifts over feet that it knows to stand. Idles
            that had 7 travels a minute of 1 to 8 cm, most of them hardly lifted, have none; feet are pinned 5.0 instead
            of 4.8 cm (95th percentile) beside where they were made, with knees as bent as before.
        shortest_s: shorter plants are ignored.
        blend_s: shortest blend into and out of a plant.
        blend_m_per_s: larger corrections blend longer, so that none adds more than about this speed.
        sink_s: how slowly the pelvis sinks where legs are short: straight knees answer quickly.
        stand_s: how slowly the whole body is raised or lowered onto the ground.
        max_extension: longest leg as a share of its full length.
        ground_m: height of the ground.
    """

    enter_m_per_s: float = 0.10
    leave_m_per_s: float = 0.20
    enter_height_m: float = 0.035
    leave_height_m: float = 0.05
    enter_probability: float = 0.6
    leave_probability: float = 0.4
    sure_probability: float = 0.9
    leave_when_sure_m_per_s: float = 0.40
    shortest_s: float = 0.13
    blend_s: float = 0.17
    blend_m_per_s: float = 0.35
    sink_s: float = 0.5
    stand_s: float = 1.0
    max_extension: float = 0.995
    ground_m: float = 0.0


def _hysteresis(may_enter: Array, may_stay: Array, shortest: int) -> list[tuple[int, int]]:
    """Return runs [start, stop) that begin and end where one may enter and stay throughout where one may stay.

    The clip's own ends are no entering and no leaving: what stays there was there before, and is after.
    """
    runs: list[tuple[int, int]] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], may_stay, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        entered = start + np.flatnonzero(may_enter[start:stop])
        if len(entered) and entered[-1] + 1 - entered[0] >= shortest:
            runs.append(
                (int(entered[0]) if start else 0, int(entered[-1]) + 1 if stop < len(may_stay) else len(may_stay))
            )
    return runs


def planted_runs(
    positions_m: Float[Array, "frames 55 3"],
    rate_hz: float,
    config: FootLockConfig | None = None,
    contacts: Float[Array, "frames 4"] | None = None,
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the runs of frames [start, stop) in which the left and the right foot are planted; ours.

    A run is where the ball's horizontal speed and its height above the take's floor (5th percentile of both balls'
    heights) stay below their leaving limits and, at both ends that are not the clip's, below the entering ones; given
    contact probabilities (ankles, then balls), they must agree, and allow of more speed where they are sure.
    """
    config = config or FootLockConfig()
    balls = positions_m[:, [joint_index(f"{side}_foot") for side in _SIDES]]
    speed = np.linalg.norm(velocity_m_per_s(balls, rate_hz)[..., [0, 2]], axis=-1)
    height = balls[..., 1] - np.percentile(balls[..., 1], 5)
    may_enter = (speed < config.enter_m_per_s) & (height < config.enter_height_m)
    may_stay = (speed < config.leave_m_per_s) & (height < config.leave_height_m)
    if contacts is not None:
        probability = contacts[:, 2:]
        is_sure = (probability >= config.sure_probability) & (height < config.leave_height_m)
        may_stay |= is_sure & (speed < config.leave_when_sure_m_per_s)
        may_enter &= probability >= config.enter_probability
        may_stay &= probability >= config.leave_probability
    shortest = max(2, round(config.shortest_s * rate_hz))
    left, right = (_hysteresis(may_enter[:, foot], may_stay[:, foot], shortest) for foot in (0, 1))
    return left, right


def planted(
    positions_m: Float[Array, "frames 55 3"],
    rate_hz: float,
    config: FootLockConfig | None = None,
    contacts: Float[Array, "frames 4"] | None = None,
) -> Bool[Array, "frames 2"]:
    """Return in which frames the left and the right foot are planted (True), by `planted_runs`."""
    is_planted = np.zeros((len(positions_m), 2), dtype=np.bool_)
    for foot, runs in enumerate(planted_runs(positions_m, rate_hz, config, contacts)):
        for start, stop in runs:
            is_planted[start:stop, foot] = True
    return is_planted


def lowest_sole_m(pose: Pose, side: str) -> Float[Array, "frames"]:
    """Return the height of the lowest of heel, ball and toe tip of one foot."""
    heights = [
        pose.positions_m[..., joint, None, 1]
        + quat_rotate(pose.world_quat_wxyz[..., joint, None, :], SOLE_M[part])[..., 1]
        for part in ("ankle", "foot")
        for joint in (joint_index(f"{side}_{part}"),)
    ]
    return np.concatenate(heights, axis=-1).min(axis=-1)
