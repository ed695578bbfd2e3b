"""Hands and forearms kept out of the character's own body, pushed out the shortest way; ours.

The nearest point of the body and its normal say how deep a point of the hand lies. What a frame lacks is spread over
its neighbours (`smooth_cover`), so that the hand swerves instead of jumping, and the wrist follows by inverse
kinematics; the hand keeps its own rotation. A hand is pushed to the surface and no further: contact that was meant
stays, and where there is some (`touch`) a forearm swings out about the hand instead of taking it along (`swivel`).
Hands that lie together move together.
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
from exges_core.rig.swivel import swing_out
from exges_core.rig.touch import at_body

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
_TOGETHER_S = 0.3
"""How long before and after a touch hands move together."""
_STRETCHED = 0.9
"""Share of an arm's length from which it is pushed less the further it goes: an arm that snaps straight shakes."""
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
    posed = Posed(turns_wxyz=posed.turns_wxyz.copy(), shift=posed.shift)
    ease = max(1, round(_EASE_S * rate_hz))
    meant = {side: _widened(each, ease) for side, each in at_body(pose).items()}
    for side in SIDES:
        swing_out(body, flesh, posed, side, share[side] * meant[side], _SLACK_M * flesh.scale, ease)
    first = posed.turns_wxyz.copy()
    # Hands that clap would drop, or take up, what they do not share within a frame or two.
    together = _widened(touching(pose), max(1, round(_TOGETHER_S * rate_hz)))
    moves = {side: np.zeros_like(posed.shift) for side in SIDES}
    for _ in range(_ROUNDS):
        lacking = {side: _lacking(body, flesh, posed, side, meant[side], ease) for side in SIDES}
        if not any(move.any() for move in lacking.values()):
            break
        shared = _shared(lacking)
        for side in SIDES:
            move = lacking[side] + together[:, None] * (shared - lacking[side])
            moves[side] = _limited(moves[side] + share[side][:, None] * move, _FURTHEST_M * flesh.scale)
        _moved(body, pose, posed, first, moves)
    _moved(body, pose, posed, first, _settled(moves, share, together, max(1, round(_FINAL_S * rate_hz))))
    return posed


def _widened(share: Array, reach: int) -> Array:
    """Return shares (0 to 1) that come and go earlier and later."""
    return np.minimum(smooth_cover(share, reach), 1.0)


def _settled(moves: dict[str, Array], share: dict[str, Array], together: Array, reach: int) -> dict[str, Array]:
    """Return moves smoothed, and one for hands that lie together: rounds of pushes with corners shake a hand."""
    smooth = {side: _smoothed(moves[side], reach) for side in SIDES}
    middle = 0.5 * sum(smooth.values(), np.zeros_like(smooth[SIDES[0]]))
    both = together[:, None]
    return {side: share[side][:, None] * (each + both * (middle - each)) for side, each in smooth.items()}


def _moved(body: Body, pose: Pose, posed: Posed, first: Array, moves: dict[str, Array]) -> None:
    """Pose the rig with its wrists moved from where they were first, in place."""
    posed.turns_wxyz[:] = first
    for side in SIDES:
        frames = np.flatnonzero(np.linalg.norm(moves[side], axis=-1) > 1e-9)
        if len(frames):
            reach(body, pose, posed, side, frames, _within_reach(body, posed, side, frames, moves[side][frames]))
    body.chain.share_turns(posed.turns_wxyz)


def _within_reach(body: Body, posed: Posed, side: str, frames: Array, move: Array) -> Array:
    """Return moves of a wrist that stretch its arm ever less, the nearer it is to straight."""
    names = [f"{side}_{name}" for name in ("shoulder", "elbow", "wrist")]
    cut = Posed(turns_wxyz=posed.turns_wxyz[frames], shift=posed.shift[frames])
    points, rest = body.chain.points(cut, names), [body.chain.anchors[name][1] for name in names]
    shoulder, wrist = points[names[0]], points[names[2]]
    length = float(np.linalg.norm(np.diff(rest, axis=0), axis=-1).sum())
    before, after = (np.linalg.norm(each - shoulder, axis=-1) / length for each in (wrist, wrist + move))
    spare = 1.0 - _STRETCHED

    def eased(share: Array) -> Array:
        over = np.maximum(share - _STRETCHED, 0.0) / spare
        return np.minimum(share, _STRETCHED) + spare * (1.0 - np.exp(-over))

    longer = np.where(after > before, before + eased(after) - eased(before), after) / np.maximum(after, 1e-9)
    return longer[:, None] * (wrist + move - shoulder) + shoulder - wrist


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


def _lacking(body: Body, flesh: Flesh, posed: Posed, side: str, meant: Array, ease: int) -> Array:
    """Return a push for hand and forearm; while the hand is meant to touch, the forearm's share is left out."""
    both = _push(_needs(body, flesh, posed, side, flesh.forearms[side]), ease)
    if not meant.any():
        return both
    hand = _push(_needs(body, flesh, posed, side, None), ease)
    return both + meant[:, None] * (hand - both)


def _needs(body: Body, flesh: Flesh, posed: Posed, side: str, arm: Patch | None) -> _Need:
    """Measure how deep one hand and forearm are, frame by frame; None = the hand alone."""
    hand = flesh.body.depths(body.chain, posed, flesh.hands[side].posed(body.chain, posed))
    depth, way = hand.depth, hand.way
    if arm is not None and len(arm):
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
