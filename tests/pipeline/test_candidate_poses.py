"""Key poses of every candidate, for windows that show them without opening the motion base."""

from pathlib import Path

import numpy as np
import soundfile

from exges_core import assets
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import as_json
from exges_core.protocol import Request
from exges_core.retrieval.library import MotionBase


def test_every_candidate_of_the_report_has_its_key_pose(tmp_path: Path) -> None:
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    speech, text = tmp_path / "speech.wav", tmp_path / "words.json"
    soundfile.write(speech, samples[: 3 * rate_hz], rate_hz)
    text.write_text('[{"text": "over there", "start_s": 0.4, "end_s": 1.6}]', encoding="utf-8")
    request = Request(
        id="a",
        speech=str(speech),
        transcript=str(text),
        outputs=(str(tmp_path / "m.npz"),),
        steps=1,
        candidate_poses=str(tmp_path / "poses.npz"),
    )
    found = as_json(generate_files(request, Models()).report)["retrieved"]
    assert all(each["name"] for each in found)
    with np.load(tmp_path / "poses.npz") as poses:
        numbers = list(zip(poses["segment"].tolist(), poses["clip"].tolist(), strict=True))
        assert numbers == [(each["segment"], each["clip"]) for each in found]
        base = MotionBase.open(assets.LIBRARY)
        first = found[0]
        frame = round((first["source_time_s"] - first["source_start_s"]) * 30)
        np.testing.assert_allclose(
            poses["local_quat_wxyz"][0], base.clip(first["clip"]).local_quat_wxyz[frame], atol=1e-6
        )
