"""Segments, motion bases, rigs, batches and the doctor, through the command line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PIL import Image

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
    arguments = ("--transcript", assets.DEMO_TRANSCRIPT, "--json", tmp_path / "f.json", "-o", tmp_path / "f.png")
    wishes = ("--pin", "2=5", "--no-gesture", 1, "--ban", "1_ada_2_30_30")
    done = exges("library", "search", "default", assets.DEMO_SPEECH, *arguments, *wishes)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert found["segments"][1]["decision"] == "none: no gesture was asked for"
    assert found["segments"][2]["decision"] == "pinned"
    assert "* clip 5 " in done.stdout
    assert "(pinned)" in done.stdout
    assert "1_ada_2_30_30" not in done.stdout
    assert all(len(each["candidates"]) >= 3 for each in found["segments"])
    for segment in found["segments"]:
        used = [each["clip"] for each in segment["candidates"] if each["used"]]
        assert len(used) == (0 if segment["decision"].startswith("none") else 1)
        assert f"segment {segment['segment']}  {segment['start_s']:.2f}" in done.stdout
        for clip in used:
            assert f"* clip {clip} " in done.stdout
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.width > 1000
        colours = {colour for _, colour in picture.getcolors(1_000_000)}
    assert (38, 132, 76) in colours


def test_a_base_is_built_from_a_folder_and_tells_of_itself(exges: Run, tmp_path: Path, speech: Path) -> None:
    data = tmp_path / "data"
    done = exges("generate", speech, "-o", data / "smplxflame_30/1_me_0_1_1.npz", "--asr", "none")
    assert done.returncode == 0, done.stderr
    samples, rate_hz = soundfile.read(speech)
    (data / "wave16k").mkdir()
    soundfile.write(data / "wave16k" / "1_me_0_1_1.wav", samples, rate_hz)
    shutil.copy(data / "smplxflame_30/1_me_0_1_1.npz", data / "smplxflame_30/1_me_0_2_2.npz")
    soundfile.write(data / "wave16k" / "1_me_0_2_2.wav", samples[:rate_hz], rate_hz)
    done = exges("library", "build", tmp_path / "base", "--data", data, "--licence", "CC0", "--source", "studio A")
    assert done.returncode == 0, done.stderr
    (skipped,) = json.loads(done.stdout)["skipped"]
    assert "1_me_0_2_2: expected motion and sound of equal length" in skipped
    done = exges("library", "info", tmp_path / "base")
    info = json.loads(done.stdout)
    assert info["takes"] == 1
    assert info["speakers"] == ["me"]
    assert info["licence"] == "CC0"
    assert info["provenance"]["source"] == "studio A"


def test_wishes_are_obeyed_and_reported(exges: Run, tmp_path: Path, speech: Path) -> None:
    report = tmp_path / "r.json"
    wishes = ("--pin", "0=5", "--no-gesture", 1, "--ban", "7", "--ban", "8", "--retrieval-strength", 0.5)
    arguments = ("--asr", "none", "--library", "default", "--retrieval-joints", "arms")
    done = exges("generate", speech, "-o", tmp_path / "b.npz", "--report", report, *arguments, *wishes)
    assert done.returncode == 0, done.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["gestures"][0] == {"segment": 0, "clip": 5, "decision": "pinned"}
    assert found["gestures"][1] == {"segment": 1, "clip": None, "decision": "none: no gesture was asked for"}
    assert found["retrieval_strength"] == 0.5
    assert not {each["clip"] for each in found["retrieved"]} & {7, 8}
    done = exges("generate", speech, "-o", tmp_path / "c.npz", "--asr", "none", "--pin", "99=5")
    assert done.returncode == 2
    assert "--pin 99=5: expected a segment" in done.stderr
    assert not (tmp_path / "c.npz").exists()


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
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"good.json", "good.npz", "summary.json", "summary.html", ".exges-batch"}
    again = exges("batch", tmp_path / "m.jsonl", "--out", tmp_path / "out")
    assert "good: already done" in again.stdout


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
    assert findings["engine torch"]["ok"]
    assert findings["engine onnx"]["ok"]
    assert findings["denoiser"]["ok"]
    assert findings["retrieval"]["ok"]
    assert findings["motion base"]["ok"]
    assert findings["ffmpeg"]["ok"]  # imageio-ffmpeg's, where no other is
