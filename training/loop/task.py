"""A training task as the loop sees it, and the random generators of one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Array, whole_number
from exges_core.errors import InputError, message

State = dict[str, Any]
"""What a task needs to go on, by name: torch's own state dictionaries hold tensors, numbers, lists and dictionaries."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """Which part of every batch is this process's: one of several equal ones."""

    rank: int = 0
    count: int = 1

    def rows(self, batch: int) -> slice:
        """Return its rows of a batch.

        Raises:
            InputError: if they cannot be shared evenly.
        """
        if batch % self.count:
            fitting = [count for count in range(1, batch + 1) if batch % count == 0]
            expected = f"a number of processes that shares a batch of {batch} evenly ({', '.join(map(str, fitting))})"
            do = "Change --nproc-per-node."
            raise InputError(message(expected=expected, got=f"{self.count}", where="torchrun", do=do))
        size = batch // self.count
        return slice(self.rank * size, (self.rank + 1) * size)


ALONE = Share()


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Generators seeded for one step, alike in every process: each draws the whole batch's chances and takes its share.

    Attributes:
        step: counted from 0.
        progress: from 0 to 1 over the whole training.
        arrays, tensors: the generators.
        share: this process's.
    """

    step: int
    progress: float
    arrays: np.random.Generator
    tensors: torch.Generator
    share: Share = ALONE


@runtime_checkable
class Task(Protocol):
    """What is trained: owns its networks, optimiser and data."""

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        """Make one optimiser step at a fraction of the peak learning rate; return what to log, "loss" included."""
        ...

    def validate(self) -> Mapping[str, float]:
        """Return metrics on held-out data, without touching the training's random state."""
        ...

    def state(self) -> State:
        """Return everything needed to go on: tensors, numbers, texts, lists and dictionaries only."""
        ...

    def restore(self, state: State) -> None:
        """Take such a state back."""
        ...


@runtime_checkable
class Illustrated(Protocol):
    """A task that can show what it makes, for TensorBoard's images."""

    def pictures(self) -> Mapping[str, Array]:
        """Return pictures by name (height x width x 3, uint8); as `Task.validate`, it changes and draws nothing."""
        ...


def draws_of(seed: int, step: int, progress: float, share: Share = ALONE) -> Draws:
    """Return the randomness of a step; the number of processes has no say in it."""
    arrays = np.random.default_rng([seed, 0, step])
    tensors = torch.Generator().manual_seed(whole_number(arrays, 0, 2**62))
    return Draws(step=step, progress=progress, arrays=arrays, tensors=tensors, share=share)
