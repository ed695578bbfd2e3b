"""A clip's strip of poses, small: for a page that shows hundreds. Pillow draws; without it there are none."""

from __future__ import annotations

import io

import numpy as np

from exges_core.extras import is_installed
from exges_core.motion.clip import MotionClip

POSES = 8
WIDTH_PX, HEIGHT_PX = 66, 112
_QUALITY = 68
_MARGIN_S = 0.25
"""Poses keep away from the ends, where most people stand."""


def can_draw() -> bool:
    """Say whether there is what draws."""
    return is_installed("PIL")


def strip_jpeg(clip: MotionClip) -> bytes:
    """Return poses at even times of a clip, from the front, as a JPEG of about 15 kB."""
    from exges_core.visualization.figures import Cell, strip_of

    length_s = clip.frames / clip.frame_rate_hz
    margin_s = min(_MARGIN_S, length_s / 4)
    times_s = np.linspace(margin_s, length_s - margin_s, POSES).tolist()
    picture = strip_of(clip, times_s, cell=Cell(width=WIDTH_PX, height=HEIGHT_PX))
    data = io.BytesIO()
    picture.save(data, format="JPEG", quality=_QUALITY, optimize=True)
    return data.getvalue()
