"""Every measure on every fault, and whether it sees it: beyond the spread of the truth's own takes, or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.metrics.contact import physical_report
from exges_core.metrics.diversity import l1_total_m
from exges_core.metrics.frechet import frechet_gesture_distance
from exges_core.metrics.position_error import mpjpe_mm
from exges_core.motion.clip import MotionClip
from training.evaluation.faults import FAULTS
from training.evaluation.figures import Figure, over_clips
from training.evaluation.generation_table import Yardstick
from training.evaluation.listening_columns import heard
from training.evaluation.material import KnownTake
from training.evaluation.tables import Cell, Table

MEASURES = {
    "hits": "hits",
    "correlation": "stroke r",
    "accents": "accents",
    "own_sound": "own sound",
    "arms_calm": "arms calmer",
    "head_calm": "head calmer",
    "fgd": "FGD",
    "bc": "BC",
    "bc_excess": "BC over shifted",
    "l1div": "L1div",
    "speed": "wrist p95 m/s",
    "jerk": "jerk p95 m/s³",
    "mpjpe": "MPJPE mm",
}
"""Names of the measures, the new ones first."""
SPLITS = 20
TRUTH, ANEW = "truth", "acted anew"
SOUND = "another's sound"
Statistic = Callable[[Int[Array, "drawn"]], float]


@dataclass(frozen=True, kw_only=True)
class FaultRow:
    """What every measure says of one kind of motion.

    Attributes:
        name, what: of the fault.
        figures: by names of `MEASURES`, with 95 % intervals over takes; absent where it cannot be measured.
        seen: which of them see it.
    """

    name: str
    what: str
    figures: dict[str, Figure]
    seen: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, object]:
        """Return it by names."""
        figures = {name: figure.as_json() for name, figure in self.figures.items()}
        return {"name": self.name, "what": self.what, "figures": figures, "seen": sorted(self.seen)}


def fault_rows(
    yardstick: Yardstick, anew: Sequence[MotionClip] = (), *, say: Callable[[str], None] = lambda _line: None
) -> list[FaultRow]:
    """Measure truth, the same speech acted anew (if given, one clip per take) and every fault.

    A measure sees a fault if its figure lies outside the 95 % interval (bootstrap over takes) of the truth's own. The
    truth's FGD is that of random halves of its takes (fewer, so higher: the largest of 20). MPJPE has one right answer
    only, so it is held against a right performance: it sees what is farther off than the interval of "acted anew".
    """
    takes = yardstick.takes
    truth = _row(TRUTH, "the takes as they are", [take.truth for take in takes], takes, yardstick)
    halves = _halves(yardstick)
    truth.figures.pop("mpjpe")
    if "fgd" in truth.figures:
        truth.figures["fgd"] = halves
    rows = [truth]
    if len(anew):
        clips = [clip.cut(0, min(clip.frames, take.frames)) for clip, take in zip(anew, takes, strict=True)]
        rows.append(_row(ANEW, "the same speech and speaker, another performance", clips, takes, yardstick))
    for name, fault in FAULTS.items():
        rows.append(_row(name, fault.what, fault.make(takes), takes, yardstick))
        say(f"  {name}")
    clips, exchanged = other_sounds(takes)
    rows.append(_row(SOUND, "the motion untouched, the sound of another take", clips, exchanged, yardstick))
    limits = dict(truth.figures)
    if len(anew):
        limits["mpjpe"] = replace_low(rows[1].figures["mpjpe"])
    return [replace(row, seen=seen_in(row.figures, limits)) if row.name != TRUTH else row for row in rows]


def seen_in(figures: dict[str, Figure], limits: dict[str, Figure]) -> frozenset[str]:
    """Return the names of figures that lie outside the intervals of `limits`."""
    known = {name: (each.value, limits[name]) for name, each in figures.items() if name in limits}
    return frozenset(name for name, (value, limit) in known.items() if not limit.low <= value <= limit.high)


def replace_low(figure: Figure) -> Figure:
    """Return a figure whose interval begins at 0: nothing is too near."""
    return figure._replace(low=0.0)


def other_sounds(takes: Sequence[KnownTake]) -> tuple[list[MotionClip], list[KnownTake]]:
    """Return true motions, and for each a take of the next one's sound and labels, cut to one length."""
    clips: list[MotionClip] = []
    exchanged: list[KnownTake] = []
    for place, take in enumerate(takes):
        other = takes[(place + 1) % len(takes)]
        frames = min(take.frames, other.frames)
        clip = take.truth.cut(0, frames)
        clips.append(clip)
        exchanged.append(replace(other, truth=clip, audio=other.audio[:frames]))
    return clips, exchanged


def _halves(yardstick: Yardstick) -> Figure:
    """Return FGD of random halves of the truth's takes: mean, 0 and the largest."""
    drawn = np.random.default_rng(0)
    found: list[float] = []
    for _ in range(SPLITS if len(yardstick.real) > 1 else 0):
        order = drawn.permutation(len(yardstick.real))
        parts = order[: len(order) // 2], order[len(order) // 2 :]
        first, second = ([yardstick.real[int(place)] for place in part] for part in parts)
        found.append(frechet_gesture_distance(first, second, yardstick.protocol))
    return Figure(float(np.mean(found)), 0.0, float(np.max(found))) if found else Figure(0.0, 0.0, 0.0)


def _row(
    name: str, what: str, clips: Sequence[MotionClip], takes: Sequence[KnownTake], yardstick: Yardstick
) -> FaultRow:
    statistics = {**heard(clips, takes, yardstick.judge).statistics(), **_old(clips, takes, yardstick)}
    everyone = np.arange(len(clips))
    figures = {
        each: over_clips(statistic, len(clips))
        for each, statistic in statistics.items()
        if np.isfinite(statistic(everyone))
    }
    fgd = yardstick.fgd(yardstick.latents(clips))
    if fgd is not None:
        figures["fgd"] = fgd
    return FaultRow(name=name, what=what, figures={each: figures[each] for each in MEASURES if each in figures})


def _old(clips: Sequence[MotionClip], takes: Sequence[KnownTake], yardstick: Yardstick) -> dict[str, Statistic]:
    """Return the measures that were there before, as functions of the clips that are drawn."""
    beats = yardstick.beats(clips, takes)
    totals = np.array([[l1_total_m(clip, take.skeleton), clip.frames] for clip, take in zip(clips, takes, strict=True)])
    reports = [physical_report(clip) for clip in clips]
    errors = np.array([_error_mm(clip, take) for clip, take in zip(clips, takes, strict=True)])

    def mean_of(values: Float[Array, "clips"]) -> Statistic:
        return lambda chosen: float(values[chosen].mean())

    return {
        "bc": lambda chosen: beats.drawn(chosen).score,
        "bc_excess": lambda chosen: beats.drawn(chosen).excess,
        "l1div": lambda chosen: float(totals[chosen, 0].sum() / totals[chosen, 1].sum()),
        "speed": mean_of(np.array([report["wrist_speed_p95_m_per_s"] for report in reports])),
        "jerk": mean_of(np.array([report["wrist_jerk_p95_m_per_s3"] for report in reports])),
        "mpjpe": mean_of(errors),
    }


def _error_mm(clip: MotionClip, take: KnownTake) -> float:
    made, true = (each.positions_m(take.skeleton) for each in (clip, take.truth.cut(0, clip.frames)))
    return float(mpjpe_mm(made, true).mean())


def fault_table(rows: Sequence[FaultRow]) -> Table:
    """Return the rows as a table: bold = seen."""
    names = [name for name in MEASURES if any(name in row.figures for row in rows)]
    return Table(
        title="Which measure sees which fault",
        heads=("motion", *(MEASURES[name] for name in names), "seen by"),
        rows=tuple(
            (
                Cell(row.name),
                *(Cell(shown(row.figures.get(name)), name in row.seen) for name in names),
                Cell(_seen_by(row, names)),
            )
            for row in rows
        ),
        note=_blind(rows, names),
    )


def _seen_by(row: FaultRow, names: Sequence[str]) -> str:
    if row.name == TRUTH:
        return ""
    return ", ".join(MEASURES[name] for name in names if name in row.seen) or "nothing"


def shown(figure: Figure | None) -> str:
    """Return a value with three digits that count."""
    if figure is None:
        return "-"
    return "0" if abs(figure.value) < 1e-9 else f"{figure.value:#.3g}".rstrip(".")


def _blind(rows: Sequence[FaultRow], names: Sequence[str]) -> str:
    faults = [row for row in rows if row.name not in (TRUTH, ANEW)]
    lines = [f"{MEASURES[name]} sees {sum(name in row.seen for row in faults)} of {len(faults)}" for name in names]
    return "Bold = outside the 95 % interval of the truth's own takes. " + "; ".join(lines) + "."
