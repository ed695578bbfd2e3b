"""A picture of how probabilities come true: a bar per bin, the diagonal beside it. Only pixels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from exges_core.metrics import retrieval as metrics

SIDE = 320
MARGIN = 44
INK, BAR, LINE = (40, 40, 40), (120, 165, 220), (200, 80, 60)


def reliability_figure(figures: Mapping[str, metrics.Reliability]) -> Image.Image:
    """Draw the figures side by side: the share that was right over the predicted probability, with ECE and counts."""
    image = Image.new("RGB", (len(figures) * (SIDE + 2 * MARGIN), SIDE + 2 * MARGIN), "white")
    draw = ImageDraw.Draw(image)
    for number, (title, figure) in enumerate(figures.items()):
        left, bottom = MARGIN + number * (SIDE + 2 * MARGIN), MARGIN + SIDE
        width = SIDE / len(figure.pairs)
        for place, (share, pairs) in enumerate(zip(figure.observed, figure.pairs, strict=True)):
            if not pairs:
                continue
            x = left + place * width
            draw.rectangle((x + 1, bottom - SIDE * float(share), x + width - 1, bottom), fill=BAR)
            draw.text((x + 2, bottom - 12), str(int(pairs)), fill=INK)
        draw.line((left, bottom, left + SIDE, bottom - SIDE), fill=LINE, width=2)
        draw.rectangle((left, MARGIN, left + SIDE, bottom), outline=INK)
        error = metrics.expected_calibration_error(figure)
        draw.text((left, MARGIN - 28), title, fill=INK)
        draw.text((left, MARGIN - 14), f"ECE {error:.3f}, {int(figure.pairs.sum())} pairs", fill=INK)
        for tick in np.linspace(0.0, 1.0, 6):
            draw.text((left + SIDE * tick - 8, bottom + 6), f"{tick:.1f}", fill=INK)
            draw.text((left - 24, bottom - SIDE * tick - 6), f"{tick:.1f}", fill=INK)
        draw.text((left + SIDE / 2 - 60, bottom + 22), "predicted probability", fill=INK)
    return image
