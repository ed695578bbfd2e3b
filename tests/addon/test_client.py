"""The job driver against a process that answers, dies, refuses, is slow or of another version. No Blender needed."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import pytest

from blender_addon.engine import client, process
from exges_core.errors import Cancelled, InputError, OutputError, WorkerError
from exges_core.protocol import PROTOCOL_VERSION, Request

STANDIN = Path(__file__).with_name("standin_worker.py")
ROOT = Path(__file__).resolve().parents[2]
Start = Callable[[str], client.Engine]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    engines: list[client.Engine] = []

    def make(behaviour: str) -> client.Engine:
        engines.append(client.Engine((sys.executable, str(STANDIN), behaviour)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.stop()


def request(folder: Path, name: str = "one") -> Request:
    return Request(id=name, speech=str(folder / "a.wav"), outputs=(str(folder / f"{name}.npz"),))


def test_two_jobs_share_one_warm_process(start: Start, tmp_path: Path) -> None:
    engine = start("well")
    stages: set[str] = set()
    first = client.run(client.Job(engine, request(tmp_path)), on_step=lambda each: stages.add(each.progress.stage))
    process = engine._process
    second = client.run(client.Job(engine, request(tmp_path, "two")))
    assert Path(first.outputs[0]).is_file()
    assert Path(second.outputs[0]).is_file()
    assert engine._process is process
    assert engine.hello is not None
    assert "dancing" in stages


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("dies_at_once", "exges is not installed in"),
        ("dies_inside", "out of memory"),
        ("other_version", rf"protocol {PROTOCOL_VERSION}\), got .*protocol 99"),
        ("other_exges", r"got exges 0\.0\.7 .*Set Up"),
        ("talks_nonsense", "not a message"),
    ],
)
def test_a_worker_that_fails_is_told_in_words(start: Start, tmp_path: Path, behaviour: str, words: str) -> None:
    with pytest.raises(WorkerError, match=words):
        client.run(client.Job(start(behaviour), request(tmp_path)))


def test_nonsense_ends_the_process(start: Start, tmp_path: Path) -> None:
    engine = start("talks_nonsense")
    with pytest.raises(WorkerError):
        client.run(client.Job(engine, request(tmp_path)))
    assert not engine.is_running


@pytest.mark.parametrize(
    ("behaviour", "limit", "words"),
    [("hangs", "SILENCE_LIMIT_S", "no sign of life"), ("is_mute", "HELLO_LIMIT_S", "no answer within")],
)
def test_a_worker_that_falls_silent_is_stopped(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, limit: str, words: str
) -> None:
    engine = start(behaviour)
    running = client.Job(engine, request(tmp_path))
    while running.progress.stage != "dancing" and behaviour == "hangs":
        running.step()
        time.sleep(0.01)
    monkeypatch.setattr(client, limit, 0.5)
    with pytest.raises(WorkerError, match=words):
        client.run(running)
    assert not engine.is_running


def test_a_computer_that_slept_is_no_silence(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = client.Job(start("slow"), request(tmp_path))
    while running.progress.stage != "dancing":
        running.step()
        time.sleep(0.01)
    clock = time.monotonic
    monkeypatch.setattr(client.time, "monotonic", lambda: clock() + 36_000.0)
    running.step()
    assert running.engine.is_running


def test_a_full_disk_keeps_its_own_error(start: Start, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left"):
        client.run(client.Job(start("disk_full"), request(tmp_path)))


def test_a_defect_after_the_environment_was_deleted_is_told_as_that(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = start("has_a_defect")
    with pytest.raises(WorkerError, match="a defect: no torch"):
        client.run(client.Job(engine, request(tmp_path)))
    engine.launch = replace(engine.launch, command=(str(tmp_path / "deleted" / "python"), *engine.command[1:]))
    with pytest.raises(WorkerError, match="environment was deleted"):
        client.run(client.Job(engine, request(tmp_path)))


def test_the_child_hears_nothing_of_blenders_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "somewhere")
    environment = process.child_environment({"XDG_CACHE_HOME": "there"})
    assert "PYTHONHOME" not in environment
    assert (environment["PYTHONUTF8"], environment["XDG_CACHE_HOME"]) == ("1", "there")


def test_no_console_window_opens_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    def popen(_command: object, **options: object) -> None:
        given.update(options)
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(process.subprocess, "Popen", popen)
    monkeypatch.setattr(process.sys, "platform", "win32")
    with pytest.raises(WorkerError, match="Set Up"):
        client.Engine(("C:\\Users\\Jörg Müller\\python.exe",)).start()
    assert given["creationflags"] == 0x08000000
    assert given["encoding"] == "utf-8"


def test_a_locked_file_is_tried_again_and_another_error_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.time, "sleep", lambda _s: None)
    tries: list[int] = []

    def locked() -> None:
        tries.append(1)
        if len(tries) < 4:
            error = PermissionError(13, "in use")
            error.winerror = 32
            raise error

    process.patiently(locked)
    assert len(tries) == 4

    def gone() -> None:
        tries.append(1)
        raise FileNotFoundError(2, "gone")

    with pytest.raises(FileNotFoundError):
        process.patiently(gone)
    assert len(tries) == 5


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:/Users/a b/x", "\\\\?\\C:\\Users\\a b\\x"),
        ("\\\\server\\share\\x", "\\\\?\\UNC\\server\\share\\x"),
        ("\\\\?\\C:\\x", "\\\\?\\C:\\x"),
    ],
)
def test_windows_paths_of_any_length(path: str, expected: str) -> None:
    assert process.extended(PureWindowsPath(path) if path[0] == "C" else path, is_windows=True) == expected
    assert process.extended(Path("/x"), is_windows=False) == "/x"


def test_a_killed_worker_is_reported_and_the_next_job_starts_a_new_one(start: Start, tmp_path: Path) -> None:
    engine = start("slow")
    running = client.Job(engine, request(tmp_path))
    while running.progress.stage != "dancing":
        running.step()
        time.sleep(0.01)
    engine._process._process.kill()
    with pytest.raises(WorkerError, match=r"signal 9.*the scene is unchanged"):
        client.run(running)
    assert not engine.is_running
    again = client.Job(engine, request(tmp_path, "two"))
    while again.progress.stage != "dancing":
        again.step()
        time.sleep(0.01)
    assert engine.is_running


def test_refused_input_is_an_input_error_and_the_engine_lives(start: Start, tmp_path: Path) -> None:
    engine = start("refuses")
    with pytest.raises(InputError, match="expected sound, got noise"):
        client.run(client.Job(engine, request(tmp_path)))
    assert engine.is_running


def test_a_cancel_ends_the_job_and_leaves_no_file(start: Start, tmp_path: Path) -> None:
    running = client.Job(start("slow"), request(tmp_path))
    threading.Timer(0.6, running.cancel).start()
    with pytest.raises(Cancelled):
        client.run(running)
    assert not (tmp_path / "one.npz").exists()


def test_a_worker_deaf_to_a_cancel_is_stopped_soon(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CANCEL_LIMIT_S", 0.2)
    engine = start("deaf")
    running = client.Job(engine, request(tmp_path))
    while running.progress.stage != "dancing":
        running.step()
        time.sleep(0.01)
    running.cancel()
    with pytest.raises(Cancelled, match="will restart next time"):
        client.run(running)
    assert not engine.is_running


def test_a_result_that_comes_after_the_cancel_makes_no_take(start: Start, tmp_path: Path) -> None:
    running = client.Job(start("well"), request(tmp_path))
    while not (tmp_path / "one.npz").exists():
        running.step() or time.sleep(0.005)
    running.cancel()
    with pytest.raises(Cancelled):
        client.run(running)


def test_a_cancel_before_the_start_never_sends_the_job(start: Start, tmp_path: Path) -> None:
    running = client.Job(start("well"), request(tmp_path))
    running.cancel()
    with pytest.raises(Cancelled):
        client.run(running)


def test_a_missing_python_says_which_and_what_to_do(tmp_path: Path) -> None:
    engine = client.Engine(client.command_of(str(tmp_path / "no" / "python")))
    with pytest.raises(WorkerError, match=r"no/python.*preferences"):
        client.run(client.Job(engine, request(tmp_path)))


def test_the_process_ends_when_the_engine_stops(start: Start, tmp_path: Path) -> None:
    engine = start("slow")
    client.Job(engine, request(tmp_path)).step()
    process = engine._process
    engine.stop()
    assert not process.is_running


def test_hints_for_the_command_line_are_not_shown_in_blender() -> None:
    told = "words were recognised by PocketSphinx, which gets one in three wrong"
    for hint in (" (--asr moonshine)", " (exges models get moonshine fetches a better recogniser, 64 MB)"):
        assert client.without_options(told + hint) == told
    assert client.without_options("2 of 9 cues (of 3 s): words") == "2 of 9 cues (of 3 s): words"
