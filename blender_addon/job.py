# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the worker process: start, talk, watch, cancel, and say in plain words what happened when it dies.

No bpy in here: only names and numbers cross between the scene and a job, so the scene may change while one runs.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from exges_core import protocol
from exges_core.errors import Cancelled, InputError, WorkerError, message
from exges_core.protocol import Cancel, Failure, Hello, JobProgress, Message, Request, Result

HELLO_LIMIT_S = 180.0
"""A cold start imports torch; slower than this, something is wrong."""
CANCEL_LIMIT_S = 3.0
"""A worker that has not obeyed a cancel after this long is stopped: a fresh one is there sooner than it may listen."""
_LOG_LINES = 60


def command_of(python: str) -> tuple[str, ...]:
    """Return the command that starts the worker of an environment."""
    return (python, "-m", "exges_core.worker")


class Engine:
    """A worker process that stays warm between jobs; restarts by itself when it is needed again."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self.hello: Hello | None = None
        self._process: subprocess.Popen[str] | None = None
        self._inbox: queue.Queue[str | None] = queue.Queue()
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._log_reader: threading.Thread | None = None
        self._started_s = 0.0

    @property
    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process unless it runs.

        Raises:
            WorkerError: if the program cannot be started.
        """
        if self.is_running:
            return
        self.hello, self._inbox = None, queue.Queue()
        self._log.clear()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
        environment.pop("PYTHONHOME", None)
        environment.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin would starve Blender's own
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user chose this Python in the preferences
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=environment,
                creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
            )
        except OSError as error:
            raise WorkerError(
                message(
                    expected="a Python that has exges",
                    got=f"{self.command[0]!r} ({error.strerror or error})",
                    where="Engine",
                    do="Choose the Python of the environment in the add-on's preferences.",
                )
            ) from error
        self._started_s = time.monotonic()
        threading.Thread(target=self._read, args=(self._process, self._inbox), daemon=True).start()
        self._log_reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._log_reader.start()

    @staticmethod
    def _read(process: subprocess.Popen[str], inbox: queue.Queue[str | None]) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed by `stop` while reading
            for line in process.stdout:
                inbox.put(line)
        inbox.put(None)

    def _read_log(self, process: subprocess.Popen[str]) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in process.stderr:
                self._log.append(line.rstrip())

    def send(self, record: Message) -> None:
        """Write one message.

        Raises:
            WorkerError: if the process is gone.
        """
        try:
            self._process.stdin.write(protocol.encode(record) + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._death() from error

    def receive(self) -> list[Message]:
        """Return the messages that have come since the last call, without waiting.

        Raises:
            WorkerError: if the process died, is of another version, or does not say hello in time.
        """
        messages: list[Message] = []
        while True:
            try:
                line = self._inbox.get_nowait()
            except queue.Empty:
                break
            if line is None:
                if messages:
                    self._inbox.put(None)  # what came before the end counts first
                    break
                raise self._death()
            if line.strip():
                messages.append(protocol.decode(line))
        for each in messages:
            if isinstance(each, Hello):
                self._greet(each)
        if self.hello is None and time.monotonic() - self._started_s > HELLO_LIMIT_S:
            self.stop()
            raise WorkerError(
                f"Engine: did not answer within {HELLO_LIMIT_S:.0f} s and was stopped. {self._last_words()}"
            )
        return [each for each in messages if not isinstance(each, Hello)]

    def _greet(self, hello: Hello) -> None:
        if hello.protocol_version != protocol.PROTOCOL_VERSION:
            self.stop()
            raise WorkerError(
                message(
                    expected=f"protocol {protocol.PROTOCOL_VERSION}",
                    got=f"{hello.protocol_version} (exges {hello.exges_version})",
                    where="Engine",
                    do="Update the environment and the add-on to the same version.",
                )
            )
        self.hello = hello

    def _death(self) -> WorkerError:
        process, self._process = self._process, None
        code: int | None = None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=5.0)
            if code is None:
                process.kill()
            if self._log_reader is not None:
                self._log_reader.join(timeout=1.0)  # its last words may still be on their way
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()
        self.hello = None
        if any("No module named 'exges_core'" in line for line in self._log):
            return WorkerError(
                f"Engine: exges is not installed in {self.command[0]}. Install it there, or choose another Python."
            )
        reason = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return WorkerError(
            f"Engine: the process {reason} and nothing in the scene was changed. {self._last_words()}"
            "Press Generate to start it again."
        )

    def _last_words(self) -> str:
        lines = [line for line in self._log if line.strip()]
        return f"It last said: {lines[-1][:300]}. " if lines else ""

    @property
    def log(self) -> tuple[str, ...]:
        """Return the last lines of the process's standard error."""
        return tuple(self._log)

    def stop(self, *, grace_s: float = 2.0) -> None:
        """End the process: close its input, then insist."""
        process, self._process, self.hello = self._process, None, None
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            process.stdin.close()
        try:
            process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()


class Job:
    """One request to an engine. `step` is called by whoever drives: the modal timer, or `run` in a loop."""

    def __init__(self, engine: Engine, request: Request) -> None:
        self.engine, self.request = engine, request
        self.progress = JobProgress(id=request.id, stage="starting", fraction=0.0)
        self.result: Result | None = None
        self.started_s = time.monotonic()
        self._is_sent = False
        self._cancelled_s: float | None = None

    def step(self) -> bool:
        """Take in what the worker said; return True when the result is there.

        Raises:
            Cancelled: after a cancel.
            InputError: if the worker refused the input; its sentence is the message.
            WorkerError: if the worker died or failed.
        """
        if not self.engine.is_running and not self._is_sent:
            self.engine.start()
        if not self._is_sent and self._cancelled_s is None:
            self.engine.send(self.request)
            self._is_sent = True
        for record in self.engine.receive():
            if getattr(record, "id", None) not in (self.request.id, ""):
                continue
            if isinstance(record, JobProgress):
                self.progress = record
            elif isinstance(record, Result):
                self.result = record
            elif isinstance(record, Failure):
                self._fail(record)
        if self._cancelled_s is not None:
            if not self._is_sent or self.result is not None:
                raise Cancelled("Generation was cancelled.")
            if time.monotonic() - self._cancelled_s > CANCEL_LIMIT_S:
                self.engine.stop(grace_s=0.0)
                raise Cancelled("Generation was cancelled; the engine was busy and starts afresh next time.")
        return self.result is not None

    @staticmethod
    def _fail(failure: Failure) -> None:
        if failure.kind == "Cancelled":
            raise Cancelled("Generation was cancelled.")
        if failure.exit_code == 2:
            raise InputError(failure.text)
        raise WorkerError(failure.text)

    def cancel(self) -> None:
        """Ask the worker to stop; `step` raises Cancelled once it has."""
        if self._cancelled_s is None:
            self._cancelled_s = time.monotonic()
            if self._is_sent and self.engine.is_running:
                with contextlib.suppress(WorkerError):
                    self.engine.send(Cancel(id=self.request.id))

    @property
    def is_cancelled(self) -> bool:
        """Say whether it was asked to stop."""
        return self._cancelled_s is not None

    @property
    def seconds_left(self) -> float | None:
        """Return the expected rest, None while it cannot be told."""
        passed_s, fraction = time.monotonic() - self.started_s, self.progress.fraction
        return passed_s * (1.0 - fraction) / fraction if fraction > 0.05 else None


def run(job: Job, *, on_step: Callable[[Job], None] | None = None, poll_s: float = 0.05) -> Result:
    """Drive a job to its end: what -b, the command line and the tests use, since timers never fire there.

    Raises:
        Cancelled, InputError, WorkerError: as `Job.step`.
    """
    while not job.step():
        if on_step is not None:
            on_step(job)
        time.sleep(poll_s)
    assert job.result is not None
    return job.result


def check(python: str) -> Hello:
    """Start the engine of an environment, return how it introduces itself, and end it.

    Raises:
        WorkerError: if there is none, it dies, or it is of another version.
    """
    if not Path(python).name:
        raise WorkerError("Engine: no Python chosen. Choose the one of the environment that has exges.")
    engine = Engine(command_of(python))
    engine.start()
    try:
        while engine.hello is None:
            engine.receive()
            time.sleep(0.05)
        return engine.hello
    finally:
        engine.stop()
