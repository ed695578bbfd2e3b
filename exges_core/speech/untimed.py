"""Words that a file leaves without times among others that have them: their place between their neighbours.

Records in, records out. The sound's own word on where they are is `transcript_words`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from exges_core.speech.units import units_of, word_count
from exges_core.speech.words import Timed, is_word

_LEAST_S, _USUAL_S = 0.06, 0.3
"""A word without a time gets at least this much from its neighbours, and beyond the first or last one so much."""


def spread(text: str, start_s: float, end_s: float) -> list[tuple[str, float, float]]:
    """Divide a time among the words of a text in proportion to their length in characters."""
    words = units_of(text)
    total = sum(len(word) for word in words)
    times, done = [start_s], 0
    for word in words:
        done += len(word)
        times.append(start_s + (end_s - start_s) * done / total)
    return list(zip(words, times, times[1:], strict=False))


def single_words(items: Sequence[Timed]) -> tuple[list[Timed], tuple[int, ...]]:
    """Return one record per word, all with times, and which of them had none of their own.

    An item of several words shares its time among them by length; a mark without a time joins the word before.
    """
    words: list[Timed] = []
    untimed: list[int] = []
    for item in items:
        text = " ".join(item.text.split())
        if not is_word(text):
            if words and item.start_s is None and not any(each.isalnum() for each in text):
                words[-1] = replace(words[-1], text=words[-1].text + text)
        elif word_count(text) == 1 and item.start_s is not None:
            untimed += [len(words)] if item.is_assumed else []
            words.append(replace(item, text=text))
        else:
            first = len(words)
            words += _taken_apart(item, text)
            untimed += range(first, len(words))
    return _interpolated(words), tuple(untimed)


def _taken_apart(item: Timed, text: str) -> list[Timed]:
    if item.start_s is None or item.end_s is None:
        return [replace(item, text=each, start_s=None, end_s=None) for each in text.split() if is_word(each)]
    parts = spread(text, item.start_s, item.end_s)
    return [replace(item, text=each, start_s=low, end_s=high) for each, low, high in parts if is_word(each)]


def with_ends(items: Sequence[Timed]) -> tuple[list[Timed], bool]:
    """Give items that only say when they begin an end where the next one begins; also whether the last was such."""
    found: list[Timed] = []
    for at, item in enumerate(items):
        if item.start_s is None or item.end_s is not None:
            found.append(item)
            continue
        later = (each.start_s for each in items[at + 1 :] if each.start_s is not None and each.start_s > item.start_s)
        most_s = item.start_s + 1.0 + 0.8 * len(units_of(item.text))
        found.append(replace(item, end_s=min(next(later, most_s), most_s)))
    is_open = bool(items) and items[-1].start_s is not None and items[-1].end_s is None
    return found, is_open


def _interpolated(words: list[Timed]) -> list[Timed]:
    found = list(words)
    at = 0
    while at < len(found):
        if found[at].start_s is not None:
            at += 1
            continue
        stop = next((index for index in range(at, len(found)) if found[index].start_s is not None), len(found))
        _place_run(found, at, stop)
        at = stop
    return found


def _place_run(words: list[Timed], first: int, stop: int) -> None:
    """Give words [first, stop) the time between their neighbours, which lend some of theirs where none is free."""
    count = stop - first
    before = words[first - 1] if first else None
    after = words[stop] if stop < len(words) else None
    low_s = before.end_s if before is not None and before.end_s is not None else None
    high_s = after.start_s if after is not None else None
    if low_s is None and high_s is None:
        low_s, high_s = 0.0, _USUAL_S * count
    elif low_s is None:
        low_s = max(0.0, (high_s or 0.0) - _USUAL_S * count)
    elif high_s is None:
        high_s = low_s + _USUAL_S * count
    low_s, high_s = low_s or 0.0, high_s or 0.0
    if high_s - low_s < _LEAST_S * count:
        low, high = max(0, first - 1), min(len(words), stop + 1)
        start_s = words[low].start_s if before is not None else low_s
        end_s = words[high - 1].end_s if after is not None else high_s
        low_s, high_s = start_s if start_s is not None else low_s, end_s if end_s is not None else high_s
    else:
        low, high = first, stop
    shares = spread_texts([words[index].text for index in range(low, high)], low_s, max(low_s, high_s))
    for index, (start_s, end_s) in zip(range(low, high), shares, strict=True):
        words[index] = replace(words[index], start_s=start_s, end_s=end_s)


def spread_texts(texts: Sequence[str], start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Divide a time among texts, each of which stays whole, in proportion to their length."""
    total = max(1, sum(len(text) for text in texts))
    edges, done = [start_s], 0
    for text in texts:
        done += len(text)
        edges.append(start_s + (end_s - start_s) * done / total)
    return list(pairwise(edges))
