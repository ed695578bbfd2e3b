"""The corpus's own statistics beside those of real speakers, with the acceptance band of each.

The definitions are those of the targets file: 30 Hz, body frame with the heading of the last second, movement units
cut out of the wrist's speed. Metrics with sides are averaged over sides; takes are averaged by their median.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core.arrays import Float
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from training.corpus.measures import clip_statistics, glitch_rates


@dataclass(frozen=True, kw_only=True)
class Row:
    """One statistic: its value here, the band it should lie in (None = open), and whether it does."""

    id: str
    value: float
    low: float | None
    high: float | None

    @property
    def passes(self) -> bool:
        """Return whether the value lies in the band."""
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)


def compare(clips: Iterable[MotionClip], targets: Path) -> tuple[Row, ...]:
    """Return every statistic that both the targets file and this module know.

    Raises:
        InputError: if the targets file cannot be read, or there is no clip.
    """
    try:
        bands = {row["id"]: row["band"] for row in json.loads(targets.read_text(encoding="utf-8"))["targets"]}
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            message(
                expected="the targets JSON",
                got=str(problem),
                where=str(targets),
                do="Pass the file that holds the measured statistics.",
            )
        ) from problem
    measured = [clip_statistics(clip) for clip in clips]
    if not measured:
        raise InputError(message(expected="at least one clip", got="none", where="report", do="Make a corpus first."))
    rows = []
    for name, (low, high) in bands.items():
        values = np.array([statistics[name] for statistics in measured if name in statistics])
        if len(values) and np.isfinite(values).any():
            rows.append(Row(id=name, value=float(np.nanmedian(values)), low=low, high=high))
    return tuple(rows)


def report(folder: Path, targets: Path, *, most: int = 60) -> str:
    """Return a table of a corpus folder (BEAT2's layout) against the targets, and its glitches.

    Raises:
        InputError: as `compare`.
    """
    from exges_core.motion.npz import read_npz

    paths = sorted(folder.rglob("*.npz"))
    clips = [read_npz(path) for path in paths[:: max(1, len(paths) // most)][:most]]
    return table(compare(clips, targets), clips, targets)


def table(rows: tuple[Row, ...], clips: list[MotionClip], targets: Path) -> str:
    """Format rows, then the share of frames above each glitch limit."""
    lines = [f"{'statistic':42s} {'here':>9s} {'low':>8s} {'high':>8s}"]
    for row in rows:
        low, high = ("" if bound is None else f"{bound:g}" for bound in (row.low, row.high))
        lines.append(f"{row.id:42s} {row.value:9.3f} {low:>8s} {high:>8s} {'' if row.passes else '  OUT'}")
    lines.append(f"{sum(row.passes for row in rows)} of {len(rows)} in their bands")
    limits = json.loads(targets.read_text(encoding="utf-8"))["glitch_limit_dps"]
    worst: dict[str, float] = {}
    for clip in clips:
        for name, rates in glitch_rates(clip).items():
            worst[name] = max(worst.get(name, 0.0), _share(rates, limits.get(name)))
    lines.append(
        "glitches, worst share of frames above the limit: "
        + ", ".join(f"{name} {share:.2%}" for name, share in worst.items() if share > 0)
        if any(worst.values())
        else "no glitches"
    )
    return "\n".join(lines)


def _share(rates: Float[np.ndarray, "..."], limit: float | None) -> float:
    return 0.0 if limit is None else float(np.mean(rates > limit))
