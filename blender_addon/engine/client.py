# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the worker process: start, talk, watch, cancel, and say in plain words what happened when it dies.

No bpy in here: only names and numbers cross between the scene and a job, so the scene may change while one runs.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from exges_core import __version__, errors, protocol
from exges_core.errors import Cancelled, ExgesError, InputError, WorkerError, message
from exges_core.protocol import Cancel, Failure, Fetch, Hear, Hello, JobProgress, Message, Plan, Request, Result

from .process import LineProcess

HELLO_LIMIT_S = 300.0
"""A cold start imports torch, on a busy computer with a virus scanner in minutes; slower, something is wrong."""
CANCEL_LIMIT_S = 3.0
"""A worker that has not obeyed a cancel after this long is stopped: a fresh one is there sooner than it may listen."""
SILENCE_LIMIT_S = 60.0
"""A worker at work says so every two seconds; after this long without a word it hangs."""


_NAMES: dict[type[protocol.Job], tuple[str, str]] = {
    Request: ("Generation", "Generate"),
    Hear: ("Hearing the words", "Hear Words"),
    Plan: ("Planning the strokes", "Generate"),
    Fetch: ("Fetching the speech model", "Get Speech Model"),
}
"""What people call a job, and the button that starts it."""
_OPTION = re.compile(r" \((?:--|exges )[^)]*\)")


def without_options(text: str) -> str:
    """Return a sentence of the engine without hints for its command line, which nobody has in Blender."""
    return _OPTION.sub("", text)


def command_of(python: str) -> tuple[str, ...]:
    """Return the command that starts the worker of an environment."""
    return (python, "-m", "exges_core.worker")


class Engine:
    """A worker process that stays warm between jobs; restarts by itself when it is needed again."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self.command = tuple(command)
        self.environment = dict(environment or {})
        self.hello: Hello | None = None
        self._process: LineProcess | None = None
        self._last_log: tuple[str, ...] = ()
        self._silence_s = 0.0
        self._looked_s = 0.0
        self._button = "Generate"

    @property
    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.is_running

    @property
    def log(self) -> tuple[str, ...]:
        """Return the last lines of the process's standard error, also after its end."""
        return self._process.log if self._process is not None else self._last_log

    def start(self) -> None:
        """Start the process unless it runs.

        Raises:
            WorkerError: if the program cannot be started.
        """
        if self.is_running:
            return
        if self._process is not None:
            self._end()
        self.hello, self._silence_s, self._looked_s = None, 0.0, time.monotonic()
        try:
            self._process = LineProcess(self.command, environment=self.environment)
        except OSError as error:
            raise WorkerError(
                message(
                    expected="a Python that has exges",
                    got=f"{self.command[0]!r} ({error.strerror or error})",
                    where="Engine",
                    do="It was moved or deleted: choose another Python in the add-on's preferences, or press Create "
                    "Environment there.",
                )
            ) from error

    def send(self, record: Message) -> None:
        """Write one message.

        Raises:
            WorkerError: if the process is gone.
        """
        if self._process is None:
            raise self._death()
        try:
            self._process.write(protocol.encode(record))
        except (OSError, ValueError) as error:
            raise self._death() from error

    def receive(self) -> list[Message]:
        """Return the messages that have come since the last call, without waiting.

        Raises:
            WorkerError: if the process died, is of another version, talks nonsense, or gives no sign of life.
        """
        if self._process is None:
            raise self._death()
        was_finished = self._process.is_finished
        lines = self._process.read()
        if not lines and (was_finished or self._process.is_finished):
            raise self._death()  # only now: what came before the end counts first
        self._listen(bool(lines))
        try:
            messages = [protocol.decode(line) for line in lines]
        except WorkerError:
            self.stop(grace_s=0.0)  # whatever it is, it is no engine of ours
            raise
        for each in messages:
            if isinstance(each, Hello):
                self._greet(each)
        return [each for each in messages if not isinstance(each, Hello)]

    def _listen(self, is_heard: bool) -> None:
        """Count silence; only time that somebody watched counts: a computer that slept has not been ignored."""
        now_s = time.monotonic()
        self._silence_s = 0.0 if is_heard else self._silence_s + min(now_s - self._looked_s, 1.0)
        self._looked_s = now_s
        if self.hello is None and self._silence_s > HELLO_LIMIT_S:
            self.stop(grace_s=0.0)
            raise WorkerError(
                f"Engine: did not answer within {HELLO_LIMIT_S:.0f} s and was stopped. {self._last_words()}"
            )

    def watch(self) -> None:
        """Stop an engine that has a job and gives no sign of life.

        Raises:
            WorkerError: if it was silent for too long.
        """
        if self.hello is not None and self._silence_s > SILENCE_LIMIT_S:
            self.stop(grace_s=0.0)
            raise WorkerError(
                f"Engine: gave no sign of life for {SILENCE_LIMIT_S:.0f} s and was stopped; nothing in the scene was "
                f"changed. {self._last_words()}Press {self._button} to start it again."
            )

    def rest(self, button: str = "Generate") -> None:
        """Forget silence: a job begins, started by this button."""
        self._silence_s, self._looked_s, self._button = 0.0, time.monotonic(), button

    def _greet(self, hello: Hello) -> None:
        if (hello.protocol_version, hello.exges_version) == (protocol.PROTOCOL_VERSION, __version__):
            self.hello = hello
            return
        self.stop(grace_s=0.0)
        raise WorkerError(
            message(
                expected=f"exges {__version__} (protocol {protocol.PROTOCOL_VERSION})",
                got=f"exges {hello.exges_version} (protocol {hello.protocol_version})",
                where=f"Engine in {self.command[0]}",
                do="Engine and add-on must be of one version: press Create Environment in the preferences to renew it.",
            )
        )

    def _end(self, *, grace_s: float = 2.0) -> int | None:
        process, self._process, self.hello = self._process, None, None
        if process is None:
            return None
        code = process.stop(grace_s=grace_s)
        self._last_log = process.log
        return code

    def _death(self) -> WorkerError:
        code = self._end(grace_s=1.0)
        if any("No module named 'exges_core'" in line for line in self.log):
            return WorkerError(
                f"Engine: exges is not installed in {self.command[0]}. Install it there, or choose another Python."
            )
        reason = "is gone"
        if code is not None:
            reason = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return WorkerError(
            f"Engine: the process {reason} and nothing in the scene was changed. {self._last_words()}"
            f"Press {self._button} to start it again."
        )

    def _last_words(self) -> str:
        lines = [line for line in self.log if line.strip()]
        return f"It last said: {lines[-1][:300]}. " if lines else ""

    def stop(self, *, grace_s: float = 2.0) -> None:
        """End the process: close its input, then insist."""
        self._end(grace_s=grace_s)

    def leave(self) -> None:
        """End the process as `stop` does, without waiting for it."""
        process, self._process, self.hello = self._process, None, None
        if process is not None:
            threading.Thread(target=process.stop, name="ExGes").start()


class Job:
    """One request to an engine. `step` is called by whoever drives: the modal timer, or `run` in a loop."""

    def __init__(self, engine: Engine, request: protocol.Job) -> None:
        self.engine, self.request = engine, request
        self._name, self._button = _NAMES[type(request)]
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
            self.engine.rest(self._button)
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
                raise Cancelled(f"{self._name} was cancelled.")
            if time.monotonic() - self._cancelled_s > CANCEL_LIMIT_S:
                self.engine.stop(grace_s=0.0)
                raise Cancelled(f"{self._name} was cancelled; the engine was busy and starts afresh next time.")
        if self.result is None:
            self.engine.watch()
        return self.result is not None

    def _fail(self, failure: Failure) -> None:
        if failure.kind == "Cancelled":
            raise Cancelled(f"{self._name} was cancelled.")
        if failure.exit_code == 2:
            raise _error_class(failure.kind)(failure.text)
        if not Path(self.engine.command[0]).exists():
            self.engine.stop(grace_s=0.0)
            raise WorkerError(
                f"Engine: its environment was deleted ({self.engine.command[0]} is gone); nothing in the scene was "
                "changed. Press Create Environment in the add-on's preferences, or choose another Python."
            )
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


def _error_class(kind: str) -> type[ExgesError]:
    """Return the error class of a refusal by its name; an unknown one is an InputError."""
    found = getattr(errors, kind, None)
    return found if isinstance(found, type) and issubclass(found, ExgesError) else InputError


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
