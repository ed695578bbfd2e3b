"""The demo up to the .blend; the film takes minutes and is made by `make demo`."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exges_core.motion.npz import read_npz


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
    assert (out / "demo.blend").read_bytes()[:4] in (b"BLEN", b"\x28\xb5\x2f\xfd")
