"""`exges idle` and `exges mirror`: what is asked for reaches the job, and what it says."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from exges_core.cli.looping import MakeIdle
from exges_core.cli.main import REFUSED, parsed, run
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz, write_npz
from exges_core.protocol import Idle


def test_every_option_of_an_idle_reaches_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = parsed(
        [
            "idle",
            "--seconds",
            "12.5",
            "-o",
            "a.bvh",
            "-o",
            "b.npz",
            "--speaker",
            "ada",
            "--seed",
            "4",
            "--fps",
            "24",
            "--closing-frame",
            "--rig",
            "mixamo",
            "--device",
            "cpu",
            "--report",
            "r.json",
            "--knees",
            "30",
            "--posture",
            "stand.json",
        ]
    )
    assert isinstance(command, MakeIdle)
    assert command.job() == Idle(
        id="cli",
        seconds=12.5,
        outputs=(str(tmp_path / "a.bvh"), str(tmp_path / "b.npz")),
        speaker="ada",
        seed=4,
        fps=24.0,
        closes=True,
        rig="mixamo",
        device="cpu",
        report=str(tmp_path / "r.json"),
        knees_deg=30.0,
        posture=str(tmp_path / "stand.json"),
    )
    assert parsed(["idle", "-o", "a.bvh"]).job() == Idle(id="cli", seconds=8.0, outputs=(str(tmp_path / "a.bvh"),))


def test_a_length_that_no_idle_has_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = parsed(["idle", "--seconds", "1", "-o", str(tmp_path / "a.npz")])
    assert run(lambda: command.run(Console())) == REFUSED
    assert "expected a length from 2 to 300 s, got 1 s. Choose a longer one." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_motion_is_mirrored_and_other_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = np.tile([0.3, 0.9, 0.1], (4, 1))
    still = np.tile([1.0, 0.0, 0.0, 0.0], (4, 55, 1))
    write_npz(tmp_path / "a.npz", MotionClip(local_quat_wxyz=still, root_position_m=root, frame_rate_hz=30.0))
    parsed(["mirror", str(tmp_path / "a.npz"), "-o", str(tmp_path / "b.npz")]).run(Console(soft_wrap=True))
    assert "4 frames mirrored" in capsys.readouterr().out
    np.testing.assert_allclose(read_npz(tmp_path / "b.npz").root_position_m, root * [-1.0, 1.0, 1.0], atol=1e-6)
    (tmp_path / "a.fbx").write_bytes(b"Kaydara")
    command = parsed(["mirror", str(tmp_path / "a.fbx"), "-o", str(tmp_path / "c.npz")])
    assert run(lambda: command.run(Console())) == REFUSED
    assert "a .npz or .bvh motion" in capsys.readouterr().err
