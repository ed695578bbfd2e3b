"""What the command line says reaches the terminal as it is written."""

import signal
import sys

import pytest
from rich.console import Console

from exges_core.cli import main
from exges_core.cli.options import print_warnings


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
