"""What was retrieved, as a picture (the paper's Fig. 5): segments' texts and the key poses of their candidates.

A card per segment: its time and words, then the best candidates from left to right: key pose from the front with the
way of the hands before it, how probable it is that speech and gesture belong together, and the words that the gesture
came with. Green marks the one that is used; a card without green says why no gesture is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from exges_core.files import replacing
from exges_core.retrieval.choice import Candidate, SegmentMatches
from exges_core.retrieval.library import MotionBase
from exges_core.visualization.figures import INK, PAPER, Cell, draw_pose

TRAIL_FRAMES = 10
"""Frames kept before the key frame, so that a figure shows where its hands came from."""
POSES = 3
"""Candidates on a card."""
MOST_COLUMNS = 3
"""Segments side by side."""
BELOW_PELVIS_M, ABOVE_PELVIS_M = 0.32, 1.04
"""What a figure shows: legs are not retrieved, so the space is given to hands and arms."""
_GROUND_M = -0.12
"""Lower edge of a whole figure, of which the upper part is shown."""
_WIDTH_PX, _HEIGHT_PX = 204, 190
_HEAD_PX, _CAPTION_PX, _GAP_PX, _PAGE_PX = 50, 82, 8, 58
_CARD = (255, 255, 255)
_PAGE = (228, 228, 224)
_GREY = (118, 121, 128)
_USED = (38, 132, 76)
_BAR = (223, 224, 222)
_LEGEND = (
    "p: how probable it is that speech and gesture belong together.   Framed in green: used.   "
    "Blue: the character's left hand, orange: the right one; lines: where they came from."
)


def draw_matches(base: MotionBase, matches: Sequence[SegmentMatches], path: Path, *, title: str = "") -> None:
    """Write a PNG: a card per segment with the `POSES` best candidates' key poses, the used one framed.

    Raises:
        OutputError: if it cannot be written.
    """
    width = POSES * (_WIDTH_PX + _GAP_PX) + _GAP_PX
    height = _HEAD_PX + _HEIGHT_PX + _CAPTION_PX + _GAP_PX
    columns = min(MOST_COLUMNS, max(len(matches), 1))
    rows = max(-(-len(matches) // columns), 1)
    step_x, step_y = width + _GAP_PX, height + _GAP_PX
    sheet = Image.new("RGB", (columns * step_x + _GAP_PX, _PAGE_PX + rows * step_y + _GAP_PX), _PAGE)
    draw = ImageDraw.Draw(sheet)
    room = sheet.width - 2 * _GAP_PX
    draw.text((_GAP_PX, 6), _fitting(title or base.name, 20, room), fill=INK, font=_font(20))
    draw.text((_GAP_PX, 34), _fitting(_LEGEND, 13, room), fill=_GREY, font=_font(13))
    if not matches:
        draw.text((_GAP_PX, _PAGE_PX), "no speech, so nothing was looked for", fill=INK, font=_font(16))
    for number, match in enumerate(matches):
        row, column = divmod(number, columns)
        card = _card(base, number, match, (width, height))
        sheet.paste(card, (_GAP_PX + column * step_x, _PAGE_PX + row * step_y))
    with replacing(path) as temporary:
        sheet.save(temporary, format="PNG")


def _card(base: MotionBase, number: int, match: SegmentMatches, size: tuple[int, int]) -> Image.Image:
    card = Image.new("RGB", size, _CARD)
    draw = ImageDraw.Draw(card)
    segment, room = match.segment, size[0] - 2 * _GAP_PX
    words = f'"{segment.text}"' if segment.text else "(no words)"
    draw.text((_GAP_PX, 6), _fitting(words, 17, room), fill=INK, font=_font(17))
    when = f"segment {number}   {segment.start_s:.1f} - {segment.end_s:.1f} s"
    if match.used is None:
        when += f"   no gesture: {match.decision.removeprefix('none: ')}"
    draw.text((_GAP_PX, 29), _fitting(when, 13, room), fill=_GREY, font=_font(13))
    for place, candidate in enumerate(match.candidates[:POSES]):
        left = _GAP_PX + place * (_WIDTH_PX + _GAP_PX)
        card.paste(_pose(base, candidate), (left, _HEAD_PX))
        _caption(draw, candidate, left)
    return card


def _caption(draw: ImageDraw.ImageDraw, candidate: Candidate, left: int) -> None:
    """Write probability, words and source below a figure, and frame it if it is used."""
    top, bottom = _HEAD_PX, _HEAD_PX + _HEIGHT_PX
    right = left + _WIDTH_PX - 1
    if candidate.is_used:
        draw.rectangle((left - 2, top - 2, right + 2, bottom + _CAPTION_PX - 2), outline=_USED, width=3)
    text = f"p {candidate.probability:.2f}"
    draw.text((left + 5, bottom + 4), text, fill=_USED if candidate.is_used else INK, font=_font(14))
    mark = f"clip {candidate.clip_index}"
    draw.text((right - 5 - _font(12).getlength(mark), bottom + 6), mark, fill=_GREY, font=_font(12))
    bar = (left + 5, bottom + 23, right - 5, bottom + 27)
    draw.rectangle(bar, fill=_BAR)
    if candidate.probability > 0.0:
        length = candidate.probability * (bar[2] - bar[0])
        draw.rectangle((*bar[:2], bar[0] + length, bar[3]), fill=_USED if candidate.is_used else _GREY)
    for row, line in enumerate(_two_lines(candidate.text or "(no words)", 12, _WIDTH_PX - 10)):
        draw.text((left + 5, bottom + 31 + 14 * row), line, fill=INK, font=_font(12))
    source = _fitting(f"{candidate.source}, {candidate.key_time_s:.1f} s", 10, _WIDTH_PX - 10)
    draw.text((left + 5, bottom + 64), source, fill=_GREY, font=_font(10))


def _pose(base: MotionBase, candidate: Candidate) -> Image.Image:
    around = base.pose_around(candidate.clip_index, candidate.key_time_s, TRAIL_FRAMES)
    at = base.pose_around(candidate.clip_index, candidate.key_time_s, 0)
    gap = ((around.local_quat_wxyz - at.local_quat_wxyz) ** 2).sum(axis=(1, 2))
    top_m = float(at.root_position_m[0, 1]) + ABOVE_PELVIS_M
    whole_px = round(_HEIGHT_PX * (top_m - _GROUND_M) / (BELOW_PELVIS_M + ABOVE_PELVIS_M))
    cell = Cell(width=_WIDTH_PX, height=max(whole_px, _HEIGHT_PX), bottom_m=_GROUND_M, top_m=top_m)
    figure = draw_pose(around, int(gap.argmin()), cell=cell).crop((0, 0, _WIDTH_PX, _HEIGHT_PX))
    return figure if candidate.is_used else Image.blend(figure, Image.new("RGB", figure.size, PAPER), 0.3)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _fitting(text: str, size: int, width_px: int) -> str:
    """Return the text, cut with an ellipsis if it is longer than its place."""
    font = _font(size)
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(text + "…") > width_px:
        text = text[:-1]
    return text.rstrip() + "…"


def _two_lines(text: str, size: int, width_px: int) -> list[str]:
    words, first = text.split(), ""
    while words and _font(size).getlength(f"{first} {words[0]}".strip()) <= width_px:
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return [_fitting(text, size, width_px)]
    return [first, _fitting(" ".join(words), size, width_px)] if words else [first]
