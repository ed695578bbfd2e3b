"""Reshape spoken sentences: lengthen words, bend pitch. Word times stay exact because they are moved along.

Pitch-synchronous overlap-add (TD-PSOLA, after Moulines and Charpentier 1990): the voice is cut into grains of two
periods that are laid down again closer or wider (pitch) and more or less often (time); formants stay. No engine is
named here, so every voice is accented alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.timeline import AUDIO_RATE_HZ

HOP, WINDOW = 80, 640
LOWEST_HZ, HIGHEST_HZ = 60.0, 400.0
UNVOICED_PERIOD = 128
VOICED_AT, NEARLY_BEST = 0.5, 0.87
_QUIET_SHARE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a sound is to be reshaped: knots of its clock (seconds, old to new) and of its pitch.

    `pitch_semitones` is relative to the sound's own at the times `pitch_at_s` of the old clock; between knots both are
    linear, beyond them the pitch is the last and the clock runs as fast as before.
    """

    old_s: Float[Array, "knots"]
    new_s: Float[Array, "knots"]
    pitch_at_s: Float[Array, "points"]
    pitch_semitones: Float[Array, "points"]

    def moved(self, times_s: Float[Array, "times"]) -> Float[Array, "times"]:
        """Return times of the old clock on the new one."""
        return _on_line(times_s, self.old_s, self.new_s)

    def before(self, times_s: Float[Array, "times"]) -> Float[Array, "times"]:
        """Return times of the new clock on the old one."""
        return _on_line(times_s, self.new_s, self.old_s)


def _on_line(
    times: Float[Array, "times"], source: Float[Array, "knots"], target: Float[Array, "knots"]
) -> Float[Array, "times"]:
    inside = np.interp(times, source, target)
    return inside + np.minimum(times - source[0], 0.0) + np.maximum(times - source[-1], 0.0)


def reshape(samples: Float[Array, "samples"], shape: Shape) -> Float[Array, "moved"]:
    """Reshape a sound of 16 kHz.

    Args:
        samples: one voice, mono.
        shape: its new clock and pitch; the clock must rise.

    Returns:
        The sound on its new clock, as long as the old end is late there.
    """
    count = round(float(shape.moved(np.array([len(samples) / AUDIO_RATE_HZ]))[0]) * AUDIO_RATE_HZ)
    if len(samples) < WINDOW or count < WINDOW:
        return np.pad(samples, (0, max(count - len(samples), 0)))[:count]
    marks, periods, is_voiced = pitch_marks(samples)
    return _overlap_add(samples, count, shape, marks, periods, is_voiced)


def pitch_track(samples: Float[Array, "samples"]) -> Float[Array, "frames"]:
    """Return the fundamental frequency every 5 ms by autocorrelation (Hz, 0 where there is none)."""
    padded = np.pad(np.asarray(samples, dtype=np.float64), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    window = np.hanning(WINDOW)
    weight = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * WINDOW)) ** 2)
    shortest, longest = int(AUDIO_RATE_HZ / HIGHEST_HZ), int(AUDIO_RATE_HZ / LOWEST_HZ)
    spectra = np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, 2 * WINDOW, axis=1)
    correlation = np.fft.irfft(np.abs(spectra) ** 2, axis=1)[:, : longest + 2]
    energy = correlation[:, :1]
    ratio = correlation / np.maximum(energy, 1e-12) / (weight[: longest + 2] / weight[0])
    inner = ratio[:, shortest:longest]
    is_peak = (inner >= ratio[:, shortest - 1 : longest - 1]) & (inner >= ratio[:, shortest + 1 : longest + 1])
    peaks = np.where(is_peak, inner, 0.0)
    best = peaks.max(axis=1, keepdims=True)
    # The first of the nearly best peaks: later ones are multiples of the period.
    lag = shortest + np.argmax(peaks >= NEARLY_BEST * best, axis=1)
    is_voiced = (best[:, 0] > VOICED_AT) & (energy[:, 0] > _QUIET_SHARE * energy.max())
    return _without_jumps(np.where(is_voiced, AUDIO_RATE_HZ / lag, 0.0))


def _without_jumps(pitch_hz: Float[Array, "frames"]) -> Float[Array, "frames"]:
    """Take the median of five voiced neighbours and drop voiced islands of one or two frames."""
    padded = np.pad(pitch_hz, 2)
    around = np.lib.stride_tricks.sliding_window_view(padded, 5)
    voiced = np.sum(around > 0, axis=1)
    middle = np.median(np.where(around > 0, around, np.where(pitch_hz > 0, pitch_hz, 0.0)[:, None]), axis=1)
    return np.where((pitch_hz > 0) & (voiced >= 3), middle, 0.0)


def pitch_marks(
    samples: Float[Array, "samples"],
) -> tuple[Int[Array, "marks"], Int[Array, "marks"], Float[Array, "marks"]]:
    """Return where the grains are (samples), their periods, and 1 where they are voiced."""
    track = pitch_track(samples)
    signed = np.asarray(samples, dtype=np.float64)
    signed = signed if signed.max() >= -signed.min() else -signed
    marks: list[int] = []
    periods: list[int] = []
    voiced: list[float] = []
    at, was_voiced = 0, False
    while at < len(signed):
        pitch_hz = float(track[min(at // HOP, len(track) - 1)])
        is_voiced = pitch_hz > 0
        period = round(AUDIO_RATE_HZ / pitch_hz) if is_voiced else UNVOICED_PERIOD
        mark = at
        if is_voiced:
            reach = max(period // 5, 2) if was_voiced else period // 2
            first, last = max(at - reach, marks[-1] + 1 if marks else 0), min(at + reach + 1, len(signed))
            if last > first:
                mark = first + int(np.argmax(signed[first:last]))
        marks.append(mark)
        periods.append(period)
        voiced.append(float(is_voiced))
        at = max(mark + period, at + 1)
        was_voiced = is_voiced
    return np.array(marks), np.array(periods), np.array(voiced)


def _overlap_add(
    samples: Float[Array, "samples"],
    count: int,
    shape: Shape,
    marks: Int[Array, "marks"],
    periods: Int[Array, "marks"],
    is_voiced: Float[Array, "marks"],
) -> Float[Array, "moved"]:
    longest = int(periods.max())
    source = np.pad(np.asarray(samples, dtype=np.float64), longest + 1)
    out = np.zeros(count + 2 * longest + 2)
    weight = np.zeros_like(out)
    windows = {period: np.hanning(2 * period + 1) for period in sorted({int(one) for one in periods})}
    semitones = np.interp(marks / AUDIO_RATE_HZ, shape.pitch_at_s, shape.pitch_semitones)
    # Marks follow the true periods, of which `periods` is a rounded estimate.
    steps = np.clip(np.diff(marks, append=marks[-1] + periods[-1]), 0.7 * periods, 1.4 * periods)
    steps = steps / np.where(is_voiced > 0, 2.0 ** (semitones / 12.0), 1.0)
    # The old sample under every new one, and from it the nearest mark.
    olds = shape.before(np.arange(count) / AUDIO_RATE_HZ) * AUDIO_RATE_HZ
    nearest = np.searchsorted(0.5 * (marks[1:] + marks[:-1]), olds)
    at = 0.0
    while at < count:
        place = int(at)
        grain = int(nearest[place])
        period, mark = int(periods[grain]), int(marks[grain])
        window = windows[period]
        start = place + longest + 1 - period
        cut = mark + longest + 1 - period
        out[start : start + 2 * period + 1] += source[cut : cut + 2 * period + 1] * window
        weight[start : start + 2 * period + 1] += window
        at += max(float(steps[grain]), 8.0)
    inside = slice(longest + 1, longest + 1 + count)
    return out[inside] / np.maximum(weight[inside], 0.3)
