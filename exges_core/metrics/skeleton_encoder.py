"""The network behind FGD, and nothing but the network: four skeleton-aware convolution layers over time.

Shapes, order of edges and names of weights are those of the field's public evaluator, so that its weights fit; masks
and pooling matrices are constants of the skeleton and stand among the weights only because that file holds them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from exges_core.arrays import Array
from exges_core.metrics.edges import edges_of, is_near, pooled
from exges_core.motion.skeleton import PARENTS

NEIGHBOUR_DISTANCE = 2
CHANNELS_PER_EDGE = (6, 6, 6, 12, 12)
"""Before the first layer and after each of the four."""
KERNEL_FRAMES = 4
NORM_GROUPS = 10
CONSTANTS = ("mask", "common.0.weight")
"""Ends of names of what no training changes."""


class SkeletonConvolution(nn.Module):
    """A convolution over time in which an edge's outputs see only the channels of near edges."""

    mask: Tensor

    def __init__(self, near: Array, *, before: int, after: int, kernel: int) -> None:
        super().__init__()
        self.padding = (kernel - 1) // 2
        mask = np.repeat(np.repeat(near, after, axis=0), before, axis=1)
        self.register_buffer("mask", torch.as_tensor(mask).float()[:, :, None].expand(-1, -1, kernel).clone())
        # Every edge has its own number of inputs, and its weights the bound that this number asks for.
        bound = 1.0 / torch.sqrt(kernel * self.mask[:, :, 0].sum(dim=1))
        self.weight = nn.Parameter((2 * torch.rand_like(self.mask) - 1) * bound[:, None, None] * self.mask)
        self.bias = nn.Parameter((2 * torch.rand(len(bound)) - 1) * bound)

    def forward(self, channels: Float[Tensor, "batch before frames"]) -> Float[Tensor, "batch after half"]:
        """Return every second frame, convolved."""
        return functional.conv1d(channels, self.weight * self.mask, self.bias, stride=2, padding=self.padding)


class SkeletonPooling(nn.Module):
    """Mean over pooled edges, channel by channel."""

    weight: Tensor

    def __init__(self, groups: Sequence[Sequence[int]], edges: int, channels: int) -> None:
        super().__init__()
        mean = np.zeros((len(groups), edges))
        for place, group in enumerate(groups):
            mean[place, list(group)] = 1.0 / len(group)
        self.register_buffer("weight", torch.as_tensor(np.kron(mean, np.eye(channels))).float())

    def forward(self, channels: Float[Tensor, "batch before frames"]) -> Float[Tensor, "batch after frames"]:
        """Return the pooled edges' channels."""
        return self.weight @ channels


class SkeletonLayer(nn.Module):
    """tanh(pool(norm(convolution) + shortcut)) at half the frame rate."""

    def __init__(self, edges: list[tuple[int, int]], *, before: int, after: int) -> None:
        super().__init__()
        near = is_near(edges, NEIGHBOUR_DISTANCE)
        convolution = SkeletonConvolution(near, before=before, after=after, kernel=KERNEL_FRAMES)
        self.residual = nn.Sequential(convolution, nn.GroupNorm(NORM_GROUPS, after * len(edges)))
        self.shortcut = SkeletonConvolution(near, before=before, after=after, kernel=1)
        pooling = pooled(edges)
        self.edges_after = pooling.edges
        has_pooling = len(pooling.groups) < len(edges)
        pool = [SkeletonPooling(pooling.groups, len(edges), after)] if has_pooling else []
        self.common = nn.Sequential(*pool, nn.Tanh())

    def forward(self, channels: Float[Tensor, "batch before frames"]) -> Float[Tensor, "batch after half"]:
        """Return the layer's output."""
        return self.common(self.residual(channels) + self.shortcut(channels))


class SkeletonEncoder(nn.Module):
    """Rotations of 55 joints to 240 latent channels at a sixteenth of the frame rate."""

    def __init__(self, parents: Sequence[int] = PARENTS) -> None:
        super().__init__()
        edges = edges_of(parents)
        self.edges = [len(edges)]
        self.layers = nn.ModuleList()
        for before, after in itertools.pairwise(CHANNELS_PER_EDGE):
            layer = SkeletonLayer(edges, before=before, after=after)
            # One layer in a sequence of its own: the public names say layers.0.0.
            self.layers.append(nn.Sequential(layer))
            edges = layer.edges_after
            self.edges.append(len(edges))

    def forward(self, rows: Float[Tensor, "batch frames 330"]) -> Float[Tensor, "batch sixteenth 240"]:
        """Return the latents.

        Args:
            rows: first two ROWS of each joint's local rotation matrix, joint-major; frames a multiple of 16.
        """
        channels = rows.transpose(1, 2)
        for layer in self.layers:
            channels = layer(channels)
        return channels.transpose(1, 2)
