"""What was retrieved, as a picture (the paper's Fig. 5): segments' texts and the key poses of their candidates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from exges_core.files import replacing
from exges_core.motion.figures import INK, PAPER, Cell, draw_pose
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.search import Candidate, SegmentMatches

TRAIL_FRAMES = 10
"""Frames kept before the key frame, so that a figure shows where its hands came from."""
COLUMNS = 2
"""Segments side by side."""
_CELL = Cell(width=170, height=250)
_HEAD_PX, _GAP_PX = 26, 6


def draw_matches(base: MotionBase, matches: Sequence[SegmentMatches], path: Path, *, poses: int = 3) -> None:
    """Write a PNG: per segment its times and text, and the `poses` best candidates' key poses, the used one framed.

    Raises:
        OutputError: if it cannot be written.
    """
    width, height = poses * (_CELL.width + _GAP_PX) + _GAP_PX, _CELL.height + 54 + _HEAD_PX + _GAP_PX
    rows = max(-(-len(matches) // COLUMNS), 1)
    sheet = Image.new("RGB", (COLUMNS * width, rows * height), PAPER)
    for number, match in enumerate(matches):
        row, column = divmod(number, COLUMNS)
        sheet.paste(_tile(base, match, poses, (width, height)), (column * width, row * height))
    with replacing(path) as temporary:
        sheet.save(temporary, format="PNG")


def _tile(base: MotionBase, match: SegmentMatches, poses: int, size: tuple[int, int]) -> Image.Image:
    tile = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(tile)
    font = ImageFont.load_default(15)
    text = f"{match.segment.start_s:.1f}-{match.segment.end_s:.1f} s  {match.segment.text or '(no words)'}"
    while font.getlength(text) > size[0] - 2 * _GAP_PX and len(text) > 8:
        text = text[:-2].rstrip("…") + "…"
    draw.text((_GAP_PX, _GAP_PX), text, fill=INK, font=font)
    for place, candidate in enumerate(match.candidates[:poses]):
        picture = _pose(base, candidate)
        left = _GAP_PX + place * (_CELL.width + _GAP_PX)
        tile.paste(picture, (left, _HEAD_PX))
        if candidate.is_used:
            corner = (left - 2, _HEAD_PX - 2, left + picture.width + 1, _HEAD_PX + picture.height + 1)
            draw.rectangle(corner, outline=(60, 150, 90), width=3)
    return tile


def _pose(base: MotionBase, candidate: Candidate) -> Image.Image:
    around = base.pose_around(candidate.clip_index, candidate.key_time_s, TRAIL_FRAMES)
    before = base.pose_around(candidate.clip_index, candidate.key_time_s, 0)
    gap = ((around.local_quat_wxyz - before.local_quat_wxyz) ** 2).sum(axis=(1, 2))
    caption = f"{candidate.score:.2f}, {100 * candidate.probability:.0f} %: {candidate.text}"
    return draw_pose(around, int(gap.argmin()), views=("front",), cell=_CELL, caption=caption)
