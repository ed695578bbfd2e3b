"""Which bone plays which joint, told by shape alone: for rigs whose names say nothing, and to check names that do.

    mirror plane -> pairs of limbs -> which pair are legs and arms -> joints along each limb -> trunk and head
    -> which way it faces, hence left and right -> fingers

ours. Heads and parents are all that is read, and tails only of feet without toes. Lengths are compared with one
another, never with a unit, so that any scale, axes and build will do; no rest pose is assumed except that the legs
are below the trunk. Numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from exges_core.arrays import Array
from exges_core.rig.biped import SAME, Biped, Limb, Tree, flat, joined, shared, tree_of
from exges_core.rig.bones import Rig
from exges_core.rig.digits import fingers_of
from exges_core.rig.symmetry import mirror_of
from exges_core.rig.trunk import trunk_of

_UPRIGHT = np.cos(np.deg2rad(50.0))
"""The trunk rises from the hips within this angle of the legs' own direction, or it is no biped standing."""
_LEG_SHARE = 0.6
"""A leg's way from hip to toes leads down by at least this share of its length."""
_REACH = (0.3, 1.4)
"""Arms, shoulder to wrist, against legs, hip to ankle: no wings, no flippers."""
_SMALLEST = 0.12
"""Legs are at least this share of the whole: the bones of a muzzle and two ears make no person."""
_UNLIKELY = 1.0
"""Joints of leg and arm that fit a person's worse than this are another animal's; people's are at 0.1 to 0.6."""
_TRUNK = (0.2, 1.6)
"""Hips to shoulders against legs."""
_ANKLE_RISE = 0.09
"""The ankle is that much of the leg above the lowest point of the foot."""
_SHOULDER_WIDTH = 0.32
"""A shoulder is that much of its arm off the middle."""
_ARM_RATIO = 1.07
"""Upper arm against forearm."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the shape of a rig says.

    Attributes:
        bones: joint -> bone; empty if there is no biped in it.
        knows_sides: False if nothing tells front from back: then left and right are a guess.
        why_not: what was looked for and not found, in words; "" if a biped was found.
    """

    bones: Mapping[str, str]
    knows_sides: bool
    why_not: str


def shape_of(rig: Rig) -> Shape:
    """Return the joints that a rig's shape shows."""
    mirror = mirror_of(rig)
    if mirror is None:
        return Shape(bones={}, knows_sides=False, why_not="two sides that mirror each other")
    tree = tree_of(rig, mirror)
    limbs = _limbs(tree)
    if len(limbs) < 2:
        return Shape(bones={}, knows_sides=False, why_not="two pairs of limbs with three bones each")
    biped, why_not = _biped(tree, limbs)
    if biped is None:
        return Shape(bones={}, knows_sides=False, why_not=why_not)
    return _named(tree, biped)


def _limbs(tree: Tree) -> list[Limb]:
    """Return one limb of each mirrored pair that is long enough for three joints, the longest first."""
    side, partner = tree.mirror.side, tree.mirror.partner
    found: list[Limb] = []
    for bone, parent in enumerate(tree.rig.parents):
        is_root = side[bone] > 0 and (parent < 0 or side[parent] == 0)
        if not is_root or partner[bone] < 0 or tree.reach[bone] < 0.08:
            continue
        way = [each for each in tree.longest_way(bone) if partner[each] >= 0]  # a sword is in one hand only
        if len(way) >= 3 or (len(way) == 2 and tree.reach[bone] > 0.2):
            found.append(Limb(attach=parent, way=tuple(way)))
    return sorted(found, key=lambda limb: -tree.reach[limb.way[0]])


def _biped(tree: Tree, limbs: Sequence[Limb]) -> tuple[Biped | None, str]:
    """Return the likeliest choice of legs and arms, or why there is none."""
    best: Biped | None = None
    reasons: list[str] = []
    for legs in limbs[:12]:
        for arms in limbs[:12]:
            if legs is arms:
                continue
            found = _as_biped(tree, legs, arms)
            if isinstance(found, str):
                reasons.append(found)
            elif best is None or found.score < best.score:
                best = found
    return best, (reasons[0] if reasons else "legs and arms")


def _as_biped(tree: Tree, legs: Limb, arms: Limb) -> Biped | str:
    """Take one pair of limbs as legs, another as arms; return what that makes or why it cannot be."""
    way = legs.way
    hip, foot = tree.heads[way[0]], tree.heads[way[-1]]
    trunk = flat(tree, tree.heads[arms.way[0]] - hip)
    rising = flat(tree, hip - foot)
    upright = float(trunk @ rising) / max(float(np.linalg.norm(trunk) * np.linalg.norm(rising)), 1e-12)
    if np.linalg.norm(rising) < _LEG_SHARE * tree.reach[way[0]]:
        return "legs that stand rather than spread"
    if upright < _UPRIGHT:
        return "a trunk that rises above the legs (a quadruped's lies across them)"
    up = rising / np.linalg.norm(rising)
    leg, leg_cost = _leg_joints(tree, way, up)
    arm, arm_cost = _arm_joints(tree, arms.way)
    if leg is None or arm is None or leg_cost + arm_cost > _UNLIKELY:
        return "legs and arms with a person's three joints each"
    length = float(np.linalg.norm(tree.heads[leg[0]] - tree.heads[leg[2]]))
    reach = float(sum(np.linalg.norm(tree.heads[a] - tree.heads[b]) for a, b in ((arm[0], arm[1]), (arm[1], arm[2]))))
    rise = float(up @ (tree.heads[arm[0]] - tree.heads[leg[0]]))
    if length < _SMALLEST:
        return "legs that carry the whole character"
    if not _REACH[0] < reach / length < _REACH[1] or not _TRUNK[0] < rise / length < _TRUNK[1]:
        return "arms and a trunk in proportion to the legs"
    hand = float(up @ (tree.heads[arm[2]] - tree.heads[leg[2]])) / length
    if hand < 0.2:
        return "hands off the ground"
    if tree.rig.parents[arms.way[0]] >= 0 and joined(tree, legs, arms) is None:
        return "legs and arms on one trunk"
    # The longer limbs explain more of the rig: braids and skirts also come in pairs.
    cost = leg_cost + arm_cost + abs(np.log(reach / length / 0.66)) - 3.0 * (length + reach) + (1.0 - upright)
    return Biped(legs=legs, arms=arms, leg=leg, arm=arm, up=up, score=cost)


def _leg_joints(tree: Tree, way: Sequence[int], up: Array) -> tuple[tuple[int, int, int] | None, float]:
    """Return hip, knee and ankle along a leg: segments alike, the ankle low, the way straight down to it."""
    places = tree.heads[list(way)]
    heights = places @ up
    total = float(heights[0] - heights.min())
    best: tuple[tuple[int, int, int] | None, float] = (None, np.inf)
    for hip, knee, ankle in combinations(range(len(way)), 3):
        thigh = float(np.linalg.norm(places[knee] - places[hip]))
        shin = float(np.linalg.norm(places[ankle] - places[knee]))
        straight = float(np.linalg.norm(places[ankle] - places[hip]))
        if min(thigh, shin, straight) < 0.05 * total:
            continue
        rise = float(heights[ankle] - heights.min()) / max(total, 1e-12)
        cost = (
            1.5 * abs(np.log(thigh / shin))
            + 2.0 * ((thigh + shin) / straight - 1.0)
            + 4.0 * abs(rise - _ANKLE_RISE)
            + 1.0 * float(np.linalg.norm(places[hip] - places[0])) / max(total, 1e-12)
        )
        if cost <= best[1] + 1e-9:  # of bones in one place the last: those before carry sockets and switches
            best = ((way[hip], way[knee], way[ankle]), cost)
    return best


def _arm_joints(tree: Tree, way: Sequence[int]) -> tuple[tuple[int, int, int] | None, float]:
    """Return shoulder, elbow and wrist along an arm: the wrist where fingers branch, segments alike."""
    places = tree.heads[list(way)]
    digits = [_digits(tree, bone) for bone in way]
    hands = [place for place, count in enumerate(digits) if count >= 3 and place >= 2]
    wrists = hands[-1:] or range(2, len(way))
    best: tuple[tuple[int, int, int] | None, float] = (None, np.inf)
    for wrist in wrists:
        for shoulder, elbow in combinations(range(wrist), 2):
            upper = float(np.linalg.norm(places[elbow] - places[shoulder]))
            fore = float(np.linalg.norm(places[wrist] - places[elbow]))
            if min(upper, fore) < 0.01:
                continue
            width = abs(float(tree.mirror.offset[way[shoulder]])) / (upper + fore)
            rest = float(np.linalg.norm(np.diff(places[wrist:], axis=0), axis=1).sum()) / (upper + fore)
            cost = (
                1.2 * abs(np.log(upper / fore / _ARM_RATIO))
                + 0.5 * abs(np.log(max(width, 1e-3) / _SHOULDER_WIDTH))
                + (0.0 if hands else 1.0 * max(0.0, rest - 0.4) + 0.3 * (wrist != len(way) - 1 and rest < 0.05))
            )
            if cost <= best[1] + 1e-9:
                best = ((way[shoulder], way[elbow], way[wrist]), cost)
    return best


def _digits(tree: Tree, bone: int) -> int:
    """Return how many rows of at least two bones begin below a bone, as fingers do below a hand, or below a palm."""
    rows = [child for child in tree.children[bone] if tree.children[child]]
    return sum(1 + (sum(bool(tree.children[each]) for each in tree.children[child]) > 1) for child in rows)


def _named(tree: Tree, biped: Biped) -> Shape:
    """Return all joints of a biped by name."""
    shoulders = tree.heads[biped.arm[0]] @ biped.up
    hips = tree.heads[biped.leg[0]] @ biped.up
    bones = trunk_of(tree, biped, hips=float(hips), shoulders=float(shoulders))
    one_side: dict[str, int] = dict(zip(("hip", "knee", "ankle"), biped.leg, strict=True))
    one_side |= dict(zip(("shoulder", "elbow", "wrist"), biped.arm, strict=True))
    toe = _toe(tree, biped)
    collar = _collar(tree, biped, bones)
    if toe is not None:
        one_side["foot"] = toe
    if collar is not None:
        one_side["collar"] = collar
    front = _front(tree, biped, bones)
    left = np.cross(biped.up, front) if front is not None else None
    is_left = left is None or bool(left @ tree.mirror.normal > 0.0)
    here, there = ("left", "right") if is_left else ("right", "left")
    for name, bone in one_side.items():
        bones[f"{here}_{name}"] = bone
        other = _other_side(tree, biped, bone)
        if other is not None:
            bones[f"{there}_{name}"] = other
    for side in ("left", "right"):
        wrist, elbow = bones.get(f"{side}_wrist"), bones.get(f"{side}_elbow")
        if wrist is not None and elbow is not None:
            forearm = tree.heads[wrist] - tree.heads[elbow]
            bones |= {f"{side}_{name}": bone for name, bone in fingers_of(tree, _hand(tree, wrist), forearm).items()}
    names = tree.rig.names
    return Shape(
        bones={joint: names[bone] for joint, bone in bones.items()},
        knows_sides=front is not None,
        why_not="",
    )


def _hand(tree: Tree, wrist: int) -> int:
    """Return the bone that carries the fingers: the wrist's, or on control rigs another in its place."""
    near = np.flatnonzero(np.linalg.norm(tree.heads - tree.heads[wrist], axis=1) < SAME)
    return max([wrist, *(int(bone) for bone in near)], key=lambda bone: (_digits(tree, bone), bone == wrist))


def _other_side(tree: Tree, biped: Biped, bone: int) -> int | None:
    """Return the mirror image of a limb's bone: by place, and for bones on the plane by what hangs below them."""
    other = int(tree.mirror.partner[bone])
    if other >= 0 and other != bone:
        return other
    for limb in (biped.legs, biped.arms):
        if bone in tree.above(limb.way[0]) or bone in limb.way:
            start = tree.mirror.partner[limb.way[0]]
            steps = tree.above(limb.way[0])
            if bone in steps and start >= 0:
                mirrored = tree.above(int(start))
                place = steps.index(bone)
                return mirrored[place] if place < len(mirrored) and mirrored[place] != bone else None
    return None


def _toe(tree: Tree, biped: Biped) -> int | None:
    """Return the first bone past the ankle that is well on the way to the toes and alone there."""
    way = biped.legs.way
    ankle = biped.leg[2]
    after = way[way.index(ankle) + 1 :]
    if not after:
        return None
    leg = float(np.linalg.norm(tree.heads[biped.leg[0]] - tree.heads[ankle]))
    far = [bone for bone in after if np.linalg.norm(tree.heads[bone] - tree.heads[ankle]) > 0.09 * leg]
    if not far:
        return None
    rows = [child for child in tree.children[ankle] if tree.children[child]]
    return None if len(rows) > 3 else far[0]


def _collar(tree: Tree, biped: Biped, bones: Mapping[str, int]) -> int | None:
    """Return the bone between the trunk and the shoulder: the first of the limb, or one on the plane of one side."""
    way = biped.arms.way
    lowest = shared(tree, biped, way[0]) if tree.rig.parents[way[0]] >= 0 else -1
    over = [bone for bone in tree.above(biped.arm[0])[1:] if bone != lowest]
    trunk: set[int] = set(tree.above(lowest)) if lowest >= 0 else set()
    over = [bone for bone in over if bone not in trunk and bone not in bones.values()]
    return over[-1] if over else None


def _front(tree: Tree, biped: Biped, bones: Mapping[str, int]) -> Array | None:
    """Return where the character faces, by feet, then face, then bent elbows and knees; None if nothing tells."""
    way, ankle = biped.legs.way, biped.leg[2]
    leg = float(np.linalg.norm(tree.heads[biped.leg[0]] - tree.heads[ankle]))
    votes = np.zeros(3)
    foot = _level(tree, biped, tree.heads[way[-1]] - tree.heads[ankle]) / leg
    if np.linalg.norm(foot) > 0.03:
        votes += foot
    else:
        tail = _level(tree, biped, tree.rig.tails[ankle] / tree.mirror.size - tree.heads[ankle]) / leg
        votes += tail if np.linalg.norm(tail) > 0.03 else 0.0
    if "head" in bones:
        face = [bone for bone in tree.children[bones["head"]] if tree.mirror.side[bone] != 0]
        if face:
            votes += 0.5 * _level(tree, biped, tree.heads[face].mean(axis=0) - tree.heads[bones["head"]]) / leg
    for (start, bend, stop), sign in ((biped.arm, 1.0), (biped.leg, -1.0)):
        chord = tree.heads[stop] - tree.heads[start]
        share = float((tree.heads[bend] - tree.heads[start]) @ chord) / max(float(chord @ chord), 1e-12)
        votes -= 0.3 * sign * _level(tree, biped, tree.heads[bend] - tree.heads[start] - share * chord) / leg
    length = float(np.linalg.norm(votes))
    return votes / length if length > 0.01 else None


def _level(tree: Tree, biped: Biped, vector: Array) -> Array:
    """Return the part of a vector that points forwards or backwards."""
    level = flat(tree, vector)
    return level - (level @ biped.up) * biped.up
