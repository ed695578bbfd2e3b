"""What the issues ask of these numbers, line by line, and whether it holds: nothing is rounded up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

from exges_core.metrics.intervals import FrechetFloors
from training.evaluation.control_table import ControlRow, verdicts
from training.evaluation.generation_table import Measured, sampler_ratio
from training.evaluation.tables import PAPER_TABLE_3

MOST_FLOORS = 2.0
MOST_SAMPLER_DIFFERENCE = 0.05


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
    """Return issue 6's lines on FGD and Table 3, and issue 5's on steps."""
    fgd = {row.key: row.fgd.value for row in rows if row.fgd is not None}
    whole = max(row.clips for row in rows)
    rivals = {
        row.name: row.fgd.value
        for row in rows
        if row.fgd is not None and row.key != "full" and row.clips == whole and not row.key.startswith("full")
    }
    if "full" not in fgd:
        return []
    ours = fgd["full"]
    better = {name: value for name, value in rivals.items() if value <= ours}
    checks = [
        Check(
            asks="The full model beats every ablation and baseline on FGD",
            holds=not better if rivals else None,
            found=f"{ours:.3f}; "
            + ("; ".join(f"{name} {value:.3f}" for name, value in better.items()) or "none below"),
        )
    ]
    if floors is not None and np.isfinite(floors.held_out):
        checks.append(
            Check(
                asks=f"FGD is at most {MOST_FLOORS:g} times the real-against-real floor",
                holds=ours <= MOST_FLOORS * floors.held_out,
                found=f"{ours:.3f} / {floors.held_out:.3f} = {ours / floors.held_out:.2f}",
            )
        )
    order = [key for key in PAPER_TABLE_3 if key in fgd]
    checks.append(
        Check(
            asks="Table 3's order holds (" + " < ".join(order) + ")",
            holds=all(fgd[a] < fgd[b] for a, b in pairwise(order)) if len(order) == len(PAPER_TABLE_3) else None,
            found=", ".join(f"{key} {fgd[key]:.3f}" for key in order),
        )
    )
    ratio = sampler_ratio(rows)
    if ratio is not None:
        checks.append(
            Check(
                asks=f"10 default steps are within {MOST_SAMPLER_DIFFERENCE:.0%} of 1000-step DDPM in FGD",
                holds=abs(ratio["ratio"] - 1.0) <= MOST_SAMPLER_DIFFERENCE,
                found=f"{ratio['default']:.3f} / {ratio['ddpm']:.3f} = {ratio['ratio']:.3f}",
            )
        )
    return checks


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
