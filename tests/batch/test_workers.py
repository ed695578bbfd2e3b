"""Workers of every kind: processes that are killed, drivers that are stopped, a Ray cluster of this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from exges_core.batch import Crew, Setup, choosing, cluster, run_batch, tasks
from exges_core.batch.inputs import inputs_of
from exges_core.batch.ledger import Ledger
from exges_core.batch.local import LocalWorkers
from exges_core.batch.manifests import read_manifest
from exges_core.batch.plan import plan
from exges_core.batch.run import Batch
from exges_core.batch.tasks import Outcome, Task, make
from exges_core.batch.workers import Died, Ended, Event, Ready
from exges_core.errors import InputError, WorkerError
from exges_core.extras import is_installed
from exges_core.pipeline.models import Models
from exges_core.threads import environment_for
from tests.batch.scripted import Scripted
from tests.batch.stuck import jam, with_stuck

Lines = Callable[..., Path]
ONNX = Setup(engine="onnx", device="cpu")
LIMIT_S = 120.0


@pytest.fixture(scope="module")
def by_itself(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the motion of all five sounds, made by one worker of this machine: what all others have to make."""
    folder = tmp_path_factory.mktemp("by-itself")
    lines = [
        {"id": name, "audio": f"{sounds}/{name}.wav", "transcript": f"{sounds}/{name}.srt", "format": "npz"}
        for name in "abcde"
    ]
    (folder / "lines.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert run_batch(folder / "lines.jsonl", folder, setup=ONNX, crew=Crew(workers=1)).failed == 0
    return motion_in(folder)


def motion_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.npz")}


def left_half_written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".part" in path.name]


class _Mortal(Scripted):
    """Workers of whom some die: `deaths` has how often each clip kills its own; the others end at once."""

    def __init__(self, deaths: dict[str, int]) -> None:
        super().__init__(2)
        self.deaths, self.given = deaths, list[str]()

    def give(self, slot: int, task: Task) -> None:
        name = task.request.id
        self.given.append(name)
        if self.deaths.get(name, 0) > 0:
            self.deaths[name] -= 1
            self.events += [Died(slot=slot, how="SIGSEGV ended it"), Ready(slot=slot)]
        else:
            self.events.append(Ended(slot=slot, outcome=Outcome(id=name, frames=18, duration_s=0.6)))


def test_a_clip_that_kills_its_worker_is_tried_once_more_and_then_set_aside(manifest: Lines, tmp_path: Path) -> None:
    lines = read_manifest(manifest("abc"), tmp_path / "out", device="cpu")
    records, said, workers = Ledger(tmp_path / "out"), list[str](), _Mortal({"a": 1, "b": 2})
    clips = plan(lines, records, ONNX)
    batch = Batch(clips=clips, ledger=records, setup=ONNX, say=said.append)
    batch.drive(workers, clips)
    assert sorted(workers.given) == ["a", "a", "b", "b", "c"]
    assert "a: its worker died (SIGSEGV ended it); it is tried once more" in said
    assert "b: set aside: its worker died twice (SIGSEGV ended it)" in said
    assert {name: state for name, (state, _) in batch.states.items()} == {"a": "done", "b": "set aside", "c": "done"}


class _Finishing(_Mortal):
    """Workers that die after their clip's record is written, and before they say so."""

    models: Models

    def give(self, slot: int, task: Task) -> None:
        assert make(task, self.models).reason == ""
        super().give(slot, task)


def test_what_was_made_before_its_worker_died_is_not_made_again(
    manifest: Lines, tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "can_draw", lambda: False)
    lines = read_manifest(manifest("a"), tmp_path / "out", device="cpu")
    records, said, workers = Ledger(tmp_path / "out"), list[str](), _Finishing({"a": 2})
    workers.models = models
    records.folder.mkdir(parents=True)
    clips = plan(lines, records, ONNX)
    batch = Batch(clips=clips, ledger=records, setup=ONNX, say=said.append)
    batch.drive(workers, clips)
    assert workers.given == ["a"]
    assert [line.partition(", ")[0] for line in said] == ["a: done"]
    assert [each.state for each in batch.entries()] == ["done"]


def test_a_worker_that_is_killed_is_replaced(manifest: Lines, by_itself: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    requests = [each.request for each in read_manifest(manifest("ab", format="npz"), out, device="cpu")]
    tasks = [Task(request=each, inputs=inputs_of(each, ONNX), out=str(out)) for each in requests]
    (out / ".exges-batch").mkdir(parents=True)
    workers = LocalWorkers(ONNX, count=1, threads=1, logs=out / ".exges-batch")

    def event() -> Event:
        limit_s = time.monotonic() + LIMIT_S
        while time.monotonic() < limit_s:
            if (found := workers.next_event(1.0)) is not None:
                return found
        raise TimeoutError

    try:
        assert event() == Ready(slot=0)
        first = workers.pids[0]
        workers.give(0, tasks[0])
        os.kill(first, signal.SIGKILL)
        assert event() == Died(slot=0, how="SIGKILL ended it (out of memory, or killed)")
        assert event() == Ready(slot=0)
        assert workers.pids[0] != first
        for task in tasks:
            workers.give(0, task)
            ended = event()
            assert isinstance(ended, Ended)
            assert ended.outcome.reason == ""
    finally:
        workers.close()
    assert motion_in(out) == {name: by_itself[name] for name in ("a.npz", "b.npz")}
    assert not Path(f"/proc/{workers.pids[0]}").exists()


def test_ctrl_c_ends_a_batch_cleanly_and_the_next_one_makes_the_rest(
    manifest: Lines, by_itself: dict[str, bytes], tmp_path: Path
) -> None:
    path, out = manifest("abcde", format="npz"), tmp_path / "out"
    command = [sys.executable, "-m", "exges_core.cli", "batch", str(path), "--out", str(out)]
    command += ["--engine", "onnx", "--workers", "2"]
    environment = {**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as first:
        assert first.stdout is not None
        assert ": done, " in first.stdout.readline()
        first.send_signal(signal.SIGINT)
        _, errors = first.communicate(timeout=LIMIT_S)
    assert first.returncode == 130
    assert "cancelled" in errors
    assert not left_half_written(out)
    counts = json.loads((out / "summary.json").read_text())["counts"]
    assert counts["done"] + counts["open"] == 5
    assert counts["open"] > 0
    again = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT_S, check=True)
    assert again.stdout.count(": already done") == counts["done"]
    assert again.stdout.count(": done, ") == counts["open"]
    assert "5 of 5 clips are done" in again.stdout
    assert motion_in(out) == by_itself


def test_ray_makes_the_same_bytes_and_ends_who_hangs(
    manifest: Lines, by_itself: dict[str, bytes], tmp_path: Path
) -> None:
    if not is_installed("ray"):
        pytest.skip("Ray is not installed (pip install 'exges[cluster]')")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path, out = manifest("abc", format="npz"), tmp_path / "out"
    rig = with_stuck(path, clip_limit_s=1)
    path.write_text(path.read_text() + '\n{"id": "gone", "audio": "gone.wav"}')
    # In a process of its own: Ray leaves threads and warnings in whatever process joined a cluster.
    command = [sys.executable, "-m", "exges_core.cli", "batch", str(path), "--out", str(out)]
    command += ["--engine", "onnx", "--on", "ray", "--workers", "2"]
    environment = {**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("gone: failed: ")
        jam(rig)
        said, errors = run.communicate(timeout=LIMIT_S * 2)
    assert run.returncode == 2, errors
    assert "stuck: took longer than 1 s; it is tried once more" in said
    assert "stuck: set aside: took longer than 1 s twice" in said
    assert "3 of 5 clips are done" in said
    assert motion_in(out) == {name: by_itself[name] for name in ("a.npz", "b.npz", "c.npz")}
    assert not left_half_written(out)


def test_without_ray_it_is_told_how_to_get_it(manifest: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exges_core.batch.cluster.is_installed", lambda name: name != "ray")
    with pytest.raises(InputError, match=r"--on ray: expected ray, got none.*pip install 'exges\[cluster\]'"):
        run_batch(manifest("a"), tmp_path / "out", setup=ONNX, crew=Crew(on="ray", workers=1))


@pytest.mark.skipif(not is_installed("ray"), reason="ray is not installed (extra 'cluster')")
@pytest.mark.parametrize("kind", [Exception, RuntimeError])
def test_ray_that_does_not_start_is_told_in_one_line(
    manifest: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    import ray

    def too_busy(**_options: object) -> None:  # what Ray itself raises where its processes need more than 30 s
        raise kind("The current node timed out during startup.\nThis could happen.")

    monkeypatch.setattr(ray, "init", too_busy)
    refusal = r"^--on ray: expected Ray to start, got The current node timed out .*or with --on local\.$"
    with pytest.raises(WorkerError, match=refusal):
        run_batch(manifest("a"), tmp_path / "out", setup=ONNX, crew=Crew(on="ray", workers=1))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nowhere.invalid:6379", "host:port"])
def test_a_cluster_that_does_not_answer_is_told_at_once(address: str) -> None:
    with pytest.raises(InputError, match=f"--ray-address {address}: expected a Ray cluster, got "):
        cluster._join(None, address, cpus=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"workers": 0}, "--workers: expected 1 to 512, got 0"),
        ({"threads": 1000}, "--threads: expected 1 to 512, got 1000"),
        ({"ray_address": "here:1"}, "--ray-address: expected --on ray with it"),
    ],
    ids=str,
)
def test_a_crew_that_cannot_be(wrong: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Crew(**wrong)


def test_as_many_workers_as_processors_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "cores", lambda: 16)
    monkeypatch.setattr(choosing.shutil, "which", lambda _name: None)
    monkeypatch.setattr(choosing, "_free_bytes", lambda: 64e9)
    assert choosing.fitting(ONNX, 1) == 16
    assert choosing.fitting(ONNX, 3) == 5
    monkeypatch.setattr(choosing, "_free_bytes", lambda: 5e9)
    assert choosing.fitting(ONNX, 1) == 4
    monkeypatch.setattr(choosing, "_free_bytes", lambda: 0.0)
    assert choosing.fitting(ONNX, 1) == 1
    assert choosing.fitting(Setup(device="cuda"), 1) == 1


def test_a_worker_has_the_threads_that_it_is_given() -> None:
    code = "import exges_core.threads as t, os; print(os.environ['OMP_NUM_THREADS'], t.at_most(2), t.at_most(9))"
    environment = {**os.environ, **environment_for(3)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.split() == ["3", "2", "3"]
