"""Both engines make the same motion: ten clips that differ in controls, scores, speakers and seeds, and an idle."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exges_core import assets
from exges_core.diffusion.model import load_denoiser
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.idle import idle
from exges_core.pipeline.models import Models
from exges_core.protocol import Request

MOST_DEGREES, MOST_M = 0.1, 1e-3
WORDS = json.loads(assets.DEMO_TRANSCRIPT.with_suffix(".json").read_text(encoding="utf-8"))["words"]
HALF = float(np.sqrt(0.5))
KEYS = {
    "keys": [
        {"time_s": 1.0, "joints": {"left_elbow": [HALF, 0, -HALF, 0]}, "hard": True},
        {"time_s": 2.5, "joints": {"right_shoulder": [0.9, 0.1, 0.3, 0.3]}, "root_position_m": [0.05, 0.93, 0.0]},
    ]
}
CLIPS: dict[str, dict[str, Any]] = {
    "plain": {"start_s": 1.0, "end_s": 5.0},
    "a vivid speaker": {"speaker": "ada", "seed": 1, "energy": "vivid", "start_s": 5.0, "end_s": 9.0},
    "keys": {"controls": "keys.json", "seed": 2, "end_s": 4.0},
    "a given score": {"score": "plain.score.json", "seed": 3, "start_s": 1.0, "end_s": 5.0},
    "ddim without retrieval": {"sampler": "ddim", "steps": 8, "use_retrieval": False, "seed": 4, "end_s": 3.0},
    "guided": {"guidance": 2.0, "intensity": 1.3, "seed": 5, "start_s": 9.0, "end_s": 13.0},
    "a busy arm": {"busy": ("left_arm",), "seed": 6, "end_s": 4.0},
    "a range": {"base_motion": "plain.npz", "keep_outside_s": (1.0, 2.5), "seed": 7, "start_s": 1.0, "end_s": 5.0},
    "a posture": {"posture": "plain.npz", "seed": 8, "speaker": "xena", "start_s": 12.0, "end_s": 16.0},
    "no score at 24": {"use_score": False, "fps": 24.0, "seed": 9, "start_s": 16.0, "end_s": 20.0},
}
FILES = {"controls", "score", "base_motion", "posture"}
Make = Callable[[str, str], tuple[MotionClip, tuple[Any, ...]]]


@pytest.fixture(scope="module")
def engines() -> dict[str, Models]:
    """Return both, PyTorch in float32, which is what ONNX Runtime computes in."""
    return {
        "torch": Models(device="cpu", denoiser=load_denoiser(assets.DENOISER, is_bf16=False)),
        "onnx": Models(engine="onnx"),
    }


@pytest.fixture(scope="module")
def make(engines: dict[str, Models], tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that makes a clip with an engine: its motion and strokes; files are PyTorch's plain clip's."""
    folder = tmp_path_factory.mktemp("engines")
    (folder / "keys.json").write_text(json.dumps(KEYS))

    def made(engine: str, name: str) -> tuple[MotionClip, tuple[Any, ...]]:
        asked = {key: str(folder / each) if key in FILES else each for key, each in CLIPS[name].items()}
        out = folder / (f"{name}.npz" if engine == "torch" else f"{name} {engine}.npz")
        score = str(out.with_suffix(".score.json")) if asked.get("use_score", True) else None
        words = transcript(folder, asked.get("start_s", 0.0), asked["end_s"])
        request = Request(
            id=name, speech=str(assets.DEMO_SPEECH), transcript=words, outputs=(str(out),), score_out=score, **asked
        )
        found = generate_files(request, engines[engine])
        return read_npz(out), () if found.score is None else found.score.strokes

    made("torch", "plain")
    return made


def transcript(folder: Path, start_s: float, end_s: float) -> str:
    """Write the words of a part of the demo's speech."""
    words = [
        {"text": each["text"], "start_s": each["start_s"] - start_s, "end_s": each["end_s"] - start_s}
        for each in WORDS
        if start_s <= each["start_s"] and each["end_s"] <= end_s
    ]
    path = folder / f"words {start_s}.json"
    path.write_text(json.dumps({"words": words}))
    return str(path)


def apart(one: MotionClip, other: MotionClip) -> tuple[float, float]:
    """Return the largest angle in degrees and the largest distance of any joint in metres."""
    turns = quat_angle(quat_multiply(quat_inverse(one.local_quat_wxyz), other.local_quat_wxyz))
    far = np.linalg.norm(one.positions_m() - other.positions_m(), axis=-1)
    return float(np.degrees(turns).max()), float(far.max())


@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_is_the_same_by_either_engine(make: Make, name: str) -> None:
    (ours, strokes), (theirs, their_strokes) = make("torch", name), make("onnx", name)
    degrees, metres = apart(ours, theirs)
    assert (degrees <= MOST_DEGREES, metres <= MOST_M) == (True, True), (degrees, metres)
    assert strokes == their_strokes


def test_an_idle_is_the_same_by_either_engine(engines: dict[str, Models]) -> None:
    ours, theirs = (idle(3, models=each, seed=1) for each in engines.values())
    degrees, metres = apart(ours.clip, theirs.clip)
    assert degrees <= MOST_DEGREES
    assert metres <= MOST_M
