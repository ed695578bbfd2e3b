"""The parts that tasks with a single network share: network, averaged copy, optimiser, one step, resumable state."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar, cast, runtime_checkable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from training.loop.task import State

Network = TypeVar("Network", bound=nn.Module)


@runtime_checkable
class StepSettings(Protocol):
    """The settings of a preset that a step reads; `learning_rate` is the peak of the schedule."""

    @property
    def learning_rate(self) -> float: ...  # noqa: D102 - as the class says

    @property
    def clip_norm(self) -> float: ...  # noqa: D102

    @property
    def ema(self) -> float: ...  # noqa: D102


class NetworkTask(Generic[Network]):
    """A network in training; `average` follows it and is what ships.

    A subclass draws the batches and knows the losses; it builds network and optimiser, seeded, before it calls this.
    """

    def __init__(
        self, network: Network, optimiser: torch.optim.Optimizer, fabric: Fabric, settings: StepSettings
    ) -> None:
        self.fabric, self._settings = fabric, settings
        self.average: Network = copy.deepcopy(network).to(fabric.device).requires_grad_(False).eval()
        self.network, self.optimiser = fabric.setup(network, optimiser)

    def set_rate(self, scale: float) -> None:
        """Scale the peak learning rate, times each parameter group's own "rate"."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._settings.learning_rate * scale * group.get("rate", 1.0)

    def optimise(self, loss: Tensor, *, step: int) -> float:
        """Run one optimiser step on the loss and update the average; return the gradient norm before clipping."""
        self.fabric.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.clip_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        update_average(self.average, self.network, decay=self._settings.ema, step=step)
        return float(norm)

    def agreed(self, count: Tensor) -> Tensor:
        """Return the mean of a count over all processes."""
        if self.fabric.world_size == 1:
            return count
        return cast("Callable[..., Tensor]", self.fabric.all_reduce)(count.float(), reduce_op="mean")

    def state(self) -> State:
        """Return networks and optimiser; the step number, kept by the loop, is the state of randomness."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: State) -> None:
        """Take a state back."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


class BestOfTask(NetworkTask[Network]):
    """A task that ships its best validation: `best` holds those averaged weights, `best_loss` their loss."""

    def __init__(
        self, network: Network, optimiser: torch.optim.Optimizer, fabric: Fabric, settings: StepSettings
    ) -> None:
        super().__init__(network, optimiser, fabric, settings)
        self.best_loss = float("inf")
        self.keep()

    def keep(self) -> None:
        """Record the current averaged weights as the best."""
        self.best: dict[str, Tensor] = copy.deepcopy(self.average.state_dict())

    def keep_if_better(self, loss: float) -> None:
        """Record them if this validation loss is the lowest so far."""
        if loss < self.best_loss:
            self.best_loss = loss
            self.keep()

    def state(self) -> State:
        """Return networks, the best weights and optimiser, as `NetworkTask.state`."""
        return {**super().state(), "best": self.best, "best_loss": self.best_loss}

    def restore(self, state: State) -> None:
        """Take a state back."""
        super().restore(state)
        self.best, self.best_loss = dict(state["best"]), float(state["best_loss"])


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Update the moving average; its decay ramps up, so that early weights are soon forgotten."""
    share = 1.0 - min(decay, (1 + step) / (10 + step))
    for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast.detach(), share)
