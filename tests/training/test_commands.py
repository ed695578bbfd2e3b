"""Every command of training starts: `python -m training.NAME --help` tells its options."""

import runpy
import sys
from pathlib import Path

import pytest

import training

COMMANDS = sorted(
    path.stem
    for path in Path(training.__file__).parent.glob("*.py")
    if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
)


def test_there_are_commands() -> None:
    assert {"evaluate", "train_diffusion", "side_by_side"} <= set(COMMANDS)


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_its_options(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"training.{name}", run_name="__main__", alter_sys=True)
    assert ended.value.code == 0
    assert "--" in capsys.readouterr().out
