"""The installed command line as a user runs it: a process, files, exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from exges_core import assets

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def exges() -> Run:
    """Return a function that runs `exges ARGS` and gives the finished process."""

    def run(*arguments: object, **options: Any) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "exges_core.cli", *map(str, arguments)]
        environment = {**os.environ, "COLUMNS": "200", "PYTHONWARNINGS": "default"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, **options)

    return run


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 6 s of the demo's speech as a wav of another rate with two channels."""
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    part = samples[: 6 * rate_hz]
    path = tmp_path_factory.mktemp("speech") / "six seconds.wav"
    soundfile.write(path, np.stack([part, part], axis=1), rate_hz)
    return path


@pytest.fixture(scope="session")
def read_report() -> Callable[[Path], dict[str, Any]]:
    """Return a reader of report files."""
    return lambda path: json.loads(path.read_text(encoding="utf-8"))
