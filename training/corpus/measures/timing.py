"""Do strokes meet their words? From the marks, and again from what the wrist really does.

Apex by the mark: the end of the stroke phase (of the last stroke, where a lexeme repeats it). On the motion: peaks of
the marked hand's speed inside the stroke phase (0.1 s of grace), and the standstills those movements end in; of
several, the one nearest to the word's stressed vowel counts. A stroke meets its word if that is at most 0.2 s off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from training.corpus.measures.measured_body import MeasuredBody
from training.corpus.measures.measured_units import Unit, movement_units
from training.corpus.measures.signals import RATE_HZ
from training.corpus.script import SIDES, GestureMark, SpokenWord

WITHIN_S = 0.2
NEEDED = 0.9
_EARLY_S = 0.4
_GRACE_S = 0.1
_SHIFTS_S = (-3.1, -2.3, -1.7, 1.7, 2.3, 3.1)


@dataclass(frozen=True, kw_only=True)
class StrokeTiming:
    """How late one gesture is, in seconds after its word's stressed vowel begins (NaN = nothing to be seen).

    Attributes:
        lexeme: its name.
        by_mark: the stroke's end as marked.
        by_motion: the standstill after the movement.
        by_peak: the wrist's fastest instant.
        mark_error: the standstill nearest to the marked end, against it.
        chance: share of moved instants that have a speed peak of that hand at most 0.2 s off.
    """

    lexeme: str
    by_mark: float
    by_motion: float
    by_peak: float
    mark_error: float
    chance: float


def stroke_timings(body: MeasuredBody, gestures: Sequence[tuple[GestureMark, SpokenWord | None]]) -> list[StrokeTiming]:
    """Time every gesture of a take that belongs to a word."""
    units = {
        side: movement_units(wrist, speed)
        for side, wrist, speed in zip(SIDES, body.smooth_wrists_m, body.wrist_speed_m_per_s, strict=True)
    }
    return [_timing(units, mark, word.stress_s) for mark, word in gestures if word is not None]


def _timing(units: dict[str, list[Unit]], mark: GestureMark, stress_s: float) -> StrokeTiming:
    own = [unit for side in SIDES if mark.hand in (side, "both") for unit in units[side]]
    first, last = mark.stroke_start_s - _GRACE_S, mark.stroke_end_s + _GRACE_S
    inside = [unit for unit in own if first <= unit.peak / RATE_HZ <= last]
    peaks, ends = (np.array([getattr(unit, name) for unit in inside]) / RATE_HZ for name in ("peak", "stop"))
    every = np.array([unit.peak for unit in own]) / RATE_HZ
    moved = [abs(_nearest(every, stress_s + shift)) <= WITHIN_S for shift in _SHIFTS_S]
    return StrokeTiming(
        lexeme=mark.lexeme,
        by_mark=(mark.stroke_end_s if mark.apex_s is None else mark.apex_s) - stress_s,
        by_motion=_nearest(ends, stress_s),
        by_peak=_nearest(peaks, stress_s),
        mark_error=_nearest(ends, mark.stroke_end_s),
        chance=float(np.mean(moved)),
    )


def _nearest(times_s: Float[Array, "events"], instant_s: float) -> float:
    """Return the smallest distance from an instant, signed; NaN without events."""
    return float((times_s - instant_s)[np.argmin(np.abs(times_s - instant_s))]) if len(times_s) else float("nan")


def timing_summary(timings: Sequence[StrokeTiming]) -> dict[str, float]:
    """Return shares and medians over all strokes; a stroke that is not to be seen has not met its word."""
    summary: dict[str, float] = {"strokes": len(timings)}
    if not timings:
        return summary
    for name in ("by_mark", "by_motion", "by_peak"):
        late = np.array([getattr(timing, name) for timing in timings])
        summary[f"{name}_share"] = float(np.mean(np.abs(late) <= WITHIN_S))
        summary[f"{name}_share_or_before"] = float(np.mean((late <= WITHIN_S) & (late >= -_EARLY_S)))
        summary[f"{name}_median_s"] = float(np.nanmedian(late)) if np.isfinite(late).any() else float("nan")
    error = np.array([timing.mark_error for timing in timings])
    summary["unseen_share"] = float((~np.isfinite(error)).mean())
    summary["mark_within_0.1s_share"] = float(np.mean(np.abs(error) <= 0.1))
    summary["chance_share"] = float(np.mean([timing.chance for timing in timings]))
    return summary


def late_lexemes(timings: Sequence[StrokeTiming], least: int = 3) -> list[tuple[str, int, float]]:
    """Return (lexeme, strokes, share that misses its word on the motion) of the worst lexemes, worst first."""
    by_name: dict[str, list[bool]] = {}
    for timing in timings:
        by_name.setdefault(timing.lexeme, []).append(not abs(timing.by_motion) <= WITHIN_S)
    rows = [(name, len(missed), float(np.mean(missed))) for name, missed in by_name.items() if len(missed) >= least]
    return sorted((row for row in rows if row[2] > 0), key=lambda row: (-row[2] * row[1], row[0]))


def timing_lines(timings: Sequence[StrokeTiming]) -> list[str]:
    """Format the section of the report."""
    if not timings:
        return ["strokes and words: not measured (no events beside the takes say which gesture belongs to which word)"]
    summary = timing_summary(timings)
    lines = [f"strokes and words: {len(timings)} strokes that belong to a word; share at most {WITHIN_S:g} s off"]
    for name, text in (
        ("by_mark", "stroke end as marked"),
        ("by_motion", "standstill after the stroke, on the motion"),
        ("by_peak", "peak of wrist speed, on the motion"),
    ):
        share = summary[f"{name}_share"]
        verdict = "" if share >= NEEDED else f"  OUT (needs {NEEDED:.0%})"
        lines.append(
            f"  {text:44s} {share:6.1%} (or up to {_EARLY_S:g} s before: {summary[f'{name}_share_or_before']:.1%}),"
            f" median {summary[f'{name}_median_s']:+.3f} s{verdict}"
        )
    lines.append(
        f"  chance for a speed peak {summary['chance_share']:.1%};"
        f" no movement to be seen {summary['unseen_share']:.1%};"
        f" marks within 0.1 s of a standstill {summary['mark_within_0.1s_share']:.1%}"
    )
    worst = ", ".join(f"{name} {share:.0%} of {count}" for name, count, share in late_lexemes(timings)[:8])
    return [*lines, f"  most misses: {worst or 'none'}"]
