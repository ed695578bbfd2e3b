"""How well the right clip is found: ranks, recall, label accuracy, reliability of probabilities. Pure; no networks.

The paper gives pictures instead ("challenging to quantitatively evaluate"); these are the usual cross-modal numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Bool, Float, Int

BINS = 10


class Reliability(NamedTuple):
    """Per bin of predicted probability: its mean prediction, the share that was right, and how many."""

    predicted: Float[Array, "bins"]
    observed: Float[Array, "bins"]
    pairs: Int[Array, "bins"]


def ranks(
    similarity: Float[Array, "queries gallery"], is_match: Bool[Array, "queries gallery"]
) -> Int[Array, "queries"]:
    """Return how many wrong items are at least as similar as the best right one (0 = found first).

    Ties count against us, so that a constant embedding has the worst rank and not the best. Every query needs a match.
    """
    if not is_match.any(axis=1).all():
        raise ValueError("ranks: every query needs a match in the gallery")
    best = np.where(is_match, similarity, -np.inf).max(axis=1, keepdims=True)
    return ((similarity >= best) & ~is_match).sum(axis=1)


def recall_at(rank: Int[Array, "queries"], count: int) -> float:
    """Return the share of queries whose match is among the first `count`."""
    return float((rank < count).mean())


def median_rank(rank: Int[Array, "queries"]) -> float:
    """Return the median rank, counted from 1."""
    return float(np.median(rank) + 1)


def chance_recall(gallery: int, count: int) -> float:
    """Return the recall of a random order with one match per query."""
    return min(1.0, count / gallery)


def label_accuracy(
    similarity: Float[Array, "queries gallery"],
    is_right: Bool[Array, "queries gallery"],
    count: int,
) -> float:
    """Return the share of queries with an acceptable item (the same gesture, say) among the first `count`.

    Ties go to the lower column.
    """
    first = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
    return float(np.take_along_axis(is_right, first, axis=1).any(axis=1).mean())


def reliability(probability: Float[Array, "pairs"], is_match: Bool[Array, "pairs"]) -> Reliability:
    """Return predicted against observed frequency in `BINS` equal bins; empty bins are NaN."""
    place = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        predicted = np.bincount(place, weights=probability, minlength=BINS) / count
        observed = np.bincount(place, weights=is_match.astype(np.float64), minlength=BINS) / count
    return Reliability(predicted=predicted, observed=observed, pairs=count)


def expected_calibration_error(figure: Reliability) -> float:
    """Return the mean distance between predicted and observed frequency, weighed by the bins' counts."""
    distance = np.abs(np.nan_to_num(figure.predicted) - np.nan_to_num(figure.observed))
    return float((distance * figure.pairs).sum() / max(int(figure.pairs.sum()), 1))
