"""The largest inner products of queries with many vectors: every one compared, in NumPy alone."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum

_ROUNDING = 2e-5
"""A product of unit vectors in float32 is known to within this, whatever order its channels are summed in."""
_GROUP = 8


def products_with(
    vectors: Float[Array, "vectors channels"], query: Float[Array, "channels"]
) -> Float[Array, "vectors"]:
    """Return the inner product of each of a few vectors with another; no threads, which cost more than the sums do."""
    return einsum("nc,c->n", vectors, query)


class Compared:
    """Vectors that queries are compared with."""

    def __init__(self, vectors: Float[Array, "vectors channels"]) -> None:
        """Keep float32 vectors."""
        self.vectors = vectors
        self._longest = float(np.sqrt(einsum("nc,nc->n", vectors, vectors).max()))

    def largest(
        self, queries: Float[Array, "queries channels"], count: int
    ) -> tuple[Float[Array, "queries count"], Int[Array, "queries count"]]:
        """Return the `count` largest products and their vectors' numbers, best first; equal ones by their number.

        A product of matrices, whose last bits depend on its size and on threads, only proposes; each product of those
        that may be among the largest is then summed alone, in one order. So the same vectors give the same bits in any
        company.

        Args:
            queries: float32.
            count: 1 to the number of vectors.
        """
        about = np.ascontiguousarray((self.vectors @ queries.T).T)
        doubt = _ROUNDING * self._longest * np.linalg.norm(queries, axis=1)
        query, number = np.nonzero(about >= (_at_most_the_last(about, count) - doubt)[:, None])
        products = einsum("nc,nc->n", queries[query], self.vectors[number])
        order = np.lexsort((number, -products, query))
        best = order[np.searchsorted(query, np.arange(len(queries)))[:, None] + np.arange(count)]
        return products[best], number[best]


def _at_most_the_last(about: Float[Array, "queries vectors"], count: int) -> Float[Array, "queries"]:
    """Return a value that at least `count` of each row reach: the last of the best groups' best."""
    groups = about.shape[1] // _GROUP
    if groups > 2 * count:
        about = about[:, : groups * _GROUP].reshape(len(about), _GROUP, groups).max(axis=1)
    return np.partition(about, about.shape[1] - count, axis=1)[:, about.shape[1] - count]
