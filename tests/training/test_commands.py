"""Every command of training starts: `python -m training.NAME --help` tells its options."""

import runpy
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import training
from exges_core.errors import Cancelled, InputError, OutputError
from training.command import check_length, device_of, start, writable

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


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a command ends."""

    way: str = "well"

    def __post_init__(self) -> None:
        if self.way == "unasked":
            raise InputError("--way: expected another, got unasked")


def end(chosen: Ending) -> None:
    ways = {"cancelled": Cancelled("stopped after 3 steps"), "refused": InputError("no"), "ctrl-c": KeyboardInterrupt()}
    if chosen.way in ways:
        raise ways[chosen.way]


@pytest.mark.parametrize(
    ("way", "code", "said"),
    [
        ("cancelled", 130, "stopped after 3 steps"),
        ("ctrl-c", 130, "stopped"),
        ("refused", 2, "no"),
        ("unasked", 2, "got unasked"),
    ],
)
def test_an_end_has_its_code_and_a_line(
    way: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["command", "--way", way])
    with pytest.raises(SystemExit) as ended:
        start(end, Ending)
    assert ended.value.code == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("--steps", {"minutes": None, "steps": -3, "seed": 0}),
        ("--steps", {"minutes": 1.0, "steps": 0, "seed": 0}),
        ("--minutes", {"minutes": 0.0, "steps": None, "seed": 0}),
        ("--minutes", {"minutes": float("inf"), "steps": None, "seed": 0}),
        ("--seed", {"minutes": None, "steps": 1, "seed": -1}),
    ],
)
def test_a_training_that_could_not_end_is_refused(name: str, given: dict[str, int | float | None]) -> None:
    with pytest.raises(InputError, match=name):
        check_length(**given)  # type: ignore[arg-type]
    check_length(minutes=0.1, steps=1, seed=0)


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    writable(tmp_path / "new" / "mine.safetensors")
    assert not list((tmp_path / "new").iterdir())
    with pytest.raises(OutputError, match=r"expected a file to write, got a folder\. Name a file in it"):
        writable(tmp_path / "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="expected a place to write to"):
        writable(tmp_path / "file" / "mine.safetensors")


def test_cuda_that_is_not_there_is_refused_and_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert device_of("auto") == device_of("cpu") == "cpu"
    with pytest.raises(InputError, match=r"--device cuda: expected a CUDA device, got none"):
        device_of("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert (device_of("auto"), device_of("cuda"), device_of("cpu")) == ("cuda", "cuda", "cpu")
