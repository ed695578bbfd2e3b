"""The processes that ``torchrun`` started, as far as retrieval needs them; one process needs nothing of it.

The student is small, so its gradients are averaged in one go after each step instead of being wrapped: every process
draws its own batch, and all push all batches, so that students, teachers and queues stay alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from training.loop.training_loop import fabric_for


@dataclass(frozen=True)
class Processes:
    """This process within its group; `fabric` is None when it runs alone."""

    fabric: Fabric | None = None

    @classmethod
    def started(cls, world: int, *, device: str) -> Processes:
        """Join the others, if there are any."""
        return cls(fabric_for(device=device)) if world > 1 else cls()

    @property
    def count(self) -> int:
        """Return how many there are."""
        return 1 if self.fabric is None else self.fabric.world_size

    @property
    def rank(self) -> int:
        """Return this one's number."""
        return 0 if self.fabric is None else self.fabric.global_rank

    @property
    def place(self) -> torch.device | None:
        """Return this process's device; None = the one the user chose."""
        return None if self.fabric is None else self.fabric.device

    def average(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Average gradients over all processes, in place."""
        if self.fabric is None:
            return
        graded = [each for each in parameters if each.grad is not None]
        flat = torch.cat([each.grad.flatten() for each in graded if each.grad is not None])
        mean = cast("Callable[..., object]", self.fabric.all_reduce)(flat, reduce_op="mean")
        assert isinstance(mean, Tensor)
        for each, part in zip(graded, torch.split(mean, [each.numel() for each in graded]), strict=True):
            each.grad = part.view_as(each)

    def gather(self, values: Tensor) -> Tensor:
        """Return the batches of all processes, one behind the other."""
        if self.fabric is None:
            return values
        everyones = cast("Callable[..., object]", self.fabric.all_gather)(values)
        assert isinstance(everyones, Tensor)
        return everyones.flatten(0, 1)

    def agree(self, value: float) -> float:
        """Broadcast the first process's number, because clocks differ and processes that disagree would deadlock."""
        return value if self.fabric is None else float(self.fabric.broadcast(value))


ALONE = Processes()
