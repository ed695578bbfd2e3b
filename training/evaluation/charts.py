"""Charts as plain SVG: bars with intervals, and lines over the number of poses given. Only drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from training.evaluation.figures import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
"""Okabe and Ito's, told apart by most eyes."""
_WIDTH, _ROW, _LEFT = 760, 24, 250
_WIDE = 880


def bars(figures: Mapping[str, Figure], *, title: str, marks: Mapping[str, float] | None = None) -> str:
    """Return horizontal bars with intervals, and dashed lines where `marks` are."""
    marks = marks or {}
    top = 34 + 14 * len(marks)
    most = max([each.high for each in figures.values()] + list(marks.values())) or 1.0
    scale = (_WIDTH - _LEFT - 70) / most
    height = top + _ROW * len(figures) + 10
    parts = [_open(height, title)]
    for place, (name, figure) in enumerate(figures.items()):
        y = top + _ROW * place
        parts.append(_text(_LEFT - 8, y + 15, name, anchor="end"))
        width, colour = figure.value * scale, COLOURS[1 if place == 0 else 0]
        parts.append(f'<rect x="{_LEFT}" y="{y + 4}" width="{width:.1f}" height="14" fill="{colour}" opacity="0.75"/>')
        left, right = (_LEFT + value * scale for value in (figure.low, figure.high))
        parts.append(_line(left, y + 11, right, y + 11, "#222", 1.5))
        parts.append(_text(right + 6, y + 15, f"{figure.value:.2f}"))
    for place, (name, value) in enumerate(marks.items()):
        x = _LEFT + value * scale
        parts.append(_line(x, 30 + 14 * place, x, height - 8, "#009e73", 1.2, dashed=True))
        parts.append(_text(x + 4, 38 + 14 * place, f"{name} {value:.2f}"))
    return "".join([*parts, "</svg>"])


def courses(lines: Mapping[str, Mapping[int, Figure]], *, title: str, unit: str) -> str:
    """Return a line per system over the number of poses given, with intervals; the axis begins at zero."""
    height, left, bottom = 340, 60, 300
    counts = sorted({count for line in lines.values() for count in line})
    most = max(each.high for line in lines.values() for each in line.values()) or 1.0
    step_x, step_y = 330 / max(len(counts) - 1, 1), (bottom - 40) / most
    parts = [_open(height, title, width=_WIDE)]
    for tick in _ticks(most):
        y = bottom - tick * step_y
        parts += [_line(left, y, left + 350, y, "#ddd", 1), _text(left - 8, y + 4, f"{tick:g}", anchor="end")]
    parts.append(_text(left - 8, 36, unit, anchor="end"))
    parts += [
        _text(left + step_x * place, bottom + 18, f"{count} given", anchor="middle")
        for place, count in enumerate(counts)
    ]
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [
            (left + step_x * counts.index(count) + 2 * number, bottom - figure.value * step_y, figure)
            for count, figure in sorted(line.items())
        ]
        parts += [_line(a[0], a[1], b[0], b[1], colour, 2) for a, b in pairwise(points)]
        for x, y, figure in points:
            parts.append(_line(x, bottom - figure.low * step_y, x, bottom - figure.high * step_y, colour, 1))
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
        parts += [
            f'<rect x="435" y="{50 + 24 * number}" width="12" height="12" fill="{colour}"/>',
            _text(453, 60 + 24 * number, name),
        ]
    return "".join([*parts, "</svg>"])


def _ticks(most: float) -> Sequence[float]:
    step = next(size for size in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1e9) if most / size <= 6)
    return [step * count for count in range(int(most / step) + 1)]


def _open(height: float, title: str, *, width: int = _WIDTH) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" role="img" '
        f'font-family="sans-serif" font-size="12">{_text(0, 16, title, weight="bold")}'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{dash}/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
