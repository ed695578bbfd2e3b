"""A take beside what is generated for it: the right part of both, figures of both, sheets; the film is Blender's."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError
from exges_core.metrics.diversity import l1_total_m
from exges_core.motion.features import home_anchor
from exges_core.motion.npz import read_npz
from training.corpus.measures.motion_statistics import clip_statistics
from training.evaluation.side_by_side_sheet import at_home
from training.side_by_side import SideBySide, part_of, side_by_side, table_of

START_S, SECONDS = 0.5, 6.2


@pytest.fixture(scope="module")
def made(folder: Path, denoiser_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("side")
    options = SideBySide(
        data=folder,
        sheet=out / "both.png",
        generated_sheet=out / "generated.png",
        take="1_ada_0_2_2",
        start=START_S,
        seconds=SECONDS,
        model=denoiser_file,
        training=folder,
    )
    return out, side_by_side(options)


def test_both_motions_are_measured_over_the_same_part(folder: Path, made: tuple[Path, dict[str, Any]]) -> None:
    out, found = made
    assert json.loads((out / "both.json").read_text()) == found
    assert found["seconds"] == pytest.approx(SECONDS)
    assert found["joint_speeds"] == "3 training takes"
    clip = read_npz(folder / "smplxflame_30" / "1_ada_0_2_2.npz").cut(15, 15 + 186)
    recorded = found["recorded"]
    assert recorded["l1div"] == pytest.approx(l1_total_m(clip) / clip.frames)
    for name in ("strokes_per_min_per_hand", "wrist_speed_world_p95", "rest_fraction"):
        assert recorded[name] == pytest.approx(clip_statistics(clip)[name])
    assert found["generated"]["l1div"] != pytest.approx(recorded["l1div"], rel=1e-3)
    assert f"| L1div | {recorded['l1div']:.3f} | {found['generated']['l1div']:.3f} |" in table_of(found)


def test_sheets_show_both_or_the_generated_motion_alone(made: tuple[Path, dict[str, Any]]) -> None:
    out, _ = made
    with Image.open(out / "both.png") as both, Image.open(out / "generated.png") as alone:
        assert both.width == alone.width
        assert both.height > 1.5 * alone.height


def test_a_part_has_its_own_times(folder: Path) -> None:
    (take,) = (each for each in read_folder(folder, "all") if each.id == "1_ada_0_2_2")
    part = part_of(take, START_S, SECONDS)
    np.testing.assert_array_equal(part.clip.local_quat_wxyz, take.clip.local_quat_wxyz[15 : 15 + 186])
    assert part.waveform.duration_s == pytest.approx(SECONDS, abs=1e-4)
    texts = [each.text for each in take.words if each.start_s >= 0.5 and each.end_s <= 6.7]
    assert [each.text for each in part.words] == texts
    assert part.words[0].start_s == pytest.approx(next(w.start_s for w in take.words if w.start_s >= 0.5) - 0.5)
    anchor = home_anchor(at_home(part.clip))
    np.testing.assert_allclose([*anchor.ground_xz_m, anchor.heading_rad], 0.0, atol=1e-3)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"take": "nobody"}, "--take.*expected one of 1_ada_0_2_2"),
        ({"start": 100.0}, "60 s from 100 s on"),
        ({"seconds": 0.2}, "at least 1 s"),
        ({"sheet": None}, "--out FILE.mp4"),
    ],
    ids=["no such take", "beyond the take", "too short", "nothing to make"],
)
def test_what_cannot_be_shown_is_refused(folder: Path, tmp_path: Path, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        side_by_side(SideBySide(**{"data": folder, "sheet": tmp_path / "x.png", **wrong}))
    assert list(tmp_path.iterdir()) == []
