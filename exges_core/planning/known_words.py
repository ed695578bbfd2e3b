"""The words a planner knows by heart, and what it takes an unknown one for: known ones near in meaning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.retrieval.word_vectors import MOST_NEAR, Vocabulary, WordVectors

UNKNOWN = 0
_OUTSIDE, _SPREAD = 5, 17
"""Every fifth word is set aside in turn; a prime so that neighbours in frequency are not set aside together."""


class KnownWords:
    """Rows of an embedding for words: row 0 is the unknown word, the others count from 1.

    Args:
        words: lower case, each once.
        vectors: of words; None = those that come with the package.
    """

    def __init__(self, words: Sequence[str], *, vectors: WordVectors | None = None) -> None:
        self.words, self._vectors = tuple(words), vectors
        self._row = {word: row for row, word in enumerate(self.words, 1)}
        self._vocabulary = Vocabulary(self.words, vectors=vectors)

    def __contains__(self, word: str) -> bool:
        """Return whether the word is known."""
        return word in self._row

    def rows(self, texts: Sequence[str]) -> tuple[Int[Array, "texts near"], Float[Array, "texts near"]]:
        """Return for each text the rows of words it stands for, and weights that sum to 1."""
        return _table([self._mixed(text, self._vocabulary) for text in texts])

    def strange_rows(self) -> tuple[Int[Array, "rows near"], Float[Array, "rows near"]]:
        """Return what each row would be taken for if its word were not known: training shows that now and then."""
        mixed: list[list[tuple[int, float]]] = [[(UNKNOWN, 1.0)] for _ in range(len(self.words) + 1)]
        for turn in range(_OUTSIDE):
            aside = {word for row, word in enumerate(self.words) if row * _SPREAD % _OUTSIDE == turn}
            rest = Vocabulary([word for word in self.words if word not in aside], vectors=self._vectors)
            for word in aside:
                mixed[self._row[word]] = self._mixed(word, rest)
        return _table(mixed)

    def _mixed(self, text: str, vocabulary: Vocabulary) -> list[tuple[int, float]]:
        if text in vocabulary:
            return [(self._row[text], 1.0)]
        near = vocabulary.near(text) if text else ()
        total = sum(weight for _, weight in near)
        return [(self._row[word], weight / total) for word, weight in near] or [(UNKNOWN, 1.0)]


def _table(mixed: Sequence[Sequence[tuple[int, float]]]) -> tuple[Array, Array]:
    rows = np.zeros((len(mixed), MOST_NEAR), np.int64)
    weights = np.zeros((len(mixed), MOST_NEAR), np.float32)
    for place, parts in enumerate(mixed):
        for column, (row, weight) in enumerate(parts):
            rows[place, column], weights[place, column] = row, weight
    return rows, weights
