"""Where a recording pauses, from its level alone: for splitting long sound and for speech without words.

No words here: this is what can be heard without knowing the language.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, einsum
from exges_core.audio.waveform import SILENCE_DB, Waveform
from exges_core.timeline import AUDIO_RATE_HZ

LEVEL_RATE_HZ = 100
_HOP = AUDIO_RATE_HZ // LEVEL_RATE_HZ
_BELOW_LOUD_DB = 35.0
_BELOW_LOUDEST_DB = 45.0
"""What is this far below the loudest instant is quiet, however quiet a recording is: below a fixed level, one made with
little gain would be one long pause."""
_ABOVE_FLOOR_DB = 8.0
_FLOOR_TO_LOUD_DB = 15.0
_LEAST_SPEECH_DB, _SPEECH_RANGE_DB = -85.0, 10.0
"""The loud parts of speech below `SILENCE_DB` are at least so loud (16-bit noise lies at -96), and so far above the
rest."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return self.end_s - self.start_s


def level_db(waveform: Waveform) -> Float[Array, "steps"]:
    """Return the level in dB re full scale of every 10 ms, over 30 ms around each."""
    samples = waveform.samples
    steps = max(1, -(-samples.shape[0] // _HOP))
    power = np.zeros(steps)
    whole = samples.shape[0] // _HOP
    blocks = samples[: whole * _HOP].reshape(whole, _HOP)
    power[:whole] = einsum("ij,ij->i", blocks, blocks) / _HOP
    if whole < steps:
        power[whole:] = np.square(samples[whole * _HOP :]).mean() if samples.shape[0] else 0.0
    edged = np.pad(power, 1, mode="edge")
    return 10 * np.log10(np.maximum((edged[:-2] + edged[1:-1] + edged[2:]) / 3, 1e-20))


def is_still(waveform: Waveform) -> bool:
    """Return whether nobody can be speaking: it stays below `SILENCE_DB`, and does not rise and fall as speech does.

    A recording made with little gain is as quiet as an empty one, but for its dynamics; noise has a steady level.
    """
    return _is_still(level_db(waveform))


def _is_still(level: Float[Array, "steps"]) -> bool:
    return float(level.max()) < SILENCE_DB and not moves_as_speech(level)


def moves_as_speech(level: Float[Array, "steps"]) -> bool:
    """Return whether levels (dB re full scale) rise and fall as speech does, and are loud enough to be a sound."""
    loud_db, floor_db = (float(np.percentile(level, share)) for share in (95, 5))
    return loud_db >= _LEAST_SPEECH_DB and loud_db - floor_db >= _SPEECH_RANGE_DB


def pauses(waveform: Waveform, *, at_least_s: float = 0.15) -> tuple[Span, ...]:
    """Return the stretches of at least `at_least_s` in which nobody speaks; ours.

    Quiet means 35 dB below the loud parts, or near the noise floor where that is higher. A silent clip is one pause.
    """
    level = level_db(waveform)
    loud_db, floor_db = (float(np.percentile(level, share)) for share in (95, 5))
    noise_db = min(floor_db + _ABOVE_FLOOR_DB, loud_db - _FLOOR_TO_LOUD_DB)
    least_db = SILENCE_DB if _is_still(level) else min(SILENCE_DB, float(level.max()) - _BELOW_LOUDEST_DB)
    is_quiet = level < max(loud_db - _BELOW_LOUD_DB, noise_db, least_db)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_quiet, [False])).astype(np.int8)))
    spans = (
        Span(start_s=start / LEVEL_RATE_HZ, end_s=min(stop / LEVEL_RATE_HZ, waveform.duration_s))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    )
    return tuple(span for span in spans if span.duration_s >= at_least_s - 1e-9)


def speech_spans(waveform: Waveform) -> tuple[Span, ...]:
    """Return the stretches between pauses of at least 0.3 s."""
    quiet = pauses(waveform, at_least_s=0.3)
    starts = [0.0, *(span.end_s for span in quiet)]
    ends = [*(span.start_s for span in quiet), waveform.duration_s]
    between = (Span(start_s=start, end_s=end) for start, end in zip(starts, ends, strict=True))
    return tuple(span for span in between if span.duration_s > 1e-6)


def split_at_pauses(waveform: Waveform, *, longest_s: float) -> tuple[Span, ...]:
    """Cut the whole clip into pieces of at most `longest_s`, each cut in the middle of the longest pause in reach.

    Reach is the second half of the piece; where it holds no pause, the cut is at its quietest instant.

    Raises:
        ValueError: if `longest_s` is not positive.
    """
    if not longest_s > 0:
        raise ValueError(f"split_at_pauses: need longest_s > 0, got {longest_s}")
    quiet = pauses(waveform)
    level = level_db(waveform)
    pieces: list[Span] = []
    start_s, first = 0.0, 0
    while waveform.duration_s - start_s > longest_s:
        low_s, high_s = start_s + longest_s / 2, start_s + longest_s
        while first < len(quiet) and quiet[first].end_s < low_s:
            first += 1
        cut_s = _cut_in(quiet, first, low_s, high_s)
        if cut_s is None:
            low = math.ceil(low_s * LEVEL_RATE_HZ)
            cut_s = (low + int(level[low : int(high_s * LEVEL_RATE_HZ)].argmin())) / LEVEL_RATE_HZ
        pieces.append(Span(start_s=start_s, end_s=cut_s))
        start_s = cut_s
    return (*pieces, Span(start_s=start_s, end_s=waveform.duration_s))


def _cut_in(quiet: tuple[Span, ...], first: int, low_s: float, high_s: float) -> float | None:
    best: tuple[float, float] | None = None
    for span in quiet[first:]:
        if span.start_s > high_s:
            break
        inside = min(span.end_s, high_s) - max(span.start_s, low_s)
        if best is None or inside > best[0]:
            best = (inside, (min(span.end_s, high_s) + max(span.start_s, low_s)) / 2)
    return None if best is None or best[0] <= 0 else best[1]
