"""A training that is stopped, breaks, or is given another's state: nothing of what was learned is lost, or mixed."""

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from exges_core.errors import Cancelled, CheckpointError, InputError
from training.loop.arguments import TrainingArguments
from training.loop.task import Draws, State
from training.loop.training_loop import LoopConfig, LoopResult, fabric_for, run


class Walk:
    """A task that walks at random; before a step of `trouble` it does what stands there."""

    def __init__(self, size: int = 3) -> None:
        self.place = torch.zeros(size)
        self.loss = 1.0
        self.interrupted_at = -1

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        del rate_scale
        if draws.step == self.interrupted_at:
            os.kill(os.getpid(), signal.SIGINT)
        self.place = self.place + torch.randn(len(self.place), generator=draws.tensors)
        return {"loss": self.loss}

    def validate(self) -> Mapping[str, float]:
        return {}

    def state(self) -> State:
        return {"place": self.place}

    def restore(self, state: State) -> None:
        if state["place"].shape != self.place.shape:
            raise RuntimeError("size mismatch for place")
        self.place = state["place"]


@pytest.fixture
def config(tmp_path: Path) -> LoopConfig:
    return LoopConfig(seed=1, steps=6, state_path=tmp_path / "walk.state", settings={"preset": "small", "takes": "ab"})


def trained(walk: Walk, config: LoopConfig, *, is_resumed: bool = False, said: list[str] | None = None) -> LoopResult:
    return run(walk, fabric_for(), config, is_resumed=is_resumed, say=(list[str]() if said is None else said).append)


def test_ctrl_c_ends_it_after_its_step_and_resuming_equals_never_stopping(
    config: LoopConfig, capfd: pytest.CaptureFixture[str]
) -> None:
    whole, parts, rest = Walk(), Walk(), Walk()
    trained(whole, replace(config, state_path=None))
    parts.interrupted_at = 2
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Cancelled, match=r"stopped after 3 steps: .*walk.state is kept; the same command with --resume"):
        trained(parts, config)
    assert signal.getsignal(signal.SIGINT) is before
    assert "stopping after this step" in capfd.readouterr().err
    assert trained(rest, config, is_resumed=True).steps == 6
    assert torch.equal(rest.place, whole.place)


@pytest.fixture
def usual_ctrl_c() -> Iterator[None]:
    """Whoever runs the tests in the background may have taken Ctrl-C from them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_ctrl_c")
def test_a_second_ctrl_c_ends_it_at_once(config: LoopConfig) -> None:
    class Twice(Walk):
        def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            return super().train_step(draws, rate_scale=rate_scale)

    with pytest.raises(KeyboardInterrupt):
        trained(Twice(), config)


@pytest.mark.parametrize("other", [{"preset": "large", "takes": "ab"}, {"preset": "large"}])
def test_a_state_of_other_settings_is_refused(config: LoopConfig, other: Mapping[str, str]) -> None:
    trained(Walk(), config)
    with pytest.raises(CheckpointError, match=r"one of other preset.*Resume with the data and options it was"):
        trained(Walk(), replace(config, steps=9, settings=other), is_resumed=True)


def test_a_state_of_other_sizes_is_refused_in_one_line(config: LoopConfig) -> None:
    trained(Walk(size=4), replace(config, settings={}))
    with pytest.raises(CheckpointError, match="size mismatch for place") as caught:
        trained(Walk(), config, is_resumed=True)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_state_is_refused(config: LoopConfig, tmp_path: Path) -> None:
    torch.save({"network": torch.zeros(2)}, tmp_path / "walk.state")
    with pytest.raises(CheckpointError, match="expected a training state, got something else"):
        trained(Walk(), config, is_resumed=True)


def test_a_loss_that_is_no_number_leaves_the_last_state(config: LoopConfig) -> None:
    trained(Walk(), config)
    assert config.state_path is not None
    kept = config.state_path.read_bytes()
    walk = Walk()
    walk.loss = float("nan")
    with pytest.raises(InputError, match=r"step 7: expected a loss that is a finite number, got nan.*last good state"):
        trained(walk, replace(config, steps=9), is_resumed=True)
    assert config.state_path.read_bytes() == kept


def test_starting_anew_keeps_the_state_that_was_there(config: LoopConfig, tmp_path: Path) -> None:
    trained(Walk(), config)
    kept = (tmp_path / "walk.state").read_bytes()
    said: list[str] = []
    trained(Walk(), replace(config, steps=2, seed=8), said=said)
    assert (tmp_path / "walk.state.old").read_bytes() == kept
    assert any("walk.state.old now" in line for line in said)
    said.clear()
    trained(Walk(), replace(config, steps=4, seed=8), is_resumed=True, said=said)
    assert (tmp_path / "walk.state.old").read_bytes() == kept, "a training does not set its own state aside"


@dataclass(frozen=True)
class Course:
    warmup_steps: int = 2
    last_rate_share: float = 0.1


@dataclass(frozen=True)
class Named:
    id: str
    speaker: str


def test_settings_tell_presets_and_takes_apart(tmp_path: Path) -> None:
    class Arguments(TrainingArguments):
        USUAL_MINUTES = 1.0

    arguments, takes = Arguments(data=tmp_path, out=tmp_path / "a.safetensors"), [Named("1_ada_0_1_1", "ada")]
    own = arguments.loop(Course(), takes).settings
    assert own == arguments.loop(Course(), list(takes), every_s=9.0).settings
    assert arguments.loop(Course(warmup_steps=3), takes).settings["preset"] != own["preset"]
    assert arguments.loop(Course(), [Named("1_ada_0_1_1", "bob")]).settings["takes"] != own["takes"]
