"""What the pages say of the command line is there, and what is there is said."""

import re
from pathlib import Path

import pytest

from exges_core.cli.main import parsed
from exges_core.cli.refusals import COMMANDS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("command-line", "batch", "words", "control", "score", "retargeting", "rigs", "face", "python", "retrieval")
STARTS = ("animator", "contributor", "install", "researcher", "technical-director")
CALLS = [*((each,) for each, below in COMMANDS.items() if not below)]
CALLS += [(each, name) for each, below in COMMANDS.items() for name in below]


def options_of(call: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> set[str]:
    with pytest.raises(SystemExit):
        parsed([*call, "--help"])
    listed = re.findall(r"^(?:│ |  )(-.*)$", capsys.readouterr().out, re.MULTILINE)
    return set(re.findall(r"(?<!\w)(--?[a-z][\w-]*)", " ".join(listed)))


def commands_in(text: str) -> list[str]:
    """Return the command lines of a page: blocks and inline code, without what is told beside them."""
    lines = re.findall(r"^(?: {4}|)(exges .+)$", text, re.MULTILINE) + re.findall(r"`(exges [^`]+)`", text)
    return [re.split(r" {3,}|  #", line)[0] for line in lines]


def test_every_option_of_a_command_on_the_pages_is_one_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    known = {call: options_of(call, capsys) for call in CALLS}
    paths = [DOCS.parent / "README.md", *(DOCS / f"{name}.md" for name in PAGES)]
    paths += [DOCS / "start" / f"{name}.md" for name in STARTS]
    seen = 0
    for path in paths:
        for line in commands_in(path.read_text(encoding="utf-8")):
            words = line.split()[1:]
            call = next((each for each in CALLS if tuple(words[: len(each)]) == each), None)
            for option in re.findall(r"(?<![\w-])(--?[a-z][\w-]*)", line) if call else ():
                seen += 1
                assert option in known[call], f"{path.name}: {line}"
    assert seen > 60


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_every_option_is_told_of_its_command(call: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    synopsis, _, rest = page.partition("Exit codes:")
    begins = rf"^    (?:exges {call[0]} |{' ' * 17}\| {call[-1]} )"
    chunk = re.search(rf"{begins}.*?(?=^    exges |\Z)", synopsis, re.MULTILINE | re.DOTALL)
    assert chunk is not None
    told = chunk[0] + rest.partition("## Settings")[0]
    if call == ("generate",):
        told += rest.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0]
    # -o is what the page uses, and of a pair of flags the one that is not the default.
    options = options_of(call, capsys) - {"-h", "--help", "--output"}
    assert {each for each in options if not any(re.search(rf"{name}(?![\w-])", told) for name in _pair(each))} == set()


def _pair(option: str) -> tuple[str, str]:
    is_no = option.startswith("--no-")
    return option, f"--{option.removeprefix('--no-')}" if is_no else f"--no-{option.removeprefix('--')}"
