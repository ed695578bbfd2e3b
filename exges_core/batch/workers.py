"""What a batch wants of those who work for it, wherever they are: slots that say when they are ready, done or dead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from exges_core.batch.tasks import Outcome, Task


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A worker's models can be used: it waits for its first clip, or for its first one after a death."""

    slot: int


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A worker is through with its clip and waits for the next."""

    slot: int
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Died:
    """A worker is gone, by a crash or a kill; another one is on its way. `how` says it in a few words."""

    slot: int
    how: str


Event = Ready | Ended | Died


@runtime_checkable
class Workers(Protocol):
    """Workers in slots 0 to `count` - 1, each with one clip at a time."""

    @property
    def count(self) -> int:
        """Return how many there are."""
        ...

    def give(self, slot: int, task: Task) -> None:
        """Give a worker that is ready its next clip."""
        ...

    def end(self, slot: int) -> None:
        """End a worker that is at a clip, by force; nothing is heard of that clip, and another worker is on its way."""
        ...

    def next_event(self, timeout_s: float) -> Event | None:
        """Wait for something to happen; None = nothing did.

        Raises:
            ExgesError: if workers cannot work at all: what runs networks is missing, they do not start...
        """
        ...

    def close(self) -> None:
        """End all of them; clips in hand are given up."""
        ...
