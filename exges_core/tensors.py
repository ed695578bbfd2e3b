"""Tensors as arrays, and the functions that PyTorch leaves without types, with the types that they have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import cast

import torch
from torch import Tensor

from exges_core.arrays import Array

eigh = cast("Callable[[Tensor], tuple[Tensor, Tensor]]", torch.linalg.eigh)
"""PyTorch's own."""
vector_norm = cast("Callable[..., Tensor]", torch.linalg.vector_norm)
"""PyTorch's own."""
manual_seed = cast("Callable[[int], torch.Generator]", torch.manual_seed)
"""PyTorch's own: seeds every device."""

fork_rng = cast("Callable[[], AbstractContextManager[None]]", torch.random.fork_rng)
"""PyTorch's own."""


def take_step(optimiser: torch.optim.Optimizer, closure: Callable[[], Tensor] | None = None) -> None:
    """Let an optimiser change its parameters; some ask for the loss again, by `closure`."""
    cast("Callable[..., object]", optimiser.step)(closure)


def array_of(tensor: Tensor) -> Array:
    """Return a tensor's values; on the CPU they share its memory."""
    return cast("Callable[[], Array]", tensor.detach().cpu().numpy)()
