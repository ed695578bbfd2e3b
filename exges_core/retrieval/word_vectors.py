"""Words near others in meaning: small vectors, read once, when a word is met that nobody knows. NumPy alone.

Ours, beyond the paper. The file is made by ``python -m training.word_vectors``: GloVe's words of meaning, pulled
together where WordNet has them as synonyms and apart where it has them as opposites; which it links directly stands
beside them. Function words, numbers and names have no vector, so that they are near nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from exges_core import array_files, assets
from exges_core.arrays import Array, Bool, Float, Int
from exges_core.errors import CheckpointError, message
from exges_core.retrieval.word_links import Bases, WordLinks

LEAST_COSINE = 0.7
"""Words whose cosine, links counted, is below it are strangers; chosen on the authored validation split
(docs/retrieval.md)."""
MOST_NEAR = 6
"""So many near words count at most."""
LEAST_AGREEMENT = 0.5
"""Cosine that near words have with the likeliest one at least."""
TELLING_MARGIN = 0.2
"""So much nearer, in cosine, must a word be that no gesture goes with, to come before one that has some."""
LINK_WORTH = 0.4
"""A link counts as so much cosine, times the root of its strength; of 0.2 to 0.5, chosen on the validation split."""
LEAST_LINKED_COSINE = 0.5
"""Below it a link is for a meaning that the word seldom has, and counts for nothing."""
STRANGENESS = 0.05
"""So much less cosine counts between words without a link: it takes more to trust vectors alone."""
_MARK = "'s"


class WordVectors:
    """Unit vectors of words, stored as whole numbers with a scale each, and links between the words.

    Args:
        words: each once.
        whole: vectors, -127 .. 127.
        scale: of each vector.
        links: between the words; None = there are none.
    """

    def __init__(
        self,
        words: Sequence[str],
        whole: Int[Array, "words size"],
        scale: Float[Array, "words"],
        links: WordLinks | None = None,
    ) -> None:
        self._row = {word: row for row, word in enumerate(words)}
        self._whole, self._scale = whole, scale
        self._links = WordLinks.none(len(words)) if links is None else links

    @classmethod
    def read(cls, path: Path) -> WordVectors:
        """Read a file of vectors; no pickles.

        Raises:
            CheckpointError: if it is missing or damaged.
        """
        try:
            file = array_files.read_npz(path).arrays
            with array_files.told():
                words = file["words"].tobytes().decode("utf-8").split("\n")
                whole, scale = file["vectors"], file["scales"]
                links = WordLinks.restored(file)
            if not len(words) == len(whole) == len(scale) == len(links) or whole.ndim != 2:
                raise ValueError(f"{len(words)} words, vectors {whole.shape}, scales {scale.shape}, links {len(links)}")
        except (OSError, KeyError, ValueError) as error:
            raise CheckpointError(
                message(
                    expected="words and a vector for each",
                    got=str(error).splitlines()[0] if str(error) else type(error).__name__,
                    where=str(path),
                    do="Reinstall ExGes, or make it anew: python -m training.word_vectors.",
                )
            ) from error
        return cls(words, whole, scale.astype(np.float32), links)

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self._row)

    def __iter__(self) -> Iterator[str]:
        """Return the words, frequent ones first."""
        return iter(self._row)

    def __contains__(self, word: str) -> bool:
        """Return whether a word has a vector."""
        return word in self._row

    def of(self, words: Sequence[str]) -> Float[Array, "words size"]:
        """Return the vectors of words that have one.

        Raises:
            KeyError: if one has none.
        """
        rows = [self._row[word] for word in words]
        return self._whole[rows].astype(np.float32) * self._scale[rows, None]

    def bases(self, words: Sequence[str]) -> Bases:
        """Return the base forms of words that have a vector, for `linked`.

        Raises:
            KeyError: if one has none.
        """
        return self._links.bases([self._row[word] for word in words])

    def linked(self, word: str, others: Bases) -> Float[Array, "others"]:
        """Return how strongly WordNet links a word with others, 0 .. 1.

        Raises:
            KeyError: if the word has no vector.
        """
        return self._links.strengths(self._row[word], others)


@lru_cache(maxsize=1)
def shipped() -> WordVectors:
    """Return the vectors that come with the package.

    Raises:
        CheckpointError: if they are missing or damaged.
    """
    return WordVectors.read(assets.WORD_VECTORS)


class Vocabulary:
    """The words that somebody knows, a base or a speech tower, and which of them are near a word it does not know.

    Args:
        words: lower case.
        telling: those of them that gestures go with; they come first among words about as near. Empty = not known.
        vectors: None = those that come with the package.
    """

    def __init__(
        self, words: Iterable[str], *, telling: Iterable[str] = (), vectors: WordVectors | None = None
    ) -> None:
        self.words, self.telling = frozenset(words), frozenset(telling)
        self._given = vectors
        self._near: dict[str, tuple[tuple[str, float], ...]] = {}

    def __contains__(self, word: str) -> bool:
        """Return whether a word is known."""
        return word in self.words

    def near(self, word: str) -> tuple[tuple[str, float], ...]:
        """Return known words near an unknown one, the likeliest first, and how near: above 0, at most 1.

        Empty for a known word, one without a vector, and where nothing is near.
        """
        if word in self.words or not self.words:
            return ()
        if word not in self._near:
            self._near[word] = self._look_up(word)
        return self._near[word]

    def _look_up(self, word: str) -> tuple[tuple[str, float], ...]:
        stem = word.removesuffix(_MARK)
        if stem in self.words:
            return ((stem, 1.0),)
        if stem not in self._vectors or not self._known:
            return ()
        cosine = self._cosine(stem)
        # Words that mean the same are alike near, however strong their links: those with gestures come first.
        order = np.lexsort((-cosine, -(np.minimum(cosine, 1.0) + TELLING_MARGIN * self._is_telling)))[:MOST_NEAR]
        # Opposites are used alike, so that a word may lie near both: who is a stranger to the likeliest is left out.
        order = order[self._table[order] @ self._table[order[0]] >= LEAST_AGREEMENT]
        near = [(self._known[int(row)], float((cosine[row] - LEAST_COSINE) / (1.0 - LEAST_COSINE))) for row in order]
        return tuple((known, min(nearness, 1.0)) for known, nearness in near if nearness > 0.0)

    def _cosine(self, word: str) -> Float[Array, "known"]:
        """Return the cosine of a word with every known one, more where a link speaks for it, less where none does."""
        cosine = self._table @ self._vectors.of([word])[0]
        link = np.where(cosine >= LEAST_LINKED_COSINE, self._vectors.linked(word, self._bases), 0.0)
        return cosine + np.where(link > 0.0, LINK_WORTH * np.sqrt(link), -STRANGENESS)

    @property
    def _vectors(self) -> WordVectors:
        return self._given or shipped()

    @cached_property
    def _known(self) -> list[str]:
        return sorted(word for word in self.words if word in self._vectors)

    @cached_property
    def _is_telling(self) -> Bool[Array, "known"]:
        return np.array([word in self.telling for word in self._known], np.bool_)

    @cached_property
    def _table(self) -> Float[Array, "known size"]:
        return self._vectors.of(self._known)

    @cached_property
    def _bases(self) -> Bases:
        return self._vectors.bases(self._known)
