"""A training task as the loop sees it, and the random generators of one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Array, whole_number

State = dict[str, Any]
"""What a task needs to go on, by name: torch's own state dictionaries hold tensors, numbers, lists and dictionaries."""


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Generators seeded for one step; `progress` runs from 0 to 1 over the whole training."""

    step: int
    progress: float
    arrays: np.random.Generator
    tensors: torch.Generator


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


def draws_of(seed: int, rank: int, step: int, progress: float) -> Draws:
    """Return the randomness of a step of a process."""
    arrays = np.random.default_rng([seed, rank, step])
    tensors = torch.Generator().manual_seed(whole_number(arrays, 0, 2**62))
    return Draws(step=step, progress=progress, arrays=arrays, tensors=tensors)
