"""Hands and forearms kept out of the character's own body, pushed out the shortest way; ours.

The nearest point of the body and its normal say how deep a point of the hand lies. What a frame lacks is spread over
its neighbours (`smooth_cover`), so that the hand swerves instead of jumping, and the wrist follows by inverse
kinematics; the hand keeps its own rotation. A hand is pushed to the surface and no further: contact that was meant
stays. Hands that lie together move together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, einsum
from exges_core.motion.footlock import smooth_cover
from exges_core.motion.kinematics import Pose
from exges_core.motion.rotations import quat_rotate
from exges_core.rig.bone_tubes import SIDES
from exges_core.rig.contacts import Body, reach, touching
from exges_core.rig.flesh import Flesh
from exges_core.rig.patch import Patch
from exges_core.rig.retarget_chain import Posed

_SLACK_M = 0.003
"""How deep a hand may lie: flesh gives, and contact must not flicker."""
_EASE_S = 0.8
"""How long a push takes to come and to go."""
_FINAL_S = 0.3
"""Over how long the whole push is smoothed in the end."""
_ALIKE_M = 0.008
"""Points of the hand count less by e for each of these that they are less deep than the deepest."""
_STEEPEST = 0.4
"""A push along the smoothed direction is stretched by no more than 1 / this for what it lacks along the normal."""
_FURTHEST_M = 0.3
"""No hand is pushed further than this: what would need more is no body but a cloak or a box about it."""
_LESS_BACK = 0.8
"""The share of a push towards the back, or across the body, that is left out."""
_STEEP = (0.7, 0.95)
"""Share of a push that is upright: up to the first it is levelled, from the second on it is meant so (a lap)."""
_BESIDE_M = 0.12
"""A wrist this far beside the pelvis is on its own side."""
_ROUNDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class _Need:
    """How far one wrist would have to go in each frame, and which way."""

    depth: Array
    way: Array


def keep_out(
    body: Body,
    flesh: Flesh,
    pose: Pose,
    posed: Posed,
    weight: Float[Array, "frames"],
    rate_hz: float,
    *,
    free: Mapping[str, Float[Array, "frames"]] | None = None,
) -> Posed:
    """Return the rig with arms bent so that hands and forearms stay out of trunk, head and legs.

    Args:
        body: the rig.
        flesh: its surface.
        pose: the canonical motion's world pose: says which hands lie together, and the elbows' hinges.
        posed: the rig in that motion.
        weight: share of the correction per frame.
        rate_hz: frames per second.
        free: each side's own share of that; None = all. A hand that is held is not pushed.
    """
    share = {side: weight * (free or {}).get(side, 1.0) for side in SIDES}
    first = posed.turns_wxyz.copy()
    posed = Posed(turns_wxyz=first.copy(), shift=posed.shift)
    together = touching(pose)
    moves = {side: np.zeros_like(posed.shift) for side in SIDES}
    ease = max(1, round(_EASE_S * rate_hz))
    for _ in range(_ROUNDS):
        lacking = {side: _push(_needs(body, flesh, posed, side), ease) for side in SIDES}
        if not any(move.any() for move in lacking.values()):
            break
        shared = _shared(lacking)
        for side in SIDES:
            move = lacking[side] + together[:, None] * (shared - lacking[side])
            moves[side] = _limited(moves[side] + share[side][:, None] * move, _FURTHEST_M * flesh.scale)
        _moved(body, pose, posed, first, moves)
    # Five rounds of pushes, each with corners of its own, shake a hand that has far to go.
    smooth = {side: _smoothed(moves[side], max(1, round(_FINAL_S * rate_hz))) for side in SIDES}
    middle = 0.5 * sum(smooth.values(), np.zeros_like(posed.shift))
    for side in SIDES:
        moves[side] = share[side][:, None] * (smooth[side] + together[:, None] * (middle - smooth[side]))
    _moved(body, pose, posed, first, moves)
    return posed


def _moved(body: Body, pose: Pose, posed: Posed, first: Array, moves: dict[str, Array]) -> None:
    """Pose the rig with its wrists moved from where they were first, in place."""
    posed.turns_wxyz[:] = first
    for side in SIDES:
        frames = np.flatnonzero(np.linalg.norm(moves[side], axis=-1) > 1e-9)
        if len(frames):
            reach(body, pose, posed, side, frames, moves[side][frames])


def _smoothed(values: Array, reach: int) -> Array:
    """Return a Hann-weighted mean over frames; the ends go on as they are."""
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, axis], window / window.sum(), mode="valid") for axis in range(3)], axis=-1)


def _limited(move: Array, most: float) -> Array:
    """Return moves that are left alone up to two thirds of a length, and never pass it."""
    length = np.linalg.norm(move, axis=-1, keepdims=True) / most
    bent = (2.0 + np.tanh(3.0 * length - 2.0)) / 3.0
    return move * np.where(length > 2.0 / 3.0, bent / np.maximum(length, 1e-12), 1.0)


def _shared(moves: dict[str, Array]) -> Array:
    """Return one push for two hands: between theirs, as long as the longer."""
    lengths = {side: np.linalg.norm(move, axis=-1, keepdims=True) for side, move in moves.items()}
    mixed = sum((lengths[side] * moves[side] for side in moves), np.zeros_like(moves[SIDES[0]]))
    length = np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), 1e-12)
    return mixed / length * np.maximum(*lengths.values())


def _push(need: _Need, ease: int) -> Array:
    """Return a smooth push that covers what every frame needs."""
    if not need.depth.any():
        return np.zeros_like(need.way)
    spread = _blurred(need.depth[:, None] * need.way, 3 * ease)
    way = spread / np.maximum(np.linalg.norm(spread, axis=-1, keepdims=True), 1e-12)
    along = np.maximum(einsum("fx,fx->f", way, need.way), _STEEPEST)
    return smooth_cover(need.depth / along, ease)[: len(way), None] * way


def _blurred(values: Array, reach: int) -> Array:
    """Return a Hann-weighted mean over frames, wide enough to say a way wherever a push is."""
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(values, ((reach, reach), (0, 0)))
    return np.stack([np.convolve(padded[:, axis], window, mode="valid") for axis in range(3)], axis=-1)


def _needs(body: Body, flesh: Flesh, posed: Posed, side: str) -> _Need:
    """Measure how deep one hand and forearm are, frame by frame."""
    arm = flesh.forearms[side]
    hand = flesh.body.depths(body.chain, posed, flesh.hands[side].posed(body.chain, posed))
    depth, way = hand.depth, hand.way
    if len(arm):
        fore = flesh.body.depths(body.chain, posed, arm.posed(body.chain, posed))
        depth = np.concatenate([depth, fore.depth / _leverage(body, arm, side)], axis=1)
        way = np.concatenate([way, fore.way], axis=1)
    depth = np.maximum(depth - _SLACK_M * flesh.scale, 0.0)
    most = depth.max(axis=1)
    share = np.exp((depth - most[:, None]) / (_ALIKE_M * flesh.scale)) * (depth > 0.0)
    mean = _sensible(body, posed, side, einsum("fp,fpx->fx", share * depth, way))
    length = np.linalg.norm(mean, axis=-1, keepdims=True)
    return _Need(depth=most, way=mean / np.maximum(length, 1e-12))


def _sensible(body: Body, posed: Posed, side: str, way: Array) -> Array:
    """Return a way as an arm would dodge: aside and ahead, up off a seated lap alone.

    What leads behind the back or across the hand's own side of the body is turned outwards.
    """
    first = np.linalg.norm(way, axis=-1)
    wrist = f"{side}_wrist"
    heads, turns = body.chain.points(posed, ["pelvis", wrist]), posed.turns_wxyz[:, body.chain.joint_places["pelvis"]]
    front = quat_rotate(turns, body.rest.own_axes[:, 2])
    outward = quat_rotate(turns, body.rest.own_axes[:, 0] * (1.0 if side == "left" else -1.0))
    beside = einsum("fx,fx->f", heads[wrist] - heads["pelvis"], outward) / (_BESIDE_M * body.rest.scale)
    for wanted, share in ((front, np.ones(len(way))), (outward, np.clip(beside, 0.0, 1.0))):
        against = np.minimum(einsum("fx,fx->f", way, wanted), 0.0)
        way = way - (_LESS_BACK * share * against)[:, None] * wanted
    up = body.rest.rig_from_canonical[:, 1]
    rise = way @ up
    upright = np.abs(rise) / np.maximum(np.linalg.norm(way, axis=-1), 1e-12)
    left_out = _LESS_BACK * np.clip((_STEEP[1] - upright) / (_STEEP[1] - _STEEP[0]), 0.0, 1.0)
    way = way - (left_out * rise)[:, None] * up
    return way + (first - np.linalg.norm(way, axis=-1))[:, None] * outward


def _leverage(body: Body, arm: Patch, side: str) -> Array:
    """Return how much of the wrist's way each point of the forearm goes, at least half."""
    (_, elbow), (_, wrist) = (body.chain.anchors[f"{side}_{name}"] for name in ("elbow", "wrist"))
    along = wrist - elbow
    return np.clip((arm.points - elbow) @ along / (along @ along), 0.5, 1.0)
