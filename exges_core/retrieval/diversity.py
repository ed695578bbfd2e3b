"""Which of many likely gestures are shown: likely ones that are not all the same; ours (maximal marginal relevance)."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.retrieval.products import products_with


def diverse(
    scores: Float[Array, "items"], vectors: Float[Array, "items embedding"], count: int, weight: float
) -> Int[Array, "chosen"]:
    """Return `count` items, best first: the best one, then by turns the one with the most score less likeness.

    Five takes of one gesture are no choice; where the speech allows several gestures, several should be offered.

    Args:
        scores: of the items.
        vectors: unit vectors whose products say how alike two items are.
        count: how many to choose; all, if there are fewer.
        weight: of the largest likeness to an item chosen before; 0 = the best `count` (the paper). Ties go to the
            lower number.
    """
    if weight == 0.0:
        return np.argsort(-scores, kind="stable")[:count]
    left = scores.astype(np.float64)
    nearest = np.full(len(scores), -np.inf)
    chosen: list[int] = []
    for _ in range(min(count, len(scores))):
        worth = left if not chosen else left - weight * nearest
        best = int(np.argmax(worth))
        chosen.append(best)
        left[best] = -np.inf
        nearest = np.maximum(nearest, products_with(vectors, vectors[best]))
    picked = np.array(chosen, np.int64)
    return picked[np.lexsort((picked, -scores[picked]))]
