"""Batches from manifest to summary, made by this process: what is made, what is not made again, and what is told."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exges_core.batch import Crew, Setup, dry_run, inputs, ledger, pictures, plan, run_batch, summary, tasks
from exges_core.batch.inputs import inputs_of
from exges_core.batch.ledger import Ledger
from exges_core.batch.manifests import read_manifest
from exges_core.batch.tasks import Task, make
from exges_core.errors import InputError
from exges_core.pipeline.models import Models
from exges_core.protocol import Progress, Request

Lines = Callable[..., Path]
Batch = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw where a test looks at pictures alone: that takes longer than such short clips."""
    monkeypatch.setattr(tasks, "can_draw", lambda: False)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def batch(out: Path, models: Models) -> Batch:
    """Return a run of a manifest, which gives the lines that it told without their numbers."""

    def run(path: Path) -> list[str]:
        said = list[str]()
        run_batch(path, out, models=models, say=said.append)
        return [line.partition(", ")[0] for line in said]

    return run


def state_of(folder: Path) -> dict[str, int]:
    return {
        path.name: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and "summary" not in path.name
    }


def test_a_second_run_makes_nothing(manifest: Lines, batch: Batch, out: Path) -> None:
    assert batch(manifest("ab")) == ["a: done", "b: done"]
    before = state_of(out)
    assert batch(manifest("ab")) == ["a: already done", "b: already done"]
    assert batch(manifest("abc")) == ["a: already done", "b: already done", "c: done"]
    assert before.items() <= state_of(out).items()
    assert {path.name for path in out.iterdir()} == {
        *(f"{name}.{kind}" for name in "abc" for kind in ("bvh", "json")),
        "summary.html",
        "summary.json",
        ".exges-batch",
    }


def test_what_changed_is_made_anew_and_nothing_else(
    manifest: Lines, batch: Batch, out: Path, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = out.parent / "sounds"
    shutil.copytree(sounds, own)
    path = manifest("ab")

    def write(**values: Any) -> Path:
        lines = [{"id": each, "audio": f"sounds/{each}.wav", "transcript": f"sounds/{each}.srt"} for each in "ab"]
        path.write_text("\n".join(map(json.dumps, [lines[0], {**lines[1], **values}])))
        return path

    def why() -> str:
        """Return why b is to be made, and make it."""
        said = list[str]()
        dry_run(path, out, setup=Setup(engine="onnx", device="cpu"), crew=Crew(), say=said.append)
        assert batch(path) == ["a: already done", "b: done"]
        return said[1].removeprefix("b: to make ")

    batch(write())
    (own / "b.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nwell now\n")
    assert why() == "(other transcript)"
    shutil.copy(own / "c.wav", own / "b.wav")
    assert why() == "(other sound)"
    write(seed=3, vividness=0.5)
    assert why() == "(other settings)"
    (out / "b.bvh").unlink()
    assert why() == "(b.bvh is gone)"
    (out / "b.bvh").write_bytes((out / "b.bvh").read_bytes()[:-1])
    assert why() == "(b.bvh was changed)"
    weights = out.parent / "weights"
    weights.mkdir()
    (weights / "denoiser.safetensors").write_bytes(b"other")
    monkeypatch.setattr(inputs.assets, "DENOISER", weights / "denoiser.safetensors")
    said = list[str]()
    dry_run(path, out, setup=Setup(engine="onnx", device="cpu"), crew=Crew(), say=said.append)
    assert said[:2] == [f"{name}: to make (other models)" for name in "ab"]


def test_a_motion_base_that_grew_is_another_one(manifest: Lines, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "base.json").write_text("{}")
    (line,) = read_manifest(manifest("a", library=str(base)), tmp_path / "out", device="cpu")
    before = inputs_of(line.request, Setup())
    (base / "shard").mkdir()
    (base / "shard" / "poses.npy").write_bytes(b"more")
    after = inputs_of(line.request, Setup())
    assert [key for key in before if before[key] != after[key]] == ["library"]


def test_a_dry_run_lists_and_writes_nothing(manifest: Lines, batch: Batch, out: Path) -> None:
    path, said = manifest("abcde"), list[str]()
    setup = Setup(engine="onnx", device="cpu")
    dry_run(path, out, setup=setup, crew=Crew(workers=2), say=said.append)
    assert said[:5] == [f"{name}: to make (new)" for name in "abcde"]
    assert said[5].startswith("5 of 5 clips to make, 3 s of speech: about ")
    assert said[5].endswith("with 2 workers (by the usual speed of one core)")
    assert not out.exists()
    batch(manifest("ab"))
    said.clear()
    dry_run(manifest("abcde"), out, setup=setup, crew=Crew(), say=said.append)
    assert said[:3] == ["a: already done", "b: already done", "c: to make (new)"]
    assert "3 of 5 clips to make, 2 s of speech" in said[5]
    assert said[5].endswith("with 1 worker (measured on clips made here)")
    said.clear()
    dry_run(manifest("ab"), out, setup=setup, crew=Crew(), say=said.append)
    assert said == ["a: already done", "b: already done", "0 of 2 clips to make"]


def test_time_left_is_told_from_speech_that_was_made(manifest: Lines, out: Path, models: Models) -> None:
    said = list[str]()
    run_batch(manifest("ab"), out, models=models, say=said.append)
    assert "(1 left, about " in said[0]
    assert "left" not in said[1]
    assert plan.spoken_time(0.2) == "1 s"
    assert plan.spoken_time(600) == "10 min"
    assert plan.spoken_time(9000) == "2.5 h"


def test_what_failed_is_tried_once_more_at_the_end(
    manifest: Lines, sounds: Path, out: Path, models: Models, tmp_path: Path
) -> None:
    late, wrong, said = tmp_path / "late.wav", tmp_path / "wrong.wav", list[str]()
    wrong.write_text("no sound")
    path = manifest("ab")
    more = [{"id": "late", "audio": str(late), "asr": "none"}, {"id": "wrong", "audio": str(wrong)}]
    path.write_text("\n".join([path.read_text(), *map(json.dumps, more)]))

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("a: done"):
            shutil.copy(sounds / "a.wav", late)

    ending = run_batch(path, out, models=models, say=say)
    assert [line.partition(": ")[0] for line in said] == ["late", "a", "b", "wrong", "late", "wrong"]
    assert said[0] == f"late: failed: missing audio {late}"
    assert said[4].startswith("late: done")
    assert said[5].startswith(f"wrong: failed again: {wrong}: expected sound")
    assert ending.failed == 1
    whole = json.loads((out / "summary.json").read_text())
    assert whole["counts"] == {"set aside": 0, "failed": 1, "open": 0, "done": 3}
    assert [each["state"] for each in whole["clips"]] == ["done", "done", "done", "failed"]
    assert "expected sound" in whole["clips"][3]["why"]


def test_an_input_that_changes_under_way_makes_no_record(
    manifest: Lines, sounds: Path, out: Path, models: Models, tmp_path: Path
) -> None:
    words = tmp_path / "a.srt"
    shutil.copy(sounds / "a.srt", words)
    (line,) = read_manifest(manifest("a", transcript=str(words)), out, device="cpu")
    assert isinstance(line.request, Request)
    task = Task(request=line.request, inputs=inputs_of(line.request, Setup()), out=str(out))

    def on_progress(step: Progress) -> None:
        if step.fraction > 0.5:
            words.write_text("1\n00:00:00,050 --> 00:00:00,450\nsomething else\n")

    Ledger(out).folder.mkdir(parents=True)
    outcome = make(Task.decode(task.encode()), models, on_progress=on_progress)
    assert "expected the same transcript, got another one since the batch was planned" in outcome.reason
    assert Ledger(out).record_of("a") is None


def test_a_second_driver_is_refused(
    manifest: Lines, out: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_LOCK_WAIT_S", 0.1)
    with Ledger(out).held(), pytest.raises(InputError, match="got another exges batch at work"):
        run_batch(manifest("a"), out, models=models)
    assert [path.name for path in out.iterdir()] == [".exges-batch"]


def test_half_written_files_of_a_killed_run_are_removed_and_others_stay(
    manifest: Lines, batch: Batch, out: Path
) -> None:
    own = [
        out / ".a.0123abcd.part.bvh",
        out / ".exges-batch" / ".b.0123abcd.part.json",
        out / ".summary.01234567.part.html",
    ]
    others = [out / ".z.0123abcd.part.bvh", out / ".a.part.bvh", out / "notes.txt"]
    (out / ".exges-batch").mkdir(parents=True)
    for path in (*own, *others):
        (out / path).touch()
    batch(manifest("a"))
    assert not any((out / path).exists() for path in own)
    assert all((out / path).exists() for path in others)


def test_the_page_shows_every_clip_and_runs_nothing_of_theirs(
    manifest: Lines, sounds: Path, out: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = manifest("ab")
    more = [
        {"id": "gone & away", "audio": "<script>alert(1)<b>.wav"},
        {"id": "sly's & own 100% #1", "audio": str(sounds / "c.wav"), "transcript": str(sounds / "c.srt")},
    ]
    path.write_text("\n".join([path.read_text(), *map(json.dumps, more)]))
    monkeypatch.setattr(tasks, "can_draw", lambda: True)
    run_batch(path, out, models=models)
    page = (out / "summary.html").read_text()
    assert page.count("<article") == 4
    assert page.index("gone &amp; away: failed") < page.index(">a</a>")
    assert "missing audio" in page
    assert 'href="sly%27s%20%26%20own%20100%25%20%231.bvh"' in page
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(1)&lt;b&gt;.wav" in page
    assert page.count("data:image/jpeg;base64,") == 3
    assert "http" not in page.replace("http-equiv", "")  # nothing is fetched
    assert "well then" in page
    assert len(page) / 4 * 200 < 15e6


def test_a_light_installation_is_told_what_its_page_lacks(
    manifest: Lines, batch: Batch, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "can_draw", pictures.can_draw)
    monkeypatch.setattr(pictures, "is_installed", lambda name: name != "PIL")
    said = batch(manifest("a"))
    assert said == ["a: done", "summary.html has no pictures: they need Pillow (pip install 'exges[pages]')"]
    assert "data:image" not in (out / "summary.html").read_text()
    (out / "summary.html").unlink()
    monkeypatch.setattr(summary, "is_installed", lambda name: name != "jinja2")
    assert batch(manifest("a"))[1:] == ["summary.html is left out: it needs jinja2 (pip install 'exges[pages]')"]
    assert not (out / "summary.html").exists()
    assert json.loads((out / "summary.json").read_text())["counts"]["done"] == 1
