"""Which words a thesaurus has as meaning the same, and how usually they do: small arrays, stored with word vectors.

Ours, beyond the paper. Links are between base forms; a form ("tumbled") is linked as the words it may be a form of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Float, Int

_ARRAYS = ("base_counts", "base_steps", "link_counts", "links", "strengths")
_ALWAYS = 255


class Bases(NamedTuple):
    """The base forms of so many words: rows, and which word each is one of."""

    words: int
    rows: Int[Array, "bases"]
    owner: Int[Array, "bases"]


class WordLinks:
    """Links between words that are named by their rows.

    Args:
        base_counts: how many base forms each word has; it is its own if it is in the thesaurus.
        base_steps: from each word's row to those of its base forms, word after word.
        link_counts: with how many words each is linked.
        links: their rows, word after word.
        strengths: how usually they mean the same, 1 .. 255 = always.

    Raises:
        ValueError: if they do not fit together.
    """

    def __init__(
        self,
        *,
        base_counts: Int[Array, "_"],
        base_steps: Int[Array, "_"],
        link_counts: Int[Array, "_"],
        links: Int[Array, "_"],
        strengths: Int[Array, "_"],
    ) -> None:
        self._arrays = (base_counts, base_steps, link_counts, links, strengths)
        self._base_ends, self._link_ends = (np.cumsum(each, dtype=np.int64) for each in (base_counts, link_counts))
        words = len(base_counts)
        if len(link_counts) != words or base_counts.sum() != len(base_steps):
            raise ValueError(f"base forms of {words} words, links of {len(link_counts)}, {len(base_steps)} base forms")
        if not link_counts.sum() == len(links) == len(strengths):
            raise ValueError(f"{link_counts.sum()} links of words, {len(links)} rows, {len(strengths)} strengths")
        self._bases = np.repeat(np.arange(words), base_counts) + base_steps
        self._links, self._strengths = links, strengths
        named = np.concatenate([self._bases, links])
        if len(named) and not 0 <= named.min() <= named.max() < words:
            raise ValueError(f"rows {named.min()} to {named.max()} of {words} words")

    @classmethod
    def between(
        cls, bases: Sequence[Sequence[int]], linked: Sequence[Mapping[int, float]], *, least: float = 0.0
    ) -> WordLinks:
        """Return links given for every word in turn.

        Args:
            bases: rows of each word's base forms.
            linked: row -> strength, above 0, at most 1, of those that each word is linked with.
            least: links weaker than it are left out.
        """
        kept = [sorted((row, each) for row, each in some.items() if each >= least) for some in linked]
        strengths = [max(round(_ALWAYS * each), 1) for some in kept for _, each in some]
        return cls(
            base_counts=_whole(len(some) for some in bases),
            base_steps=_whole(base - row for row, some in enumerate(bases) for base in some),
            link_counts=_whole(len(some) for some in kept),
            links=_whole(row for some in kept for row, _ in some),
            strengths=_whole(strengths),
        )

    @classmethod
    def restored(cls, arrays: Mapping[str, Array]) -> WordLinks:
        """Return links from what `stored` gave.

        Raises:
            KeyError: if an array is missing.
            ValueError: if they do not fit together.
        """
        return cls(**{name: arrays[name].astype(np.int64) for name in _ARRAYS})

    def stored(self) -> dict[str, Array]:
        """Return the arrays by name, in the smallest types that hold them."""
        return {name: array.astype(_smallest(array)) for name, array in zip(_ARRAYS, self._arrays, strict=True)}

    @classmethod
    def none(cls, words: int) -> WordLinks:
        """Return no links."""
        return cls.between([()] * words, [dict[int, float]()] * words)

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self._base_ends)

    @property
    def count(self) -> int:
        """Return the number of links."""
        return len(self._links)

    def bases(self, words: Sequence[int]) -> Bases:
        """Return the base forms of words."""
        found = [self._bases_of(word) for word in words]
        counts = [len(some) for some in found]
        rows = np.concatenate([np.zeros(0, np.int64), *found])
        return Bases(words=len(found), rows=rows, owner=np.repeat(np.arange(len(found)), counts))

    def strengths(self, word: int, others: Bases) -> Float[Array, "others"]:
        """Return how strongly a word is linked with others, 0 = not at all, 1 = they are forms of the same word."""
        strength = np.zeros(len(self))
        own = self._bases_of(word)
        for base in own.tolist():
            linked = _slice(self._link_ends, base)
            strength[base] += 1.0 / len(own)
            strength[self._links[linked]] += self._strengths[linked] / _ALWAYS / len(own)
        return np.minimum(np.bincount(others.owner, strength[others.rows], minlength=others.words), 1.0)

    def _bases_of(self, word: int) -> Int[Array, "bases"]:
        return self._bases[_slice(self._base_ends, word)]


def _slice(ends: Int[Array, "words"], row: int) -> slice:
    return slice(int(ends[row - 1]) if row else 0, int(ends[row]))


def _whole(numbers: Iterable[int]) -> Int[Array, "numbers"]:
    return np.array(list(numbers), np.int64)


def _smallest(array: Int[Array, "numbers"]) -> np.dtype[np.generic]:
    ends = (array.min(initial=0), array.max(initial=0))
    return np.result_type(*(np.min_scalar_type(end) for end in ends))
