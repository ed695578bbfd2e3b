"""A sheet of motions of one sound: poses at even times, the words said there, the wrists' speeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from exges_core.arrays import Array
from exges_core.control.masks import ORIGIN
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features, features_from_clip, home_anchor
from exges_core.speech.words import Word
from exges_core.timeline import time_of
from exges_core.visualization.figures import INK, PAPER, TINT, Cell, strip_of
from exges_core.visualization.mesh import Skin
from training.corpus.measures.measured_body import measured_body
from training.corpus.measures.motion_statistics import limb_speeds

POSES = 12
CELL = Cell(width=150, height=250)
_CHART_HEIGHT, _LEFT, _BAND = 150, 56, 62


def at_home(clip: MotionClip) -> MotionClip:
    """Return the clip with its home at the origin, facing +Z: both are looked at from the same side."""
    return clip_from_features(features_from_clip(clip, home_anchor(clip)), ORIGIN, clip.frame_rate_hz)


def draw_both(
    rows: Mapping[str, MotionClip], words: Sequence[Word], *, poses: int = POSES, skin: Skin | None = None
) -> Image.Image:
    """Return the sheet: a row of poses per motion at even times, what is said there, and the wrists' speeds.

    Args:
        rows: motions of one length by title.
        words: of the sound, with times.
        poses: per row, in the middle of as many equal parts of the time: nothing is chosen.
        skin: drawn in place of the mannequin.
    """
    length_s = next(iter(rows.values())).duration_s
    times_s = ((np.arange(poses) + 0.5) * length_s / poses).tolist()
    strips = [strip_of(at_home(clip), times_s, title=title, cell=CELL, skin=skin) for title, clip in rows.items()]
    speeds = {title: limb_speeds(measured_body(clip))["wrist"] for title, clip in rows.items()}
    most = max(1.0, float(np.ceil(max(each.max() for each in speeds.values()))))
    parts = [*strips, _said(words, times_s, strips[0].width)]
    parts += [_chart(title, each, times_s, most, strips[0].width) for title, each in speeds.items()]
    sheet = Image.new("RGB", (strips[0].width, sum(part.height for part in parts)), PAPER)
    top = 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _said(words: Sequence[Word], times_s: Sequence[float], width: int) -> Image.Image:
    """Draw each pose's time and the words within half a second of it, a line each."""
    band = Image.new("RGB", (width, _BAND), PAPER)
    draw, step = ImageDraw.Draw(band), (width - 4) / len(times_s)
    for place, time_s in enumerate(times_s):
        near = [each.text for each in words if each.start_s < time_s + 0.5 and each.end_s > time_s - 0.5]
        draw.text((8 + place * step, 4), f"{time_s:.1f} s", fill=INK, font=_font(13))
        lines = [" ".join(near[:2]), " ".join(near[2:4])]
        for row, line in enumerate(lines):
            draw.text((8 + place * step, 22 + 17 * row), line[:22], fill=INK, font=_font(12))
    return band


def _chart(title: str, speeds: Array, times_s: Sequence[float], most: float, width: int) -> Image.Image:
    """Draw the speeds of both wrists (m/s) over time; the poses' times are marked, the median is written."""
    chart = Image.new("RGB", (width, _CHART_HEIGHT), PAPER)
    draw, frames = ImageDraw.Draw(chart), speeds.shape[1]
    bottom, top, right = _CHART_HEIGHT - 22, 22, width - 10

    def x_of(time_s: float) -> float:
        return _LEFT + (right - _LEFT) * time_s / time_of(frames)

    def y_of(value: float) -> float:
        return bottom - (bottom - top) * min(value, most) / most

    middle, fast = np.percentile(speeds, 50), np.percentile(speeds, 95)
    text = f"{title}: wrist speed, m/s (left blue, right orange; median {middle:.2f}, fastest 5 % {fast:.2f})"
    draw.text((_LEFT, 3), text, fill=INK, font=_font(13))
    for tick in np.arange(0, most + 0.1, 1.0).tolist():
        draw.line((_LEFT, y_of(tick), right, y_of(tick)), fill=(214, 213, 208))
        draw.text((_LEFT - 26, y_of(tick) - 8), f"{tick:g}", fill=INK, font=_font(12))
    for second in np.arange(0, time_of(frames), 5.0 if frames > 300 else 1.0).tolist():
        draw.text((x_of(second) - 6, bottom + 4), f"{second:g} s", fill=INK, font=_font(11))
    for time_s in times_s:
        draw.line((x_of(time_s), top, x_of(time_s), bottom), fill=(190, 189, 184))
    for side, course in zip(("left", "right"), speeds, strict=True):
        points = [(x_of(time_of(frame)), y_of(float(value))) for frame, value in enumerate(course)]
        draw.line(points, fill=TINT[side], width=2, joint="curve")
    return chart
