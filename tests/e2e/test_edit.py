"""An edit through the real command line: a range is made anew, every other bit of the file stays."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exges_core.errors import InputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.protocol import Request
from tests.motion.conftest import moving_clip, standing_clip

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_range_is_made_anew_and_the_rest_stays_bit_for_bit(
    exges: Run, speech: Path, tmp_path: Path, read_report: Callable[[Path], dict[str, Any]]
) -> None:
    before, after, report = tmp_path / "a.npz", tmp_path / "b.npz", tmp_path / "r.json"
    moving = MotionClip(
        local_quat_wxyz=standing_clip(180).local_quat_wxyz,
        root_position_m=moving_clip(180).root_position_m + np.array([3.0, 0.0, 5.0]),
        frame_rate_hz=30.0,
    )
    write_npz(before, moving, extra={"trans": moving.root_position_m + 1e-17})
    done = exges(
        *("generate", speech, "-o", after, "--asr", "none", "--no-retrieval", "--finish-without", "feet"),
        *("--base-motion", before, "--keep-outside", 2, 4, "--report", report),
    )
    assert done.returncode == 0, done.stderr
    with np.load(before) as old, np.load(after) as new:
        is_kept = np.ones(len(old["poses"]), bool)
        is_kept[60:120] = False
        for name in ("poses", "trans"):
            np.testing.assert_array_equal(new[name][is_kept], old[name][is_kept])
            assert np.abs(new[name][~is_kept] - old[name][~is_kept]).max() > 1e-3
    found = read_report(report)
    assert found["kept"] == {"motion": str(before), "frames": int(is_kept.sum())}
    assert found["finish"] == ["smoothing", "limits", "ground"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"keep_outside_s": (1.0, 2.0)}, "--base-motion"),
        ({"finish_without": ("teeth",)}, "teeth"),
        ({"cutoff_hz": 99.0}, "99 Hz"),
        ({"pins": ("0=5",), "use_retrieval": False}, "--pin 0=5: expected retrieval"),
    ],
    ids=["nothing to keep", "no such part", "no such cut-off", "a pin without retrieval"],
)
def test_what_makes_no_sense_is_refused_before_any_work(
    speech: Path, tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    request = Request(id="x", speech=str(speech), outputs=(str(tmp_path / "c.npz"),), asr="none", **wrong)
    with pytest.raises(InputError, match=reason):
        generate_files(request, Models(device="cpu"))
    assert list(tmp_path.iterdir()) == []
