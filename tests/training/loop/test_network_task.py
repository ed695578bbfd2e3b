"""What tasks with one network share: the form of their state, the course of their weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from training.loop.network_task import BestOfTask, StepSettings
from training.loop.training_loop import fabric_for


@dataclass(frozen=True, kw_only=True)
class Settings:
    learning_rate: float = 0.1
    clip_norm: float = 1.0
    ema: float = 0.9


def task_of(settings: StepSettings) -> BestOfTask[nn.Linear]:
    torch.manual_seed(3)
    network = nn.Linear(3, 2)
    groups = [{"params": [network.weight], "rate": 0.5}, {"params": [network.bias]}]
    return BestOfTask(network, torch.optim.SGD(groups, lr=settings.learning_rate), fabric_for(), settings)


def step(task: BestOfTask[nn.Linear], number: int) -> float:
    return task.optimise(task.network(torch.full((4, 3), 10.0)).square().mean(), step=number)


def test_a_step_is_clipped_and_the_average_follows() -> None:
    task = task_of(Settings())
    before = torch.cat([each.detach().flatten().clone() for each in task.network.parameters()])
    assert step(task, 0) > 1.0
    after = torch.cat([each.detach().flatten() for each in task.network.parameters()])
    assert (after - before).norm() <= 0.1 + 1e-6  # the rate times the norm that gradients are clipped to
    average = torch.cat([each.flatten() for each in task.average.parameters()])
    torch.testing.assert_close(average, before + (1 - 1 / 10) * (after - before))


def test_a_group_learns_at_its_own_share_of_the_rate() -> None:
    task = task_of(Settings())
    task.set_rate(0.4)
    assert [group["lr"] for group in task.optimiser.param_groups] == pytest.approx([0.1 * 0.4 * 0.5, 0.1 * 0.4])


def test_the_best_weights_are_those_of_the_smallest_loss() -> None:
    task = task_of(Settings())
    kept: Mapping[str, torch.Tensor] = {}
    for number, loss in enumerate((2.0, 1.0, 1.5)):
        step(task, number)
        task.keep_if_better(loss)
        if loss == 1.0:
            kept = {name: value.clone() for name, value in task.average.state_dict().items()}
    assert task.best_loss == 1.0
    assert all(torch.equal(task.best[name], value) for name, value in kept.items())
    assert not torch.equal(task.best["weight"], task.average.weight)


def test_a_state_has_the_form_of_files_written_before_and_comes_back() -> None:
    task = task_of(Settings())
    step(task, 0)
    task.keep_if_better(1.0)
    state: dict[str, Any] = task.state()
    assert set(state) == {"network", "average", "optimiser", "best", "best_loss"}
    fresh = task_of(Settings())
    fresh.restore(state)
    assert fresh.best_loss == 1.0
    for name in ("network", "average", "best"):
        assert all(torch.equal(fresh.state()[name][key], value) for key, value in state[name].items())
