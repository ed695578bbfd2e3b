"""What several files of the flow's tests ask for."""

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from exges_core import assets
from exges_core.pipeline.models import Models

Cut = Callable[[int], Path]


@pytest.fixture(scope="session")
def models() -> Models:
    """Return the shipped models on the CPU, loaded once."""
    return Models(device="cpu")


@pytest.fixture(scope="session")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """Return a function that writes the demo's first seconds to a file."""
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)

    def write(seconds: int) -> Path:
        path = tmp_path_factory.mktemp("sound") / "talk.wav"
        soundfile.write(path, samples[: seconds * rate_hz], rate_hz)
        return path

    return write
