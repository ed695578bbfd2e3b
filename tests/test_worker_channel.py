"""The worker's side of the line: signs of life, and nobody at the other end."""

import io
import time
from collections.abc import Iterator

import pytest

from exges_core import protocol, worker
from exges_core.protocol import Cancel, JobProgress, Request


def test_a_long_step_is_told_again_and_again_and_nothing_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BEAT_S", 0.01)
    said = io.StringIO()
    channel = worker.Channel(io.StringIO(), said)
    with worker.beating(channel, JobProgress(id="one", stage="starting", fraction=0.0)) as tell:
        tell(JobProgress(id="one", stage="diffusion", fraction=0.5))
        limit_s = time.monotonic() + 20.0
        while said.getvalue().count("\n") < 4 and time.monotonic() < limit_s:
            time.sleep(0.01)
    count = said.getvalue().count("\n")
    time.sleep(0.05)
    lines = said.getvalue().splitlines()
    assert len(lines) == count >= 4
    assert {line for line in lines[1:]} == {protocol.encode(JobProgress(id="one", stage="diffusion", fraction=0.5))}


def test_closing_the_input_cancels_everything_and_is_told() -> None:
    closed: list[bool] = []
    lines = [protocol.encode(Request(id="one", speech="a.wav", outputs=())), protocol.encode(Cancel(id="two"))]
    channel = worker.Channel(io.StringIO("\n".join(lines)), io.StringIO(), on_close=lambda: closed.append(True))
    channel.listen()
    assert closed == [True]
    assert channel.is_cancelled("one")
    assert channel.requests.get_nowait().id == "one"
    assert channel.requests.get_nowait() is None


def test_a_cancel_that_comes_too_late_stops_no_later_namesake() -> None:
    job = protocol.encode(Request(id="one", speech="a.wav", outputs=()))
    cancel = protocol.encode(Cancel(id="one"))
    lines = iter([cancel, job, cancel, "over", cancel, job, "look"])
    seen: list[bool] = []

    class Lines(io.StringIO):
        def __iter__(self) -> Iterator[str]:  # type: ignore[override]
            for line in lines:
                if line in ("over", "look"):
                    seen.append(channel.is_cancelled("one"))
                    channel.is_over("one")
                else:
                    yield line

    channel = worker.Channel(Lines(), io.StringIO())
    channel.listen()
    assert seen == [True, False]


class _NobodyReads(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_nobody_reading_cancels_everything() -> None:
    channel = worker.Channel(io.StringIO(), _NobodyReads())
    channel.send(JobProgress(id="one", stage="diffusion", fraction=0.5))
    assert channel.is_cancelled("one")
