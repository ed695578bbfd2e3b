"""Words that a query and a clip have in common; ours, beyond the paper. Only text."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence


class SharedWords:
    """How many of a query's words, weighed by their rarity, a clip's text has: 0 none, 1 all; ours."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._clips: dict[str, list[int]] = defaultdict(list)
        for clip, text in enumerate(texts):
            for word in set(_words_of(text)):
                self._clips[word].append(clip)
        self._count = max(len(texts), 1)

    def overlap(self, text: str) -> dict[int, float]:
        """Return the share for every clip that has any of the words; clips without are left out."""
        weights = {
            word: math.log((1 + self._count) / (1 + len(self._clips.get(word, ())))) for word in set(_words_of(text))
        }
        total = sum(weights.values())
        shared: dict[int, float] = defaultdict(float)
        for word, weight in weights.items():
            for clip in self._clips.get(word, ()) if weight > 0.0 else ():
                shared[clip] += weight / total
        return dict(shared)


def _words_of(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
