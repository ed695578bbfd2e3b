"""Real Blender, headless: each test file starts one process with bpy, a home of its own, and reads what it found.

bpy runs in subprocesses only: it warns, owns global state and does not leave memory politely.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = Path(__file__).parent / "steps"
BLENDER_PYTHON = os.environ.get("EXGES_BLENDER_PYTHON", sys.executable)
"""A Python with another bpy runs the steps: see versions.py."""
STEPS_S = 1800 if "EXGES_BLENDER_PYTHON" in os.environ else 240
"""How long a process may take; generating a Rigify human takes minutes on a machine that is busy."""

RunSteps = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def has_bpy() -> None:
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("bpy is not installed (extra 'blender'; Python 3.11): the add-on is not tested in Blender here")


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    finished = subprocess.run(
        [sys.executable, str(ROOT / "build_addon.py"), "--out", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    (path,) = folder.glob("*.zip")
    return path


@pytest.fixture(scope="session")
def run_steps(has_bpy: None, tmp_path_factory: pytest.TempPathFactory) -> RunSteps:
    def run(name: str, *arguments: str, source: bool = False) -> dict[str, Any]:
        """Run steps/NAME.py in a process with bpy and return the JSON it wrote; `source`: import from the checkout."""
        folder = tmp_path_factory.mktemp(name)
        report = folder / "found.json"
        environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": str(folder / "home"),
            "OMP_NUM_THREADS": "1",
            "TMPDIR": str(folder),
        }
        environment.pop("PYTHONPATH", None)
        if source:
            environment["PYTHONPATH"] = str(ROOT)
        finished = subprocess.run(
            [BLENDER_PYTHON, "-P", str(STEPS / f"{name}.py"), str(report), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=environment,
            timeout=STEPS_S,
        )
        assert report.is_file(), f"{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
        return json.loads(report.read_text(encoding="utf-8"))

    return run
