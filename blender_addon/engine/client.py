# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the worker process: start, talk, watch, cancel, and explain in plain words why it died.

No bpy in here: only names and numbers pass between scene and job, so the scene may change while a job runs.
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
from exges_core.protocol import Cancel, Failure, Fetch, Hear, Hello, Idle, JobProgress, Message, Plan, Request, Result

from .process import Launch, LineProcess

HELLO_LIMIT_S = 300.0
"""A cold start imports torch, which takes minutes on a busy machine with a virus scanner; longer means a fault."""
CANCEL_LIMIT_S = 3.0
"""A worker that ignores a cancel for this long is killed: a fresh one is ready sooner than it would react."""
SILENCE_LIMIT_S = 60.0
"""A busy worker reports every two seconds; silent for this long, it hangs."""


_NAMES: dict[type[protocol.Job], tuple[str, str]] = {
    Request: ("Generation", "Generate"),
    Hear: ("Speech recognition", "Hear Words"),
    Plan: ("Stroke planning", "Generate"),
    Idle: ("The idle", "Idle Loop"),
    Fetch: ("The speech model download", "Get Speech Model"),
}
"""A job's name in messages, and the button that starts it."""
_OPTION = re.compile(r" \((?:--|exges )[^)]*\)")


def without_options(text: str) -> str:
    """Return an engine message without its command-line hints, which are no use in Blender."""
    return _OPTION.sub("", text)


def command_of(python: str, *, models: Path | None = None) -> tuple[str, ...]:
    """Return the command that starts an environment's worker.

    Args:
        python: of the environment.
        models: a folder of speech models that came with the extension.
    """
    own = ("--models", str(models)) if models is not None else ()
    return (python, "-m", "exges_core.worker", *own)


class Engine:
    """A worker process that stays warm between jobs and restarts by itself when needed."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, inherits: bool = True
    ) -> None:
        self.launch = Launch(command=tuple(command), environment=dict(environment or {}), inherits=inherits)
        self.gives_way = False
        self.is_held_low = False
        self.hello: Hello | None = None
        self._process: LineProcess | None = None
        self._last_log: tuple[str, ...] = ()
        self._silence_s = 0.0
        self._looked_s = 0.0
        self._button = "Generate"

    @classmethod
    def of(cls, launch: Launch) -> Engine:
        """Return an engine that is started so."""
        return cls(launch.command, environment=launch.environment, inherits=launch.inherits)

    @property
    def command(self) -> tuple[str, ...]:
        """Return the command that starts the process."""
        return self.launch.command

    def give_way(self, is_wanted: bool) -> None:
        """Let Blender have the processor first, or no longer; `is_held_low` says if the system refuses the latter."""
        if is_wanted != self.gives_way and self._process is not None:
            self.is_held_low = not self._process.give_way(is_wanted) and not is_wanted
        self.gives_way = is_wanted

    @property
    def is_running(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.is_running

    @property
    def log(self) -> tuple[str, ...]:
        """Return the last lines of the process's standard error, even after it has ended."""
        return self._process.log if self._process is not None else self._last_log

    def start(self) -> None:
        """Start the process unless it runs already.

        Raises:
            WorkerError: if the program cannot be started.
        """
        if self.is_running:
            return
        if self._process is not None:
            self._end()
        self.hello, self._silence_s, self._looked_s = None, 0.0, time.monotonic()
        try:
            launch = self.launch
            self._process = LineProcess(launch.command, environment=launch.environment, inherits=launch.inherits)
        except OSError as error:
            raise WorkerError(
                message(
                    expected="a Python that has exges",
                    got=f"{self.command[0]!r} ({error.strerror or error})",
                    where="Engine",
                    do="If it was moved or deleted, choose another Python in the add-on's preferences, or press Set Up "
                    "there.",
                )
            ) from error
        self.is_held_low = False
        if self.gives_way:
            self._process.give_way(True)

    def send(self, record: Message) -> None:
        """Write one message.

        Raises:
            WorkerError: if the process has died.
        """
        if self._process is None:
            raise self._death()
        try:
            self._process.write(protocol.encode(record))
        except (OSError, ValueError) as error:
            raise self._death() from error

    def receive(self) -> list[Message]:
        """Return the messages received since the last call, without waiting.

        Raises:
            WorkerError: if the process died, is of another version, breaks the protocol, or hangs.
        """
        if self._process is None:
            raise self._death()
        was_finished = self._process.is_finished
        lines = self._process.read()
        if not lines and (was_finished or self._process.is_finished):
            raise self._death()  # only after its last lines were read
        self._listen(bool(lines))
        try:
            messages = [protocol.decode(line) for line in lines]
        except WorkerError:
            self.stop(grace_s=0.0)  # whatever this is, it is not our engine
            raise
        for each in messages:
            if isinstance(each, Hello):
                self._greet(each)
        return [each for each in messages if not isinstance(each, Hello)]

    def _listen(self, is_heard: bool) -> None:
        """Count silence, at most a second per look: a computer that slept has not been ignored."""
        now_s = time.monotonic()
        self._silence_s = 0.0 if is_heard else self._silence_s + min(now_s - self._looked_s, 1.0)
        self._looked_s = now_s
        if self.hello is None and self._silence_s > HELLO_LIMIT_S:
            self.stop(grace_s=0.0)
            raise WorkerError(
                f"Engine: no answer within {HELLO_LIMIT_S:.0f} s, so it was stopped. {self._last_words()}"
            )

    def watch(self) -> None:
        """Stop an engine that hangs while it has a job.

        Raises:
            WorkerError: if it has been silent for too long.
        """
        if self.hello is not None and self._silence_s > SILENCE_LIMIT_S:
            self.stop(grace_s=0.0)
            raise WorkerError(
                f"Engine: no sign of life for {SILENCE_LIMIT_S:.0f} s, so it was stopped; the scene is unchanged. "
                f"{self._last_words()}Press {self._button} to restart it."
            )

    def rest(self, button: str = "Generate") -> None:
        """Reset the silence: a job begins, started by this button."""
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
                do="Engine and add-on must match: press Set Up in the preferences to update the engine.",
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
        reason = "is not running"
        if code is not None:
            reason = f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
        return WorkerError(
            f"Engine: the process {reason}; the scene is unchanged. {self._last_words()}"
            f"Press {self._button} to restart it."
        )

    def _last_words(self) -> str:
        lines = [line for line in self.log if line.strip()]
        return f"Its last output: {lines[-1][:300]}. " if lines else ""

    def stop(self, *, grace_s: float = 2.0) -> None:
        """End the process: close its input, then kill it after the grace period."""
        self._end(grace_s=grace_s)

    def leave(self) -> None:
        """End the process as `stop` does, but without waiting."""
        process, self._process, self.hello = self._process, None, None
        if process is not None:
            threading.Thread(target=process.stop, name="ExGes").start()


class Job:
    """One request to an engine. Whoever drives it calls `step`: a modal timer, or `run` in a loop."""

    def __init__(self, engine: Engine, request: protocol.Job) -> None:
        self.engine, self.request = engine, request
        self._name, self._button = _NAMES[type(request)]
        self.progress = JobProgress(id=request.id, stage="starting", fraction=0.0)
        self.result: Result | None = None
        self.started_s = time.monotonic()
        self._is_sent = False
        self._cancelled_s: float | None = None

    def step(self) -> bool:
        """Process the worker's messages; return True once the result has arrived.

        Raises:
            Cancelled: after a cancel.
            InputError: if the worker refused the input, with its message.
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
                raise Cancelled(f"{self._name} was cancelled; the engine did not react and will restart next time.")
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
                f"Engine: its environment was deleted ({self.engine.command[0]} is missing); the scene is unchanged. "
                "Press Set Up in the add-on's preferences, or choose another Python."
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
        """Return whether it was asked to stop."""
        return self._cancelled_s is not None

    @property
    def seconds_left(self) -> float | None:
        """Return the estimated time left, None while unknown."""
        passed_s, fraction = time.monotonic() - self.started_s, self.progress.fraction
        return passed_s * (1.0 - fraction) / fraction if fraction > 0.05 else None


def _error_class(kind: str) -> type[ExgesError]:
    """Return the error class of this name, InputError if it is unknown."""
    found = getattr(errors, kind, None)
    return found if isinstance(found, type) and issubclass(found, ExgesError) else InputError


def run(job: Job, *, on_step: Callable[[Job], None] | None = None, poll_s: float = 0.05) -> Result:
    """Drive a job to its end, for blender -b, the command line and tests, where timers never fire.

    Raises:
        Cancelled, InputError, WorkerError: as `Job.step`.
    """
    while not job.step():
        if on_step is not None:
            on_step(job)
        time.sleep(poll_s)
    assert job.result is not None
    return job.result


def check(launch: Launch) -> Hello:
    """Start an engine, return its hello, and end it.

    Raises:
        WorkerError: if it dies, or if it is of another version.
    """
    engine = Engine.of(launch)
    engine.start()
    try:
        while engine.hello is None:
            engine.receive()
            time.sleep(0.05)
        return engine.hello
    finally:
        engine.stop()
