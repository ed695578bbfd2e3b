"""How well one score agrees with another: strokes matched one to one, and how much of that is chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from exges_core.score.records import Stroke

REACHES_S = (0.5, 0.2)
SIZES = (0.0, 0.3, 0.6, 1.0, float("inf"))
"""Bounds of the sizes that missed and invented strokes are counted by."""
SHIFTS = 8


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Counts of one take or many; `plus` adds them up.

    Attributes:
        found, labelled, matched: strokes.
        hands_right: of the matched.
        errors_s: of the matched: found less labelled, all five times.
        missed, invented: strokes by kind ("pointing" ...; labels alone have one) and by size.
        labelled_by: labels, by the same.
    """

    found: int = 0
    labelled: int = 0
    matched: int = 0
    hands_right: int = 0
    errors_s: tuple[tuple[float, ...], ...] = ()
    missed: Counter[str] = field(default_factory=Counter[str])
    invented: Counter[str] = field(default_factory=Counter[str])
    labelled_by: Counter[str] = field(default_factory=Counter[str])

    @property
    def precision(self) -> float:
        """Return the share of what was found that is labelled; NaN without a stroke."""
        return self.matched / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Return the share of what is labelled that was found; NaN without a label."""
        return self.matched / self.labelled if self.labelled else float("nan")

    @property
    def f1(self) -> float:
        """Return 2 matched / (found + labelled); NaN without any."""
        both = self.found + self.labelled
        return 2.0 * self.matched / both if both else float("nan")

    @property
    def hand_right(self) -> float:
        """Return the share of the matched with the right hand; NaN without a match."""
        return self.hands_right / self.matched if self.matched else float("nan")

    @staticmethod
    def total(parts: Iterable[Agreement]) -> Agreement:
        """Return several takes as one; every stroke counts as much."""
        every = list(parts)
        return Agreement(
            found=sum(each.found for each in every),
            labelled=sum(each.labelled for each in every),
            matched=sum(each.matched for each in every),
            hands_right=sum(each.hands_right for each in every),
            errors_s=tuple(error for each in every for error in each.errors_s),
            missed=_sum(each.missed for each in every),
            invented=_sum(each.invented for each in every),
            labelled_by=_sum(each.labelled_by for each in every),
        )


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counters:
        total.update(each)
    return total


def pairs_of(found: Sequence[Stroke], labels: Sequence[Stroke], reach_s: float) -> list[tuple[int, int]]:
    """Return which found stroke is which label: middles within `reach_s`, whatever the hands, one to one.

    As many pairs as can be, and of those choices the one with the least sum of distances.
    """
    if not found or not labels:
        return []
    away_s = np.abs(np.subtract.outer([each.middle_s for each in found], [each.middle_s for each in labels]))
    is_near = away_s <= reach_s
    gain = is_near * (1.0 + len(found) * reach_s) - is_near * away_s
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if is_near[row, column]]


def agreement(found: Sequence[Stroke], labels: Sequence[Stroke], reach_s: float) -> Agreement:
    """Return how well what was found agrees with the labels of one take."""
    pairs = pairs_of(found, labels, reach_s)
    met, known = {row for row, _ in pairs}, {column for _, column in pairs}
    return Agreement(
        found=len(found),
        labelled=len(labels),
        matched=len(pairs),
        hands_right=sum(found[row].hand == labels[column].hand for row, column in pairs),
        errors_s=tuple(
            tuple(one - other for one, other in zip(found[row].times_s, labels[column].times_s, strict=True))
            for row, column in pairs
        ),
        missed=_counted(each for number, each in enumerate(labels) if number not in known),
        invented=_counted(each for number, each in enumerate(found) if number not in met),
        labelled_by=_counted(labels),
    )


def _counted(strokes: Iterable[Stroke]) -> Counter[str]:
    return Counter(name for each in strokes for name in (size_class(each.size), each.kind) if name is not None)


def size_class(size: float) -> str:
    """Return "size 0.3 to 0.6", say."""
    for low, high in pairwise(SIZES):
        if size < high:
            return f"size {low:g} to {high:g}" if np.isfinite(high) else f"size {low:g} and more"
    raise AssertionError(size)


def shifted(labels: Sequence[Stroke], by_s: float, duration_s: float) -> tuple[Stroke, ...]:
    """Return labels moved round the take, each as a whole, by its middle."""
    moved: list[Stroke] = []
    for each in labels:
        step_s = (each.middle_s + by_s) % duration_s - each.middle_s
        start_s, stroke_start_s, apex_s, hold_end_s, end_s = (time_s + step_s for time_s in each.times_s)
        moved.append(
            replace(
                each,
                start_s=start_s,
                stroke_start_s=stroke_start_s,
                apex_s=apex_s,
                hold_end_s=hold_end_s,
                end_s=end_s,
            )
        )
    return tuple(sorted(moved, key=lambda stroke: stroke.middle_s))


def by_shift(found: Sequence[Stroke], labels: Sequence[Stroke], duration_s: float, reach_s: float) -> Agreement:
    """Return chance: the agreement with the labels shifted round the take by `SHIFTS` even steps, added up."""
    steps_s = duration_s * np.arange(1, SHIFTS + 1) / (SHIFTS + 1)
    return Agreement.total(agreement(found, shifted(labels, float(by), duration_s), reach_s) for by in steps_s)


def by_another(found: Sequence[Stroke], others: Sequence[Stroke], duration_s: float, reach_s: float) -> Agreement:
    """Return chance: the agreement with another take's labels, as far as both takes go (`duration_s`)."""
    ours = [each for each in found if each.middle_s < duration_s]
    return agreement(ours, [each for each in others if each.middle_s < duration_s], reach_s)
