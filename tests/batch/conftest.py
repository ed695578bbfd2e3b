"""Sounds and models that the tests of batches share: speech short enough to be made in a moment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from exges_core import assets
from exges_core.pipeline.models import Models

Lines = Callable[..., Path]


@pytest.fixture(scope="session")
def models() -> Models:
    return Models(device="cpu", engine="onnx")


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with five sounds of 0.6 s, a.wav to e.wav, and a transcript of each."""
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    folder = tmp_path_factory.mktemp("sounds")
    for number, name in enumerate("abcde"):
        begin = rate_hz * (1 + 2 * number)
        soundfile.write(folder / f"{name}.wav", samples[begin : begin + round(0.6 * rate_hz)], rate_hz)
        (folder / f"{name}.srt").write_text("1\n00:00:00,050 --> 00:00:00,450\nwell then\n")
    return folder


@pytest.fixture
def manifest(tmp_path: Path, sounds: Path) -> Lines:
    """Return a writer of manifests: a line for each name, and whatever else is to stand in all of them."""

    def write(names: str, **values: Any) -> Path:
        lines = [
            {"id": name, "audio": str(sounds / f"{name}.wav"), "transcript": str(sounds / f"{name}.srt"), **values}
            for name in names
        ]
        path = tmp_path / "lines.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        return path

    return write
