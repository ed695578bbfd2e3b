"""Steps where keys send a body to another place or heading: it walks there instead of gliding (ours).

A network of conversational gestures knows no walking, and a correction that moves or turns the pelvis takes both feet
along. Where both slide over the ground at once, the feet are given steps in turn: each stands still on the course it
would have glided along, then swings to its next place. Legs alone change; the pelvis keeps its course, so keys stay.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import Pose, hinge_ik, velocity_m_per_s
from exges_core.motion.planting import FootLockConfig
from exges_core.motion.rotations import quat_from_yaw, quat_inverse, quat_multiply, quat_normalise, quat_rotate, yaw_of
from exges_core.motion.skeleton import joint_index
from exges_core.postprocess.residual import smooth_step
from exges_core.signals.runs import closed, frames_to, runs_of

_SIDES = ("left", "right")


ENTER_M_PER_S, STAY_M_PER_S = 0.08, 0.03
"""A body glides where both feet, on the ground, are faster than the first, and while one is faster than the second."""
SHORTEST_M = 0.06
"""A foot that glides less far than this is left to the foot lock."""
MERGE_S = 0.5
"""Pauses in gliding up to this long are walked through."""
BEAT_S = 0.5
"""From one foot's step to the other's, as in an unhurried walk."""
SWING_SHARE = 0.42
"""Of two beats, how much of it a foot is in the air."""
LIFT_M, LIFT_PER_M, HIGHEST_M = 0.04, 0.08, 0.10
"""Height of a step in place, what each metre of its length adds, and the most."""
HELD_S = 0.3
"""How near to a given pose a leg goes back to where that wants it."""


def walk(
    clip: MotionClip,
    is_sent: Bool[Array, "frames"],
    is_leg_held: Bool[Array, "frames 2"],
) -> MotionClip:
    """Return the clip with steps where it glides; a clip that does not comes back as it is.

    Args:
        clip: motion with the ground at height 0.
        is_sent: frames in which a glide may be walked: those that keys of the pelvis reach.
        is_leg_held: frames in which the left and the right leg are given: there, legs keep their pose.
    """
    rate_hz = clip.frame_rate_hz
    pose = clip.pose()
    balls = pose.positions_m[:, [joint_index(f"{side}_foot") for side in _SIDES]]
    spans = _glides(balls, is_sent, rate_hz)
    if not spans:
        return clip
    local = clip.local_quat_wxyz.copy()
    for foot, side in enumerate(_SIDES):
        swings = [each for span in spans for each in _swings(balls, span, foot, rate_hz)]
        share = smooth_step(frames_to(is_leg_held[:, foot]) / (HELD_S * rate_hz))
        _step(local, pose, side, spans, swings, share)
    return MotionClip(local_quat_wxyz=local, root_position_m=clip.root_position_m, frame_rate_hz=rate_hz)


def _glides(
    balls_m: Float[Array, "frames 2 3"], is_sent: Bool[Array, "frames"], rate_hz: float
) -> list[tuple[int, int]]:
    """Return the runs [start, stop) in which both feet slide over the ground."""
    ground = FootLockConfig()
    speed = np.linalg.norm(velocity_m_per_s(balls_m, rate_hz)[..., [0, 2]], axis=-1)
    height = balls_m[..., 1] - np.percentile(balls_m[..., 1], 5)
    is_low = (height < ground.leave_height_m).all(axis=1)
    may_enter = is_low & is_sent & (speed > ENTER_M_PER_S).all(axis=1)
    may_stay = is_low & is_sent & (speed > STAY_M_PER_S).any(axis=1)
    spans: list[tuple[int, int]] = []
    for start, stop in runs_of(closed(may_stay, round(MERGE_S * rate_hz))).tolist():
        moved = np.linalg.norm(np.ptp(balls_m[start:stop][..., [0, 2]], axis=0), axis=-1).max()
        if may_enter[start:stop].any() and moved > SHORTEST_M and stop - start >= 4:
            spans.append((start, stop))
    return spans


def _swings(
    balls_m: Float[Array, "frames 2 3"], span: tuple[int, int], foot: int, rate_hz: float
) -> list[tuple[int, int]]:
    """Return in which frames [lift, landing] a foot is in the air: every other beat of the span."""
    start, stop = span
    beats = max(2, round((stop - start) / (BEAT_S * rate_hz)))
    beat = (stop - 1 - start) / beats
    middle = (start + stop) // 2
    way = (balls_m[middle] - balls_m[start])[:, [0, 2]]
    apart = (balls_m[start, 0] - balls_m[start, 1])[[0, 2]]
    # Sideways the outer foot goes first, or feet would cross.
    first = 0 if float(apart @ way.sum(axis=0)) >= 0.0 else 1
    length = 2.0 * SWING_SHARE * beat
    edges = [start + (number + 0.5) * beat for number in range(beats) if (number + first) % 2 == foot]
    return [(max(start, round(each - length / 2)), min(stop - 1, round(each + length / 2))) for each in edges]


def _step(
    local: Float[Array, "frames 55 4"],
    pose: Pose,
    side: str,
    spans: list[tuple[int, int]],
    swings: list[tuple[int, int]],
    share: Float[Array, "frames"],
) -> None:
    """Let one leg follow its steps, in place."""
    hip, knee, ankle, foot = (joint_index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "foot"))
    positions, world = pose.positions_m, pose.world_quat_wxyz
    yaw = np.unwrap(yaw_of(world[:, ankle]))
    course = np.column_stack([positions[:, foot][:, [0, 2]], yaw])
    wanted, lift = course.copy(), np.zeros(len(course))
    for start, stop in spans:
        own = [each for each in swings if start <= each[0] < stop]
        # A foot stands where it would have been in the middle of its stand; the first and last join what is around.
        edges = [start, *(frame for each in own for frame in each), stop - 1]
        stands = list(zip(edges[::2], edges[1::2], strict=True))
        at = [start, *((first + last) // 2 for first, last in stands[1:-1]), stop - 1]
        for (first, last), place in zip(stands, at, strict=True):
            wanted[first : last + 1] = course[place]
        for number, (lifts, lands) in enumerate(own):
            before, after = course[at[number]], course[at[number + 1]]
            time = np.arange(lands - lifts + 1) / max(lands - lifts, 1)
            wanted[lifts : lands + 1] = before + smooth_step(time)[:, None] * (after - before)
            far_m = float(np.linalg.norm((after - before)[:2]))
            lift[lifts : lands + 1] = np.sin(np.pi * time) ** 2 * min(LIFT_M + LIFT_PER_M * far_m, HIGHEST_M)
    change = share[:, None] * (wanted - course)
    turn = quat_from_yaw(change[:, 2])
    ball = positions[:, foot] + np.column_stack([change[:, 0], share * lift, change[:, 1]])
    target = ball + quat_rotate(turn, positions[:, ankle] - positions[:, foot])
    hinge = quat_rotate(world[:, hip], np.array([1.0, 0.0, 0.0]))
    found = hinge_ik(positions[:, hip], positions[:, knee], positions[:, ankle], target, hinge)
    thigh, shin = quat_multiply(found.root_turn_wxyz, world[:, hip]), quat_multiply(found.mid_turn_wxyz, world[:, knee])
    is_changed = (np.abs(change).max(axis=1) > 0.0) | (lift > 0.0)
    turns = {
        hip: quat_multiply(quat_inverse(world[:, 0]), thigh),
        knee: quat_multiply(quat_inverse(thigh), shin),
        ankle: quat_multiply(quat_inverse(shin), quat_multiply(turn, world[:, ankle])),
    }
    for joint, turned in turns.items():
        local[is_changed, joint] = quat_normalise(turned)[is_changed]
