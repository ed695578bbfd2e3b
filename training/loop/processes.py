"""The processes that ``torchrun`` started, as far as retrieval needs them; one process needs nothing of it.

The student is small, so its gradients are averaged in one go after each step instead of being wrapped. Every process
draws the whole batch, embeds its share of it, and compares all with all: so losses, students, teachers and queues are
those of one process with the whole batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from training.loop.task import Share
from training.loop.training_loop import fabric_for


def is_first() -> bool:
    """Return whether this is the only process, or the first of torchrun's: the one that speaks and writes."""
    return os.environ.get("RANK", "0") == "0"


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

    def rows(self, batch: int) -> slice:
        """Return this process's rows of a batch.

        Raises:
            InputError: if it cannot be shared evenly.
        """
        return Share(rank=self.rank, count=self.count).rows(batch)

    def gather(self, values: Tensor) -> Tensor:
        """Return the rows of all processes, one behind the other; gradients go back to where each came from."""
        if self.fabric is None:
            return values
        everyones = cast("Callable[..., object]", self.fabric.all_gather)(values, sync_grads=values.requires_grad)
        assert isinstance(everyones, Tensor)
        return everyones.flatten(0, 1)

    def agree(self, value: float) -> float:
        """Broadcast the first process's number, because clocks differ and processes that disagree would deadlock."""
        return value if self.fabric is None else float(self.fabric.broadcast(value))


ALONE = Processes()
