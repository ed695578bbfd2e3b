"""Movement units of a wrist: where its speed rises and falls again, which of them are strokes, where home is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import find_peaks

from exges_core.arrays import Array, Float, median, percentile, polyfit
from training.corpus.measures.signals import RATE_HZ, runs

_PEAK_M_PER_S, _PROMINENCE_M_PER_S, _TRIM = 0.15, 0.10, 0.10
_STROKE_M_PER_S, _STROKE_M = 0.30, 0.05
_SHORTEST = 4
_SLOW_M_PER_S, _LOW_M = 0.10, 0.15
_USUAL_HOME_M = np.array((0.25, -0.09, 0.05))
_HOME_M, _MODE_M = 0.15, 0.05


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One movement of a wrist between two standstills.

    Attributes:
        start, peak, stop: frames: where the speed passes a tenth of its peak, and the peak.
        peak_m_per_s: speed there.
        chord_m, path_m: straight and travelled way.
        peak_over_mean: of its speed.
        ldlj: log dimensionless jerk of its speed.
        sparc: spectral arc length of its speed.
    """

    start: int
    peak: int
    stop: int
    peak_m_per_s: float
    chord_m: float
    path_m: float
    peak_over_mean: float
    ldlj: float
    sparc: float

    @property
    def is_stroke(self) -> bool:
        """Return whether it is fast and long enough to be one."""
        return self.peak_m_per_s >= _STROKE_M_PER_S and self.chord_m >= _STROKE_M

    @property
    def duration_s(self) -> float:
        """Return its length in seconds."""
        return (self.stop - self.start) / RATE_HZ


def movement_units(wrist_m: Float[Array, "frames 3"], speed: Float[Array, "frames"]) -> list[Unit]:
    """Cut units out of a wrist's low-passed path and its speed (m/s)."""
    peaks, _ = find_peaks(speed, height=_PEAK_M_PER_S, prominence=_PROMINENCE_M_PER_S)
    edges = [0, *(int(a + np.argmin(speed[a:b])) for a, b in pairwise(peaks)), len(speed) - 1]
    units = [_unit(wrist_m, speed, int(peak), edges[k], edges[k + 1]) for k, peak in enumerate(peaks)]
    return [unit for unit in units if unit is not None]


def _unit(wrist_m: Array, speed: Array, peak: int, low: int, high: int) -> Unit | None:
    floor = _TRIM * speed[peak]
    before = np.flatnonzero(speed[low : peak + 1] < floor)
    after = np.flatnonzero(speed[peak : high + 1] < floor)
    start = low + int(before[-1]) + 1 if len(before) else low
    stop = peak + int(after[0]) - 1 if len(after) else high
    if stop - start < _SHORTEST:
        return None
    here = speed[start : stop + 1]
    path = float(here.sum()) / RATE_HZ
    return Unit(
        start=start,
        peak=peak,
        stop=stop,
        peak_m_per_s=float(speed[peak]),
        chord_m=float(np.linalg.norm(wrist_m[stop] - wrist_m[start])),
        path_m=path,
        peak_over_mean=float(speed[peak] / here.mean()),
        ldlj=log_dimensionless_jerk(here),
        sparc=spectral_arc_length(here),
    )


def log_dimensionless_jerk(speed: Float[Array, "frames"]) -> float:
    """Return -ln(D^3 / peak^2 * sum of squared second differences * dt) of a movement's speed."""
    jerk = np.diff(speed, 2) * RATE_HZ**2
    duration_s = len(speed) / RATE_HZ
    return float(-np.log(max(duration_s**3 / speed.max() ** 2 * float(np.sum(jerk**2)) / RATE_HZ, 1e-9)))


def spectral_arc_length(speed: Float[Array, "frames"]) -> float:
    """Return SPARC: the length of the normalised spectrum up to 10 Hz, cut where it falls below 0.05; negative."""
    spectrum = np.abs(np.fft.rfft(speed, 1024))
    rate = np.fft.rfftfreq(1024, 1 / RATE_HZ)
    keep = rate <= 10.0
    rate, spectrum = rate[keep], spectrum[keep] / spectrum[0]
    last = np.flatnonzero(spectrum >= 0.05)[-1]
    rate, spectrum = rate[: last + 1], spectrum[: last + 1]
    return float(-np.sum(np.hypot(np.diff(rate) / max(rate[-1] - rate[0], 1e-6), np.diff(spectrum))))


def home_of(wrist_m: Float[Array, "frames 3"], speed: Float[Array, "frames"]) -> Float[Array, "3"]:
    """Return where a wrist rests: the densest place (5 cm) of its slow, low frames."""
    still = wrist_m[(speed < _SLOW_M_PER_S) & (wrist_m[:, 1] < _LOW_M)]
    if not len(still):
        return _USUAL_HOME_M
    still = still[:: max(1, len(still) // 1500)]
    near = np.linalg.norm(still[:, None] - still[None], axis=-1) < _MODE_M
    return still[near[near.sum(axis=1).argmax()]].mean(axis=0)


def rests_and_holds(
    wrist_m: Float[Array, "frames 3"], speed: Float[Array, "frames"]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return runs of rest (near home, below 0.25 m/s, 0.3 s) and of hold (elsewhere, below 0.20 m/s, 0.2 s)."""
    is_near = np.linalg.norm(wrist_m - home_of(wrist_m, speed), axis=-1) < _HOME_M
    return runs(is_near & (speed < 0.25), round(0.3 * RATE_HZ)), runs(~is_near & (speed < 0.20), round(0.2 * RATE_HZ))


def unit_statistics(units: list[Unit], duration_s: float) -> dict[str, float]:
    """Describe one wrist's strokes; empty for fewer than eight."""
    strokes = [unit for unit in units if unit.is_stroke]
    if len(strokes) < 8:
        return {"strokes_per_min_per_hand": 60 * len(strokes) / duration_s}
    peak, chord, path, duration, over_mean, ldlj, sparc, to_peak, times = np.array(
        [
            (
                unit.peak_m_per_s,
                unit.chord_m,
                unit.path_m,
                unit.duration_s,
                unit.peak_over_mean,
                unit.ldlj,
                unit.sparc,
                (unit.peak - unit.start) / (unit.stop - unit.start),
                unit.peak / RATE_HZ,
            )
            for unit in strokes
        ]
    ).T
    gaps = np.diff(times)
    statistics: dict[str, Array | float] = {
        "unit_peak_speed_p50": median(peak),
        "unit_peak_speed_p95": percentile(peak, 95),
        "unit_amplitude_p50": median(chord),
        "unit_amplitude_p95": percentile(chord, 95),
        "unit_straightness_p50": median(chord / path),
        "unit_time_to_peak_mean": to_peak.mean(),
        "unit_time_to_peak_sd": to_peak.std(),
        "unit_peak_over_mean_p50": median(over_mean),
        "unit_peak_over_mean_sd": over_mean.std(),
        "unit_LDLJ_p50": median(ldlj),
        "unit_SPARC_p50": median(sparc),
        "unit_duration_sd": duration.std(),
        "strokes_per_min_per_hand": 60 * len(strokes) / duration_s,
        "inter_stroke_interval_p50": median(gaps),
        "inter_stroke_interval_sd": gaps.std(),
        "slope_log_peakspeed_vs_log_amp": polyfit(np.log(chord), np.log(peak), 1)[0],
        "slope_log_dur_vs_log_amp": polyfit(np.log(chord), np.log(duration), 1)[0],
    }
    statistics |= {f"unit_duration_p{percent}": percentile(duration, percent) for percent in (5, 50, 95)}
    return {name: float(value) for name, value in statistics.items()}
