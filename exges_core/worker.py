"""The add-on's engine: a process that stays warm and answers requests, one line of JSON each.

It says hello first, then for every request progress lines and one result or failure. A cancel line stops the job in
hand at its next progress step. While a job runs, a line comes at least every two seconds: silence means that it
hangs. It ends when its standard input closes, within five seconds even in the middle of a long step, so it never
outlives Blender. Whatever a library prints goes to standard error: standard output carries messages only.

    python -m exges_core.worker [--engine auto|torch|onnx] [--models FOLDER]     exges serve --stdio is the same

FOLDER holds speech models that came with the extension; it is read, never written to.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOBase
from pathlib import Path

from exges_core import __version__, heap, protocol
from exges_core.errors import Cancelled, ExgesError, WorkerError
from exges_core.extras import explained
from exges_core.pipeline.analyse import hear_job
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.idle import idle_files
from exges_core.pipeline.models import AUTO, ENGINES, Models
from exges_core.pipeline.plan_score import plan_score
from exges_core.pipeline.report import as_json, heard_report
from exges_core.protocol import (
    Cancel,
    Failure,
    Fetch,
    Hear,
    Hello,
    Idle,
    Job,
    JobProgress,
    Message,
    OnProgress,
    Plan,
    Progress,
    Result,
)
from exges_core.speech.model_fetching import fetch
from exges_core.speech.model_files import MODELS_VARIABLE

BEAT_S = 2.0
"""A job's last progress is said again this often."""
LINGER_S = 5.0
"""A job in hand may go on this long after the input closed; then the process ends whatever it does."""


class Channel:
    """Standard input and output as messages; safe to write to from several threads."""

    def __init__(self, source: TextIOBase, target: TextIOBase, *, on_close: Callable[[], None] | None = None) -> None:
        self._source, self._target, self._on_close = source, target, on_close
        self._lock = threading.Lock()
        self.requests: queue.Queue[Job | None] = queue.Queue()
        self._asked: set[str] = set()
        self._cancelled: set[str] = set()

    def send(self, record: Message) -> None:
        """Write one message; when nobody reads any more, everything is cancelled."""
        try:
            with self._lock:
                self._target.write(protocol.encode(record) + "\n")
                self._target.flush()
        except OSError:
            self.close()

    def close(self) -> None:
        """Cancel everything: whoever asked is gone."""
        self._cancelled.add("")
        self.requests.put(None)

    def listen(self) -> None:
        """Read messages until the input closes; requests queue up, cancels take effect at once."""
        for line in self._source:
            if not line.strip():
                continue
            try:
                record = protocol.decode(line)
            except WorkerError as error:
                self.send(Failure(id="", kind="WorkerError", text=str(error), exit_code=2))
                continue
            if isinstance(record, Cancel):
                self._cancelled |= {record.id} & self._asked  # one that comes too late must not stop a later namesake
            elif isinstance(record, Job):
                self._asked.add(record.id)
                self.requests.put(record)
        self.close()
        if self._on_close is not None:
            self._on_close()

    def is_over(self, request_id: str) -> None:
        """Forget a job that was answered."""
        self._asked.discard(request_id)
        self._cancelled.discard(request_id)

    def is_cancelled(self, request_id: str) -> bool:
        """Return whether this job, or everything, was asked to stop."""
        return request_id in self._cancelled or "" in self._cancelled


@contextmanager
def beating(channel: Channel, first: JobProgress) -> Generator[Callable[[JobProgress], None]]:
    """Give a way to tell progress; the last one is told again every `BEAT_S`, however long a step takes."""
    is_over, last = threading.Event(), [first]

    def beat() -> None:
        while not is_over.wait(BEAT_S):
            channel.send(last[0])

    def tell(progress: JobProgress) -> None:
        last[0] = progress
        channel.send(progress)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        is_over.set()
        thread.join()  # no beat may come after the result


def result_of(job: Job, models: Models, on_progress: OnProgress) -> Result:
    """Do what was asked for."""
    if isinstance(job, Fetch):
        path = fetch(job.model, on_progress=on_progress)
        return Result(id=job.id, outputs=(), report={"model": job.model, "path": str(path)})
    if isinstance(job, Hear):
        heard = hear_job(job, on_progress=on_progress)
        return Result(id=job.id, outputs=(), report=as_json(heard_report(heard)))
    if isinstance(job, Plan):
        report = plan_score(job, models, on_progress=on_progress)
        return Result(id=job.id, outputs=(job.score_out,), report=as_json(report))
    if isinstance(job, Idle):
        loop = idle_files(job, models, on_progress=on_progress)
        return Result(id=job.id, outputs=job.outputs, report=as_json(loop.report))
    made = generate_files(job, models, on_progress=on_progress)
    return Result(id=job.id, outputs=job.outputs, report=as_json(made.report))


def answer(request: Job, models: Models, channel: Channel) -> None:
    """Run one request and send its outcome; nothing a request can do ends the worker."""
    outcome = _outcome(request, models, channel)
    channel.is_over(request.id)  # before anybody hears of the end, and asks anew under this name
    channel.send(outcome)


def _outcome(request: Job, models: Models, channel: Channel) -> Result | Failure:
    def failure(error: Exception, exit_code: int, text: str = "") -> Failure:
        return Failure(id=request.id, kind=type(error).__name__, text=text or str(error), exit_code=exit_code)

    try:
        with beating(channel, JobProgress(id=request.id, stage="starting", fraction=0.0)) as tell:

            def on_progress(step: Progress) -> None:
                if channel.is_cancelled(request.id):
                    raise Cancelled(f"job {request.id} was cancelled")
                tell(JobProgress(id=request.id, stage=step.stage, fraction=step.fraction, note=step.note))

            return result_of(request, models, on_progress)
    except Cancelled as error:
        return failure(error, 130)
    except ExgesError as error:
        return failure(error, 2)
    except Exception as error:  # noqa: BLE001 - a defect in one job must be told, and must not take the engine down
        advice = explained(error) if isinstance(error, ModuleNotFoundError) else None
        if advice is not None:
            return failure(advice, 2)
        traceback.print_exc(file=sys.stderr)
        return failure(error, 1, f"a defect in ExGes: {type(error).__name__}: {error} (the log has the traceback)")


def serve(
    source: TextIOBase, target: TextIOBase, *, engine: str = AUTO, on_close: Callable[[], None] | None = None
) -> None:
    """Say hello, then answer until the input closes.

    Raises:
        InputError: if the engine is not installed.
    """
    models = Models(engine=engine)
    channel = Channel(source, target, on_close=on_close)
    threading.Thread(target=channel.listen, daemon=True).start()
    hello = Hello(exges_version=__version__, backend=models.engine, device=models.device, speakers=models.speakers())
    channel.send(hello)
    while (request := channel.requests.get()) is not None:
        answer(request, models, channel)
        heap.give_back()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve on the process's own streams, keeping standard output clean of anything but messages."""
    asked = _options().parse_args(arguments)
    if asked.models is not None:
        os.environ[MODELS_VARIABLE] = str(asked.models.absolute())
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    source = os.fdopen(os.dup(sys.stdin.fileno()), "r", encoding="utf-8")
    try:
        serve(source, messages, engine=asked.engine, on_close=_end_soon)
    except ExgesError as error:
        sys.stderr.write(f"exges worker: {error}\n")
        sys.exit(2)
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(0)  # at once: nothing is half-written between jobs, and taking a GPU library down politely takes seconds


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m exges_core.worker", description="The add-on's engine.")
    parser.add_argument("--engine", choices=ENGINES, default=AUTO, help="what runs networks")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="speech models that came with the extension")
    return parser


def _end_soon() -> None:
    watch = threading.Timer(LINGER_S, os._exit, args=(0,))
    watch.daemon = True
    watch.start()


if __name__ == "__main__":
    main()
