"""What the command line says reaches the terminal as it is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from exges_core.cli import main
from exges_core.cli.main import parsed
from exges_core.cli.options import print_warnings
from exges_core.errors import ExgesError, InputError
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


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("rig match nix.bvh", "nix.bvh: expected a BVH file, got nothing. Check the path."),
        ("rig match .", ".: expected a BVH file, got a folder. Check the path."),
        ("rig match sound.bvh", "sound.bvh, line 1: expected the word HIERARCHY first, got binary data."),
        ("rig match empty.bvh", "expected the word HIERARCHY first, got an empty file."),
        ("batch nix.jsonl --out out", "nix.jsonl: expected a manifest of JSON lines, got nothing. Check the path."),
        ("batch . --out out", ".: expected a manifest of JSON lines, got a folder. Check the path."),
        (
            "batch sound.bvh --out out",
            "expected a manifest of JSON lines, got bytes that are no text in UTF-8.",
        ),
        (
            "library search default nix.wav -o a.jpg",
            "a.jpg: expected a picture ending in .png, got .jpg. Name it .png.",
        ),
        ("segment pipe", "pipe: expected a sound file, got a pipe or a device. Save the sound to a file."),
        ("segment nix.wav", "nix.wav: expected a sound file, got nothing. Check the path."),
        ("generate nix.wav -o a.npz --guidance inf", "guidance: expected 0 to 10, got inf."),
        ("generate nix.wav -o a.npz --guidance nan", "guidance: expected 0 to 10, got nan."),
        ("generate nix.wav -o a.npz --guidance -1", "guidance: expected 0 to 10, got -1."),
        ("generate nix.wav -o a.bvh --rig mixmo", "got 'mixmo'. Did you mean mixamo?"),
        ("generate nix.wav -o a.bvh --rig opnpose", "got 'opnpose'. Give a BVH file with the rig's skeleton."),
    ],
)
def test_what_is_given_in_place_of_a_file_is_told_by_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sound.bvh").write_bytes(b"RIFF\xe8\x03\x00\x00WAVEfmt ")
    Path("empty.bvh").touch()
    if not hasattr(os, "mkfifo") and "pipe" in command:
        pytest.skip("this system has no named pipes")
    if "pipe" in command:
        os.mkfifo("pipe")
    with pytest.raises(ExgesError) as caught:
        parsed(command.split()).run(Console(quiet=True))
    assert said in str(caught.value)


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
