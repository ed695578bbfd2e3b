"""The measured numbers as tables of text, the same for the page, for Markdown and for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from exges_core.metrics.intervals import FrechetFloors
from training.evaluation.control_table import GIVEN, ControlRow
from training.evaluation.figures import Figure
from training.evaluation.generation_table import Measured
from training.evaluation.listening_columns import Listening
from training.evaluation.real_voices import FIGURES, Voices
from training.evaluation.systems import TRUE_SCORE

PAPER_TABLE_3 = ("full", "no-part-mask", "no-retrieval", "no-control")
"""Best first, by FGD, as the paper's Table 3 has them (5.22, 5.4, 6.5, 7.80)."""


class Cell(NamedTuple):
    """Text, and whether it is the best of its column."""

    text: str
    is_best: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table to be read.

    Attributes:
        note: what its columns mean; below it.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [f"### {self.title}", "", f"| {' | '.join(self.heads)} |", "|" + "---|" * len(self.heads)]
        for row in self.rows:
            lines.append("| " + " | ".join(f"**{cell.text}**" if cell.is_best else cell.text for cell in row) + " |")
        return "\n".join([*lines, "", self.note, ""])


def generation_table(rows: Sequence[Measured], floors: FrechetFloors | None) -> Table:
    """Return Table 1."""
    mine = [row for row in rows if 1 in row.tables]
    whole = max(row.clips for row in mine)
    best = _least([row for row in mine if row.clips == whole and row.key != "real"])
    return Table(
        title="Table 1. Generation",
        heads=(
            "System",
            "FGD ↓",
            "BC ↑",
            "over shifted",
            "L1div",
            "wrist p95 m/s",
            "jerk p95 m/s³",
            "slide p95",
            "hits ↑",
            "stroke r ↑",
            "plan hits ↑",
            "plan r ↑",
            "accents ↑",
            "own sound ↑",
            "arms, head calmer",
            "RTF",
        ),
        rows=tuple(_generation_cells(row, floors, best, whole) for row in mine),
        note=(
            "FGD and BC times ten, with 95 % intervals over clips. FGD is against the true motion of the same takes; "
            "real motion's own entry is the floor (training takes against these, and halves of these against each "
            "other). BC hardly measures synchrony: see what it is over its own beats shifted in time. L1div should "
            "be near that of real motion. Listening: hits = labelled strokes that are met, less chance; stroke r = "
            "correlation of labelled strokes with wrist speed; plan hits, plan r = the same of strokes of the score "
            "that the motion was made by (real motion: its labels); accents = own strokes that lie on accents of the "
            "sound, less chance; own sound = how often a judge takes the motion's own sound for its own (AUC, 0.5 by "
            "chance); arms and head calmer in pauses by these factors (1 by chance). Real motion of another take is "
            "chance, measured. A Frechet distance rises where a clip is drawn twice, so intervals lie high."
        ),
    )


def ablation_table(rows: Sequence[Measured]) -> Table:
    """Return Table 3."""
    mine = [row for row in rows if 3 in row.tables and row.key != "real"]
    mine.sort(key=lambda row: row.key == "full")
    best = _least(mine)
    return Table(
        title="Table 3. Ablations",
        heads=("System", "FGD ↓", "BC ↑", "L1div", "what is different"),
        rows=tuple(
            (
                Cell(row.name),
                Cell(_shown(row.fgd, 3), row.key == best),
                Cell(_shown(row.bc, 3)),
                Cell(_shown(row.l1div, 2)),
                Cell(row.what),
            )
            for row in mine
        ),
    )


def control_tables(rows: Sequence[ControlRow], where: str) -> list[Table]:
    """Return Table 2 for one set of windows: over the window as delivered, by the network alone, and at the poses."""
    kinds = (
        ("delivered", "over the window, given poses pinned", GIVEN),
        ("own", "over the window, the network's own motion", GIVEN),
        ("own_key", "at the given poses, the network's own motion", tuple(count for count in GIVEN if count)),
    )
    return [
        Table(
            title=f"Table 2. Control, {where}: {text}",
            heads=("System", *(f"{count} given" for count in counts)),
            rows=tuple(_control_cells(rows, kind, counts)),
            note="MPJPE / PA-MPJPE in mm, 55 joints, root-aligned; 95 % interval of MPJPE over takes.",
        )
        for kind, text, counts in kinds
    ]


def voices_table(groups: Mapping[str, Voices]) -> Table:
    """Return the figures of real voices beside those of synthetic ones."""
    heads = [f"{name}: {side}" for name in groups for side in ("its own motion", "generated")]
    rows: list[tuple[Cell, ...]] = []
    for name, title in {**FIGURES, "bc": "BC", "bc_excess": "BC over shifted"}.items():
        values = [side[name] for each in groups.values() for side in (each.own, each.generated)]
        rows.append((Cell(title), *(Cell(f"{value:.3g}") for value in values)))
    described: list[tuple[str, Callable[[Voices], str]]] = [
        ("takes", lambda each: str(each.takes)),
        ("words wrong", lambda each: "-" if each.word_error is None else f"{each.word_error:.0%} ({each.recogniser})"),
        ("segments with a gesture", lambda each: f"{each.used_share:.0%} of {each.segments}"),
        ("mean matching probability", lambda each: f"{each.probability:.2f}"),
    ]
    for title, text in described:
        rows.append((Cell(title), *(Cell(cell) for each in groups.values() for cell in ("", text(each)))))
    return Table(
        title="Real voices",
        heads=("", *heads),
        rows=tuple(rows),
        note="Medians over takes; words are those of the transcripts, recognition is measured apart.",
    )


def _generation_cells(row: Measured, floors: FrechetFloors | None, best: str | None, whole: int) -> tuple[Cell, ...]:
    fgd = _shown(row.fgd, 3)
    if row.key == "real" and floors is not None:
        fgd = f"floor {floors.held_out:.3f}; halves {floors.halves:.3f}"
    few = "" if row.clips == whole else f" [{row.clips} takes]"
    physical = row.physical
    return (
        Cell(row.name + few),
        Cell(fgd, row.key == best),
        Cell(_shown(row.bc, 3)),
        Cell(_shown(row.bc_excess, 3)),
        Cell(_shown(row.l1div, 2)),
        Cell(f"{physical['wrist_speed_p95_m_per_s']:.2f}"),
        Cell(f"{physical['wrist_jerk_p95_m_per_s3']:.0f}"),
        Cell(f"{physical['foot_slide_p95_m_per_s']:.3f}"),
        *_listening_cells(row.listening),
        Cell("-" if row.rtf is None else f"{row.rtf:.3f}"),
    )


def _listening_cells(found: Listening) -> tuple[Cell, ...]:
    calm = " ".join("-" if each is None else f"{each.value:.2f}" for each in (found.arms_calm, found.head_calm))
    shown = (found.hits, found.correlation, found.plan_hits, found.plan_correlation, found.accents, found.own_sound)
    return (*(Cell(_shown(each, 3)) for each in shown), Cell(calm))


def _control_cells(rows: Sequence[ControlRow], kind: str, counts: Sequence[int]) -> list[tuple[Cell, ...]]:
    found = {(row.system, row.given): row.errors for row in rows}
    systems = list(dict.fromkeys(row.system for row in rows))
    name = f"{kind}_mpjpe_mm"
    networks = [system for system in systems if not system.startswith("the given poses alone")]
    best = {count: min(networks, key=lambda system: found[system, count][name].value) for count in counts}
    return [
        (
            Cell(system),
            *(Cell(_pair(found[system, count], kind), best[count] == system and count > 0) for count in counts),
        )
        for system in systems
    ]


def _pair(errors: Mapping[str, Figure], kind: str) -> str:
    error, aligned = errors[f"{kind}_mpjpe_mm"], errors[f"{kind}_pa_mpjpe_mm"]
    return f"{error.value:.1f} / {aligned.value:.1f} ({error.low:.0f}-{error.high:.0f})"


def _shown(figure: Figure | None, digits: int) -> str:
    if figure is None or not np.isfinite(figure.value):
        return "-"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits - 1}f}-{figure.high:.{digits - 1}f})"


def _least(rows: Sequence[Measured]) -> str | None:
    found = {row.key: row.fgd.value for row in rows if row.fgd is not None and row.key != TRUE_SCORE}
    return min(found, key=lambda key: found[key]) if found else None
