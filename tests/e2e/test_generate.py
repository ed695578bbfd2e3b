"""Speech in, motion out, through the real command line with the shipped weights."""

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from exges_core import assets
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.metrics.listening.accents import strokes_on_accents
from exges_core.motion.bvh import clip_from_bvh, read_bvh
from exges_core.motion.npz import read_npz
from exges_core.speech import model_files

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Report = Callable[[Path], dict[str, Any]]


def refused(done: "subprocess.CompletedProcess[str]", folder: Path) -> str:
    """Assert exit code 2 with one clear line and nothing written; return the line."""
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("exges:")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []
    return lines[0]


def test_a_speech_gives_motion_words_segments_and_gestures(
    exges: Run, speech: Path, tmp_path: Path, read_report: Report
) -> None:
    done = exges(
        "generate", speech, "-o", tmp_path / "a.npz", "-o", tmp_path / "a.bvh", "--report", tmp_path / "r.json"
    )
    assert done.returncode == 0, done.stderr
    report = read_report(tmp_path / "r.json")
    clip = read_npz(tmp_path / "a.npz")
    assert abs(clip.frames - 6 * 30) <= 1
    assert report["frames"] == clip.frames
    assert report["asr"] == model_files.recognisers_here()[0]
    assert report["words"]
    assert report["segments"]
    assert {"segment", "source", "source_time_s", "time_s", "score", "probability", "used"} <= set(
        report["retrieved"][0]
    )
    assert set(report["model"]) == {"name", "sha256"}
    heard = strokes_on_accents(clip, audio_features(read_waveform(speech)))
    assert report["listening"]["strokes"] == heard.events > 0
    assert report["listening"]["on_accents"] == heard.met
    assert report["listening"]["by_chance"] == pytest.approx(heard.chance, abs=0.1)
    same = clip_from_bvh(read_bvh(tmp_path / "a.bvh"))
    np.testing.assert_allclose(same.positions_m(), clip.positions_m(), atol=2e-3)


def test_two_speeches_with_one_seed_are_two_performances(exges: Run, tmp_path: Path) -> None:
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    wrists = []
    for name, start_s in (("one", 1), ("other", 11)):
        soundfile.write(tmp_path / f"{name}.wav", samples[start_s * rate_hz : (start_s + 10) * rate_hz], rate_hz)
        out = tmp_path / f"{name}.npz"
        done = exges("generate", tmp_path / f"{name}.wav", "-o", out, "--asr", "none", "--no-retrieval")
        assert done.returncode == 0, done.stderr
        positions = read_npz(out).positions_m()
        wrists.append((positions[:, [20, 21]] - positions[:, [0]]).reshape(len(positions), -1))
    alike = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(wrists[0].T, wrists[1].T, strict=True)])
    assert abs(alike) < 0.4  # 0.9 where both are drawn from the same noise


def test_a_seed_is_a_motion(exges: Run, speech: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done = exges("generate", speech, "-o", tmp_path / f"{name}.bvh", "--seed", seed, "--asr", "none")
        assert done.returncode == 0, done.stderr
    first, again, other = ((tmp_path / f"{name}.bvh").read_bytes() for name in "abc")
    assert first == again
    assert first != other


def test_a_hard_key_is_in_the_motion_exactly(exges: Run, speech: Path, tmp_path: Path) -> None:
    half = float(np.sqrt(0.5))
    keys = {"keys": [{"time_s": 2.0, "joints": {"left_elbow": [half, 0, half, 0]}, "hard": True}]}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    done = exges("generate", speech, "-o", tmp_path / "a.npz", "--controls", tmp_path / "keys.json", "--asr", "none")
    assert done.returncode == 0, done.stderr
    quat = read_npz(tmp_path / "a.npz").local_quat_wxyz[60, 18]
    assert abs(abs(float(quat @ np.array([half, 0, half, 0]))) - 1) < 1e-8


def test_silence_gives_idle_motion_and_says_so(exges: Run, tmp_path: Path, read_report: Report) -> None:
    soundfile.write(tmp_path / "s.wav", np.zeros(3 * 16000), 16000)
    done = exges("generate", tmp_path / "s.wav", "-o", tmp_path / "a.npz", "--report", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    report = read_report(tmp_path / "r.json")
    assert any("silent" in each for each in report["warnings"])
    assert report["words"] == []
    assert np.isfinite(read_npz(tmp_path / "a.npz").local_quat_wxyz).all()


BAD_SOUNDS: dict[str, bytes] = {
    "empty": b"",
    "text": b"this is no sound at all\n" * 100,
    "cut": b"RIFF\x00\x01\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00",
}


@pytest.mark.parametrize("name", BAD_SOUNDS)
def test_what_is_no_sound_is_refused(exges: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "x.wav").write_bytes(BAD_SOUNDS[name])
    done = exges("generate", tmp_path / "in" / "x.wav", "-o", tmp_path / "out" / "a.bvh")
    line = refused(done, tmp_path / "out")
    assert "x.wav" in line
    assert "object at" not in line


def test_a_tenth_of_a_second_is_refused(exges: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    soundfile.write(tmp_path / "x.wav", np.random.default_rng(0).normal(0, 0.1, 1600), 16000)
    refused(exges("generate", tmp_path / "x.wav", "-o", tmp_path / "out" / "a.bvh"), tmp_path / "out")


def test_a_missing_file_is_refused(exges: Run, tmp_path: Path) -> None:
    refused(exges("generate", tmp_path / "none.wav", "-o", tmp_path / "a.bvh"), tmp_path)


def test_an_unknown_joint_is_refused_by_name(exges: Run, speech: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "k.json").write_text('{"keys": [{"time_s": 1.0, "joints": {"left_elbw": [1, 0, 0, 0]}}]}')
    done = exges(
        "generate", speech, "-o", tmp_path / "out" / "a.bvh", "--controls", tmp_path / "k.json", "--asr", "none"
    )
    line = refused(done, tmp_path / "out")
    assert "left_elbw" in line
    assert "left_elbow" in line


def test_a_transcript_of_another_speech_is_refused(exges: Run, speech: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "t.json").write_text('[{"text": "hello", "start": 100.0, "end": 100.4}]')
    done = exges("generate", speech, "-o", tmp_path / "out" / "a.bvh", "--transcript", tmp_path / "t.json")
    refused(done, tmp_path / "out")


def test_an_unknown_output_format_is_refused(exges: Run, speech: Path, tmp_path: Path) -> None:
    assert ".fbx" in refused(exges("generate", speech, "-o", tmp_path / "a.fbx"), tmp_path)


def test_an_unknown_speaker_is_refused(exges: Run, speech: Path, tmp_path: Path) -> None:
    done = exges("generate", speech, "-o", tmp_path / "a.bvh", "--speaker", "nobody", "--asr", "none")
    assert "nobody" in refused(done, tmp_path)


def test_a_full_disk_leaves_nothing(exges: Run, speech: Path, tmp_path: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = exges("generate", speech, "-o", tmp_path / "a.bvh", "--asr", "none", preexec_fn=limit)
    assert "a.bvh" in refused(done, tmp_path)


@pytest.mark.parametrize("after_s", [0.7, 1.5, 4.0])
def test_ctrl_c_leaves_nothing_half_written(speech: Path, tmp_path: Path, after_s: float) -> None:
    command = [sys.executable, "-m", "exges_core.cli", "generate", str(speech), "-o", str(tmp_path / "a.bvh")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, 130), errors
    written = [path.name for path in tmp_path.iterdir()]
    assert written in ([], ["a.bvh"])
    if written:  # it came too late: then the file is whole
        assert read_bvh(tmp_path / "a.bvh").frames == 180
