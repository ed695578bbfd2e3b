"""A head that tells from an embedding which gestures a segment holds: an aid of training, then thrown away; ours.

Beyond the paper: an hour or ten of pairs say too little about which gestures go with which words; where a corpus is
labelled, the labels do. Both towers share the head, so that speech and motion of a gesture gather in one place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from exges_core.arrays import Float


class GestureHead(nn.Module):
    """One direction of the shared space per kind of gesture.

    Segments without a gesture teach nothing here: were "none" a kind, all doubtful speech would gather at it, and the
    question would not be which gesture but whether. That one is the matching head's.
    """

    def __init__(self, embedding: int, kinds: int) -> None:
        super().__init__()
        self.directions = nn.Linear(embedding, kinds)
        self.log_scale = nn.Parameter(torch.tensor(10.0).log())

    def forward(self, overall: Float[Tensor, "batch embedding"]) -> Float[Tensor, "batch kinds"]:
        """Return logits of a choice among the kinds."""
        towards = functional.normalize(self.directions.weight, dim=-1)
        return self.log_scale.exp().clamp(max=50.0) * (overall @ towards.T) + self.directions.bias

    def loss(
        self, overall: Float[Tensor, "batch embedding"], gestures: Float[Tensor, "batch kinds"]
    ) -> Float[Tensor, ""]:
        """Return the cross-entropy against the segment's kinds, each weighing the same; 0 if no segment has any."""
        count = gestures.sum(dim=-1)
        targets = gestures / count.clamp_min(1.0)[:, None]
        each = functional.cross_entropy(self(overall), targets, reduction="none")
        return each.sum() / (count > 0.0).sum().clamp_min(1)
