"""What the command line says reaches the terminal as it is written."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from exges_core.cli import main
from exges_core.cli.main import parsed
from exges_core.cli.options import print_warnings
from exges_core.errors import InputError
from exges_core.protocol import Failure, Hear, Hello, decode, encode


class Telling:
    def run(self, console: Console) -> None:
        print_warnings(console, ["pip install 'exges[smplx]'", "[music] is no word"])


def test_brackets_are_shown_and_not_read_as_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["exges_core.cli.main"], "parsed", lambda _: Telling())
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as end:
            main([])
    finally:
        signal.signal(signal.SIGINT, before)
    assert not end.value.code
    assert capsys.readouterr().out == "warning: pip install 'exges[smplx]'\nwarning: [music] is no word\n"


def test_serving_without_a_way_in_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"exges serve: expected --stdio, got nothing.*exges serve --stdio.*no port"):
        parsed(["serve"]).run(Console())


def test_serve_is_the_worker_and_listens_on_no_network(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "exges_core.cli",
        "serve",
        "--stdio",
        "--engine",
        "onnx",
        "--models",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        hello = decode(served.stdout.readline())
        assert isinstance(hello, Hello)
        assert hello.backend == "onnx"
        if Path("/proc/self/fd").is_dir():  # elsewhere nobody can look
            opened = [each.readlink() for each in Path(f"/proc/{served.pid}/fd").iterdir()]
            assert len(opened) >= 3
            assert not [each for each in opened if str(each).startswith("socket:")]
        served.stdin.write(encode(Hear(id="one", speech=str(tmp_path / "nobody.wav"))) + "\n")
        served.stdin.flush()
        while not isinstance(answer := decode(served.stdout.readline()), Failure):
            pass
        assert (answer.id, answer.kind) == ("one", "AudioError")
        assert served.communicate(timeout=60)[0] == ""
    assert served.returncode == 0
