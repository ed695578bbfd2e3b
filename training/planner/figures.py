"""What a plan is worth: its strokes against those that were acted, and its habits beside a speaker's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from exges_core.arrays import Array
from exges_core.metrics.listening.events import Meetings, meetings
from exges_core.score.records import HANDS, SIDES, Score, Stroke

NEAR_S, WORD_S = 0.2, 1.0
_FAR = 1e3


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan of a take: its score, and for each stroke the kinds that came first; () where nobody ranked."""

    score: Score
    rankings: tuple[tuple[str, ...], ...] = ()

    def shifted(self, by_s: float) -> Planned:
        """Return the plan moved round the take."""
        duration_s = self.score.duration_s
        strokes = [
            _moved(stroke, (stroke.middle_s + by_s) % duration_s - stroke.middle_s) for stroke in self.score.strokes
        ]
        return replace(self, score=replace(self.score, strokes=tuple(strokes)))


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Counts of one take or several, ready to be added up.

    Attributes:
        planned, acted: strokes.
        within_1_s, within_02_s: pairs, one to one, of middles so near.
        on_word: acted strokes whose word has a planned one.
        hands: of the pairs within 0.2 s, with the right hand; kinds: with the right kind; firsts: whose kind is among
            the first five; meant, meant_firsts: the same for kinds that are not beats, pairs and right ones.
        sizes: planned and acted size of each pair.
        met: of either hand's middles with those of the same hand.
    """

    planned: int
    acted: int
    within_1_s: int
    within_02_s: int
    on_word: int
    hands: int
    kinds: int
    firsts: int
    meant: int
    meant_firsts: int
    sizes: tuple[tuple[float, float], ...]
    met: Meetings


def paired(plan: Planned, acted: Score) -> Pairing:
    """Compare a plan with what was acted."""
    ours, theirs = plan.score.strokes, acted.strokes
    near = _pairs(ours, theirs, NEAR_S)
    words = {stroke.word for stroke in ours if stroke.word is not None}
    kinds = [theirs[b].kind for _, b in near]
    is_first = [
        kind in (plan.rankings[a] if plan.rankings else (ours[a].kind,))
        for kind, (a, _) in zip(kinds, near, strict=True)
    ]
    is_meant = [kind is not None and not kind.startswith("beat") for kind in kinds]
    return Pairing(
        planned=len(ours),
        acted=len(theirs),
        within_1_s=len(_pairs(ours, theirs, WORD_S)),
        within_02_s=len(near),
        on_word=sum(stroke.word in words for stroke in theirs),
        hands=sum(ours[a].hand == theirs[b].hand for a, b in near),
        kinds=sum(ours[a].kind == theirs[b].kind for a, b in near),
        firsts=sum(is_first),
        meant=sum(is_meant),
        meant_firsts=sum(first for first, meant in zip(is_first, is_meant, strict=True) if meant),
        sizes=tuple((ours[a].size, theirs[b].size) for a, b in near),
        met=_met(plan.score, acted),
    )


def added(parts: Sequence[Pairing]) -> Pairing:
    """Return several takes as one."""
    names = [name for name in Pairing.__dataclass_fields__ if name not in ("sizes", "met")]
    return Pairing(
        **{name: sum(getattr(part, name) for part in parts) for name in names},
        sizes=tuple(pair for part in parts for pair in part.sizes),
        met=Meetings.total([part.met for part in parts]),
    )


def figures(found: Pairing) -> dict[str, float]:
    """Return shares and correlations, 0 .. 1; NaN where there is nothing to take a share of."""
    both = found.planned + found.acted
    sizes = np.log(np.maximum(np.array(found.sizes).reshape(-1, 2), 0.05))
    has_spread = len(sizes) > 2 and bool(np.ptp(sizes, axis=0).all())
    return {
        "F1 within 1 s": _share(2 * found.within_1_s, both),
        "F1 within 0.2 s": _share(2 * found.within_02_s, both),
        "F1 same word": _share(2 * found.on_word, both),
        "hand right": _share(found.hands, found.within_02_s),
        "kind right": _share(found.kinds, found.within_02_s),
        "kind in first five": _share(found.firsts, found.within_02_s),
        "... of those with a meaning": _share(found.meant_firsts, found.meant),
        "sizes' correlation": float(np.corrcoef(sizes.T)[0, 1]) if has_spread else float("nan"),
        "meetings": _share(found.met.met, found.met.events),
        "meetings less chance": found.met.excess,
    }


def habits(scores: Sequence[Score]) -> dict[str, float]:
    """Return how a speaker gestures: rate, intervals, hands, rest, sizes."""
    minutes = sum(score.duration_s for score in scores) / 60
    strokes = [stroke for score in scores for stroke in score.strokes]
    intervals = np.concatenate([np.diff(sorted(each.middle_s for each in score.strokes)) for score in scores])
    sizes = np.array([stroke.size for stroke in strokes])
    found = {"strokes a minute": len(strokes) / minutes}
    for share, name in (
        (25, "interval, lower quartile, s"),
        (50, "median, s"),
        (75, "upper quartile, s"),
        (95, "95 %, s"),
    ):
        found[name] = float(np.percentile(intervals, share)) if len(intervals) else float("nan")
    for hand in HANDS:
        found[f"{hand}" if hand == "both" else f"{hand} hand"] = _share(
            sum(each.hand == hand for each in strokes), len(strokes)
        )
    found["time at rest"] = float(np.mean([resting(score, side) for score in scores for side in SIDES]))
    for share in (25, 50, 75):
        found[f"size, {share} %"] = float(np.percentile(sizes, share)) if len(sizes) else float("nan")
    return found


def resting(score: Score, side: str) -> float:
    """Return the share of the take in which a hand is in no stroke's phases."""
    busy, until_s = 0.0, 0.0
    for stroke in sorted(score.of(side), key=lambda each: each.start_s):
        busy += max(0.0, stroke.end_s - max(stroke.start_s, until_s))
        until_s = max(until_s, stroke.end_s)
    return 1.0 - busy / score.duration_s


def _pairs(ours: Sequence[Stroke], theirs: Sequence[Stroke], reach_s: float) -> list[tuple[int, int]]:
    """Return as many pairs, one to one, as there can be within reach; of those the nearest."""
    if not ours or not theirs:
        return []
    off_s = np.abs(np.subtract.outer([each.middle_s for each in ours], [each.middle_s for each in theirs]))
    rows, columns = linear_sum_assignment(np.where(off_s <= reach_s, off_s, _FAR))
    return [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if off_s[a, b] <= reach_s]


def _met(plan: Score, acted: Score) -> Meetings:
    def middles(score: Score, side: str) -> Array:
        return np.array([each.middle_s for each in score.of(side)])

    duration_s = max(plan.duration_s, acted.duration_s)
    return Meetings.total([meetings(middles(plan, side), middles(acted, side), duration_s) for side in SIDES])


def _moved(stroke: Stroke, by_s: float) -> Stroke:
    start_s, stroke_start_s, apex_s, hold_end_s, end_s = (time_s + by_s for time_s in stroke.times_s)
    return replace(
        stroke,
        start_s=start_s,
        stroke_start_s=stroke_start_s,
        apex_s=apex_s,
        hold_end_s=hold_end_s,
        end_s=end_s,
        word=None,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
