"""A worker process of a batch: lines of JSON in and out, models loaded once.

In come tasks, and `stop`, which gives up the clip in hand; out come `ready`, `refused` (what keeps all workers from
working) and outcomes. Standard output carries nothing else: what libraries print goes to standard error. When its
input closes without a `stop`, whoever asked was killed, and the process ends on the spot: nobody's files are written.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from io import TextIOBase
from typing import cast

from exges_core import heap
from exges_core.batch.inputs import Setup
from exges_core.batch.limits import told_where
from exges_core.batch.tasks import Task, make
from exges_core.errors import Cancelled, ExgesError
from exges_core.pipeline.models import Models
from exges_core.protocol import Progress

STOP, READY, REFUSED, OUTCOME = "stop", "ready", "refused", "outcome"
_LINGER_S = 5.0
"""After a stop, a long step may go on so long."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Work on the process's own streams until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    given = (sys.argv[1:] if arguments is None else arguments)[0]
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    source = os.fdopen(os.dup(sys.stdin.fileno()), "r", encoding="utf-8")
    _work(cast("TextIOBase", source), cast("TextIOBase", answers), Setup(**json.loads(given)))
    os._exit(0)  # at once: nothing is half-written between clips, and taking libraries down politely takes seconds


def _work(source: TextIOBase, target: TextIOBase, setup: Setup) -> None:
    stopped, tasks = threading.Event(), queue.Queue[Task | None]()
    threading.Thread(target=_listen, args=(source, tasks, stopped), daemon=True).start()

    def say(kind: str, text: str = "") -> None:
        target.write(json.dumps([kind, text]) + "\n")
        target.flush()

    def on_progress(_step: Progress) -> None:
        if stopped.is_set():
            raise Cancelled("the batch was stopped")

    try:
        models = Models(engine=setup.engine, device=setup.device, is_exact=setup.is_exact)
        models.speakers()  # loads the largest network: what is missing is told before a clip is given
    except ExgesError as error:
        return say(REFUSED, str(error))
    say(READY)
    while (task := tasks.get()) is not None:
        try:
            with told_where(task.limit_s):
                outcome = make(task, models, on_progress=on_progress)
            say(OUTCOME, outcome.encode())
            heap.give_back()
        except Cancelled:
            return None


def _listen(source: TextIOBase, tasks: queue.Queue[Task | None], stopped: threading.Event) -> None:
    for line in source:
        if line.strip() == STOP:
            stopped.set()
            tasks.put(None)
            watch = threading.Timer(_LINGER_S, os._exit, args=(1,))
            watch.daemon = True
            watch.start()
            return
        tasks.put(Task.decode(line))
    os._exit(1)
