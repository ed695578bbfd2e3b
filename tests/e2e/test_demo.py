"""The demo up to the .blend; the film takes minutes and is made by `make demo`."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blender_addon.character import human_file
from exges_core.motion.npz import read_arrays, read_npz


@pytest.mark.blender
def test_the_demo_makes_motion_report_and_a_blend(exges: Callable[..., Any], tmp_path: Path) -> None:
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("bpy is not installed (extra 'blender'; Python 3.11): the demo has no Blender side here")
    out, project = tmp_path / "out", tmp_path / "project"
    (project / "tools").mkdir(parents=True)
    (project / "tools" / "__init__.py").write_text("raise ImportError('not ours')\n")
    done = exges("demo", "--out", out, "--no-video", cwd=project)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["demo.blend", "demo.bvh", "demo.json", "demo.npz"]
    report = json.loads((out / "demo.json").read_text(encoding="utf-8"))
    assert report["frames"] == read_npz(out / "demo.npz").frames
    assert report["asr"] == "alignment"
    assert sum(each["used"] for each in report["retrieved"]) >= 3
    assert report["rtf"] < 1.0
    assert read_arrays(out / "demo.npz", ("face_arkit",))["face_arkit"].max() > 0.3
    assert ("a mannequin stands in" in done.stdout) == (human_file.human_path() is None)
    assert (out / "demo.blend").read_bytes()[:4] in (b"BLEN", b"\x28\xb5\x2f\xfd")


@pytest.mark.blender
def test_without_the_human_one_line_says_that_a_mannequin_stands_in(
    exges: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("bpy is not installed (extra 'blender'; Python 3.11): the demo has no Blender side here")
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path / "empty"))
    done = exges("demo", "--out", tmp_path / "out", "--no-video", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("a mannequin stands in") == 1
    assert (tmp_path / "out" / "demo.blend").is_file()
