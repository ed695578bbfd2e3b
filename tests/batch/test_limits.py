"""Limits of clips: what hangs is given up and all else is made, and nobody who only is slow is ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from exges_core.batch import Crew, Setup, dry_run, limits, local, run_batch
from exges_core.batch.ledger import Ledger
from exges_core.batch.limits import FETCHING_S, LOADING_S, PER_SPEECH_S, Watch, usual_limit_s
from exges_core.batch.local import LocalWorkers
from exges_core.batch.manifests import read_manifest
from exges_core.batch.plan import plan
from exges_core.batch.run import Batch
from exges_core.batch.tasks import Outcome, Task
from exges_core.batch.workers import Died, Ended, Ready
from exges_core.errors import InputError
from exges_core.pipeline.models import Models
from exges_core.protocol import Idle, Request
from tests.batch.scripted import Scripted
from tests.batch.stuck import jam, with_stuck

Lines = Callable[..., Path]
ONNX = Setup(engine="onnx", device="cpu")
LIMIT_S = 120.0
HAS_PIPES = hasattr(os, "mkfifo")
needs_pipes = pytest.mark.skipif(not HAS_PIPES, reason="this system has no named pipes")


@needs_pipes
def test_a_clip_that_hangs_is_set_aside_and_all_others_are_made(manifest: Lines, tmp_path: Path) -> None:
    path, out, said = manifest("ab"), tmp_path / "out", list[str]()
    rig = with_stuck(path, clip_limit_s=1)
    path.write_text(path.read_text() + '\n{"id": "gone", "audio": "gone.wav"}')

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("gone: failed: "):  # the plan is made, and no worker is ready yet
            jam(rig)

    ending = run_batch(path, out, setup=ONNX, crew=Crew(workers=1), say=say)
    assert said[1] == "stuck: took longer than 1 s; it is tried once more"
    why = "took longer than 1 s twice; if it is only slow, raise --clip-limit"
    assert f"stuck: set aside: {why}" in said
    assert {each.id: each.state for each in ending.entries} == {
        "stuck": "set aside",
        "a": "done",
        "b": "done",
        "gone": "failed",
    }
    whole = json.loads((out / "summary.json").read_text())
    assert whole["counts"] == {"set aside": 1, "failed": 1, "open": 0, "done": 2}
    told = whole["clips"][0]
    assert (told["state"], told["why"], told["clip_limit_s"]) == ("set aside", why, 1.0)
    assert why in (out / "summary.html").read_text()
    log = (out / ".exges-batch" / "worker-1.log").read_text()
    assert log.count("Timeout (") == 2
    assert "in generate_files" in log  # where it hung
    assert not [each for each in out.rglob("*") if ".part" in each.name]


@needs_pipes
def test_without_a_limit_it_hangs(manifest: Lines, tmp_path: Path) -> None:
    path, out = manifest("a"), tmp_path / "out"
    rig = with_stuck(path)
    command = [sys.executable, "-m", "exges_core.cli", "batch", str(path), "--out", str(out), "--clip-limit", "0"]
    command += ["--engine", "onnx", "--workers", "2"]
    path.write_text('{"id": "gone", "audio": "gone.wav"}\n' + path.read_text())
    environment = {**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("gone: failed: ")
        jam(rig)
        assert run.stdout.readline().startswith("a: done")
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(timeout=2.0)
        run.kill()


def test_a_worker_that_is_never_ready_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_START_S", 1.0)
    workers = LocalWorkers(ONNX, count=1, threads=1, logs=tmp_path)
    try:
        first = workers.pids[0]
        os.kill(first, signal.SIGSTOP)
        assert workers.next_event(1.1) == Died(slot=0, how="it was not ready after 1 s")
        monkeypatch.setattr(local, "_START_S", LIMIT_S)
        assert workers.next_event(LIMIT_S) == Ready(slot=0)
        assert workers.pids[0] != first
    finally:
        workers.close()
    assert not Path(f"/proc/{first}").exists()


class _Slow(Scripted):
    """One worker that is through with every clip after its limit, but before anybody looks."""

    def give(self, slot: int, task: Task) -> None:
        time.sleep(2 * task.limit_s)
        self.events.append(Ended(slot=slot, outcome=Outcome(id=task.request.id, frames=18, duration_s=0.6)))


def test_what_was_made_before_anybody_looked_is_made(manifest: Lines, tmp_path: Path) -> None:
    records = Ledger(tmp_path / "out")
    clips = plan(read_manifest(manifest("ab"), tmp_path / "out", device="cpu"), records, ONNX)
    batch = Batch(clips=clips, ledger=records, setup=ONNX, say=lambda _line: None, clip_limit_s=0.01)
    batch.drive(_Slow(1), clips)
    assert {state for state, _ in batch.states.values()} == {"done"}


def test_time_that_the_driver_slept_through_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now_s)
    watch = Watch()
    watch.begin(0, 30.0)
    watch.begin(1, 8.0)
    watch.begin(2, 0.0)
    now_s += 3600.0  # a laptop is closed, or Ctrl-Z
    assert watch.late() == {}
    for _ in range(4):
        now_s += 1.0
        found = watch.late()
    assert found == {1: 8.0}
    watch.end(1)
    for _ in range(30):
        now_s += 1.0
        found = watch.late()
    assert found == {0: 30.0}


def test_a_usual_limit_grows_with_the_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = tmp_path / "a.m4a"
    sound.write_bytes(b"\0" * 20_000)

    def asked(**values: object) -> Request:
        return Request(id="a", speech=str(sound), outputs=("a.bvh",), **values)

    assert usual_limit_s(asked(), 10.0) == LOADING_S + 10 * PER_SPEECH_S
    assert usual_limit_s(Idle(id="i", seconds=4.0, outputs=("i.bvh",)), None) == LOADING_S + 4 * PER_SPEECH_S
    assert usual_limit_s(asked(), None) == LOADING_S + 20 * PER_SPEECH_S  # no slower than 1 kB a second
    assert usual_limit_s(asked(start_s=3.0, end_s=8.0), None) == LOADING_S + 5 * PER_SPEECH_S
    with sound.open("r+b") as file:
        file.truncate(10**10)
    assert usual_limit_s(asked(), None) == LOADING_S + 3 * 3600 * PER_SPEECH_S  # no sound is longer
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    named = asked(asr="whisper:base.en")
    assert usual_limit_s(named, 1.0) == LOADING_S + PER_SPEECH_S + FETCHING_S
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "base.en.pt").touch()
    assert usual_limit_s(named, 1.0) == LOADING_S + PER_SPEECH_S


def test_a_limit_is_told_and_makes_nothing_anew(manifest: Lines, tmp_path: Path, models: Models) -> None:
    path, out = manifest("a"), tmp_path / "out"

    def told(path: Path, crew: Crew) -> str:
        said = list[str]()
        dry_run(path, tmp_path / "none", setup=ONNX, crew=crew, say=said.append)
        return said[-1]

    assert told(path, Crew()) == "a clip that hangs is given up after 6 min"
    assert told(path, Crew(clip_limit_s=0)) == "no clip is given up, however long it takes"
    assert told(manifest("a", clip_limit_s=0), Crew(clip_limit_s=45)) == "no clip is given up, however long it takes"
    path = manifest("a")
    path.write_text(f'{path.read_text()}\n{{"id": "i", "idle": 20, "clip_limit_s": 2000}}\n{{"id": "j", "idle": 2}}')
    assert told(path, Crew(clip_limit_s=45)) == "a clip that hangs is given up after 45 s to 33 min, as each has it"
    run_batch(manifest("a"), out, models=models)
    before = (out / ".exges-batch" / "a.json").read_bytes()
    said = list[str]()
    run_batch(manifest("a", clip_limit_s=17.5), out, models=models, crew=Crew(clip_limit_s=9), say=said.append)
    assert said == ["a: already done"]
    assert (out / ".exges-batch" / "a.json").read_bytes() == before
    (clip,) = json.loads((out / "summary.json").read_text())["clips"]
    assert clip["clip_limit_s"] == 17.5


def test_who_has_no_worker_of_its_own_is_told_that_it_cannot_be_ended(
    manifest: Lines, tmp_path: Path, models: Models
) -> None:
    said = list[str]()
    run_batch(manifest("a"), tmp_path / "out", models=models, crew=Crew(clip_limit_s=90), say=said.append)
    assert said[0] == "this very process makes the clips: one that takes longer than its limit is not ended"
    assert said[1].startswith("a: done")


@pytest.mark.parametrize("wrong", [-1, True, "long", 1e9, float("nan"), float("inf")], ids=str)
def test_a_limit_that_is_none(tmp_path: Path, wrong: object) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(f"{json.dumps({'id': 'a', 'audio': 'a.wav', 'clip_limit_s': wrong})}\n")
    with pytest.raises(InputError, match=r"line 1: clip_limit_s .*; it must be 0 \(no limit\) to 10000000 seconds"):
        read_manifest(path, tmp_path / "out", device="cpu")
    if isinstance(wrong, float | int) and not isinstance(wrong, bool):
        with pytest.raises(InputError, match=r"--clip-limit: expected 0 \(no limit\) to 10000000 seconds"):
            Crew(clip_limit_s=wrong)


@needs_pipes
def test_pipes_and_devices_are_told_and_not_opened(manifest: Lines, tmp_path: Path) -> None:
    pipe, link, folder = tmp_path / "pipe.wav", tmp_path / "link.srt", tmp_path / "folder.json"
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as ear:
        ear.bind(str(tmp_path / "s"))
        path = manifest("a", audio=str(pipe), transcript=str(link), controls=str(folder), rig=str(tmp_path / "s.bvh"))
        (tmp_path / "s").rename(tmp_path / "s.bvh")
        said = list[str]()
        dry_run(path, tmp_path / "out", setup=ONNX, crew=Crew(), say=said.append)
    assert said[0] == "a: missing " + ", ".join(
        f"{key} {each.resolve()} (expected a file, got {kind})"
        for key, each, kind in (
            ("audio", pipe, "a named pipe"),
            ("transcript", link, "a device"),
            ("controls", folder, "a folder"),
            ("rig", tmp_path / "s.bvh", "a socket"),
        )
    )
