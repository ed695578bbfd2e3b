"""Workers that do nothing but answer as a test has it, and are never ended."""

from collections import deque

from exges_core.batch.workers import Event, Ready


class Scripted:
    """So many workers; a test's own kind says in `give` what becomes of a clip."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.events = deque[Event](Ready(slot=slot) for slot in range(count))

    def end(self, slot: int) -> None:
        raise AssertionError(slot)

    def next_event(self, timeout_s: float) -> Event | None:
        return self.events.popleft() if self.events else None

    def close(self) -> None:
        pass
