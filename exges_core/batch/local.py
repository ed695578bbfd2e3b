"""Workers as processes of this machine. Each has its own models and threads; one that dies takes nobody with it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from exges_core.batch.inputs import Setup
from exges_core.batch.process import OUTCOME, READY, REFUSED, STOP
from exges_core.batch.tasks import Outcome, Task, one_line
from exges_core.batch.workers import Died, Ended, Event, Ready
from exges_core.errors import InputError, WorkerError, message
from exges_core.threads import environment_for

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv.pop(1)); from exges_core.batch.process import main; main()"
)
"""A worker finds its modules where the driver does."""
_FRUITLESS = 3
"""So many deaths in a row before anybody was ready are no accident."""
_START_S = 600.0
"""Far longer than loading takes: whoever is not ready by then reads from a drive that is gone."""
_CLOSE_S, _KILL_S = 8.0, 2.0
"""For all workers to stop by themselves; for the system to end those that are killed."""
_Said = tuple[int, int, str, str]
"""Slot, which process in it, what kind of line, its text; a line of no kind is the end."""


class LocalWorkers:
    """Processes that stay warm from clip to clip; whoever dies is replaced.

    Args:
        setup: what runs networks.
        count: how many.
        threads: of each.
        logs: folder for what they print, a file for each slot.
    """

    def __init__(self, setup: Setup, *, count: int, threads: int, logs: Path) -> None:
        self._setup, self._threads, self._logs = setup, threads, logs
        self._said: queue.Queue[_Said] = queue.Queue()
        self._births = [0] * count
        self._fruitless = 0
        self._processes: list[subprocess.Popen[str]] = []
        self._given_up: list[subprocess.Popen[str]] = []
        self._begun_s: dict[int, float] = {}
        """When those were started that are not ready yet."""
        for slot in range(count):
            self._log(slot).write_bytes(b"")
            self._processes.append(self._started(slot))

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._births)

    @property
    def pids(self) -> Sequence[int]:
        """Return the processes' numbers."""
        return [each.pid for each in self._processes]

    def give(self, slot: int, task: Task) -> None:
        """Give a worker its next clip; that it is dead is told by `next_event`."""
        pipe = self._processes[slot].stdin
        assert pipe is not None
        with suppress(OSError):
            pipe.write(task.encode() + "\n")
            pipe.flush()

    def end(self, slot: int) -> None:
        """End a worker that is at a clip, and all that it started; another one is on its way."""
        self._give_up(slot)
        self._processes[slot] = self._started(slot)

    def next_event(self, timeout_s: float) -> Event | None:
        """Wait for something to happen; None = nothing did.

        Raises:
            InputError: if what runs networks is not here.
            WorkerError: if workers die before they are ready, again and again.
        """
        try:
            slot, birth, kind, text = self._said.get(timeout=timeout_s)
        except queue.Empty:
            return self._unready()
        if birth != self._births[slot]:
            return self.next_event(timeout_s)
        if kind == READY:
            self._fruitless = 0
            self._begun_s.pop(slot, None)
            return Ready(slot=slot)
        if kind == OUTCOME:
            return Ended(slot=slot, outcome=Outcome.decode(text))
        if kind == REFUSED:
            raise InputError(text)
        return self._replace(slot)

    def close(self) -> None:
        """Ask all to stop, and end those that do not."""
        self._births = [-1] * self.count
        for process in self._processes:
            assert process.stdin is not None
            with suppress(OSError, ValueError):
                process.stdin.write(f"{STOP}\n")
                process.stdin.close()
        end_s = time.monotonic() + _CLOSE_S
        for process in self._processes:
            if not _is_over(process, end_s - time.monotonic()):
                _kill(process)
                self._given_up.append(process)
        end_s = time.monotonic() + _KILL_S
        for process in self._given_up:
            _is_over(process, end_s - time.monotonic())

    def _replace(self, slot: int) -> Died:
        dead = self._processes[slot]
        how = _how(dead.wait())
        if dead.stdin is not None:
            with suppress(OSError):  # of a task that it did not read any more
                dead.stdin.close()
        return self._death(slot, how)

    def _unready(self) -> Died | None:
        """Give up a worker that does not get ready; None = there is none."""
        now_s = time.monotonic()
        slot = next((each for each, begun_s in self._begun_s.items() if now_s - begun_s > _START_S), None)
        if slot is None:
            return None
        self._give_up(slot)
        return self._death(slot, f"it was not ready after {_START_S:.0f} s")

    def _give_up(self, slot: int) -> None:
        """End a worker without waiting: one that reads from a lost drive is gone when the drive is back, not before."""
        process = self._processes[slot]
        _kill(process)
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        self._given_up.append(process)

    def _death(self, slot: int, how: str) -> Died:
        """Count a death before anybody was ready, and start another worker.

        Raises:
            WorkerError: if there were too many.
        """
        self._fruitless += 1
        if self._fruitless > _FRUITLESS * self.count:
            last = one_line(self._log(slot).read_text(encoding="utf-8", errors="replace")[-300:])
            do = f"Look at {self._log(slot)}."
            raise WorkerError(message(expected="workers that start", got=f"{how}: {last}", where="--workers", do=do))
        self._processes[slot] = self._started(slot)
        return Died(slot=slot, how=how)

    def _log(self, slot: int) -> Path:
        return self._logs / f"worker-{slot + 1}.log"

    def _started(self, slot: int) -> subprocess.Popen[str]:
        self._births[slot] += 1
        self._begun_s[slot] = time.monotonic()
        with self._log(slot).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-P", "-c", _START, json.dumps(sys.path), json.dumps(asdict(self._setup))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                env={**os.environ, **environment_for(self._threads)},
                process_group=0 if os.name == "posix" else None,  # Ctrl-C in a terminal goes to whole groups
            )
        reader = threading.Thread(target=self._read, args=(slot, self._births[slot], process), daemon=True)
        reader.start()
        return process

    def _read(self, slot: int, birth: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                with suppress(ValueError):  # of a line that death cut off
                    kind, text = json.loads(line)
                    self._said.put((slot, birth, kind, text))
        self._said.put((slot, birth, "", ""))


def _is_over(process: subprocess.Popen[str], timeout_s: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, timeout_s))
    return process.returncode is not None


def _kill(process: subprocess.Popen[str]) -> None:
    """End a worker and what it has started, ffmpeg for instance: they are a group of their own."""
    if os.name == "posix" and process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _how(code: int) -> str:
    """Return how a process ended, by its exit code."""
    if code >= 0:
        return f"it ended with code {code}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
        return f"{name} ended it" + (" (out of memory, or killed)" if name == "SIGKILL" else "")
    return f"signal {-code} ended it"
