"""A sheet of motions of one sound: poses at even times, the words said there, the wrists' speeds."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.figure
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
from training.evaluation.charts import STYLE

POSES = 12
CELL = Cell(width=150, height=250)
_BAND = 62
_DPI = 120
_CHART_INCH = 1.8


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
    width = strips[0].width
    parts = [*strips, _said(words, times_s, width), _charts(speeds, times_s, width)]
    sheet = Image.new("RGB", (width, sum(part.height for part in parts)), PAPER)
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


def _charts(speeds: Mapping[str, Array], times_s: Sequence[float], width: int) -> Image.Image:
    """Draw the speeds of both wrists over time, a chart per motion, with a line at each pose's instant."""
    most = max(1.0, float(np.ceil(max(each.max() for each in speeds.values()))))
    with mpl.rc_context({**STYLE, "figure.dpi": _DPI, "figure.facecolor": _hex(PAPER), "axes.facecolor": _hex(PAPER)}):
        size = (width / _DPI, _CHART_INCH * len(speeds))
        canvas = matplotlib.figure.Figure(size, layout="constrained")
        for axes, (title, each) in zip(canvas.subplots(len(speeds), squeeze=False)[:, 0], speeds.items(), strict=True):
            seconds = np.arange(each.shape[1]) * time_of(1)
            for side, course in zip(("left", "right"), each, strict=True):
                axes.plot(seconds, course, color=_hex(TINT[side]), linewidth=1.4, label=side)
            axes.grid(visible=False, axis="x")
            axes.vlines(times_s, 0, most, color="#aaaaaa", linewidth=0.8)
            axes.set(xlim=(0, seconds[-1]), ylim=(0, most), ylabel="wrist speed, m/s")
            axes.set_title(f"{title}: median {np.median(each):.2f} m/s, fastest 5 % {np.percentile(each, 95):.2f} m/s")
            axes.legend(loc="upper right", ncols=2)
        canvas.supxlabel("seconds", fontsize=9)
        stream = io.BytesIO()
        canvas.savefig(stream, format="png")
        return Image.open(stream).convert("RGB")


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
