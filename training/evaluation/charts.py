"""Charts of measured numbers as SVG: values with intervals, and lines over the number of poses given. Only drawing."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from cycler import cycler

from exges_core.arrays import Array
from training.evaluation.figures import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
"""Okabe and Ito's, told apart by most eyes."""
STYLE: dict[str, object] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "font.size": 9,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "exges",
}
"""Text stays text, and the same numbers give the same bytes."""
_WIDTH_INCH = 9.0
_LOG_FROM = 20.0
"""Values that differ by more than this factor share a logarithmic axis, or one poor system would flatten the others."""


def intervals(figures: Mapping[str, Figure], *, title: str, marks: Mapping[str, float] | None = None) -> str:
    """Return a value with its interval for each name, and a dashed line for each mark."""
    marks = marks or {}
    values = [figure.value for figure in figures.values()]
    with mpl.rc_context(STYLE):
        canvas = matplotlib.figure.Figure((_WIDTH_INCH, 0.9 + 0.27 * len(figures)), layout="constrained")
        axes = canvas.subplots()
        for place, (name, figure) in enumerate(figures.items()):
            colour = COLOURS[1 if place == 0 else 0]
            axes.errorbar(figure.value, name, xerr=_margins([figure]), fmt="o", color=colour, capsize=3)
            axes.annotate(f"{figure.value:.2f}", (figure.high, place), (6, -3), textcoords="offset points")
        for name, value in marks.items():
            axes.axvline(value, color=COLOURS[2], linestyle="--", label=f"{name} {value:.2f}")
        if marks:
            canvas.legend(loc="outside lower right")
        if min(values) > 0 and max(values) > _LOG_FROM * min(values):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        axes.margins(x=0.1)
        axes.grid(visible=False, axis="y")
        axes.invert_yaxis()
        axes.set_title(title)
        return _svg(canvas)


def courses(lines: Mapping[str, Mapping[int, Figure]], *, title: str, unit: str) -> str:
    """Return a line per system over the number of poses given, with intervals; the axis begins at zero."""
    with mpl.rc_context(STYLE):
        canvas = matplotlib.figure.Figure((_WIDTH_INCH, 3.6), layout="constrained")
        axes = canvas.subplots()
        for number, (name, line) in enumerate(lines.items()):
            beside = 0.03 * (number - (len(lines) - 1) / 2)  # so that intervals do not cover each other
            places = [count + beside for count in line]
            values = [figure.value for figure in line.values()]
            axes.errorbar(places, values, yerr=_margins([*line.values()]), fmt="o-", label=name)
        axes.set_xticks(sorted({count for line in lines.values() for count in line}))
        axes.set_xlabel("poses given")
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0)
        axes.grid(visible=False, axis="x")
        axes.set_title(title)
        canvas.legend(loc="outside right upper")
        return _svg(canvas)


def _margins(figures: Sequence[Figure]) -> Array:
    """Return how far the intervals reach below and above their values, as `errorbar` takes it."""
    below = [figure.value - figure.low for figure in figures]
    above = [figure.high - figure.value for figure in figures]
    return np.maximum([below, above], 0.0)


def _svg(canvas: matplotlib.figure.Figure) -> str:
    stream = io.StringIO()
    canvas.savefig(stream, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = stream.getvalue()
    return text[text.index("<svg") :].strip()
