"""The engine itself, driven as Blender drives it: killed at work, started again, left alone when Blender dies."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from blender_addon.engine import client
from exges_core import assets, worker
from exges_core.errors import WorkerError
from exges_core.motion.npz import read_npz
from exges_core.protocol import Request

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def engine() -> Iterator[client.Engine]:
    engine = client.Engine(
        client.command_of(sys.executable), environment={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    )
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def request_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Request]:
    folder = tmp_path_factory.mktemp("Jörg's Ångström 動き")
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    soundfile.write(folder / "short.wav", samples[: 3 * rate_hz], rate_hz)
    soundfile.write(folder / "long.wav", [*samples] * 4, rate_hz)

    def make(name: str, speech: str) -> Request:
        return Request(id=name, speech=str(folder / speech), outputs=(str(folder / f"{name}.npz"),), asr="none")

    return make


def drive_until_busy(running: client.Job) -> None:
    limit_s = time.monotonic() + 120.0
    while running.progress.fraction <= 0.0:
        assert not running.step()
        assert time.monotonic() < limit_s
        time.sleep(0.01)


def test_killed_at_work_it_is_told_and_the_next_click_works(
    engine: client.Engine, request_for: Callable[..., Request]
) -> None:
    running = client.Job(engine, request_for("killed", "long.wav"))
    drive_until_busy(running)
    engine._process._process.kill()
    with pytest.raises(WorkerError, match=r"signal 9; the scene is unchanged.*Press Generate"):
        client.run(running)
    assert not Path(running.request.outputs[0]).exists()
    result = client.run(client.Job(engine, request_for("next", "short.wav")))
    assert read_npz(Path(result.outputs[0])).frames == result.report["frames"]


def test_it_ends_by_itself_soon_after_blender_is_gone(
    engine: client.Engine, request_for: Callable[..., Request]
) -> None:
    running = client.Job(engine, request_for("orphan", "long.wav"))
    drive_until_busy(running)
    process = engine._process._process
    process.stdin.close()  # what the system does when Blender dies
    assert process.wait(timeout=worker.LINGER_S + 10.0) == 0
    assert not Path(running.request.outputs[0]).exists()
