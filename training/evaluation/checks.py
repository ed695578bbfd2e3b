"""What the issues ask of these numbers, line by line, and whether it holds: nothing is rounded up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

from exges_core.metrics.intervals import FrechetFloors
from training.evaluation.control_table import ControlRow, verdicts
from training.evaluation.figures import Figure
from training.evaluation.generation_table import Measured, sampler_ratio
from training.evaluation.listening_columns import Listening
from training.evaluation.systems import TRUE_SCORE
from training.evaluation.tables import PAPER_TABLE_3

MOST_FLOORS = 2.0
MOST_SAMPLER_DIFFERENCE = 0.05
LEAST_HITS, LEAST_CORRELATION = 0.12, 0.20
"""Against the labels of another performance: the same speech acted anew reaches 0.15 and 0.25."""
LEAST_PLAN_HITS, LEAST_PLAN_CORRELATION = 0.27, 0.33
"""Against the score that was played: the truth reaches 0.33 and 0.41 against its own labels."""
LEAST_OWN_SOUND = 0.9


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of a "Done when".

    Attributes:
        asks: what is asked.
        holds: None = not measured here.
        found: the numbers.
    """

    asks: str
    holds: bool | None
    found: str

    def as_json(self) -> dict[str, object]:
        """Return it by names."""
        return asdict(self)


def generation_checks(rows: Sequence[Measured], floors: FrechetFloors | None) -> list[Check]:
    """Return issue 6's lines on FGD and Table 3, and issue 5's on steps; none without the full system."""
    fgd = {row.key: row.fgd.value for row in rows if row.fgd is not None}
    if "full" not in fgd:
        return []
    checks = [_best_of_all(rows, fgd["full"]), _order(fgd)]
    if floors is not None and np.isfinite(floors.held_out):
        checks.insert(1, _near_floor(fgd["full"], floors.held_out))
    ratio = sampler_ratio(rows)
    return checks if ratio is None else [*checks, _few_steps(ratio)]


def _best_of_all(rows: Sequence[Measured], ours: float) -> Check:
    whole = max(row.clips for row in rows)
    rivals = {
        row.name: row.fgd.value
        for row in rows
        if row.fgd is not None and row.clips == whole and not row.key.startswith(("full", TRUE_SCORE))
    }
    better = [f"{name} {value:.3f}" for name, value in rivals.items() if value <= ours]
    return Check(
        asks="The full model beats every ablation and baseline on FGD",
        holds=not better if rivals else None,
        found=f"{ours:.3f}; {'; '.join(better) or 'none below'}",
    )


def _near_floor(ours: float, floor: float) -> Check:
    return Check(
        asks=f"FGD is at most {MOST_FLOORS:g} times the real-against-real floor",
        holds=ours <= MOST_FLOORS * floor,
        found=f"{ours:.3f} / {floor:.3f} = {ours / floor:.2f}",
    )


def _order(fgd: Mapping[str, float]) -> Check:
    order = [key for key in PAPER_TABLE_3 if key in fgd]
    return Check(
        asks="Table 3's order holds (" + " < ".join(order) + ")",
        holds=all(fgd[a] < fgd[b] for a, b in pairwise(order)) if len(order) == len(PAPER_TABLE_3) else None,
        found=", ".join(f"{key} {fgd[key]:.3f}" for key in order),
    )


def _few_steps(ratio: Mapping[str, float]) -> Check:
    return Check(
        asks=f"10 default steps are within {MOST_SAMPLER_DIFFERENCE:.0%} of 1000-step DDPM in FGD",
        holds=abs(ratio["ratio"] - 1.0) <= MOST_SAMPLER_DIFFERENCE,
        found=f"{ratio['default']:.3f} / {ratio['ddpm']:.3f} = {ratio['ratio']:.3f}",
    )


def listening_checks(rows: Sequence[Measured]) -> list[Check]:
    """Return issue 14's lines on listening, of the full system and of the one that is given the truth's score."""
    found = {row.key: row.listening for row in rows}
    checks: list[Check] = []
    if "full" in found:
        ours = found["full"]
        asks = "Strokes against the labels of another performance"
        checks += _at_least(asks, ours.hits, LEAST_HITS, ours.correlation, LEAST_CORRELATION)
        checks += _of_plan("Strokes against the planner's score", ours)
        checks += _own_sound(ours, found.get("real"))
    if TRUE_SCORE in found:
        checks += _of_plan("Strokes against the truth's labels, given as the score", found[TRUE_SCORE])
    return checks


def _of_plan(asks: str, found: Listening) -> list[Check]:
    return _at_least(asks, found.plan_hits, LEAST_PLAN_HITS, found.plan_correlation, LEAST_PLAN_CORRELATION)


def _at_least(
    asks: str, hits: Figure | None, least_hits: float, correlation: Figure | None, least_correlation: float
) -> list[Check]:
    pairs = (("hits", hits, least_hits), ("r", correlation, least_correlation))
    return [
        Check(
            asks=f"{asks}: {name} at least {least:.2f}",
            holds=None if figure is None else figure.value >= least,
            found="no strokes to measure by" if figure is None else f"{figure.value:.3f} ({_between(figure)})",
        )
        for name, figure, least in pairs
    ]


def _own_sound(ours: Listening, truth: Listening | None) -> list[Check]:
    asks = f"A judge tells own from exchanged sound: AUC at least {LEAST_OWN_SOUND:g} of the truth's"
    if truth is None or truth.own_sound is None or ours.own_sound is None:
        return [Check(asks=asks, holds=None, found="no judge, or takes shorter than its window")]
    share = ours.own_sound.value / truth.own_sound.value
    told = f"{ours.own_sound.value:.3f} / {truth.own_sound.value:.3f} = {share:.2f}"
    return [Check(asks=asks, holds=share >= LEAST_OWN_SOUND, found=told)]


def _between(figure: Figure) -> str:
    return f"{figure.low:.2f}-{figure.high:.2f}"


def control_checks(rows: Sequence[ControlRow], ours: str, where: str) -> list[Check]:
    """Return issue 5's line on control for one set of windows: four errors, each falling and below the others."""
    found: list[Check] = []
    for measure, lines in verdicts(rows, ours).items():
        errors = {row.given: row.errors[measure].value for row in rows if row.system == ours}
        course = ", ".join(f"{errors[count]:.1f}" for count in sorted(errors))
        for line, holds in lines.items():
            asks = "falls with 1, 2, 3 poses" if line == "falls" else f"lies {line}"
            found.append(Check(asks=f"{where}: {measure} {asks}", holds=holds, found=f"{course} mm"))
    return found


def missing(skipped: Mapping[str, str]) -> list[Check]:
    """Return what could not be measured."""
    return [Check(asks=f"{key} is measured", holds=None, found=why) for key, why in skipped.items()]
