"""Words that a query and a clip have in common; ours, beyond the paper. Only text."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from exges_core.arrays import Float, Int

_NOWHERE = np.zeros(0, np.int32)


class SharedWords:
    """How many of a query's words, weighed by their rarity, a clip's text has: 0 none, 1 all; ours."""

    def __init__(self, texts: Iterable[str]) -> None:
        clips: dict[str, list[int]] = defaultdict(list)
        self._count = 0
        for clip, text in enumerate(texts):
            self._count = clip + 1
            for word in set(_words_of(text)):
                clips[word].append(clip)
        self._clips = {word: np.array(found, np.int32) for word, found in clips.items()}

    def overlap(self, text: str) -> Overlap:
        """Return what every clip shares with a text."""
        count = max(self._count, 1)
        known = {word: self._clips.get(word, _NOWHERE) for word in set(_words_of(text))}
        weights = {word: math.log((1 + count) / (1 + len(clips))) for word, clips in known.items()}
        total = sum(weights.values())
        rarest_first = sorted(known, key=lambda word: (-weights[word], word))
        return Overlap([(weights[word] / total, known[word]) for word in rarest_first if weights[word] > 0.0])


class Overlap:
    """The share of a query's words that clips have.

    Args:
        words: share of the query that each word is, greatest first, and the sorted clips that have it.
    """

    def __init__(self, words: Sequence[tuple[float, Int[np.ndarray, "_"]]]) -> None:
        self.words = words

    def of(self, clips: Int[np.ndarray, "clips"]) -> Float[np.ndarray, "clips"]:
        """Return the shares of some clips."""
        share = np.zeros(len(clips))
        for weight, having in self.words:
            if len(having):
                place = np.searchsorted(having, clips)
                share += weight * (having[np.minimum(place, len(having) - 1)] == clips)
        return share

    def items(self) -> list[tuple[int, float]]:
        """Return (clip, share) of every clip that shares a word."""
        clips = self._having(len(self.words))
        return list(zip(clips.tolist(), self.of(clips).tolist(), strict=True))

    def likely(self, count: int) -> list[int]:
        """Return the at most `count` clips that share most, none without a word in common; ties: lower numbers first.

        Rare words first: as soon as `count` clips share more than all common words together, others cannot matter.
        """
        best = _NOWHERE
        for known in range(1, len(self.words) + 1):
            clips = self._having(known)
            share = self.of(clips)
            best = clips[np.lexsort((clips, -share))][:count]
            rest = sum(weight for weight, _ in self.words[known:])
            if len(best) == count and np.partition(share, -count)[-count] > rest:
                break
        return best.tolist()

    def _having(self, words: int) -> Int[np.ndarray, "clips"]:
        """Return the clips that have any of the rarest words."""
        return np.unique(np.concatenate([_NOWHERE, *(having for _, having in self.words[:words])]))


def _words_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
