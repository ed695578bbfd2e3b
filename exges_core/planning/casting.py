"""Casting: which gesture of the motion base each stroke of a score is to look like (paper 3.2 at the score's scale).

A gesture that retrieval is sure of goes to the stroke at its word, and gives it its kind and hands. Every other stroke
takes the base's stroke that is most like it: of its kind and hands, as large and as long, by the same speaker, not used
just before. Where a base has nothing near, a stroke stays without a clip and the denoiser plays it from its phases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.motion.clip import MotionClip, concatenate
from exges_core.retrieval.base_strokes import BaseStrokes
from exges_core.retrieval.choice import Candidate, SegmentMatches
from exges_core.retrieval.library import MotionBase
from exges_core.score.busy import Busy, is_busy
from exges_core.score.channels import chest_wrists_m, places_of
from exges_core.score.records import HANDS, SIDES, Hand, Score, Stroke, called, moved, with_times
from exges_core.score.untangling import SHORTEST_S, untangle
from exges_core.timeline import MOTION_RATE_HZ

REACH_S = 0.6
"""A retrieved gesture goes to a stroke whose apex is at most so far outside its segment."""
_OTHER_KIND, _RIVAL, _AGAIN = 6.0, 1.0, 1.5
"""Costs, beside the logarithms of the ratios of size and of lengths."""
_AWAY_PER_M = 4.0
"""A gesture that begins a metre from where the last one of that hand has just ended costs so much."""
_SOON_S = 1.0
"""A hand that was at its last apex so shortly before is still about there."""
_AROUND = 40
"""So many strokes on either side are looked at: farther ones are more than half a minute away."""
KEY_REACH_S = 0.25
"""Of a clip without strokes so much is shown before and behind its key frame: half a second, as without a score."""
_WORST = 4.0
"""A stroke that nothing cheaper fits has no clip."""
_LUCK = 0.35
"""Spread of the chance in a cost: another seed, another of the gestures that fit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Role:
    """A stroke and the gesture of the base that it is to look like.

    Attributes:
        number: of the stroke in its score.
        stroke: as planned.
        motion: of the base's stroke from start to end, at 30 fps.
        source: the base's stroke, times in `motion`.
        confidence: how sure that is, 0 to 1.
    """

    number: int
    stroke: Stroke
    motion: MotionClip
    source: Stroke
    confidence: float


@dataclass(frozen=True, kw_only=True)
class CastingSettings:
    """What casting may choose, and how confident it is.

    Attributes:
        likeness: confidence given to every gesture; 1 where a person locked a stroke with its clip.
        rivals: speakers whose gestures would show another's manner (`search.rivals_of`).
        banned: clips that are never used.
        seed: of the draw among equally good clips.
        busy: parts whose hands no stroke is given to.
    """

    likeness: float = 0.6
    rivals: Collection[str] = ()
    banned: Collection[int] = ()
    seed: int = 0
    busy: Sequence[Busy] = ()


def cast(
    score: Score, base: MotionBase, matches: Sequence[SegmentMatches], settings: CastingSettings
) -> tuple[Score, tuple[Role, ...]]:
    """Return the score with clips and kinds filled in, and the gestures to show for them.

    A stroke's own `clip` is obeyed: of that segment, the stroke most like it is taken.

    A planner's stroke takes the pace of the gesture that it gets, about its own middle: stretched to what was planned,
    4 of 100 lost their peak of speed (25 unseen takes: hits of the plan 0.34, paced 0.37). Times of a person's score,
    of labels, of motion, of locked strokes and of those with a clip stay.
    """
    company = _Company(base, matches, settings, score)
    roles: list[Role] = []
    for number in range(len(score.strokes)):
        role = company.role_of(number)
        if role is not None:
            roles.append(role)
    return replace(score, strokes=tuple(company.strokes)), tuple(roles)


class _Company:
    """The base's strokes, how often each has played already, and the score as far as it is filled in."""

    def __init__(
        self, base: MotionBase, matches: Sequence[SegmentMatches], settings: CastingSettings, score: Score
    ) -> None:
        self.base, self.settings = base, settings
        self.strokes = list(score.strokes)
        self._duration_s, self._is_planned = score.duration_s, score.origin == "planner"
        self._retrieved = _retrieved(score, matches)
        self._generator = np.random.default_rng([settings.seed, 7])
        self._used: Counter[int] = Counter()
        self._hands: dict[str, tuple[float, Array]] = {}

    def role_of(self, number: int) -> Role | None:
        """Find a stroke its gesture: what is asked for or retrieved, else the likest; None if none is near."""
        stroke, match = self.strokes[number], self._retrieved.get(number)
        luck = _LUCK * self._generator.standard_normal(len(self.base.strokes))
        wanted = stroke.clip if match is None else match.clip_index
        role = None if wanted is None else self._role(number, wanted, luck)
        return role or self._role(number, None, luck)

    def _role(self, number: int, wanted: int | None, luck: Array) -> Role | None:
        stroke = self.strokes[number]
        cost = _costs(self.base.strokes, stroke, wanted, self._used, self.settings) + luck + self._way_m(stroke)
        best = int(np.argmin(cost)) if len(cost) else -1
        if best < 0 or not cost[best] < (_WORST if wanted is None else np.inf):
            return self._without_stroke(number, wanted)
        motion, source = self.base.stroke_motion(best)
        if source.hand != stroke.hand and (stroke.is_locked or not self._is_free(number, source.hand)):
            return None
        self._used[best] += 1
        for side, name in enumerate(SIDES):
            if source.uses(name):
                self._hands[name] = (stroke.hold_end_s, self.base.strokes.places[best, side, 2])
        kind = source.kind or stroke.kind
        given = replace(stroke, clip=int(source.clip or 0), kind=kind, hand=source.hand)
        is_settled = stroke.is_locked or stroke.clip is not None or not self._is_planned
        self.strokes[number] = given if is_settled else self._paced(number, given, source)
        # The same for all that a planner drew: a score that is written down and given back plays the same.
        sure = 1.0 if stroke.is_locked and stroke.clip is not None else self.settings.likeness
        return Role(number=number, stroke=self.strokes[number], motion=motion, source=source, confidence=sure)

    def _paced(self, number: int, stroke: Stroke, source: Stroke) -> Stroke:
        """Return the stroke as long as its gesture, as far as its hands' other strokes leave time."""
        near = range(max(number - _AROUND, 0), min(number + _AROUND + 1, len(self.strokes)))
        others = [self.strokes[place] for place in near if place != number]
        others = [each for each in others if _share_a_hand(each, stroke)]
        middle_s = stroke.middle_s
        # A score is in order of its strokes' starts, whichever hand makes them.
        before_s = self.strokes[number - 1].start_s if number else 0.0
        free_s = max([before_s, *(each.apex_s for each in others if each.middle_s <= middle_s)])
        until_s = min([self._duration_s, *(each.start_s for each in others if each.middle_s > middle_s)])
        reach_s = min((source.apex_s - source.stroke_start_s) / 2, middle_s - free_s, until_s - middle_s)
        if reach_s < SHORTEST_S / 2:
            return stroke
        after_s = self.strokes[number + 1].start_s if number + 1 < len(self.strokes) else self._duration_s
        stroke_start_s, apex_s = middle_s - reach_s, middle_s + reach_s
        start_s = stroke_start_s - (stroke.stroke_start_s - stroke.start_s)
        hold_end_s = min(apex_s + stroke.hold_end_s - stroke.apex_s, self._duration_s)
        times_s = (
            min(max(start_s, free_s), after_s, stroke_start_s),
            stroke_start_s,
            apex_s,
            hold_end_s,
            min(hold_end_s + stroke.end_s - stroke.hold_end_s, self._duration_s),
        )
        return with_times(stroke, [round(time, 3) for time in times_s])

    def _without_stroke(self, number: int, wanted: int | None) -> Role | None:
        """Return a locked stroke's gesture where its clip has no stroke of its own: the clip about its key frame."""
        stroke = self.strokes[number]
        if wanted is None or not stroke.is_locked or (self.base.strokes.clip == wanted).any():
            return None
        motion, source = gesture_of(self.base, wanted)
        return Role(number=number, stroke=stroke, motion=motion, source=source, confidence=1.0)

    def _way_m(self, stroke: Stroke) -> Float[Array, "strokes"]:
        """Return what the ways cost from where the hands are to where each of the base's strokes begins."""
        cost = np.zeros(len(self.base.strokes))
        for side, name in enumerate(SIDES):
            left_s, place = self._hands.get(name, (-np.inf, None))
            if place is not None and stroke.uses(name) and stroke.start_s - left_s < _SOON_S:
                begins = self.base.strokes.places[:, side, 0]
                cost += _AWAY_PER_M * np.linalg.norm(begins - place, axis=-1)
        return cost

    def _is_free(self, number: int, hand: Hand) -> bool:
        """Return whether a stroke may be given to these hands without getting in another's way."""
        wanted = replace(self.strokes[number], hand=hand)
        if any(wanted.uses(side) and is_busy(self.settings.busy, side, wanted) for side in SIDES):
            return False
        others = [other for place, other in enumerate(self.strokes) if place != number]
        return all(
            other.apex_s <= wanted.start_s or other.start_s >= wanted.apex_s
            for other in others
            if _share_a_hand(wanted, other)
        )


def with_pinned(score: Score, base: MotionBase, matches: Sequence[SegmentMatches], pinned: Collection[int]) -> Score:
    """Return the score with a locked stroke for the gesture of every pinned segment; others make room for it.

    It is as long as the base's and takes the place of the planned stroke that is nearest to where retrieval puts the
    gesture, or comes there by itself.
    """
    strokes = list(score.strokes)
    for number in sorted(pinned):
        used = matches[number].used
        if used is None or any(each.clip == used.clip_index and each.is_locked for each in strokes):
            continue
        start_s, end_s = matches[number].segment.start_s - REACH_S, matches[number].segment.end_s + REACH_S
        near = [each for each in strokes if start_s <= each.apex_s <= end_s and not each.is_locked]
        asked_s = used.query_time_s
        nearest = min(near, key=lambda each: abs(each.apex_s - asked_s), default=None)
        apex_s = asked_s if nearest is None else nearest.apex_s
        if nearest is not None:
            strokes.remove(nearest)
        _, source = gesture_of(base, used.clip_index)
        strokes.append(_inside(moved(source, apex_s - source.apex_s), score.duration_s))
    return replace(score, strokes=untangle(strokes))


def gesture_of(base: MotionBase, clip: int) -> tuple[MotionClip, Stroke]:
    """Return the first stroke of a segment with its motion; of one without strokes, all of it about its key frame."""
    own = np.flatnonzero(base.strokes.clip == clip)
    if len(own):
        return base.stroke_motion(int(own[0]))
    motion, entry = base.clip(clip), base.entry(clip)
    end_s = (motion.frames - 1) / MOTION_RATE_HZ
    key_s = min(max(entry.key_time_s - entry.start_s, 0.0), end_s)
    stroke = Stroke(
        start_s=0.0,
        stroke_start_s=max(key_s - KEY_REACH_S, 0.0),
        apex_s=key_s,
        hold_end_s=min(key_s + KEY_REACH_S, end_s),
        end_s=end_s,
        hand="both",
        clip=clip,
    )
    return motion, stroke


def _inside(stroke: Stroke, duration_s: float) -> Stroke:
    """Return a locked stroke cut off at a take's ends."""
    *times_s, end_s = (min(max(time, 0.0), duration_s) for time in stroke.times_s)
    return replace(with_times(stroke, [*times_s, max(end_s, times_s[0] + 0.1)]), is_locked=True)


def _share_a_hand(one: Stroke, other: Stroke) -> bool:
    return any(one.uses(side) and other.uses(side) for side in SIDES)


def role_places(score: Score, roles: Sequence[Role]) -> Float[Array, "strokes 2 2 3"]:
    """Return where the gestures' wrists are at stroke start and apex (`score.channels.places_of`); NaN without one."""
    places = np.full((len(score.strokes), 2, 2, 3), np.nan)
    if not roles:
        return places
    wrists = chest_wrists_m(concatenate([role.motion for role in roles]))  # all at once: each is a second or two
    ends = np.cumsum([role.motion.frames for role in roles])
    for role, own in zip(roles, np.split(wrists, ends[:-1]), strict=True):
        places[role.number] = places_of([role.source], own)[0]
    return places


def warnings_of(score: Score, roles: Sequence[Role]) -> list[str]:
    """Say which strokes that a person gave a clip could not get it."""
    served = {role.number for role in roles}
    asked = [(number, each) for number, each in enumerate(score.strokes) if each.clip is not None]
    return [
        f"{called(number, each)}: clip {each.clip} has no stroke; it is played without one"
        for number, each in asked
        if number not in served
    ]


def _retrieved(score: Score, matches: Sequence[SegmentMatches]) -> dict[int, Candidate]:
    """Give each used gesture to the nearest stroke in its segment that has none."""
    found: dict[int, Candidate] = {}
    for match in matches:
        used = match.used
        if used is None:
            continue
        start_s, end_s = match.segment.start_s - REACH_S, match.segment.end_s + REACH_S
        near = [(number, each) for number, each in enumerate(score.strokes) if start_s <= each.apex_s <= end_s]
        free = [(abs(each.apex_s - used.query_time_s), number) for number, each in near if each.clip is None]
        free = [each for each in free if each[1] not in found]
        if free and all(each.clip != used.clip_index for _, each in near):
            found[min(free)[1]] = used
    return found


def _costs(
    strokes: BaseStrokes, stroke: Stroke, wanted: int | None, used: Counter[int], settings: CastingSettings
) -> Float[Array, "strokes"]:
    lengths = np.maximum(np.diff(strokes.frames, axis=1) / MOTION_RATE_HZ, 1 / MOTION_RATE_HZ)
    own = np.maximum(np.diff(np.array(stroke.times_s)), 1 / MOTION_RATE_HZ)
    # The stroke's own length is heard most; a hold or a way there can be cut or stretched.
    cost = np.abs(np.log(lengths / own)) @ np.array((0.15, 1.0, 0.2, 0.1))
    cost += np.abs(np.log(np.maximum(strokes.size, 0.1) / max(stroke.size, 0.1)))
    is_other_hand = strokes.hand != HANDS.index(stroke.hand)
    cost += _RIVAL * np.isin(strokes.speaker, list(settings.rivals)) if settings.rivals else 0.0
    if used:
        cost[list(used)] += _AGAIN * np.array(list(used.values()))
    if wanted is not None:
        return np.where(strokes.clip == wanted, cost + is_other_hand, np.inf)
    cost += _OTHER_KIND * _is_other_kind(strokes, stroke)
    return np.where(is_other_hand | np.isin(strokes.clip, list(settings.banned)), np.inf, cost)


def _is_other_kind(strokes: BaseStrokes, stroke: Stroke) -> Bool[Array, "strokes"]:
    """Return which are of another kind; kinds that the base does not know say nothing."""
    if stroke.kind is None or stroke.kind not in strokes.kinds:
        return np.zeros(len(strokes), np.bool_)
    return strokes.kind != strokes.kinds.index(stroke.kind)
