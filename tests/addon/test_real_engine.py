"""From the sound strip to a moving Rigify human, with the extension as a user gets it and the engine as it ships."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from exges_core import assets

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any, extension_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    speech = tmp_path_factory.mktemp("strip") / "speech.wav"
    soundfile.write(speech, samples[: 4 * rate_hz], rate_hz)
    return run_steps("real_engine", str(extension_zip), str(speech), sys.executable, str(ROOT))


def test_the_take_lies_on_the_strip_and_is_as_long_as_it(found: dict[str, Any]) -> None:
    assert found["operator"] == ["FINISHED"]
    start, end = found["range"]
    assert start == pytest.approx(11, abs=0.01)
    assert end - start == pytest.approx(4 * 25, abs=2.5)


def test_every_key_is_marked_as_generated_and_nothing_of_the_scene_changed(found: dict[str, Any]) -> None:
    assert found["types"] == ["GENERATED"]
    assert found["fps"] == 25
    assert "seed" in found["settings"]


def test_the_character_moves_as_a_person_does(found: dict[str, Any]) -> None:
    hand = np.array(found["hand"])
    assert np.isfinite(hand).all()
    travelled = np.linalg.norm(np.diff(hand, axis=0), axis=1)
    assert travelled.sum() > 0.1
    assert travelled.max() < 0.7
