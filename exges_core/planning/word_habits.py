"""What speakers did on each word: how often there was a stroke, and of which kind. Counts, not weights; NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum

_FEW_STROKES, _FEW_KINDS = 4.0, 1.0
"""So many words, and strokes, of anybody's usual habit are added to what was counted."""
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class WordHabits:
    """Counts by row of `KnownWords`; row 0 = all unknown words.

    Attributes:
        met: how often a word was said.
        moved: how often it had a stroke.
        kinds: strokes of each kind; those of unknown kind are in `moved` alone.
    """

    met: Float[Array, "rows"]
    moved: Float[Array, "rows"]
    kinds: Float[Array, "rows kinds"]

    @classmethod
    def none(cls, rows: int, kinds: int) -> WordHabits:
        """Return counts of nothing."""
        return cls(met=np.zeros(rows), moved=np.zeros(rows), kinds=np.zeros((rows, kinds)))

    def count(self, rows: Sequence[int], strokes: Sequence[tuple[int, int | None]]) -> None:
        """Add a take: the row of each of its words; row and kind of each stroke, None = not known."""
        np.add.at(self.met, list(rows), 1.0)
        for row, kind in strokes:
            self.moved[row] += 1.0
            if kind is not None:
                self.kinds[row, kind] += 1.0

    def without(self, other: WordHabits) -> WordHabits:
        """Return the counts less another's: what was learnt from all takes but one."""
        return WordHabits(met=self.met - other.met, moved=self.moved - other.moved, kinds=self.kinds - other.kinds)

    def of(
        self, rows: Int[Array, "tokens near"], weights: Float[Array, "tokens near"], has_text: Array
    ) -> tuple[Float[Array, "tokens"], Float[Array, "tokens kinds"]]:
        """Return of each token by how much a stroke is likelier than usual (log odds), and each kind's log share.

        Words are mixed by weight; a token without words has everybody's habit. Without kinds there is one column of 0.
        """
        share = np.where(np.asarray(has_text, np.bool_)[:, None], weights, 0.0)
        usual = (self.moved.sum() + 0.5) / (self.met.sum() + 1.0)
        moved = (share * self.moved[rows]).sum(axis=1) + _FEW_STROKES * usual
        chance = np.clip(moved / ((share * self.met[rows]).sum(axis=1) + _FEW_STROKES), 0.01, 0.99)
        odds = np.log(chance / (1 - chance)) - np.log(usual / (1 - usual))
        if not self.kinds.shape[1]:
            return odds.astype(np.float32), np.zeros((len(rows), 1), np.float32)
        of_all = self.kinds.sum(axis=0) + 0.5
        counted = einsum("nk,nkc->nc", share, self.kinds[rows]) + _FEW_KINDS * of_all / of_all.sum()
        shares = np.maximum(counted / counted.sum(axis=1, keepdims=True), _LEAST_SHARE)
        return odds.astype(np.float32), np.log(shares).astype(np.float32)
