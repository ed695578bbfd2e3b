"""Contact kept under other proportions: feet stand where the motion has them, hands that touch keep touching; ours.

World rotations alone do not keep contact: a longer foot, wider hips or shorter arms move every end. So legs are bent
to the scaled path of heel and ball, the pelvis sinking by the little that they lack; and where the canonical hands
touch, both arms are bent by half of what the rig's hands are off. A body of the canonical proportions is unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Bool, Float, einsum
from exges_core.motion.footlock import away_from, smooth_cover
from exges_core.motion.kinematics import Pose, TwoBoneSolution, hinge_ik, two_bone_ik
from exges_core.motion.rotations import (
    IDENTITY_QUAT_WXYZ,
    quat_from_matrix,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    slerp,
)
from exges_core.motion.skeleton import FINGERS, end_offset_m, joint_index
from exges_core.rig.rest import RestPose
from exges_core.rig.retarget_chain import Chain, Posed

_SIDES = ("left", "right")
_FADE_S = 0.25
"""How long contact takes to fade towards frames that must stay exact, and how slowly the pelvis sinks."""
_HEEL_UP_M = 0.04
"""A heel this much higher above its rest than the ball leaves the ball in charge of where the foot is."""
_MAX_EXTENSION = 0.998
_NOTICED_M = 0.002
"""Corrections of a foot below this fade to none: the hinge would bend a knee that is hyperextended at rest."""
_TOUCH_M = (0.045, 0.14)
"""Joints of the two hands nearer than this touch (they lie inside the flesh); beyond the second, nothing is done."""
_NEAREST_M = 0.01
"""Pairs of points count less by e for each of these further than the nearest pair."""
_BEND_AXES = {"left": np.array([0.0, -1.0, 0.0]), "right": np.array([0.0, 1.0, 0.0])}
_HAND_POINTS = ("wrist", "index1", "middle1", "pinky1", "index2", "middle2", "thumb2")
_TIPS = tuple(f"{finger}3" for finger in FINGERS)
_BLOCK_FRAMES = 2048
_ROUNDS = 2
"""Of bringing hands together: the nearest points change as they come."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Body:
    """A rig that is posed.

    Attributes:
        chain: its driven bones.
        rest: its rest pose.
        standing: the canonical body at rest on the ground, and the rig in that pose.
    """

    chain: Chain
    rest: RestPose
    standing: tuple[Pose, Posed]


def free_weight(is_exact: Bool[Array, "frames"] | None, frames: int, rate_hz: float) -> Float[Array, "frames"]:
    """Return how much of a contact correction each frame may have: 0 where it must stay exact, fading up to 1."""
    if is_exact is None:
        return np.ones(frames)
    return away_from(is_exact, max(1, round(_FADE_S * rate_hz)))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Limb:
    """Places in the chain of a limb's two bones, and the vectors along them at rest."""

    upper: int
    lower: int
    upper_arm: Array
    lower_arm: Array


def _limb(body: Body, names: tuple[str, str, str]) -> _Limb:
    (upper, root), (lower, middle), (_, end) = (body.chain.anchors[name] for name in names)
    return _Limb(upper=upper, lower=lower, upper_arm=middle - root, lower_arm=end - middle)


def _joints_m(limb: _Limb, root: Array, turns_wxyz: Array) -> tuple[Array, Array]:
    """Return where the middle joint and the end of a limb are."""
    middle = root + quat_rotate(turns_wxyz[:, limb.upper], limb.upper_arm)
    return middle, middle + quat_rotate(turns_wxyz[:, limb.lower], limb.lower_arm)


def _apply(turns_wxyz: Array, limb: _Limb, solution: TwoBoneSolution, share: Array | float = 1.0) -> None:
    """Turn a limb's two bones by a share of a solution, in place; its end keeps its own world rotation."""
    for place, turn in ((limb.upper, solution.root_turn_wxyz), (limb.lower, solution.mid_turn_wxyz)):
        turns_wxyz[:, place] = quat_multiply(slerp(IDENTITY_QUAT_WXYZ, turn, share), turns_wxyz[:, place])


def _ankle_target(body: Body, side: str, pose: Pose, posed: Posed, origin_m: Array) -> Float[Array, "frames 3"]:
    """Return where a rig's ankle belongs: heel flat, its own scaled path; heel up, where the ball's path has it."""
    ankle, ball = joint_index(f"{side}_ankle"), joint_index(f"{side}_foot")
    stood_pose, stood = body.standing
    ground = origin_m * np.array([1.0, 0.0, 1.0])
    moved = pose.positions_m[:, [ankle, ball]] - stood_pose.positions_m[:, [ankle, ball]] - ground
    rise = moved[:, 0, 1] - moved[:, 1, 1]
    moved = body.rest.scale * moved @ body.rest.rig_from_canonical.T
    foot, toes = body.chain.joint_places[f"{side}_ankle"], body.chain.joint_places.get(f"{side}_foot")
    if toes is None:
        return body.chain.heads(stood, [foot])[foot] + moved[:, 0]
    stood_heads = body.chain.heads(stood, [foot, toes])
    target = stood_heads[foot] + moved[:, 0]
    arm = body.chain.rest_heads[toes] - body.chain.rest_heads[foot]
    by_ball = stood_heads[toes] + moved[:, 1] - quat_rotate(posed.turns_wxyz[:, foot], arm)
    share = np.clip(rise / _HEEL_UP_M, 0.0, 1.0)
    share = (share * share * (3.0 - 2.0 * share))[:, None]
    return (1.0 - share) * target + share * by_ball


def keep_feet(
    body: Body,
    pose: Pose,
    posed: Posed,
    origin_m: Float[Array, "3"],
    weight: Float[Array, "frames"],
    rate_hz: float,
) -> Posed:
    """Return the rig with its legs bent so that both feet follow the scaled path of the canonical feet.

    Args:
        body: the rig.
        pose: the canonical motion's world pose.
        posed: the rig in that motion.
        origin_m: the point of the ground that lies where the rig stands at rest.
        weight: share of the correction per frame.
        rate_hz: frames per second.
    """
    up = body.rest.rig_from_canonical[:, 1]
    limbs = [_limb(body, (f"{side}_hip", f"{side}_knee", f"{side}_ankle")) for side in _SIDES]
    heads = body.chain.heads(posed, [limb.upper for limb in limbs])
    turns, sink, targets = posed.turns_wxyz.copy(), np.zeros(len(weight)), list[Array]()
    for side, limb in zip(_SIDES, limbs, strict=True):
        hip = heads[limb.upper]
        _, ankle = _joints_m(limb, hip, turns)
        target = _ankle_target(body, side, pose, posed, origin_m)
        targets.append(ankle + weight[:, None] * (target - ankle))
        length = float(np.linalg.norm(limb.upper_arm) + np.linalg.norm(limb.lower_arm))
        # A leg that already is straighter than the limit may stay so.
        longest = np.maximum(_MAX_EXTENSION * length, np.linalg.norm(ankle - hip, axis=-1))
        away = targets[-1] - hip
        level = np.linalg.norm(away - (away @ up)[:, None] * up, axis=-1)
        sink = np.maximum(sink, np.negative(away @ up) - np.sqrt(np.maximum(longest**2 - level**2, 0.0)))
    small = 1e-6 * body.rest.scale
    sink = smooth_cover(np.where(sink > small, sink, 0.0), max(1, round(_FADE_S * rate_hz))) * weight
    down = np.negative(sink)[:, None] * up
    for side, limb, target in zip(_SIDES, limbs, targets, strict=True):
        hip = heads[limb.upper] + down
        knee, ankle = _joints_m(limb, hip, turns)
        joint = joint_index(f"{side}_hip")
        hinge = quat_rotate(pose.world_quat_wxyz[:, joint], np.array([1.0, 0.0, 0.0])) @ body.rest.rig_from_canonical.T
        off = np.linalg.norm(target - ankle, axis=-1) / (_NOTICED_M * body.rest.scale)
        solution = hinge_ik(hip, knee, ankle, target, hinge, max_extension=_MAX_EXTENSION)
        _apply(turns, limb, solution, np.minimum(off, 1.0))
    return Posed(turns_wxyz=turns, shift=posed.shift + down)


def _hand_points(pose: Pose, side: str, frames: Array, points: list[str]) -> Array:
    """Return places on a canonical hand: frames x points x 3; a tip is where its last finger bone ends."""
    indices = [joint_index(f"{side}_{name.removesuffix('_tip')}") for name in points]
    places = pose.positions_m[frames][:, indices]
    for place, name in enumerate(points):
        if name.endswith("_tip"):
            joint = indices[place]
            offset = end_offset_m(f"{side}_{name.removesuffix('_tip')}")
            places[:, place] += quat_rotate(pose.world_quat_wxyz[frames, joint], offset)
    return places


def _rig_hand_points(body: Body, pose: Pose, posed: Posed, side: str, frames: Array, points: list[str]) -> Array:
    """Return the same places on the rig's hand."""
    cut = Posed(turns_wxyz=posed.turns_wxyz[frames], shift=posed.shift[frames])
    joints = [f"{side}_{name.removesuffix('_tip')}" for name in points]
    heads = body.chain.points(cut, joints)
    found = np.stack([heads[joint] for joint in joints], axis=1)
    frame = quat_from_matrix(body.rest.rig_from_canonical)
    for place, (name, joint) in enumerate(zip(points, joints, strict=True)):
        if name.endswith("_tip"):
            offset = _hand_scale(body, side) * end_offset_m(joint)
            turn = quat_multiply(frame, pose.world_quat_wxyz[frames, joint_index(joint)])
            found[:, place] += quat_rotate(turn, offset)
    return found


def _hand_scale(body: Body, side: str) -> float:
    """Return rig units per metre of a hand, from wrist to the knuckles that both have."""
    heads, rest = body.rest.points, body.standing[0].positions_m[0]
    wrist = f"{side}_wrist"
    names = [name for name in (f"{side}_{finger}1" for finger in FINGERS[:4]) if name in heads]
    if not names:
        return body.rest.scale
    there = sum(float(np.linalg.norm(rest[joint_index(name)] - rest[joint_index(wrist)])) for name in names)
    return sum(float(np.linalg.norm(heads[name] - heads[wrist])) for name in names) / there


def _shared_points(body: Body) -> list[str]:
    """Return the points of a hand that both hands of the rig have."""
    points = [name for name in _HAND_POINTS if all(f"{side}_{name}" in body.chain.anchors for side in _SIDES)]
    tips = [name for name in _TIPS if all(f"{side}_{name}" in body.rest.heads for side in _SIDES)]
    return [*points, *(f"{name}_tip" for name in tips)]


def keep_hands(body: Body, pose: Pose, posed: Posed, weight: Float[Array, "frames"]) -> Posed:
    """Return the rig with arms bent so that hands that touch each other on the canonical body do so on the rig.

    Where two points of the hands come near each other, both wrists move by half of what lies between the rig's gap and
    the canonical one; hands keep their world rotations, arms the plane they bend in.

    Args:
        body: the rig.
        pose: the canonical motion's world pose.
        posed: the rig in that motion.
        weight: share of the correction per frame.
    """
    left, right = (joint_index(f"{side}_wrist") for side in _SIDES)
    apart = np.linalg.norm(pose.positions_m[:, left] - pose.positions_m[:, right], axis=-1)
    near = np.flatnonzero((apart < 0.45 + _TOUCH_M[1]) & (weight > 0.0))
    if not len(near):
        return posed
    points = _shared_points(body)
    turns = posed.turns_wxyz.copy()
    for start in range(0, len(near), _BLOCK_FRAMES):
        _join_hands(
            body, pose, Posed(turns_wxyz=turns, shift=posed.shift), near[start : start + _BLOCK_FRAMES], points, weight
        )
    return Posed(turns_wxyz=turns, shift=posed.shift)


def touching(pose: Pose) -> Float[Array, "frames"]:
    """Return how much the canonical hands lie together: 1 = they touch, 0 = there is room between them."""
    frames = np.arange(len(pose.positions_m))
    here = [_hand_points(pose, side, frames, list(_HAND_POINTS)) for side in _SIDES]
    gaps = np.linalg.norm(here[0][:, :, None] - here[1][:, None, :], axis=-1).min(axis=(1, 2))
    return _ease_of_touch(gaps)


def _ease_of_touch(gap_m: Array) -> Array:
    touch = np.clip((_TOUCH_M[1] - gap_m) / (_TOUCH_M[1] - _TOUCH_M[0]), 0.0, 1.0)
    return touch * touch * (3.0 - 2.0 * touch)


def _join_hands(body: Body, pose: Pose, posed: Posed, frames: Array, points: list[str], weight: Array) -> None:
    """Bend the arms of some frames, in place."""
    here = [_hand_points(pose, side, frames, points) for side in _SIDES]
    gaps = here[0][:, :, None] - here[1][:, None, :]
    distances = np.linalg.norm(gaps, axis=-1)
    nearest = distances.min(axis=(1, 2), keepdims=True)
    share = np.exp(-(distances - nearest) / _NEAREST_M)
    share = share / share.sum(axis=(1, 2), keepdims=True)
    touch = _ease_of_touch(nearest[:, 0, 0]) * weight[frames]
    scale = 0.5 * sum(_hand_scale(body, side) for side in _SIDES)
    gaps = scale * gaps @ body.rest.rig_from_canonical.T
    start = posed.turns_wxyz[frames].copy()
    is_touching = touch > 0.0
    frames, touch, share, gaps = frames[is_touching], touch[is_touching], share[is_touching], gaps[is_touching]
    moved = np.zeros((len(frames), 3))
    first = start[is_touching]
    for _ in range(_ROUNDS):
        rig = [_rig_hand_points(body, pose, posed, side, frames, points) for side in _SIDES]
        lacking = gaps - (rig[0][:, :, None] - rig[1][:, None, :])
        moved = moved + einsum("fij,fijx->fx", share, lacking)
        posed.turns_wxyz[frames] = first
        for side, sign in zip(_SIDES, (0.5, -0.5), strict=True):
            reach(body, pose, posed, side, frames, sign * touch[:, None] * moved)


def reach(body: Body, pose: Pose, posed: Posed, side: str, frames: Array, move: Array) -> None:
    """Move one wrist in some frames, in place."""
    limb = _limb(body, (f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"))
    cut = Posed(turns_wxyz=posed.turns_wxyz[frames], shift=posed.shift[frames])
    shoulder = body.chain.heads(cut, [limb.upper])[limb.upper]
    elbow, wrist = _joints_m(limb, shoulder, cut.turns_wxyz)
    world = pose.world_quat_wxyz[frames, joint_index(f"{side}_shoulder")]
    hinge = quat_rotate(world, _BEND_AXES[side]) @ body.rest.rig_from_canonical.T
    solution = two_bone_ik(shoulder, elbow, wrist, wrist + move, hinge=hinge)
    # An elbow that does not bend about its hinge would turn even where nothing is to be moved: only the difference.
    still = two_bone_ik(shoulder, elbow, wrist, wrist, hinge=hinge)
    solution = replace(
        solution,
        root_turn_wxyz=quat_multiply(solution.root_turn_wxyz, quat_inverse(still.root_turn_wxyz)),
        mid_turn_wxyz=quat_multiply(solution.mid_turn_wxyz, quat_inverse(still.mid_turn_wxyz)),
    )
    _apply(cut.turns_wxyz, limb, solution)
    posed.turns_wxyz[frames] = cut.turns_wxyz
