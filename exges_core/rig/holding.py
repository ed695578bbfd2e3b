"""Parts of a rig that stay where its own animation has them, whatever the trunk does; ours.

A held lower body has the very turns and the place of the animation. A held hand stays at its place in the world: the
arm follows by inverse kinematics, the trunk leans less where the hand would be out of reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.footlock import smooth_cover
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.parts import LOWER_BODY, PARTS
from exges_core.motion.rotations import quat_multiply, quat_rotate, slerp
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig.retarget_chain import Chain, Posed

_SIDES = ("left", "right")
_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
_REACH = 0.999
"""Of an arm's length; beyond it the trunk has to give way."""
_STRETCHED = 1.005
"""From this share of its length on an arm is stretched, not just straight."""
_LEAN = ("spine1", "spine2", "spine3", "left_collar", "right_collar")
_EASE_S = 0.4
"""How long the trunk takes to lean less."""
_HALVINGS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnPose:
    """What a rig's own animation shows, frame by frame.

    Attributes:
        turns_wxyz: of each driven bone against its rest, in rig axes.
        heads: where driven bones are, rig axes and unit.
    """

    turns_wxyz: Float[Array, "frames driven 4"]
    heads: Float[Array, "frames driven 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Holding:
    """Parts that stay in the rig's own pose.

    Attributes:
        own: the pose; anything where nothing is held.
        weight: part -> how far it is held on each frame, 0 to 1.
    """

    own: OwnPose
    weight: Mapping[str, Float[Array, "frames"]]

    def of(self, part: str) -> Float[Array, "frames"]:
        """Return how far a part is held on each frame."""
        return self.weight.get(part, np.zeros(len(self.own.heads)))

    @property
    def free(self) -> Mapping[str, Float[Array, "frames"]]:
        """Return how free each side's arm is on each frame."""
        return {side: 1.0 - self.of(f"{side}_arm") for side in _SIDES}


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Where a rig's own animation makes an arm longer than its bones are.

    Attributes:
        side: of the arm.
        share: of its length at most, above 1.
        frame: where that is, counted from the first.
    """

    side: str
    share: float
    frame: int


def stretches(chain: Chain, holding: Holding) -> tuple[Stretch, ...]:
    """Return held arms that the own animation stretches: bones that only turn cannot bring their hands there."""
    found: list[Stretch] = []
    for side in _SIDES:
        is_held = holding.of(f"{side}_arm") > 0.0
        if is_held.any():
            shoulder, _, wrist = _limb(chain, side)
            away = np.linalg.norm(holding.own.heads[:, wrist] - holding.own.heads[:, shoulder], axis=-1)
            shares = np.where(is_held, away / _length(chain, side), 0.0)
            found.append(Stretch(side=side, share=float(shares.max()), frame=int(shares.argmax())))
    return tuple(each for each in found if each.share > _STRETCHED)


def hold(chain: Chain, posed: Posed, holding: Holding, rate_hz: float) -> Posed:
    """Return a posed rig with its held parts where they shall be: lower body, then arms."""
    posed = Posed(turns_wxyz=posed.turns_wxyz.copy(), shift=posed.shift)
    weight = holding.of(LOWER_BODY)
    if weight.any():
        _turn(chain, posed.turns_wxyz, holding, PARTS[LOWER_BODY], weight)
        posed = _seated(chain, posed, holding)
    sides = [side for side in _SIDES if holding.of(f"{side}_arm").any()]
    targets = {side: _target(chain, posed, holding, side) for side in sides}
    posed = _lean_less(chain, posed, holding, targets, rate_hz)
    for side in _SIDES if weight.any() else ():
        # A control rig's own leg may be stretched or bent a little otherwise: what counts is where the foot is.
        leg = _limb(chain, side, _LEG)
        now = chain.heads(posed, [leg[2]])[leg[2]]
        _bring(chain, posed, leg, now + weight[:, None] * (holding.own.heads[:, leg[2]] - now), weight)
    for side in sides:
        _reach(chain, posed, holding, side, targets[side])
    return posed


def _seated(chain: Chain, posed: Posed, holding: Holding) -> Posed:
    """Return a posed rig moved so that a held pelvis is at its place.

    Every turn of the trunk may move the pelvis: on control rigs such as Rigify's it hangs on the trunk's lower end.
    """
    weight, pelvis = holding.of(LOWER_BODY), chain.joint_places["pelvis"]
    if not weight.any():
        return posed
    now = chain.heads(posed, [pelvis])[pelvis]
    shift = posed.shift + weight[:, None] * (holding.own.heads[:, pelvis] - now)
    return Posed(turns_wxyz=posed.turns_wxyz, shift=shift)


def _turn(chain: Chain, turns: Array, holding: Holding, joints: tuple[int, ...], weight: Array) -> None:
    """Turn the bones that play joints as the own animation has them, by a weight, in place."""
    names = {JOINT_NAMES[joint] for joint in joints}
    for place, (_, joint) in enumerate(chain.driven):
        if joint in names:
            turns[:, place] = slerp(turns[:, place], holding.own.turns_wxyz[:, place], weight)


def _limb(chain: Chain, side: str, names: tuple[str, str, str] = _ARM) -> tuple[int, int, int]:
    upper, lower, end = (chain.joint_places[f"{side}_{name}"] for name in names)
    return upper, lower, end


def _target(chain: Chain, posed: Posed, holding: Holding, side: str) -> Float[Array, "frames 3"]:
    """Return where a wrist belongs: from where the motion has it to where it is held."""
    wrist = _limb(chain, side)[2]
    now = chain.heads(posed, [wrist])[wrist]
    return now + holding.of(f"{side}_arm")[:, None] * (holding.own.heads[:, wrist] - now)


def _lean_less(chain: Chain, posed: Posed, holding: Holding, targets: Mapping[str, Array], rate_hz: float) -> Posed:
    """Return a rig whose trunk is turned back towards the own one, as little as brings held hands into reach."""
    places = [chain.joint_places[name] for name in _LEAN if name in chain.joint_places]
    made, own = posed.turns_wxyz[:, places], holding.own.turns_wxyz[:, places]

    def leaning(share: Array) -> Posed:
        turns = posed.turns_wxyz.copy()
        turns[:, places] = slerp(made, own, share)
        return _seated(chain, Posed(turns_wxyz=turns, shift=posed.shift), holding)

    least, most = np.zeros(len(made)), np.ones(len(made))
    is_needed = _is_short(chain, posed, targets, holding)
    if not is_needed.any():
        return posed
    for _ in range(_HALVINGS):
        middle = 0.5 * (least + most)
        is_short = _is_short(chain, leaning(middle[:, None]), targets, holding)
        least, most = np.where(is_short, middle, least), np.where(is_short, most, middle)
    needed = np.where(is_needed, most, 0.0)
    share = np.minimum(smooth_cover(needed, max(1, round(_EASE_S * rate_hz)))[: len(needed)], 1.0)
    return leaning(share[:, None])


def _is_short(chain: Chain, posed: Posed, targets: Mapping[str, Array], holding: Holding) -> Array:
    """Return the frames in which a held hand is out of reach."""
    found = np.zeros(len(posed.shift), bool)
    for side, target in targets.items():
        shoulder = _limb(chain, side)[0]
        away = np.linalg.norm(target - chain.heads(posed, [shoulder])[shoulder], axis=-1)
        found |= (holding.of(f"{side}_arm") > 0.0) & (away > _REACH * _length(chain, side))
    return found


def _length(chain: Chain, side: str) -> float:
    """Return how long an arm is, rig units."""
    shoulder, elbow, wrist = (chain.rest_heads[place] for place in _limb(chain, side))
    return float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow))


def _reach(chain: Chain, posed: Posed, holding: Holding, side: str, target: Array) -> None:
    """Give an arm the own animation's turns and bring its wrist to the target, in place."""
    turns, weight = posed.turns_wxyz, holding.of(f"{side}_arm")
    collar = PARTS[f"{side}_arm"][0]
    _turn(chain, turns, holding, tuple(each for each in PARTS[f"{side}_arm"] if each != collar), weight)
    _bring(chain, posed, _limb(chain, side), target, weight)


def _bring(chain: Chain, posed: Posed, limb: tuple[int, int, int], target: Array, weight: Array) -> None:
    """Bend a limb so that its end lies at the target wherever it is held, in place; its end keeps its turn."""
    turns, rest = posed.turns_wxyz, chain.rest_heads
    start = chain.heads(posed, limb[:1])[limb[0]]
    middle = start + quat_rotate(turns[:, limb[0]], rest[limb[1]] - rest[limb[0]])
    end = middle + quat_rotate(turns[:, limb[1]], rest[limb[2]] - rest[limb[1]])
    solution = two_bone_ik(start, middle, end, target)
    is_held = weight > 0.0
    for place, turn in zip(limb[:2], (solution.root_turn_wxyz, solution.mid_turn_wxyz), strict=True):
        turns[is_held, place] = quat_multiply(turn, turns[:, place])[is_held]
