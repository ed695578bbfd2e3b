"""Hands and forearms kept out of the character's own body, pushed out the shortest way; ours.

The nearest point of the body and its normal say how deep a point of the hand lies. What a frame lacks is spread over
its neighbours, so that a push keeps its way; of that push each frame then gets the least that clears (`least_push`), so
that the hand swerves instead of jumping, and the wrist follows by inverse kinematics; the hand keeps its own rotation.
A hand is pushed to the surface and no further: contact that was meant stays, and where there is some (`touch`) a
forearm swings out about the hand instead of taking it along (`swivel`). Hands that lie together move together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from exges_core.arrays import Array, Float, einsum
from exges_core.motion.footlock import smooth_cover
from exges_core.motion.kinematics import Pose
from exges_core.motion.rotations import quat_rotate
from exges_core.rig.bone_tubes import SIDES
from exges_core.rig.contacts import Body, reach, touching
from exges_core.rig.depth import Depths, PosedSurface
from exges_core.rig.flesh import Flesh
from exges_core.rig.least_push import least_cover, least_shares
from exges_core.rig.patch import Patch
from exges_core.rig.retarget_chain import Posed
from exges_core.rig.swivel import swing_out
from exges_core.rig.touch import at_body

_SLACK_M = 0.003
"""How deep a hand may lie: flesh gives, and contact must not flicker."""
_EASE_S = 0.8
"""How long a push takes to come and to go."""
_FINAL_S = 0.3
"""Over how long the whole push is smoothed."""
_BUMP_S = 0.3
"""Half the time in which the least push comes, and goes."""
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
_FOLLOWS = 0.5
"""A forearm counts from this share of the way from elbow to wrist on."""
_TOUCHES = 0.5
"""Where a hand is meant to touch by this share, its forearm takes it nowhere."""
_ROUNDS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class _Need:
    """How far one wrist would have to go in each frame, and which way."""

    depth: Array
    way: Array

    def put(self, frames: Array, other: _Need) -> None:
        """Take over what was found for some frames."""
        self.depth[frames], self.way[frames] = other.depth, other.way


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
    surface = _surface(body, flesh, posed)
    for side in SIDES:
        swing_out(body, flesh, surface, posed, side, share[side] * meant[side], _SLACK_M * flesh.scale, ease)
    first = posed.turns_wxyz.copy()
    # Hands that clap would drop, or take up, what they do not share within a frame or two.
    together = _widened(touching(pose), max(1, round(_TOGETHER_S * rate_hz)))
    moves = {side: np.zeros_like(posed.shift) for side in SIDES}
    arms = {side: _Arm(body, flesh, surface, posed, side, meant[side]) for side in SIDES}
    inside = {side: arm.is_inside() for side, arm in arms.items()}
    for _ in range(_ROUNDS):
        lacking = {side: arm.lacking(ease) for side, arm in arms.items()}
        if not any(move.any() for move in lacking.values()):
            break
        shared, before = _shared(lacking), dict(moves)
        for side in SIDES:
            move = lacking[side] + together[:, None] * (shared - lacking[side])
            moves[side] = _limited(moves[side] + share[side][:, None] * move, _FURTHEST_M * flesh.scale)
        _moved(body, pose, posed, first, moves)
        for side in SIDES:
            arms[side].measure(posed, np.flatnonzero((moves[side] != before[side]).any(axis=-1)))
    moves = _settled(moves, share, together, max(1, round(_FINAL_S * rate_hz)))
    push = _Push(
        body=body, flesh=flesh, surface=surface, pose=pose, first=first, shift=posed.shift, meant=meant, moves=moves
    )
    _moved(body, pose, posed, first, push.least(inside, share, together, max(1, round(_BUMP_S * rate_hz))))
    return posed


@dataclass(frozen=True, kw_only=True, eq=False)
class _Push:
    """A rig in motion and how far its wrists are pushed.

    Attributes:
        body: the rig.
        flesh: its surface.
        surface: that of the body, in motion.
        pose: the canonical motion's world pose.
        first, shift: the rig's turns and shift before any push.
        meant: by side, how much the hand is meant to touch: its forearm then says nothing.
        moves: by side, of the wrist.
    """

    body: Body
    flesh: Flesh
    surface: PosedSurface
    pose: Pose
    first: Array
    shift: Array
    meant: Mapping[str, Array]
    moves: Mapping[str, Array]

    def least(
        self, inside: Mapping[str, Array], share: Mapping[str, Array], together: Array, reach: int
    ) -> dict[str, Array]:
        """Return moves no longer than it takes to clear, smooth; hands that lie together keep a common one."""
        lengths = {side: np.linalg.norm(move, axis=-1) for side, move in self.moves.items()}
        covers = dict[str, Array]()
        for side, length in lengths.items():
            shares = least_shares(inside[side], partial(self._is_inside, side, inside[side]))
            covers[side] = least_cover(shares * length, reach)
        most, found = np.maximum(*covers.values()), dict[str, Array]()
        for side, cover in covers.items():
            length = share[side] * (cover + together * (most - cover))
            found[side] = (length / np.maximum(lengths[side], 1e-9))[:, None] * self.moves[side]
        return found

    def _is_inside(self, side: str, asked: Array, share: Array) -> Array:
        """Say in which of the frames asked for a hand or forearm is inside after a share of its push."""
        found, frames = np.zeros(len(share), dtype=bool), np.flatnonzero(asked)
        posed = Posed(turns_wxyz=self.first[frames], shift=self.shift[frames])
        pose = Pose(positions_m=self.pose.positions_m[frames], world_quat_wxyz=self.pose.world_quat_wxyz[frames])
        _moved(self.body, pose, posed, self.first[frames], {side: share[frames, None] * self.moves[side][frames]})
        hand, fore = _parts(self.body, self.flesh, self.surface.only(frames), posed, side)
        counts = self.meant[side][frames] < _TOUCHES
        deepest = np.where(counts, np.maximum(_deepest(hand), _deepest(fore)), _deepest(hand))
        found[frames] = deepest > _SLACK_M * self.flesh.scale
        return found


def _widened(share: Array, reach: int) -> Array:
    """Return shares (0 to 1) that come and go earlier and later."""
    return np.minimum(smooth_cover(share, reach), 1.0)


def _settled(moves: dict[str, Array], share: dict[str, Array], together: Array, reach: int) -> dict[str, Array]:
    """Return moves smoothed, and one for hands that lie together: rounds of pushes with corners shake a hand."""
    smooth = {side: _smoothed(moves[side], reach) for side in SIDES}
    middle = 0.5 * sum(smooth.values(), np.zeros_like(smooth[SIDES[0]]))
    both = together[:, None]
    return {side: share[side][:, None] * (each + both * (middle - each)) for side, each in smooth.items()}


def _moved(body: Body, pose: Pose, posed: Posed, first: Array, moves: Mapping[str, Array]) -> None:
    """Pose the rig with its wrists moved from where they were first, in place."""
    posed.turns_wxyz[:] = first
    for side in moves:
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


class _Arm:
    """What hand and forearm of one side need, where they are by now.

    While the hand is meant to touch, the forearm's share is left out.
    """

    def __init__(self, body: Body, flesh: Flesh, surface: PosedSurface, posed: Posed, side: str, meant: Array) -> None:
        self._body, self._flesh, self._surface, self._side, self._meant = body, flesh, surface, side, meant
        frames = len(meant)
        self._both, self._alone = (_Need(depth=np.zeros(frames), way=np.zeros((frames, 3))) for _ in range(2))
        self.measure(posed, np.arange(frames))

    def measure(self, posed: Posed, frames: Array) -> None:
        """Measure some frames, in which the arm has moved."""
        cut = Posed(turns_wxyz=posed.turns_wxyz[frames], shift=posed.shift[frames])
        body, flesh, side = self._body, self._flesh, self._side
        hand, fore = _parts(body, flesh, self._surface.only(frames), cut, side)
        along = _along(body, _following(body, flesh, side).points, side)
        fore = Depths(depth=fore.depth / np.minimum(along, 1.0), way=fore.way)
        self._both.put(frames, _need(body, flesh, cut, side, [hand, fore]))
        if self._meant.any():
            self._alone.put(frames, _need(body, flesh, cut, side, [hand]))

    def lacking(self, ease: int) -> Array:
        """Return a smooth push that would clear."""
        push = _push(self._both, ease)
        if self._meant.any():
            push += self._meant[:, None] * (_push(self._alone, ease) - push)
        return push

    def is_inside(self) -> Array:
        """Say in which frames a push is needed."""
        return np.where(self._meant < _TOUCHES, self._both.depth, self._alone.depth) > 0.0


def _surface(body: Body, flesh: Flesh, posed: Posed) -> PosedSurface:
    """Return the body's surface in motion; arms that are pushed do not change it."""
    turns = posed.turns_wxyz.copy()
    body.chain.share_turns(turns)
    return flesh.body.posed(body.chain, Posed(turns_wxyz=turns, shift=posed.shift))


def _parts(body: Body, flesh: Flesh, surface: PosedSurface, posed: Posed, side: str) -> tuple[Depths, Depths]:
    """Measure how deep each point of a hand is, and of the part of its forearm that counts."""
    patches = flesh.hands[side], _following(body, flesh, side)
    hand, fore = (surface.depths(patch.posed(body.chain, posed)) for patch in patches)
    return hand, fore


def _deepest(depths: Depths) -> Array:
    """Return how deep the deepest point is in each frame."""
    return depths.depth.max(axis=1, initial=-np.inf)


def _need(body: Body, flesh: Flesh, posed: Posed, side: str, parts: Sequence[Depths]) -> _Need:
    """Return how far one wrist would have to go, frame by frame, for what was measured."""
    depth, way = (np.concatenate(each, axis=1) for each in ([p.depth for p in parts], [p.way for p in parts]))
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


def _along(body: Body, points: Array, side: str) -> Array:
    """Return how far from elbow to wrist points of a forearm lie: as much of the wrist's way do they go."""
    (_, elbow), (_, wrist) = (body.chain.anchors[f"{side}_{name}"] for name in ("elbow", "wrist"))
    along = wrist - elbow
    return (points - elbow) @ along / (along @ along)


def _following(body: Body, flesh: Flesh, side: str) -> Patch:
    """Return the half of the forearm that follows the wrist: no push of it brings the other out."""
    arm = flesh.forearms[side]
    return arm.only(_along(body, arm.points, side) >= _FOLLOWS)
