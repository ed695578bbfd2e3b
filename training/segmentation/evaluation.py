"""How found strokes agree with labels, beside two rows of chance: F1, hands, times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exges_core.score.records import Score
from training.segmentation.score_matching import Agreement, agreement, by_another, by_shift

_TIMES = ("start", "stroke start", "apex", "hold end", "end")


class Segmented(NamedTuple):
    """A take's labels and what its motion says."""

    labels: Score
    found: Score


def compared(takes: Sequence[Segmented], reach_s: float) -> dict[str, Agreement]:
    """Return the agreement with the labels, with labels shifted round the take, and with the next take's labels."""
    rows = {
        "labels": [agreement(each.found.strokes, each.labels.strokes, reach_s) for each in takes],
        "shifted labels (chance)": [
            by_shift(each.found.strokes, each.labels.strokes, each.labels.duration_s, reach_s) for each in takes
        ],
    }
    if len(takes) > 1:
        rows["another take's labels (chance)"] = [
            by_another(one.found.strokes, other.strokes, min(one.found.duration_s, other.duration_s), reach_s)
            for one, other in zip(takes, [each.labels for each in (*takes[1:], takes[0])], strict=True)
        ]
    return {name: Agreement.total(parts) for name, parts in rows.items()}


def figures(found: Agreement) -> dict[str, float]:
    """Return the figures of one row."""
    return {
        "f1": found.f1,
        "precision": found.precision,
        "recall": found.recall,
        "hand_right": found.hand_right,
        "found": found.found,
        "labelled": found.labelled,
        "matched": found.matched,
    }


def time_errors(found: Agreement) -> dict[str, dict[str, float]]:
    """Return median and 90th percentile of the five times' absolute errors among matched strokes, and the bias."""
    errors_s = np.array(found.errors_s).reshape(-1, len(_TIMES))
    if not len(errors_s):
        return {}
    return {
        name: {
            "median_s": float(np.median(np.abs(errors_s[:, at]))),
            "p90_s": float(np.percentile(np.abs(errors_s[:, at]), 90)),
            "bias_s": float(np.median(errors_s[:, at])),
        }
        for at, name in enumerate(_TIMES)
    }
