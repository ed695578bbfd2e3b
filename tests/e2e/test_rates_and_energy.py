"""Frame rates, intensity and energy through the real flow, with the shipped weights; a batch changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from exges_core import assets
from exges_core.batch import run_batch
from exges_core.batch.manifests import read_manifest
from exges_core.errors import InputError
from exges_core.motion.bvh import read_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply
from exges_core.motion.skeleton import joint_index
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import as_json
from exges_core.protocol import Request

Make = Callable[..., tuple[MotionClip, dict[str, Any]]]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rates")


@pytest.fixture(scope="module")
def make(models: Models, speech: Path, folder: Path) -> Make:
    """Return a function that generates 6 s with some settings, once each: the clip and the report."""
    made: dict[str, tuple[MotionClip, dict[str, Any]]] = {}

    def run(name: str, **settings: Any) -> tuple[MotionClip, dict[str, Any]]:
        if name not in made:
            outputs = (str(folder / f"{name}.npz"), str(folder / f"{name}.bvh"))
            request = Request(id=name, speech=str(speech), outputs=outputs, asr="none", seed=5, **settings)
            report = as_json(generate_files(request, models).report)
            made[name] = read_npz(folder / f"{name}.npz"), report
        return made[name]

    return run


def wrist_speed(clip: MotionClip) -> float:
    wrists = clip.positions_m()[:, [joint_index("left_wrist"), joint_index("right_wrist")]]
    return float(np.percentile(np.linalg.norm(np.diff(wrists, axis=0), axis=-1), 90) * clip.frame_rate_hz)


@pytest.mark.parametrize(("fps", "rate_hz"), [(24, 24.0), (60, 60.0), (23.976, 24000 / 1001)])
def test_a_rate_changes_the_frames_and_not_the_motion(make: Make, folder: Path, fps: float, rate_hz: float) -> None:
    plain, _ = make("plain")
    moved, report = make(f"at {fps}", fps=fps)
    assert moved.frame_rate_hz == report["frame_rate"] == pytest.approx(rate_hz, abs=1e-12)
    assert report["frames"] == moved.frames
    assert 0 <= (plain.frames - 1) / 30 - (moved.frames - 1) / rate_hz < 1 / rate_hz
    assert read_bvh(folder / f"at {fps}.bvh").frame_rate_hz == pytest.approx(rate_hz, rel=1e-8)
    same = plain.at(np.arange(moved.frames) / rate_hz)
    np.testing.assert_allclose(moved.positions_m(), same.positions_m(), atol=0.01)


def test_a_key_is_exact_on_the_outputs_own_frame(make: Make, tmp_path: Path) -> None:
    """29 / 24 s lies between frames 36 and 37 of 30 per second."""
    half = float(np.sqrt(0.5))
    root = [0.05, 0.93, -0.02]
    key = {"time_s": 29 / 24, "joints": {"left_elbow": [half, 0, -half, 0]}, "root_position_m": root, "hard": True}
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key]}))
    clip, _ = make("key at 24", controls=str(tmp_path / "keys.json"), fps=24)
    turn = quat_multiply(quat_inverse(clip.local_quat_wxyz[29, 18]), np.array([half, 0, -half, 0]))
    assert np.degrees(quat_angle(turn)) < 0.01
    np.testing.assert_allclose(clip.root_position_m[29], root, atol=1e-4)


def test_intensity_scales_gestures_and_leaves_feet_and_keys(make: Make, tmp_path: Path) -> None:
    half = float(np.sqrt(0.5))
    keys = {"keys": [{"time_s": 2.0, "joints": {"left_elbow": [half, 0, -half, 0]}, "hard": True}]}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    controls = str(tmp_path / "keys.json")
    little, plain, much = (make(f"intensity {each}", intensity=each, controls=controls)[0] for each in (0.5, 1.0, 1.5))
    assert wrist_speed(little) < 0.75 * wrist_speed(plain)
    assert wrist_speed(much) > 1.1 * wrist_speed(plain)
    feet = [joint_index(f"{side}_{part}") for side in ("left", "right") for part in ("ankle", "foot")]
    for clip in (little, much):
        np.testing.assert_allclose(clip.positions_m()[:, feet], plain.positions_m()[:, feet], atol=1e-9)
        turn = quat_multiply(quat_inverse(clip.local_quat_wxyz[60, 18]), np.array([half, 0, -half, 0]))
        assert np.degrees(quat_angle(turn)) < 0.01


def test_energy_rises_from_calm_to_vivid_and_gives_way_to_what_is_set(make: Make) -> None:
    found = {"calm": make("calm", energy="calm"), "normal": make("plain"), "vivid": make("vivid", energy="vivid")}
    speeds = [wrist_speed(clip) for clip, _ in found.values()]
    assert speeds == sorted(speeds)
    assert found["vivid"][1]["energy"] == "vivid"
    assert found["vivid"][1]["intensity"] > 1
    set_by_hand = make("both", energy="vivid", intensity=1.0, guidance=1.0, fps=30)[0]
    np.testing.assert_array_equal(set_by_hand.local_quat_wxyz, found["normal"][0].local_quat_wxyz)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"fps": 0}, "fps"), ({"intensity": 3}, "intensity"), ({"energy": "wild"}, "energy")]
)
def test_what_cannot_be_is_refused_before_any_work(make: Make, folder: Path, wrong: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make("refused", **wrong)
    assert not list(folder.glob("refused*"))


def test_a_take_is_the_same_alone_and_in_a_batch_of_eight(tmp_path: Path, models: Models) -> None:
    """Lengths differ: from less than a window to several, with a last partial second."""
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    lines = []
    for number, seconds in enumerate((0.3, 4.5, 1.0, 7.37, 2.2, 4.27, 1.6, 3.1)):
        name = f"take{number}"
        soundfile.write(tmp_path / f"{name}.wav", samples[number * 8000 :][: round(seconds * rate_hz)], rate_hz)
        (tmp_path / f"{name}.srt").write_text("1\n00:00:00,050 --> 00:00:00,250\nwell\n")
        line = {"id": name, "audio": f"{name}.wav", "transcript": f"{name}.srt", "seed": number, "format": "npz"}
        lines.append(json.dumps(line))
    (tmp_path / "all.jsonl").write_text("\n".join(lines))
    assert run_batch(tmp_path / "all.jsonl", tmp_path / "all", models=models).failed == 0
    for number in (3, 0):
        (tmp_path / "one.jsonl").write_text(lines[number])
        run_batch(tmp_path / "one.jsonl", tmp_path / "alone", models=models)
        alone, among = (tmp_path / folder / f"take{number}.npz" for folder in ("alone", "all"))
        assert alone.read_bytes() == among.read_bytes()
        report = json.loads((tmp_path / "all" / f"take{number}.json").read_text())
        assert abs(report["frames"] - 30 * report["duration_s"]) <= 0.5


def test_a_manifest_may_ask_for_rate_and_energy(tmp_path: Path) -> None:
    line = {"id": "a", "audio": "a.wav", "fps": 24, "energy": "calm", "intensity": 0.9}
    (tmp_path / "m.jsonl").write_text(json.dumps(line))
    (request,) = (line.request for line in read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu"))
    assert (request.fps, request.energy, request.intensity, request.guidance) == (24, "calm", 0.9, None)
    (tmp_path / "m.jsonl").write_text(json.dumps({**line, "fps": "fast"}))
    with pytest.raises(InputError, match="fps"):
        read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu")


def read_line(folder: Path, **values: Any) -> Request:
    (folder / "m.jsonl").write_text(json.dumps({"id": "a", "audio": "a.wav", **values}))
    (request,) = (line.request for line in read_manifest(folder / "m.jsonl", folder / "out", device="cpu"))
    return request


def test_a_manifest_may_ask_for_whatever_one_generation_can(tmp_path: Path) -> None:
    """Each field that has a JSON value of its type comes through; paths are beside the manifest."""
    asked = {
        "steps": 4,
        "use_score": False,
        "pins": ["0=3"],
        "no_gesture": [1, 2],
        "guidance": 2,
        "base_motion": "old.npz",
        "base_start_s": 1,
        "keep_outside_s": [4, 8.5],
        "finish_without": ["feet"],
        "library": ["mine", "default"],
        "transcript": None,
    }
    request = read_line(tmp_path, **asked)
    assert request.base_motion == str(tmp_path / "old.npz")
    assert request.library == (str(tmp_path / "mine"), str(assets.LIBRARY))
    assert request.transcript is None
    assert request.keep_outside_s == (4, 8.5)
    assert (request.steps, request.use_score, request.no_gesture) == (4, False, (1, 2))
    assert (request.pins, request.finish_without, request.guidance) == (("0=3",), ("feet",), 2)
    assert read_line(tmp_path, library="mine").library == str(tmp_path / "mine")


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": 1.5},
        {"seed": True},
        {"keep_outside_s": [4]},
        {"keep_outside_s": 4},
        {"pins": "0=3"},
        {"no_gesture": ["1"]},
        {"use_retrieval": "no"},
        {"base_motion": 3},
        {"audio": 7},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_manifest_line_of_another_type_is_refused_by_name(tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        read_line(tmp_path, **wrong)
