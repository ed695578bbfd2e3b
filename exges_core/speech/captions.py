"""Captions as they are shown, made into what is said once: rolling lines, overlaps, several speakers.

Records in, records out; the standard library alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from exges_core.speech.units import joined, units_of
from exges_core.speech.words import Timed, Word

_ROLLING_SHARE = 0.4
"""Share of neighbouring cues that must repeat each other before a file is taken for rolling captions."""
_NEIGHBOUR_S = 0.5
_SAME_START_S = 0.02
_AT_ONCE_S = 0.001
"""Cues whose starts are nearer are shown together; captions that roll flash for 10 ms."""


def once(cues: Sequence[Timed]) -> tuple[list[Timed], int]:
    """Return cues without what they repeat of the one before, if the file rolls, and how many did; ours.

    Captions roll where a cue shows the last words of the one before again and then goes on. Song lines and short
    answers repeat, too; so only a file in which that is the rule is read so.
    """
    shown = [_spelled(cue.text) for cue in cues]
    repeats = [0, *(_overlap(before, after) for before, after in pairwise(shown))]
    near = [at for at in range(1, len(cues)) if _gap_s(cues[at - 1], cues[at]) <= _NEIGHBOUR_S]
    rolling = [at for at in near if repeats[at]]
    if len(rolling) < 2 or len(rolling) < _ROLLING_SHARE * len(near):
        return list(cues), 0
    kept: list[Timed] = []
    is_near = set(near)
    for at, cue in enumerate(cues):
        rest = units_of(cue.text)[repeats[at] if at in is_near else 0 :]
        if rest:
            kept.append(replace(cue, text=joined(rest)))
    return kept, len(rolling)


def _spelled(text: str) -> list[str]:
    return [unit.strip(".,!?;:…。、\"'").casefold() for unit in units_of(text)]


def _overlap(before: Sequence[str], after: Sequence[str]) -> int:
    """Return the longest end of one text that begins the other."""
    longest = min(len(before), len(after))
    return next((size for size in range(longest, 0, -1) if before[-size:] == after[:size]), 0)


def _gap_s(before: Timed, after: Timed) -> float:
    if before.end_s is None or after.start_s is None:
        return 0.0
    return after.start_s - before.end_s


def merged_by_start(cues: Sequence[Timed]) -> list[Timed]:
    """Order cues by their start; those that begin together become one, what is the same text is kept once."""
    timed = sorted(cues, key=lambda cue: cue.start_s if cue.start_s is not None else 0.0)
    found: list[Timed] = []
    for cue in timed:
        last = found[-1] if found else None
        if last is None or last.start_s is None or cue.start_s is None or cue.start_s - last.start_s > _AT_ONCE_S:
            found.append(cue)
        elif None not in (last.end_s, cue.end_s):
            text = last.text if cue.text == last.text else f"{last.text} {cue.text}"
            found[-1] = replace(last, text=text, end_s=max(last.end_s or 0.0, cue.end_s or 0.0))
    return found


def interleaved(lanes: Sequence[Sequence[Word]]) -> tuple[tuple[Word, ...], tuple[int, ...], float]:
    """Merge what several speakers say by time, each word cut where the next begins.

    Returns:
        The words; for each its place in the lanes laid end to end; the seconds that are said at once.
    """
    laid = [word for lane in lanes for word in lane]
    order = sorted(range(len(laid)), key=lambda at: (laid[at].start_s, laid[at].end_s))
    at_once_s = 0.0
    merged: list[Word] = []
    for word in (laid[at] for at in order):
        if merged and word.start_s < merged[-1].end_s:
            last = merged[-1]
            both_s = min(last.end_s, word.end_s)
            at_once_s += max(0.0, both_s - word.start_s)
            start_s = word.start_s
            if start_s - last.start_s < _SAME_START_S:  # they begin together: one after the other, in half the time
                start_s = max(start_s, last.start_s, (last.start_s + both_s) / 2)
            merged[-1] = replace(last, end_s=start_s)
            merged.append(replace(word, start_s=start_s, end_s=max(start_s, word.end_s)))
        else:
            merged.append(word)
    return tuple(merged), tuple(order), at_once_s


def lanes_of(cues: Sequence[Word]) -> list[list[int]]:
    """Put cues that overlap into different lanes, in order; returns their indices."""
    lanes: list[list[int]] = []
    for index, cue in enumerate(cues):
        free = next((lane for lane in lanes if cues[lane[-1]].end_s <= cue.start_s + 1e-9), None)
        if free is None:
            lanes.append([index])
        else:
            free.append(index)
    return lanes


def by_speaker(items: Sequence[Timed]) -> list[tuple[str, list[Timed]]]:
    """Group by speaker, each group in its file's order, in order of who speaks first."""
    order = {speaker: at for at, speaker in enumerate(dict.fromkeys(each.speaker for each in items))}
    ranked = sorted(items, key=lambda each: order[each.speaker])
    return [(speaker, list(group)) for speaker, group in groupby(ranked, key=lambda each: each.speaker)]
