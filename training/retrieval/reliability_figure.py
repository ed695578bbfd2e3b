"""A picture of how probabilities come true: a bar per bin, the diagonal beside it. Only drawing."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.figure
import numpy as np

from exges_core.metrics import retrieval as metrics
from training.evaluation.charts import COLOURS, STYLE


def reliability_figure(figures: Mapping[str, metrics.Reliability]) -> matplotlib.figure.Figure:
    """Draw the figures side by side: the share that was right over the predicted probability, with ECE and counts."""
    with mpl.rc_context(STYLE):
        canvas = matplotlib.figure.Figure((4.2 * len(figures), 4.2), layout="constrained")
        for axes, (title, figure) in zip(
            canvas.subplots(1, len(figures), squeeze=False)[0], figures.items(), strict=True
        ):
            edges = np.linspace(0.0, 1.0, len(figure.pairs) + 1)
            drawn = axes.bar(
                edges[:-1], np.nan_to_num(figure.observed), np.diff(edges) * 0.94, align="edge", color=COLOURS[5]
            )
            axes.bar_label(drawn, [str(pairs) if pairs else "" for pairs in figure.pairs], padding=2, fontsize=7)
            axes.plot((0, 1), (0, 1), color=COLOURS[1])
            axes.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="predicted probability", ylabel="share that was right")
            error = metrics.expected_calibration_error(figure)
            axes.set_title(f"{title}\nECE {error:.3f}, {int(figure.pairs.sum())} pairs")
        return canvas
