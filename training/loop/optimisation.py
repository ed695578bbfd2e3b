"""One step of an optimiser, and the averaged weights that follow it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def optimiser_step(
    loss: Tensor,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    *,
    backward: Callable[[Tensor], None],
    clip_norm: float,
) -> float:
    """Backward, clip, step, zero, in this order; return the gradient's norm before clipping."""
    backward(loss)
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return float(norm)


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Move averaged weights towards the network's; the decay starts low, so that early weights are forgotten."""
    share = 1.0 - min(decay, (1 + step) / (10 + step))
    for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast.detach(), share)
