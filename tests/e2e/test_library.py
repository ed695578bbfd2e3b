"""Segments, motion bases, rigs, batches and the doctor, through the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from exges_core import assets
from exges_core.motion.skeleton import JOINT_NAMES

Run = Callable[..., Any]


def test_segments_are_printed_and_written(exges: Run, tmp_path: Path) -> None:
    done = exges("segment", assets.DEMO_SPEECH, "--transcript", assets.DEMO_TRANSCRIPT, "--json", tmp_path / "s.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert found["asr"] == "alignment"
    assert all(0.3 < each["end_s"] - each["start_s"] <= 2.05 for each in found["segments"])
    assert "generally" in " ".join(each["text"].lower() for each in found["segments"])


def test_the_shipped_base_is_searched_and_drawn(exges: Run, tmp_path: Path) -> None:
    arguments = ("--transcript", assets.DEMO_TRANSCRIPT, "--json", tmp_path / "f.json", "--picture", tmp_path / "f.png")
    done = exges("library", "search", assets.LIBRARY, assets.DEMO_SPEECH, *arguments)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert all(len(each["candidates"]) == 3 for each in found["segments"])
    assert (tmp_path / "f.png").read_bytes()[:4] == b"\x89PNG"


def test_a_base_is_built_from_a_folder_and_tells_of_itself(exges: Run, tmp_path: Path, speech: Path) -> None:
    done = exges("generate", speech, "-o", tmp_path / "data/smplxflame_30/1_me_0_1_1.npz", "--asr", "none")
    assert done.returncode == 0, done.stderr
    samples, rate_hz = soundfile.read(speech)
    (tmp_path / "data" / "wave16k").mkdir()
    soundfile.write(tmp_path / "data" / "wave16k" / "1_me_0_1_1.wav", samples, rate_hz)
    done = exges("library", "build", tmp_path / "base", "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    done = exges("library", "info", tmp_path / "base")
    info = json.loads(done.stdout)
    assert info["takes"] == 1
    assert info["speakers"] == ["me"]


def test_a_folder_that_is_no_base_is_refused(exges: Run, tmp_path: Path) -> None:
    done = exges("library", "info", tmp_path)
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr


def test_our_own_bvh_is_matched_whole(exges: Run, speech: Path, tmp_path: Path) -> None:
    assert exges("generate", speech, "-o", tmp_path / "a.bvh", "--asr", "none").returncode == 0
    done = exges("rig", "match", tmp_path / "a.bvh", "--json", tmp_path / "m.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert found["missing"] == []
    assert {name: name for name in JOINT_NAMES if "eye" not in name}.items() <= found["bones"].items()


def test_a_batch_is_resumed_and_one_bad_clip_stops_nobody(exges: Run, speech: Path, tmp_path: Path) -> None:
    lines = [{"id": "good", "audio": str(speech), "format": "npz"}, {"id": "bad", "audio": "none.wav"}]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    first = exges("batch", tmp_path / "m.jsonl", "--out", tmp_path / "out")
    assert first.returncode == 2
    assert "good: done, 180 frames" in first.stdout
    assert "bad: failed" in first.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good.json", "good.npz"]
    again = exges("batch", tmp_path / "m.jsonl", "--out", tmp_path / "out")
    assert "good: done before" in again.stdout


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "a"}', '{"id": "../a", "audio": "x"}', '{"id": "a", "audio": "x", "y": 1}']
)
def test_a_manifest_line_that_is_wrong_is_named(exges: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "m.jsonl").write_text(line)
    done = exges("batch", tmp_path / "m.jsonl", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "line 1" in done.stderr


def test_the_doctor_finds_weights_and_base(exges: Run, tmp_path: Path) -> None:
    done = exges("doctor", "--json", tmp_path / "d.json")
    assert done.returncode == 0, done.stderr
    findings = {
        each["name"]: each for each in json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))["findings"]
    }
    assert findings["denoiser"]["ok"]
    assert findings["retrieval"]["ok"]
    assert findings["motion base"]["ok"]
