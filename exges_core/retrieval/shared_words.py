"""Words that a query and a clip have in common; ours, beyond the paper. Only text."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from exges_core.arrays import Float


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
        """Return the share for every clip."""
        share = np.zeros(self._count, np.float32)
        count = max(self._count, 1)
        known = {word: self._clips.get(word) for word in set(_words_of(text))}
        weights = {
            word: math.log((1 + count) / (1 + (0 if clips is None else len(clips)))) for word, clips in known.items()
        }
        total = sum(weights.values())
        for word, clips in known.items():
            if clips is not None and weights[word] > 0.0:
                share[clips] += weights[word] / total
        return Overlap(share)


class Overlap:
    """The share of a query's words that every clip has."""

    def __init__(self, share: Float[np.ndarray, "clips"]) -> None:
        self.share = share

    def of(self, clip: int) -> float:
        """Return the share of one clip."""
        return float(self.share[clip])

    def items(self) -> list[tuple[int, float]]:
        """Return (clip, share) of every clip that shares a word."""
        clips = np.flatnonzero(self.share > 0)
        return list(zip(clips.tolist(), self.share[clips].tolist(), strict=True))

    def likely(self, count: int) -> list[int]:
        """Return at most `count` clips that share most, none without a word in common; ties go to lower numbers."""
        if count >= len(self.share):
            best = np.flatnonzero(self.share > 0)
        else:
            least = max(float(np.partition(self.share, -count)[-count]), np.finfo(np.float32).tiny)
            above = np.flatnonzero(self.share > least)
            equal = np.flatnonzero(self.share == np.float32(least))[: count - len(above)]
            best = np.concatenate([above, equal])
        return best[np.lexsort((best, -self.share[best]))].tolist()


def _words_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
