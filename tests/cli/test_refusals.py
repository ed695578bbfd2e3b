"""Wrong arguments end with 2 and one line: expected, got, where, what to do."""

import io
import re
import subprocess
import sys

import pytest

from exges_core import __version__
from exges_core.cli.main import parsed
from exges_core.cli.refusals import COMMANDS, refusal
from exges_core.errors import InputError

LINES = [
    ("generate a.wav --seed 1.5", "exges generate --seed: expected a whole number, got '1.5'. exges generate --help"),
    ("generate a.wav --fps 24fps", "exges generate --fps: expected a number, got '24fps'."),
    ("generate a.wav --keep-outside 2", "exges generate --keep-outside: expected 2 numbers, got '2'."),
    ("generate a.wav --keep-outside a b", "exges generate --keep-outside: expected two numbers, got 'a', 'b'."),
    ("generate a.wav --device gpu", "exges generate --device: expected one of auto, cpu, cuda, got 'gpu'."),
    ("generate a.wav --transcript", "exges generate --transcript: expected 1 value, got fewer."),
    ("generate -o a.bvh", "exges generate: expected SPEECH, got nothing."),
    ("generate a.wav --quiet", "exges generate: expected options and files that it takes, got --quiet."),
    ("generate a.wav --vividnes 2", "got --vividnes, 2. Did you mean --vividness?"),
    ("generate a.wav b.wav", "exges generate: expected options and files that it takes, got b.wav."),
    ("idle --vividness 2", "--vividness belongs to exges generate and exges score."),
    ("score a.wav", "exges score: expected --output, got nothing."),
    ("batch", "exges batch: expected MANIFEST.jsonl and --out, got nothing."),
    ("rig mtach a.bvh", "expected one of check, match, preset, got 'mtach'. exges rig --help"),
    ("library", "exges library: expected one of build, add, copy, info, search, got none. exges library --help"),
    ("library serch a.wav", "got 'serch'. Did you mean search?"),
    ("library search default", "exges library search: expected SPEECH, got nothing. exges library search --help"),
    ("generat a.wav", "got 'generat'. Did you mean generate?"),
    ("", "got none. exges --help tells what they do."),
]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])  # tyro draws by the encoding of standard output
@pytest.mark.parametrize(("command", "said"), LINES)
def test_a_wrong_argument_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, command: str, said: str, encoding: str
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    with pytest.raises(InputError) as caught:
        parsed(command.split())
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_process_ends_with_two_and_that_line() -> None:
    command = [sys.executable, "-m", "exges_core.cli", "generate", "a.wav", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"exges: exges generate: expected .*, got --quiet\. .*\n", ended.stderr)


def test_what_is_no_known_sentence_is_told_as_it_stands() -> None:
    assert "got something new here." in str(refusal("╭─╮\n│ something new   │\n│ here            │\n╰─╯\n", ["doctor"]))
    assert "exges doctor: expected arguments that fit, got others." in str(refusal("", ["doctor"]))


def test_commands_are_those_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command, below in [((), tuple(COMMANDS)), *(((each,), names) for each, names in COMMANDS.items() if names)]:
        with pytest.raises(SystemExit) as end:
            parsed([*command, "--help"])
        assert not end.value.code
        listed = re.search(r"\{(.+?)\}", re.sub(r"\s", "", capsys.readouterr().out))
        assert listed is not None
        assert set(listed[1].split(",")) == set(below)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parsed(["--version"])
    assert not end.value.code
    assert capsys.readouterr().out == f"exges {__version__}\n"
