"""Words that a query and a clip have in common; ours, beyond the paper. Only text."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.retrieval.word_vectors import Vocabulary

_NOWHERE = np.zeros(0, np.int32)


class SharedWords:
    """How many of a query's words, weighed by their rarity, a clip's text has: 0 none, 1 all; ours.

    Where no clip has a word, clips with words near it in meaning have it in part.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        clips: dict[str, list[int]] = defaultdict(list)
        self._count = 0
        for clip, text in enumerate(texts):
            self._count = clip + 1
            for word in set(_words_of(text)):
                clips[word].append(clip)
        self._clips = {word: np.array(found, np.int32) for word, found in clips.items()}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Return the words of the texts."""
        return Vocabulary(self._clips)

    def overlap(self, text: str, *, near: bool = True, read: Collection[str] = ()) -> Overlap:
        """Return what every clip shares with a text.

        Args:
            text: whose words are looked for.
            near: where no clip has a word, look for words near it in meaning.
            read: words that need no near ones, for the speech tower knows what they mean.
        """
        count = max(self._count, 1)
        found = {word: self._having(word, near=near and word not in read) for word in sorted(set(_words_of(text)))}
        held = {word: sum(len(clips) for _, clips in having) for word, having in found.items()}
        weights = {word: math.log((1 + count) / (1 + clips)) for word, clips in held.items()}
        total = sum(weights.values())
        parts = [
            (weights[word] / total * nearness, clips)
            for word, having in found.items()
            if weights[word] > 0.0
            for nearness, clips in having
        ]
        return Overlap(sorted(parts, key=lambda part: -part[0]))

    def _having(self, word: str, *, near: bool) -> list[tuple[float, Int[Array, "_"]]]:
        """Return (nearness, clips) of a word: those that have it, else those with near words, each clip once."""
        if word in self._clips or not near:
            return [(1.0, self._clips.get(word, _NOWHERE))]
        having: list[tuple[float, Int[Array, "_"]]] = []
        seen = _NOWHERE
        for known, nearness in self.vocabulary.near(word):
            clips = np.setdiff1d(self._clips[known], seen, assume_unique=True)
            having.append((nearness, clips))
            seen = np.union1d(seen, clips)
        return having or [(1.0, _NOWHERE)]


class Overlap:
    """The share of a query's words that clips have.

    Args:
        words: share of the query that each word is, greatest first, and the sorted clips that have it.
    """

    def __init__(self, words: Sequence[tuple[float, Int[Array, "_"]]]) -> None:
        self.words = words

    def of(self, clips: Int[Array, "clips"]) -> Float[Array, "clips"]:
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

    def _having(self, words: int) -> Int[Array, "clips"]:
        """Return the clips that have any of the rarest words."""
        return np.unique(np.concatenate([_NOWHERE, *(having for _, having in self.words[:words])]))


def _words_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
