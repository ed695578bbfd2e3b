"""A drive that does not answer holds up nothing but what lies on it."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exges_core.batch import Crew, Setup, dry_run, patience, run_batch
from exges_core.batch.inputs import file_hash
from exges_core.batch.patience import answered
from exges_core.pipeline.models import Models

Lines = Callable[..., Path]
ONNX = Setup(engine="onnx", device="cpu")
HOLD = """
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""
"""Whoever opens the file waits in the kernel until this process ends, or for 45 s."""


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 1.0)
    monkeypatch.setattr(patience, "_silent", {})


@pytest.fixture
def silent(sounds: Path, tmp_path: Path) -> Iterator[Path]:
    """Return a sound that nobody can open for now."""
    path = tmp_path / "gone" / "silent.wav"
    path.parent.mkdir()
    shutil.copy(sounds / "c.wav", path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        if holder.stdout.readline() != "held\n":
            pytest.skip("this system or drive has no leases")
        yield path
        holder.kill()


def with_line(manifest: Path, name: str, sound: Path) -> None:
    line = f'{{"id": "{name}", "audio": "{sound}", "asr": "none", "format": "npz"}}\n'
    manifest.write_text(line + manifest.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_clips_on_a_silent_drive_fail_and_all_others_are_made(
    manifest: Lines, models: Models, silent: Path, tmp_path: Path
) -> None:
    path, out, said = manifest("ab"), tmp_path / "out", list[str]()
    neighbour = silent.with_name("neighbour.wav")
    shutil.copy(Path(__file__), neighbour)  # no sound, but nobody gets so far
    with_line(path, "neighbour", neighbour)
    with_line(path, "silent", silent)
    ending = run_batch(path, out, models=models, say=said.append)
    states = {each.id: each.state for each in ending.entries}
    assert states == {"silent": "failed", "neighbour": "failed", "a": "done", "b": "done"}
    assert said[0].startswith("silent: failed: ")
    assert "no answer for 1 s: is its drive there?" in said[0]
    assert said[1].startswith("neighbour: failed: ")
    assert "no answer for 1 s" in said[1]


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_a_dry_run_tells_of_a_silent_drive(manifest: Lines, silent: Path, tmp_path: Path) -> None:
    path, said = manifest("a"), list[str]()
    with_line(path, "silent", silent)
    dry_run(path, tmp_path / "out", setup=ONNX, crew=Crew(workers=1), say=said.append)
    assert "no answer for 1 s: is its drive there?" in said[0]
    assert str(silent) in said[0]
    assert said[1] == "a: to make (new)"


def test_what_comes_slowly_is_waited_for(tmp_path: Path) -> None:
    def read(came: patience.Came) -> str:
        for _ in range(8):
            time.sleep(0.3)
            came()
        return "whole"

    assert answered(tmp_path / "slow", read) == "whole"


def test_a_long_file_is_read_in_pieces_that_are_told(tmp_path: Path) -> None:
    path, pieces = tmp_path / "long.bin", list[int]()
    path.write_bytes(os.urandom(3 * 2**20))
    first = file_hash(path, lambda: pieces.append(1))
    assert len(pieces) == 3
    assert file_hash(path) == first


def test_a_silent_folder_is_asked_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    path = tmp_path / "name"
    with pytest.raises(TimeoutError, match="no answer for 1 s"):
        answered(path, lambda _came: end.wait())
    with pytest.raises(TimeoutError, match="no answer for 1 s"):
        answered(path, lambda _came: "there")
    assert answered(tmp_path / "other" / "name", lambda _came: "there") == "there"
    monkeypatch.setattr(patience, "_SILENT_FOR_S", 0.0)
    assert answered(path, lambda _came: "there") == "there"
    end.set()


def test_what_is_wrong_there_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        patience.status_of(tmp_path / "none")
