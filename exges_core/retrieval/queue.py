"""The latest embeddings of the teacher, to be contrasted with: two ring buffers that fill and turn together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from exges_core.arrays import Float, Int


class Bank(NamedTuple):
    """What a batch is compared with; `gestures`: 0 or 1 for every kind of gesture (no kinds = none are known)."""

    audio: Float[Tensor, "bank embedding"]
    motion: Float[Tensor, "bank embedding"]
    identity: Int[Tensor, "bank"]
    gestures: Float[Tensor, "bank kinds"]


class EmbeddingQueue:
    """The latest `size` audio and motion embeddings (the paper's queues; its O and K are the same) with identities.

    Beyond the paper, the kinds of gesture in them travel along.
    Only what was pushed is ever seen: there is no random filling. `push` after the step, never inside a forward.
    """

    def __init__(self, size: int, embedding: int, *, kinds: int = 0, device: torch.device | str = "cpu") -> None:
        if size < 0:
            raise ValueError(f"EmbeddingQueue: size must be at least 0, got {size}")
        self.size = size
        self._audio = torch.zeros(size, embedding, device=device)
        self._motion = torch.zeros(size, embedding, device=device)
        self._identity = torch.full((size,), -1, dtype=torch.int64, device=device)
        self._gestures = torch.zeros(size, kinds, device=device)
        self._pushed = 0

    def __len__(self) -> int:
        """Return how many entries are filled."""
        return min(self._pushed, self.size)

    @torch.no_grad()
    def push(
        self,
        audio: Float[Tensor, "batch embedding"],
        motion: Float[Tensor, "batch embedding"],
        identity: Int[Tensor, "batch"],
        gestures: Float[Tensor, "batch kinds"],
    ) -> None:
        """Add a batch; the oldest entries leave."""
        if self.size == 0:
            return
        keep = min(len(audio), self.size)
        slots = (self._pushed + len(audio) - keep + torch.arange(keep, device=audio.device)) % self.size
        self._audio[slots] = audio[-keep:].detach().float()
        self._motion[slots] = motion[-keep:].detach().float()
        self._identity[slots] = identity[-keep:]
        self._gestures[slots] = gestures[-keep:].float()
        self._pushed += len(audio)

    def bank(
        self,
        audio: Float[Tensor, "batch embedding"],
        motion: Float[Tensor, "batch embedding"],
        identity: Int[Tensor, "batch"],
        gestures: Float[Tensor, "batch kinds"],
    ) -> Bank:
        """Return the teacher's view of the current batch, first, then the queue."""
        filled = len(self)
        return Bank(
            audio=torch.cat([audio, self._audio[:filled]]),
            motion=torch.cat([motion, self._motion[:filled]]),
            identity=torch.cat([identity, self._identity[:filled]]),
            gestures=torch.cat([gestures, self._gestures[:filled]]),
        )

    def state(self) -> dict[str, Tensor]:
        """Return everything needed to go on."""
        return {
            "audio": self._audio,
            "motion": self._motion,
            "identity": self._identity,
            "gestures": self._gestures,
            "pushed": torch.tensor(self._pushed),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`."""
        self._audio.copy_(state["audio"])
        self._motion.copy_(state["motion"])
        self._identity.copy_(state["identity"])
        self._gestures.copy_(state["gestures"].reshape(self._gestures.shape))
        self._pushed = int(state["pushed"])
