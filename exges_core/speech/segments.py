"""Words into segments of 1-2 s and 4-8 whole words: the units that retrieval looks up; ours, after the paper's 3.1.

A dynamic programme over word boundaries, linear in the number of words. Long pauses always split; sentence ends and
short pauses attract a split; a word is never cut. Where both bounds cannot be kept, duration wins and the note says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from exges_core.audio.features import ONSET, audio_features
from exges_core.audio.pauses import is_still, speech_spans
from exges_core.audio.waveform import Waveform
from exges_core.speech.units import joined
from exges_core.speech.words import Word
from exges_core.timeline import MOTION_RATE_HZ

MIN_S, MAX_S = 1.0, 2.0
MIN_WORDS, MAX_WORDS = 4, 8
LONG_PAUSE_S = 0.5
"""A pause from here on always splits."""

_TARGET_S = 1.5
_DURATION_COST = 1e6
_COUNT_COST = 1e2
_INNER_SENTENCE_COST = 4.0
_PLAIN_SPLIT_COST = 1.0
_REACH = 40
_SENTENCE_ENDS = frozenset(".!?…。！？")
_CLOSING = "\"'”’)]»"
_ONSET_RISE = 0.35


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A short stretch of speech.

    Attributes:
        start_s, end_s: from the first word's start to the last word's end, widened into the pauses around a short one.
        text: the words, joined; empty where none are known.
        words: whole, in order.
        note: which bounds could not be kept ("short", "long", "few words", "many words", comma between), or "no words".
    """

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _Unit:
    """What must stay whole, and how much silence around it a segment may take: half of each pause."""

    start_s: float
    end_s: float
    room_before_s: float
    room_after_s: float
    ends_sentence: bool


def segment(words: Sequence[Word], waveform: Waveform) -> tuple[Segment, ...]:
    """Group words into segments; without words, cut the speech between pauses at onsets.

    >>> said = "so this is how we speak".split()
    >>> words = [Word(text=text, start_s=0.25 * at, end_s=0.25 * at + 0.2) for at, text in enumerate(said)]
    >>> [each.text for each in segment(words, Waveform(samples=np.zeros(24_000, np.float32)))]
    ['so this is how we speak']

    Returns:
        Segments in order that do not overlap; every word is in exactly one; silence alone gives none.
    """
    if not words:
        return _segments_without_words(waveform)
    units = _units(
        [(word.start_s, word.end_s) for word in words],
        [_ends_sentence(word.text) for word in words],
        max(waveform.duration_s, words[-1].end_s),
    )
    segments: list[Segment] = []
    for first, stop in _partition(units, with_counts=True):
        part = tuple(words[first:stop])
        start_s, end_s = _widened(units[first], units[stop - 1])
        note = _note(end_s - start_s, len(part))
        text = joined([word.text for word in part])
        segments.append(Segment(start_s=start_s, end_s=end_s, text=text, words=part, note=note))
    return tuple(segments)


def _ends_sentence(text: str) -> bool:
    return text.rstrip(_CLOSING)[-1:] in _SENTENCE_ENDS


def _units(times: Sequence[tuple[float, float]], ends: Sequence[bool], duration_s: float) -> list[_Unit]:
    before = [times[0][0], *(max(0.0, (b[0] - a[1]) / 2) for a, b in pairwise(times))]
    after = [*before[1:], max(0.0, duration_s - times[-1][1])]
    return [
        _Unit(start_s=time[0], end_s=time[1], room_before_s=low, room_after_s=high, ends_sentence=end)
        for time, low, high, end in zip(times, before, after, ends, strict=True)
    ]


def _partition(units: Sequence[_Unit], *, with_counts: bool) -> list[tuple[int, int]]:
    """Return the cheapest cut of the units into runs [first, stop): best[stop] = min over first of best + cost."""
    best = [0.0]
    origin = [0]
    for stop in range(1, len(units) + 1):
        cheapest, chosen = math.inf, stop - 1
        for first in range(stop - 1, max(-1, stop - 1 - _REACH), -1):
            if first < stop - 1 and 2 * units[first].room_after_s >= LONG_PAUSE_S - 1e-9:
                break
            cost = best[first] + _cost(units, first, stop, with_counts=with_counts)
            if cost < cheapest:
                cheapest, chosen = cost, first
            if units[stop - 1].end_s - units[first].start_s > 2 * MAX_S:
                break
        best.append(cheapest)
        origin.append(chosen)
    runs: list[tuple[int, int]] = []
    stop = len(units)
    while stop:
        runs.append((origin[stop], stop))
        stop = origin[stop]
    return runs[::-1]


def _cost(units: Sequence[_Unit], first: int, stop: int, *, with_counts: bool) -> float:
    """Return what a run costs: a broken duration above any broken count, that above any preference."""
    head, tail = units[first], units[stop - 1]
    bare_s = tail.end_s - head.start_s
    short_s = MIN_S - (bare_s + head.room_before_s + tail.room_after_s)
    excess_s = max(short_s, bare_s - MAX_S, 0.0)
    cost = _DURATION_COST * (1 + excess_s) if excess_s > 1e-6 else 0.0
    count = stop - first
    if with_counts:
        cost += _COUNT_COST * max(MIN_WORDS - count, count - MAX_WORDS, 0)
        cost += _INNER_SENTENCE_COST * sum(unit.ends_sentence for unit in units[first : stop - 1])
    split = 0.0 if tail.ends_sentence else _PLAIN_SPLIT_COST * (1 - min(2 * tail.room_after_s / LONG_PAUSE_S, 1.0))
    return cost + split + (min(bare_s, MAX_S) - _TARGET_S) ** 2


def _widened(head: _Unit, tail: _Unit) -> tuple[float, float]:
    """Widen a short run into the pauses around it, evenly as far as they reach, up to the lower bound."""
    missing_s = MIN_S - (tail.end_s - head.start_s)
    if missing_s <= 0:
        return head.start_s, tail.end_s
    before_s = min(head.room_before_s, max(missing_s / 2, missing_s - tail.room_after_s))
    after_s = min(tail.room_after_s, missing_s - before_s)
    return head.start_s - before_s, tail.end_s + after_s


def _note(duration_s: float, count: int) -> str:
    broken = (
        ("short", duration_s < MIN_S - 1e-6),
        ("long", duration_s > MAX_S + 1e-6),
        ("few words", count < MIN_WORDS),
        ("many words", count > MAX_WORDS),
    )
    return ", ".join(name for name, is_broken in broken if is_broken)


def _segments_without_words(waveform: Waveform) -> tuple[Segment, ...]:
    """Cut speech at pauses and, between them, at onsets."""
    if is_still(waveform):
        return ()
    onset = audio_features(waveform)[:, ONSET]
    peak = np.flatnonzero((onset[1:-1] > onset[:-2]) & (onset[1:-1] >= onset[2:]) & (onset[1:-1] > _ONSET_RISE)) + 1
    onsets_s = (peak / MOTION_RATE_HZ).tolist()
    times: list[tuple[float, float]] = []
    for span in speech_spans(waveform):
        cuts = [time_s for time_s in onsets_s if span.start_s + 0.1 < time_s < span.end_s - 0.1]
        times += _pieces([span.start_s, *cuts, span.end_s])
    units = _units(times, [False] * len(times), waveform.duration_s)
    segments: list[Segment] = []
    for first, stop in _partition(units, with_counts=False):
        start_s, end_s = _widened(units[first], units[stop - 1])
        note = ", ".join(part for part in ("no words", _note(end_s - start_s, MIN_WORDS)) if part)
        segments.append(Segment(start_s=start_s, end_s=end_s, text="", words=(), note=note))
    return tuple(segments)


def _pieces(edges_s: Sequence[float]) -> list[tuple[float, float]]:
    """Return the stretches between edges, those above half a second in equal parts: nothing in them must stay whole."""
    pieces: list[tuple[float, float]] = []
    for start_s, end_s in pairwise(edges_s):
        parts = max(1, math.ceil((end_s - start_s) / (MIN_S / 2)))
        bounds = np.linspace(start_s, end_s, parts + 1).tolist()
        pieces += pairwise(bounds)
    return pieces
