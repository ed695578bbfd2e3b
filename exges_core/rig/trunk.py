"""Which bones of the middle are pelvis, spine, neck and head. Numpy alone; legs and arms are ``geometry``'s."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from exges_core.arrays import Array
from exges_core.rig.biped import SAME, Biped, Tree, joined, shared

_HEAD_RISE = 0.3
"""The head joint is that much of the trunk (hips to shoulders) above the shoulders."""
_HEAD_OFF = 0.4
"""A bone that carries a face is the head if it is within this share of the trunk of where heads are."""
_SPINE_SHARES = (0.3, 0.52, 0.62)
"""Where spine1, spine2 and spine3 are between the hip joints and the neck on the canonical body."""


def trunk_of(tree: Tree, biped: Biped, *, hips: float, shoulders: float) -> dict[str, int]:
    """Return pelvis, spine, neck and head along the way up the middle."""
    joint = joined(tree, biped.legs, biped.arms)
    if joint is None:
        return {}
    middle = tree.heads[biped.leg[0]] - float(tree.mirror.offset[biped.leg[0]]) * tree.mirror.normal
    pelvis = _pelvis(tree, joint, middle)
    attach = next(bone for bone in tree.above(biped.arms.way[0])[1:] if tree.mirror.side[bone] == 0)
    attach = shared(tree, biped, attach)
    rising = [bone for bone in reversed(tree.above(attach)) if pelvis in tree.above(bone)]
    while True:
        over = [child for child in tree.children[rising[-1]] if tree.mirror.side[child] == 0]
        if not over:
            break
        rising.append(max(over, key=lambda bone: float((tree.heads[tree.below(bone)] @ biped.up).max())))
    heights = tree.heads[rising] @ biped.up
    trunk = shoulders - hips
    start = rising.index(attach)
    beyond = [place for place in range(max(1, start), len(rising)) if place > start or heights[place] > shoulders]
    if not beyond:
        return {"pelvis": pelvis}
    head = _head(tree, biped, rising, beyond, shoulders + _HEAD_RISE * trunk, trunk)
    neck = next((place for place in range(1, head) if _is_neck(heights, place, start, shoulders, trunk)), head)
    found = {"pelvis": pelvis, "head": rising[head]}
    if neck < head:
        found["neck"] = rising[neck]
    spine = [place for place in range(1, min(neck, head)) if rising[place] != pelvis]
    return found | {name: rising[place] for name, place in _spine(heights, spine, hips, float(heights[neck])).items()}


def _head(tree: Tree, biped: Biped, rising: Sequence[int], beyond: Sequence[int], wanted: float, trunk: float) -> int:
    """Return which of the bones above the shoulders is the head: the last that carries a face, else the one as high."""
    heights = tree.heads[list(rising)] @ biped.up
    arms = {biped.arms.way[0], int(tree.mirror.partner[biped.arms.way[0]])}

    def carries_face(place: int) -> bool:
        below = [bone for child in tree.children[rising[place]] if child not in arms for bone in tree.below(child)]
        return bool((tree.mirror.side[below] != 0).any()) if below else False

    faces = [place for place in beyond if carries_face(place) and abs(heights[place] - wanted) < _HEAD_OFF * trunk]
    # Without a face it is a matter of height; a jaw does not rise above the head it hangs on.
    risen = [each for each in beyond if heights[each] > heights[: max(1, each)].max() + 0.02 * trunk] or beyond
    place = faces[-1] if faces else min(risen, key=lambda each: abs(float(heights[each]) - wanted))
    # Of bones in one place the first is the head: a face's root often lies upon it.
    same = [each for each in beyond if np.linalg.norm(tree.heads[rising[each]] - tree.heads[rising[place]]) < SAME]
    return same[0]


def _is_neck(heights: Array, place: int, attach: int, shoulders: float, trunk: float) -> bool:
    """Say whether a bone of the middle begins the neck: above the arms' bone, or as high as the shoulders."""
    margin = 0.25 if place > attach else 0.02
    return bool(heights[place] > shoulders - margin * trunk)


def _pelvis(tree: Tree, joint: int, middle: Array) -> int:
    """Return the bone that carries legs and trunk: of those above their meeting the one nearest the hips."""
    candidates = [bone for bone in tree.above(joint) if tree.mirror.side[bone] == 0]
    distances = [float(np.linalg.norm(tree.heads[bone] - middle)) for bone in candidates]
    nearest = min(distances)
    return next(bone for bone, far in zip(candidates, distances, strict=True) if far <= nearest + 0.03)


def _spine(heights: Array, places: Sequence[int], hips: float, neck: float) -> dict[str, int]:
    """Return which of the bones between pelvis and neck are spine1, spine2 and spine3: nearest in height, in order."""
    if not places:
        return {}
    shares = [(float(heights[place]) - hips) / max(neck - hips, 1e-12) for place in places]
    names = ("spine1", "spine2", "spine3")
    wanted: dict[str, float] = dict(zip(names, _SPINE_SHARES, strict=True))
    kept = {1: ("spine1",), 2: ("spine1", "spine3")}.get(len(places), names)
    best = min(
        combinations(range(len(places)), len(kept)),
        key=lambda chosen: sum(abs(shares[at] - wanted[name]) for at, name in zip(chosen, kept, strict=True)),
    )
    return {name: places[at] for at, name in zip(best, kept, strict=True)}
