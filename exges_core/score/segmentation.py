"""Scores from motion: Kendon's phases of each hand, found in how the wrists go, without labels.

For BEAT2, a studio's own takes and BVH with sound. Candidates are single movements of a wrist, from one slow instant
to the next; a small network says which of them are strokes (`stroke_network`). No speaker is known to it: places are
in arm lengths and speeds also relative to the take's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Int
from exges_core.motion.clip import MotionClip
from exges_core.score.movement_features import features_of
from exges_core.score.movements import Course, course_of, movements_of
from exges_core.score.records import SIDES, Hand, Stroke
from exges_core.score.sizes import with_sizes, wrists_m
from exges_core.score.stroke_network import Judgements, StrokeNetwork, load_network
from exges_core.score.untangling import untangle
from exges_core.timeline import MOTION_RATE_HZ

LEAST_CHANCE = 0.28
"""Movements that are strokes with less probability are left out: the best F1 on validation takes."""
APART_S = 0.5
"""Of two strokes whose middles are nearer, whatever the hands, only the likelier is kept."""
_SURE, _UNSURE_APART_S = 0.5, 0.8
"""What is less likely than this, so near to a likelier one, is its preparation or what follows it."""
_TOGETHER_S = 0.3
"""Movements of both hands whose middles are so near may be one gesture."""
_BOTH_LESS = 0.3
"""The other hand often comes along (validation takes): both must be likelier than one by so much."""
_LEAST_S = 0.1
"""No stroke phase is shorter."""
_LEFT = 0.2
"""A movement that takes the wrist so many arm lengths from where the stroke ended ends the hold."""
_LATE_FRAMES = 3
"""Movements begin while the last is still dying away."""
_LONGEST_HOLD_S = 4.0
_LONGEST_STEP_S = 2.5


class _Found(NamedTuple):
    chance: float
    middle_s: float
    side: int
    number: int


class _Hand(NamedTuple):
    movements: Int[Array, "movements 3"]
    judged: Judgements
    middles_s: Array


def strokes_of_motion(clip: MotionClip, *, network: StrokeNetwork | None = None) -> tuple[Stroke, ...]:
    """Return the strokes of a take, in order; sizes measured, `kind`, `clip` and `word` not known.

    The same at any frame rate, wherever the body stands and looks; mirrored motion gives mirrored strokes.

    Args:
        clip: the motion; below 0.4 s there is none.
        network: another than the one that ships.

    Raises:
        SkeletonError: if the motion is not finite.
        CheckpointError: if the weights cannot be used.
    """
    course = course_of(clip)
    if course is None:
        return ()
    hands = [_judged(course, side, network or load_network()) for side in (0, 1)]
    strokes = [_stroke(found, hands, course, clip.duration_s) for found in _kept(hands)]
    strokes = untangle(_yielding(strokes))
    return with_sizes(strokes, wrists_m(clip), clip.frame_rate_hz)


def _judged(course: Course, side: int, network: StrokeNetwork) -> _Hand:
    movements = movements_of(course, side)
    judged = network.judge(features_of(course, movements, side))
    ends_s = movements[:, [0, 2]] / MOTION_RATE_HZ
    return _Hand(movements, judged, (ends_s + judged.offsets_s[:, 1:3]).mean(axis=1))


def _kept(hands: Sequence[_Hand]) -> list[_Found]:
    """Return the likeliest movements, none too near to a likelier one, in order of time."""
    all_found = [
        _Found(float(chance), float(hand.middles_s[number]), side, number)
        for side, hand in enumerate(hands)
        for number, chance in enumerate(hand.judged.stroke)
        if chance >= LEAST_CHANCE
    ]
    kept: list[_Found] = []
    for found in sorted(all_found, key=lambda each: (-each.chance, each.middle_s)):
        near_s = min((abs(found.middle_s - other.middle_s) for other in kept), default=np.inf)
        if near_s >= (APART_S if found.chance >= _SURE else _UNSURE_APART_S):
            kept.append(found)
    return sorted(kept, key=lambda each: each.middle_s)


def _stroke(movement: _Found, hands: Sequence[_Hand], course: Course, duration_s: float) -> Stroke:
    """Return a movement as a stroke; its times in order and within the take."""
    judged, (start, _, end) = hands[movement.side].judged, hands[movement.side].movements[movement.number]
    edges_s = np.array([start, start, end, end, end]) / MOTION_RATE_HZ
    begin_s, stroke_s, apex_s, hold_s, end_s = (float(each) for each in edges_s + judged.offsets_s[movement.number])
    stroke_s = min(max(stroke_s, 0.0), duration_s - _LEAST_S)
    apex_s = min(max(apex_s, stroke_s + _LEAST_S), duration_s)
    # Holds are not still: hands sag and bob. What is usual there and what is seen are weighed alike.
    leaves_s = _leaves_s(course, movement.side, hands[movement.side].movements, apex_s)
    hold_s = min((max(hold_s, apex_s) + leaves_s) / 2.0, duration_s)
    return Stroke(
        start_s=max(min(begin_s, stroke_s), stroke_s - _LONGEST_STEP_S, 0.0),
        stroke_start_s=stroke_s,
        apex_s=apex_s,
        hold_end_s=hold_s,
        end_s=min(max(end_s, hold_s), hold_s + _LONGEST_STEP_S, duration_s),
        hand=_hand_of(movement, hands),
    )


def _leaves_s(course: Course, side: int, movements: Array, apex_s: float) -> float:
    """Return when the hand sets out from the place where its stroke ended, at most the longest hold later."""
    apex = min(round(apex_s * MOTION_RATE_HZ), course.frames - 1)
    later = movements[movements[:, 0] >= apex - _LATE_FRAMES]
    places = course.places[:, side]
    away = np.linalg.norm(places[later[:, 2]] - places[apex], axis=-1) > _LEFT
    leaves_s = float(later[away, 0].min()) / MOTION_RATE_HZ if away.any() else np.inf
    return min(max(leaves_s, apex_s), apex_s + _LONGEST_HOLD_S)


def _hand_of(movement: _Found, hands: Sequence[_Hand]) -> Hand:
    """Return who makes it, from what is said of this hand's movement and of the other's at the same time."""
    own, other = hands[movement.side], hands[1 - movement.side]
    both = float(own.judged.both[movement.number])
    alone, its_alone, together = movement.chance * (1.0 - both), 0.0, movement.chance * both
    away_s = np.abs(other.middles_s - movement.middle_s)
    if len(away_s) and away_s.min() < _TOGETHER_S:
        at = int(away_s.argmin())
        chance, its_both = float(other.judged.stroke[at]), float(other.judged.both[at])
        its_alone, together = chance * (1.0 - its_both), together + chance * its_both
    if together - _BOTH_LESS > max(alone, its_alone):
        return "both"
    return SIDES[movement.side] if alone >= its_alone else SIDES[1 - movement.side]


def _yielding(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Return strokes whose hold and retraction end where the next gesture of a hand takes it, as labels have it."""
    ordered = list(strokes)
    for number, (stroke, later) in enumerate(pairwise(strokes)):
        if any(stroke.uses(side) and later.uses(side) for side in SIDES):
            next_s = max(later.start_s, stroke.apex_s)
            ordered[number] = replace(
                stroke, hold_end_s=min(stroke.hold_end_s, next_s), end_s=min(stroke.end_s, next_s)
            )
    return ordered
