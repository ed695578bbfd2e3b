"""Pictures of motion: contact sheets and strips of a small mannequin, so that people can judge by looking.

Orthographic, with thick limbs painted far to near, or the mesh of a user's own SMPL-X model. The character's left is
blue, its right orange; the front view looks the character in the face, so its left hand is on the picture's right.
Pillow only; no judgement, no numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from exges_core.arrays import Array, Float
from exges_core.files import replacing
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import home_anchor
from exges_core.motion.rotations import quat_from_yaw, quat_rotate
from exges_core.motion.skeleton import joint_index
from exges_core.visualization.mannequin import Part, Shape, parts_of

if TYPE_CHECKING:  # it loads torch, which the mannequin does without
    from exges_core.visualization.mesh import Skin

Colour = tuple[int, int, int]

VIEWS_RAD = {"front": 0.0, "three-quarter": -0.75, "side": -np.pi / 2, "back": np.pi}
"""Turn of the body in each view, about +Y, from facing the camera."""
PAPER: Colour = (247, 247, 244)
INK: Colour = (45, 48, 56)
GROUND: Colour = (205, 204, 198)
TINT: dict[str, Colour] = {"left": (74, 134, 205), "right": (232, 137, 63), "middle": (176, 180, 190)}
_SCALE = 2
"""Pictures are drawn this much larger and reduced: smooth edges."""
_TRAIL_S = 0.35
_LIGHT = np.array([0.35, 0.6, 0.72])
"""Towards the lamp that meshes are lit by, in camera space: from above, the viewer's right."""
_WRISTS = (joint_index("left_middle1"), joint_index("right_middle1"))


@dataclass(frozen=True, kw_only=True)
class Cell:
    """How one figure is drawn.

    Attributes:
        width: picture's width in pixels.
        height: picture's height in pixels.
        bottom_m: height of the world at the lower edge.
        top_m: height of the world at the upper edge.
        has_trails: draw where the hands have been for the last third of a second.
    """

    width: int = 190
    height: int = 300
    bottom_m: float = -0.12
    top_m: float = 2.0
    has_trails: bool = True

    @property
    def pixels_per_m(self) -> float:
        """Return the scale of the enlarged drawing."""
        return _SCALE * self.height / (self.top_m - self.bottom_m)

    def project(self, points_m: Float[Array, "*batch 3"]) -> Float[Array, "*batch 2"]:
        """Return enlarged pixels of camera-space points (x right, y up, z towards the viewer)."""
        x = _SCALE * self.width / 2 + points_m[..., 0] * self.pixels_per_m
        y = (self.top_m - points_m[..., 1]) * self.pixels_per_m
        return np.stack([x, y], axis=-1)


def _shade(colour: Colour, depth_m: float) -> Colour:
    """Return a colour, darker the further away."""
    factor = float(np.clip(0.92 + 0.35 * depth_m, 0.72, 1.08))
    red, green, blue = (min(255, int(channel * factor)) for channel in colour)
    return red, green, blue


def _darker(colour: Colour) -> Colour:
    red, green, blue = (int(channel * 0.45) for channel in colour)
    return red, green, blue


def _paint_shape(draw: ImageDraw.ImageDraw, cell: Cell, shape: Shape, grow_px: float, colour: Colour) -> None:
    """Paint one tapered capsule, enlarged by `grow_px`."""
    (ax, ay), (bx, by) = cell.project(shape.start_m), cell.project(shape.stop_m)
    ra, rb = (radius * cell.pixels_per_m + grow_px for radius in (shape.start_radius_m, shape.stop_radius_m))
    length = float(np.hypot(bx - ax, by - ay))
    if length > 1e-6:
        nx, ny = -(by - ay) / length, (bx - ax) / length
        corners = [(ax + nx * ra, ay + ny * ra), (bx + nx * rb, by + ny * rb)]
        corners += [(bx - nx * rb, by - ny * rb), (ax - nx * ra, ay - ny * ra)]
        draw.polygon(corners, fill=colour)
    draw.ellipse((ax - ra, ay - ra, ax + ra, ay + ra), fill=colour)
    draw.ellipse((bx - rb, by - rb, bx + rb, by + rb), fill=colour)


def _paint_part(draw: ImageDraw.ImageDraw, cell: Cell, part: Part) -> None:
    """Paint a part: the outline of all its shapes first, then their fills, so that they read as one."""
    fill = INK if part.is_ink else _shade(TINT[part.side], part.depth_m)
    if not part.is_ink:
        for shape in part.shapes:
            _paint_shape(draw, cell, shape, 0.75 * _SCALE, _darker(fill))
    for shape in part.shapes:
        _paint_shape(draw, cell, shape, 0.0, fill)


def _paint_mesh(
    draw: ImageDraw.ImageDraw,
    corners_px: Float[Array, "faces 3 2"],
    corners_m: Float[Array, "faces 3 3"],
    colours: Array,
) -> None:
    """Paint triangles far to near, lit by one lamp; those that look away are left out.

    Args:
        draw: what to paint on.
        corners_px: on the picture.
        corners_m: in camera space (x right, y up, z towards the viewer).
        colours: of each triangle, 0 to 255.
    """
    normals = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    light = 0.5 + 0.6 * np.clip(normals @ _LIGHT, 0, None)
    painted = np.clip(colours * light[:, None], 0, 255).astype(np.uint8)
    for face in np.argsort(corners_m[..., 2].mean(axis=1)):
        if normals[face, 2] > 0:
            draw.polygon([*map(tuple, corners_px[face])], fill=tuple(painted[face].tolist()))


def _paint_ground(draw: ImageDraw.ImageDraw, cell: Cell, feet_m: Array) -> None:
    """Paint the ground line and soft shadows under the feet."""
    y = float(cell.project(np.zeros(3))[1])
    draw.rectangle((0, y, cell.width * _SCALE, cell.height * _SCALE), fill=(238, 237, 232))
    draw.line((0, y, cell.width * _SCALE, y), fill=GROUND, width=_SCALE)
    for foot in feet_m:
        x = float(cell.project(foot)[0])
        reach = 0.11 * cell.pixels_per_m
        draw.ellipse((x - reach, y - 0.14 * reach, x + reach, y + 0.3 * reach), fill=GROUND)


class _Stage:
    """Poses of a clip seen from one side, about its pelvis and mean heading."""

    def __init__(self, clip: MotionClip, cell: Cell, skin: Skin | None = None) -> None:
        self.clip, self.cell, self.skin = clip, cell, skin
        self.anchor = home_anchor(clip)
        pose = clip.pose()
        self.positions_m, self.world_quat_wxyz = pose.positions_m, pose.world_quat_wxyz

    def figure(self, frame: int, view: str) -> Image.Image:
        """Draw one figure."""
        cell = self.cell
        turn = quat_from_yaw(np.array(VIEWS_RAD[view] - self.anchor.heading_rad))
        centre = self.positions_m[frame, 0] * (1.0, 0.0, 1.0)
        image = Image.new("RGB", (cell.width * _SCALE, cell.height * _SCALE), PAPER)
        draw = ImageDraw.Draw(image)
        seen = quat_rotate(turn, self.positions_m[frame] - centre)
        _paint_ground(draw, cell, seen[[7, 8, 10, 11]])
        if cell.has_trails:
            self._trails(draw, frame, turn, centre)
        if self.skin is None:
            parts = parts_of(self.positions_m[frame] - centre, self.world_quat_wxyz[frame], turn)
            for part in sorted(parts, key=lambda part: part.depth_m):
                _paint_part(draw, cell, part)
        else:
            corners = quat_rotate(turn, self.skin.vertices_m(self.clip, frame) - centre)[self.skin.faces]
            colours = np.array([TINT[side] for side in self.skin.sides])
            _paint_mesh(draw, cell.project(corners), corners, colours)
        return image.resize((cell.width, cell.height), Image.Resampling.LANCZOS)

    def _trails(self, draw: ImageDraw.ImageDraw, frame: int, turn: Array, centre: Array) -> None:
        first = max(0, frame - round(_TRAIL_S * self.clip.frame_rate_hz))
        for side, joint in zip(("left", "right"), _WRISTS, strict=True):
            path = self.cell.project(quat_rotate(turn, self.positions_m[first : frame + 1, joint] - centre))
            pale = tuple((channel + 2 * 247) // 3 for channel in TINT[side])
            if len(path) > 1:
                draw.line([(float(x), float(y)) for x, y in path], fill=pale, width=3 * _SCALE, joint="curve")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _wrapped(text: str, width_px: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Return the text in lines that fit, at most three."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width_px or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines[:3]


def draw_pose(clip: MotionClip, frame: int, *, view: str = "front", cell: Cell | None = None) -> Image.Image:
    """Return a picture of one frame, the pelvis in the middle, from one of `VIEWS_RAD`."""
    return _Stage(clip, cell or Cell()).figure(frame, view)


def _tile(stage: _Stage, frame: int, views: Sequence[str], caption: str) -> Image.Image:
    font = _font(13)
    width, height = stage.cell.width, stage.cell.height
    lines = _wrapped(caption, width * len(views) - 12, font) if caption else []
    tile = Image.new("RGB", (width * len(views), height + (54 if caption else 0)), PAPER)
    for place, view in enumerate(views):
        tile.paste(stage.figure(frame, view), (place * width, 0))
    draw = ImageDraw.Draw(tile)
    for row, line in enumerate(lines):
        draw.text((6, height + 3 + 16 * row), line, fill=INK, font=font)
    return tile


def _frames_at(clip: MotionClip, times_s: Sequence[float]) -> list[int]:
    return [int(np.clip(np.floor(time * clip.frame_rate_hz + 0.5), 0, clip.frames - 1)) for time in times_s]


def _grid(tiles: Sequence[Image.Image], columns: int, title: str) -> Image.Image:
    """Return tiles in rows with thin gaps, a title on top."""
    gap, head = 4, 34 if title else 0
    width, height = tiles[0].size
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, head + rows * (height + gap) + gap), (222, 221, 216))
    if title:
        ImageDraw.Draw(sheet).text((10, 7), title, fill=INK, font=_font(18))
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        sheet.paste(tile, (gap + column * (width + gap), head + gap + row * (height + gap)))
    return sheet


def draw_sheet(
    clip: MotionClip,
    path: Path,
    times_s: Sequence[float],
    captions: Sequence[str],
    title: str = "",
    *,
    columns: int = 4,
) -> None:
    """Write a contact sheet (PNG): poses at the given times, each from two sides with its time and a caption below.

    Args:
        clip: the motion.
        path: target, ending in .png.
        times_s: instants to show.
        captions: one per pose.
        title: at the top.
        columns: poses per row.

    Raises:
        OutputError: if it cannot be written.
    """
    stage, frames = _Stage(clip, Cell()), _frames_at(clip, times_s)
    tiles = [
        _tile(stage, frame, ("front", "three-quarter"), f"{frame / clip.frame_rate_hz:.2f} s  {caption}")
        for frame, caption in zip(frames, captions, strict=True)
    ]
    with replacing(path) as temporary:
        _grid(tiles, columns, title).save(temporary, format="PNG")


def strip_of(
    clip: MotionClip,
    times_s: Sequence[float],
    *,
    title: str = "",
    cell: Cell | None = None,
    skin: Skin | None = None,
) -> Image.Image:
    """Return one row of poses from the front at the given times, without captions: for pages that hold many of them.

    Raises:
        InputError: if a skin is given and the `smplx` package is not installed.
        SkeletonError: if the skin does not fit its model.
    """
    stage = _Stage(clip, cell or Cell(width=150, height=270), skin)
    tiles = [_tile(stage, frame, ("front",), "") for frame in _frames_at(clip, times_s)]
    return _grid(tiles, len(tiles), title)
