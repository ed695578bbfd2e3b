"""How long the add-on waits: a worker's start, its first answer, and the next one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from exges_core.audio.waveform import read_waveform
from exges_core.protocol import Failure, Hello, Request, Result, decode, encode

CLIP_S = 10.0


def print_worker_times(speech: Path) -> None:
    """Start a worker, ask it twice for the first 10 s of a speech (without recognition), print what it took."""
    end_s = min(CLIP_S, read_waveform(speech).duration_s)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-m", "exges_core.worker"]
        with subprocess.Popen(  # noqa: S603 - this interpreter, this package
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as worker:
            if worker.stdin is None or worker.stdout is None:
                raise RuntimeError("a worker without pipes")
            moments = [began]
            for name in ("hello", "first", "second"):
                if name != "hello":
                    output = str(Path(folder) / f"{name}.npz")
                    request = Request(id=name, speech=str(speech), outputs=(output,), asr="none", end_s=end_s)
                    worker.stdin.write(encode(request) + "\n")
                    worker.stdin.flush()
                while not isinstance(answer := decode(worker.stdout.readline()), Hello | Result | Failure):
                    pass
                if isinstance(answer, Failure):
                    raise RuntimeError(answer.text)
                moments.append(time.perf_counter())
            worker.stdin.close()
    hello_s, first_s, warm_s = moments[1] - began, moments[2] - began, moments[3] - moments[2]
    print(
        f"\nworker: hello after {hello_s:.2f} s, first answer ({end_s:g} s of speech) after {first_s:.2f} s from cold,"
    )
    print(f"        the same on the warm worker {warm_s:.2f} s")
