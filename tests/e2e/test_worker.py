"""The worker as the add-on drives it: a process, lines of JSON."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exges_core import assets, protocol
from exges_core.motion.npz import read_npz
from exges_core.protocol import Cancel, Failure, Fetch, Hear, Hello, Idle, JobProgress, Message, Plan, Request, Result
from exges_core.speech.model_files import MOONSHINE


class Worker:
    """A worker process and its lines."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "exges_core.worker", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, record: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(protocol.encode(record) + "\n")
        self.process.stdin.flush()

    def receive(self) -> Message:
        assert self.process.stdout is not None
        return protocol.decode(self.process.stdout.readline())

    def outcome(self) -> Result | Failure:
        while isinstance(record := self.receive(), JobProgress):
            pass
        assert isinstance(record, Result | Failure)
        return record


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    started = Worker()
    hello = started.receive()
    assert isinstance(hello, Hello)
    assert hello.backend == "torch"
    yield started
    started.process.communicate(timeout=60)
    assert started.process.returncode == 0


def test_a_request_is_answered_with_progress_and_a_result(worker: Worker, speech: Path, tmp_path: Path) -> None:
    worker.send(Request(id="one", speech=str(speech), outputs=(str(tmp_path / "a.npz"),), asr="none"))
    assert isinstance(worker.receive(), JobProgress)
    result = worker.outcome()
    assert isinstance(result, Result)
    assert result.id == "one"
    assert read_npz(tmp_path / "a.npz").frames == result.report["frames"]


def test_an_idle_is_made(worker: Worker, tmp_path: Path) -> None:
    worker.send(Idle(id="idle", seconds=2.0, outputs=(str(tmp_path / "a.npz"),), closes=True))
    result = worker.outcome()
    assert isinstance(result, Result)
    assert read_npz(tmp_path / "a.npz").frames == result.report["frames"] == 61
    worker.send(Idle(id="short", seconds=0.5, outputs=(str(tmp_path / "b.npz"),)))
    failure = worker.outcome()
    assert isinstance(failure, Failure)
    assert "expected a length from 2 to 300 s" in failure.text


def test_a_bad_request_fails_alone(worker: Worker, speech: Path, tmp_path: Path) -> None:
    worker.send(Request(id="bad", speech=str(tmp_path / "none.wav"), outputs=(str(tmp_path / "a.npz"),)))
    failure = worker.outcome()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.exit_code) == ("AudioError", 2)
    worker.send(Request(id="good", speech=str(speech), outputs=(str(tmp_path / "b.npz"),), asr="none"))
    assert isinstance(worker.outcome(), Result)


def test_words_alone_can_be_asked_for(worker: Worker, speech: Path) -> None:
    worker.send(Hear(id="words", speech=str(speech), start_s=0.5, end_s=4.0, asr="pocketsphinx"))
    heard = worker.outcome()
    assert isinstance(heard, Result)
    assert (heard.id, heard.outputs, heard.report["asr"]) == ("words", (), "pocketsphinx")
    assert heard.report["duration_s"] == 3.5
    assert all(0.0 <= word["confidence"] <= 1.0 for word in heard.report["words"])
    assert len(heard.report["words"]) > 3


@pytest.mark.skipif(not assets.PLANNER.is_file(), reason="the planner's weights are not in exges_core/assets")
def test_a_score_alone_can_be_asked_for(worker: Worker, speech: Path, tmp_path: Path) -> None:
    worker.send(Plan(id="score", speech=str(speech), score_out=str(tmp_path / "s.json"), asr="none", vividness=2.0))
    planned = worker.outcome()
    assert isinstance(planned, Result)
    assert (planned.id, planned.outputs) == ("score", (str(tmp_path / "s.json"),))
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == planned.report["score"]
    assert planned.report["score"]["strokes"]


def test_a_model_nobody_knows_is_refused(worker: Worker) -> None:
    worker.send(Fetch(id="model", model="big-ears"))
    failure = worker.outcome()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.exit_code) == ("InputError", 2)
    assert "moonshine" in failure.text


def test_a_cancel_stops_the_job_and_writes_nothing(worker: Worker, speech: Path, tmp_path: Path) -> None:
    worker.send(Request(id="long", speech=str(speech), outputs=(str(tmp_path / "a.npz"),)))
    worker.send(Cancel(id="long"))
    failure = worker.outcome()
    assert isinstance(failure, Failure)
    assert failure.exit_code == 130
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_is_no_message_is_answered(worker: Worker) -> None:
    assert worker.process.stdin is not None
    worker.process.stdin.write("hello?\n")
    worker.process.stdin.flush()
    assert isinstance(worker.outcome(), Failure)


def test_the_engine_and_a_folder_of_speech_models_can_be_chosen(moonshine_here: None, tmp_path: Path) -> None:
    came = tmp_path / "models"
    came.mkdir()
    (came / "moonshine").symlink_to(MOONSHINE.folder, target_is_directory=True)
    started = Worker("--engine", "onnx", "--models", str(came))
    hello = started.receive()
    assert isinstance(hello, Hello)
    assert (hello.backend, hello.device) == ("onnx", "cpu")
    started.send(Idle(id="idle", seconds=2.0, outputs=(str(tmp_path / "a.npz"),)))
    started.send(Fetch(id="model", model="moonshine"))
    assert isinstance(started.outcome(), Result)
    found = started.outcome()
    assert isinstance(found, Result)
    assert found.report["path"] == str(came / "moonshine")
    assert [each.name for each in came.iterdir()] == ["moonshine"]
    started.process.communicate(timeout=60)
    assert started.process.returncode == 0


def test_an_unknown_engine_ends_it_with_a_line() -> None:
    started = Worker("--engine", "jax")
    assert started.process.communicate(timeout=60)[0] == ""
    assert started.process.returncode == 2
