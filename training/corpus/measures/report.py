"""The corpus's own statistics beside those of real speakers, with the acceptance band of each; and what no band says.

Definitions are those of the measures; sides are averaged; takes are summed up by their median, those of speech by their
mean (single real clips contradict each other there). Reads any folder in BEAT2's layout, so that real takes can be put
through the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from exges_core.errors import InputError, message
from training.corpus.files.reading import MeasuredTake, takes_in
from training.corpus.measures.bands import OWN_FILE, Band, Targets, read_targets
from training.corpus.measures.carriage import Carriage, carriage, carriage_by_style, carriage_json, carriage_lines
from training.corpus.measures.liveliness import Silence, silence_json, silence_lines, silences
from training.corpus.measures.measured_body import MeasuredBody, measured_body
from training.corpus.measures.measured_speech import LAG_ROW, SpeechMeasures, mean_lag_s, speech_measures
from training.corpus.measures.motion_statistics import body_statistics, glitch_rates, head_rates, limb_speeds
from training.corpus.measures.styles import StyleSummary, TakeStyle, style_json, style_lines, style_summary, take_style
from training.corpus.measures.timing import StrokeTiming, stroke_timings, timing_lines, timing_summary

_SPEECH = "speech"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One statistic: its band, its value here (None = not measured, and why), and what else there is to say.

    Attributes:
        band: what it is and where it should lie.
        value: over all takes, or None.
        spread: 10th and 90th percentile of the takes, or None.
        remark: why it was not measured, or a caution.
    """

    band: Band
    value: float | None
    spread: tuple[float, float] | None = None
    remark: str = ""

    @property
    def passes(self) -> bool:
        """Return whether it was measured and lies in its band."""
        return self.value is not None and self.band.holds(self.value)


@dataclass(kw_only=True)
class _Gathered:
    """What is kept of all takes while one after the other is read."""

    statistics: list[dict[str, float]] = field(default_factory=list)
    speech: list[SpeechMeasures] = field(default_factory=list)
    styles: list[TakeStyle] = field(default_factory=list)
    carriages: list[tuple[str, Carriage]] = field(default_factory=list)
    timings: list[StrokeTiming] = field(default_factory=list)
    glitches: list[tuple[str, str, float]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All there is to say of a folder.

    Attributes:
        folder: whose takes.
        takes: how many were read.
        rows: every statistic of the targets.
        glitches: (take, group, share of its frames above the limit), worst first.
        timings: of strokes and their words.
        styles: how far takes and speakers are apart.
        carriages: how each speaker stands and carries the hands.
        silences: what the corpus's speakers do with nothing to say; empty for takes that were not authored.
    """

    folder: Path
    takes: int
    rows: tuple[Row, ...]
    glitches: tuple[tuple[str, str, float], ...]
    timings: tuple[StrokeTiming, ...]
    styles: StyleSummary
    carriages: dict[str, Carriage]
    silences: tuple[Silence, ...]


def report_on(
    folder: Path,
    *,
    targets_path: Path = OWN_FILE,
    most: int = 120,
    on_take: Callable[[str, int], None] = lambda _take, _count: None,
) -> Report:
    """Measure a folder.

    Args:
        folder: takes in BEAT2's layout, or flat.
        targets_path: bands and limits, if not the corpus's own.
        most: how many takes to read, spread evenly.
        on_take: told of each take, and of how many there are.

    Raises:
        InputError: if there is no take long enough, or a file cannot be read.
    """
    targets = read_targets(targets_path)
    takes = takes_in(folder, most)
    gathered = _Gathered()
    for take in takes:
        _gather(take, targets, gathered)
        on_take(take.id, len(takes))
    if not gathered.statistics:
        raise InputError(
            message(expected="a take of 6 s or longer", got=f"{len(takes)} shorter takes", where=str(folder),
                    do="Point to longer takes.")
        )  # fmt: skip
    is_authored = any(take.events_path is not None for take in takes)
    return Report(
        folder=folder,
        takes=len(gathered.statistics),
        rows=tuple(_row(band, gathered) for band in targets.bands),
        glitches=tuple(sorted(gathered.glitches, key=lambda one: (-one[2], one[:2]))),
        timings=tuple(gathered.timings),
        styles=style_summary(gathered.styles),
        carriages=carriage_by_style(gathered.carriages),
        silences=tuple(silences()) if is_authored else (),
    )


def _gather(take: MeasuredTake, targets: Targets, gathered: _Gathered) -> None:
    body = measured_body(take.clip())
    statistics = body_statistics(body)
    if not statistics:
        return
    gathered.statistics.append(statistics)
    waveform = take.waveform()
    if waveform is not None:
        gathered.speech.append(speech_measures(body, waveform, take.words()))
    gathered.styles.append(take_style(take.speaker, body))
    gathered.carriages.append((take.speaker, carriage(body)))
    gathered.timings += stroke_timings(body, take.gestures())
    gathered.glitches += [(take.id, name, share) for name, share in glitch_shares(body, targets).items() if share > 0]


def glitch_shares(body: MeasuredBody, targets: Targets) -> dict[str, float]:
    """Return, by joint group and by limb ("wrist path"), the share of frames and joints above the limit."""
    rates = {**glitch_rates(body.clip), "head_world": head_rates(body)}
    limits = targets.turn_limits_deg_per_s
    shares = {name: float(np.mean(turning > limits[name])) for name, turning in rates.items() if name in limits}
    for name, going in limb_speeds(body).items():
        limit = targets.speed_limits_m_per_s.get(name)
        if limit is not None:
            shares[f"{name} path"] = float(np.mean(going > limit))
    return shares


def _row(band: Band, gathered: _Gathered) -> Row:
    is_speech = any(band.id in take.statistics for take in gathered.speech)
    source = [take.statistics for take in gathered.speech] if is_speech else gathered.statistics
    values = np.array([one[band.id] for one in source if band.id in one])
    values = values[np.isfinite(values)]
    if not len(values):
        return Row(band=band, value=None, remark=_why_absent(band, gathered))
    low, high = np.percentile(values, (10, 90))
    spread = (float(low), float(high))
    if band.id == LAG_ROW:
        lag_s, beats_chance = mean_lag_s(gathered.speech)
        remark = "" if beats_chance else "says nothing: loudness and arms correlate no better than by chance"
        return Row(band=band, value=lag_s, spread=spread, remark=remark)
    return Row(band=band, value=float(values.mean() if is_speech else np.median(values)), spread=spread)


def _why_absent(band: Band, gathered: _Gathered) -> str:
    if band.section != _SPEECH:
        return "no take has enough movement for it" if _is_known(band.id) else "no measure of that name"
    return "no take has sound and words" if not gathered.speech else "no take has words, strokes or pauses for it"


def _is_known(name: str) -> bool:
    return any(row.id == name for row in read_targets().bands)


def report_text(report: Report, reference: Report | None = None) -> str:
    """Format a report; a reference's values stand beside."""
    real = {row.band.id: row.value for row in reference.rows} if reference else {}
    head = f"{'statistic':42s} {'here':>9s} {'p10':>8s} {'p90':>8s} {'low':>7s} {'high':>7s} {'unit':10s}"
    lines = [f"{report.folder}: {report.takes} takes", head + ("reference" if reference else "")]
    section = ""
    for row in report.rows:
        if row.band.section != section:
            section = row.band.section
            lines.append(f"-- {section}")
        lines.append(_row_text(row) + (f" {_number(real.get(row.band.id)):>9s}" if reference else ""))
    measured = [row for row in report.rows if row.value is not None]
    passed = sum(row.passes for row in report.rows)
    lines.append(f"{passed} of {len(report.rows)} in their bands, {len(report.rows) - len(measured)} not measured")
    lines.append("")
    lines += _glitch_lines(report)
    lines += ["", *timing_lines(report.timings), "", *style_lines(report.styles), "", *carriage_lines(report.carriages)]
    if report.silences:
        lines += ["", *silence_lines(report.silences)]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _row_text(row: Row) -> str:
    low, high = ("" if bound is None else f"{bound:g}" for bound in (row.band.low, row.band.high))
    few, many = (_number(side) for side in row.spread or (None, None))
    verdict = "not measured" if row.value is None else "pass" if row.passes else "OUT"
    remark = f" ({row.remark})" if row.remark else ""
    return (
        f"{row.band.id:42s} {_number(row.value):>9s} {few:>8s} {many:>8s} {low:>7s} {high:>7s} {row.band.unit:10s}"
        f" {verdict}{remark}"
    )


def _glitch_lines(report: Report) -> list[str]:
    if not report.glitches:
        return ["no frame is above a glitch limit"]
    takes = len({take for take, _, _ in report.glitches})
    worst: dict[str, tuple[str, float]] = {}
    for take, name, share in report.glitches:
        worst.setdefault(name, (take, share))
    return [
        f"glitches: {takes} of {report.takes} takes have frames above a limit; worst share by group:",
        *(f"  {name}: {share:.2%} of {take}" for name, (take, share) in worst.items()),
    ]


def report_json(report: Report, reference: Report | None = None) -> dict[str, object]:
    """Return a report as plain data."""
    real = {row.band.id: row.value for row in reference.rows} if reference else {}
    return {
        "folder": report.folder.name,
        "takes": report.takes,
        "rows": [
            {
                **asdict(row.band), "value": row.value, "spread": row.spread, "passes": row.passes,
                "remark": row.remark, **({"reference": real.get(row.band.id)} if reference else {}),
            }
            for row in report.rows
        ],
        "glitches": [{"take": take, "group": name, "share": share} for take, name, share in report.glitches],
        "strokes": {
            name: value if np.isfinite(value) else None for name, value in timing_summary(report.timings).items()
        },
        "styles": style_json(report.styles),
        "carriage": carriage_json(report.carriages),
        "silence": silence_json(report.silences),
    }  # fmt: skip
