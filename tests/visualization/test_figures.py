from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exges_core.errors import OutputError
from exges_core.motion.clip import MotionClip
from exges_core.visualization import figures
from exges_core.visualization.mannequin import parts_of
from tests.motion.conftest import moving_clip, standing_clip


def centre_of(image: Image.Image, side: str, rows: slice = slice(None)) -> float:
    """The mean column of the pixels that have a side's hue."""
    pixels = np.asarray(image.convert("RGB")).astype(int)[rows]
    red, blue = pixels[..., 0], pixels[..., 2]
    is_side = (blue - red > 50) if side == "left" else (red - blue > 50)
    return float(np.nonzero(is_side)[1].mean())


def test_seen_from_the_front_the_left_hand_is_on_the_pictures_right_and_from_behind_it_is_not() -> None:
    clip = standing_clip(2)
    front = figures.draw_pose(clip, 0)
    back = figures.draw_pose(clip, 0, view="back")
    assert centre_of(front, "left") > centre_of(front, "right")
    assert centre_of(back, "left") < centre_of(back, "right")


def test_a_figure_fills_its_cell_and_stands_on_the_ground_line() -> None:
    cell = figures.Cell(width=200, height=300, has_trails=False)
    image = figures.draw_pose(standing_clip(2), 0, cell=cell)
    pixels = np.asarray(image).astype(int)
    rows = np.nonzero((np.abs(pixels[..., 0] - pixels[..., 2]) > 50).any(axis=1))[0]
    ground_row = 300 * cell.top_m / (cell.top_m - cell.bottom_m)
    assert rows.max() == pytest.approx(ground_row, abs=6)
    is_figure = np.abs(pixels - figures.PAPER).sum(axis=-1) > 60
    assert 35 < np.nonzero(is_figure.any(axis=1))[0].min() < 70


def test_the_nearer_arm_is_painted_last() -> None:
    pose = standing_clip(1).pose()
    parts = sorted(
        parts_of(pose.positions_m[0], pose.world_quat_wxyz[0], np.array([0.70710678, 0.0, -0.70710678, 0.0])),
        key=lambda part: part.depth_m,
    )
    assert (parts[0].side, parts[-1].side) == ("right", "left")


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_sheets_are_written(tmp_path: Path) -> None:
    clip = moving_clip(frames=30)
    figures.draw_sheet(
        clip, tmp_path / "sheet.png", times_s=[0.0, 0.5, 99.0], captions=["a", "b", "c " * 80], title="T"
    )
    figures.draw_sheet(clip, tmp_path / "even.png", [0.0] * 5, ["."] * 5, columns=2)
    sizes = {path.name: size_of(path) for path in sorted(tmp_path.glob("*.*"))}
    assert sizes["sheet.png"] == (3 * 384 + 4, 34 + 354 + 2 * 4)
    assert sizes["even.png"][1] == 3 * 358 + 4


def test_captions_must_match_the_poses_and_failures_are_named(tmp_path: Path) -> None:
    clip = moving_clip(frames=3)
    with pytest.raises(ValueError, match="zip"):
        figures.draw_sheet(clip, tmp_path / "a.png", [0.0, 0.1, 0.2], ["one"])
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        figures.draw_sheet(clip, tmp_path / "file" / "a.png", [0.0], ["one"])


def test_a_single_frame_can_be_drawn() -> None:
    still = moving_clip(frames=1)
    clip = MotionClip(local_quat_wxyz=still.local_quat_wxyz, root_position_m=still.root_position_m, frame_rate_hz=30.0)
    assert figures.draw_pose(clip, 0).size == (190, 300)
