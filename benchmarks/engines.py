"""Both engines from cold to the first motion, their stages, the network alone, memory: `python -m benchmarks.engines`.

Each engine gets a process of its own, which imports nothing that it does not need. The first 10 s of the demo's speech
with its words known; the first motion's time is from the process's start. Takes after it are warm.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 10.0
WARM = 5


def main() -> None:
    """Run each engine in its own process and print its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", action="append", choices=("torch", "onnx"), help="one of them; may be repeated")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(options.child)
        return
    for engine in options.engine or ("torch", "onnx"):
        began_s = time.time()
        command = [sys.executable, "-m", "benchmarks.engines", "--child", engine]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
        report(engine, began_s, json.loads(done.stdout.splitlines()[-1]))


def report(engine: str, began_s: float, found: dict[str, Any]) -> None:
    """Print what one engine took."""
    imported, loaded, first = (found[name] - began_s for name in ("imported", "loaded", "first"))
    print(f"{engine}: imports {imported:.2f} s, models {loaded - imported:.2f} s, first motion after {first:.2f} s")
    print(f"  {found['processor_s']:.2f} s of processors, peak memory {found['first_mb']:.0f} MB", end="")
    print(f" (after {WARM} more takes {found['peak_mb']:.0f} MB)")
    for name in ("cold", "warm"):
        stages = found[name]
        parts = "  ".join(f"{stage} {seconds:.3f}" for stage, seconds in stages.items())
        print(f"  {name}  {parts}  = {sum(stages.values()):.3f} s, RTF {sum(stages.values()) / SECONDS:.4f}")
    calls, seconds = found["network"]
    print(f"  the network alone: {calls} calls, {seconds:.3f} s, RTF {seconds / SECONDS:.4f}\n")


def measure(engine: str) -> None:
    """Make one take from cold and some warm ones; print moments, stages and memory as a line of JSON."""
    from exges_core.pipeline.generate import generate_files
    from exges_core.pipeline.models import Models
    from exges_core.protocol import Request

    found: dict[str, Any] = {"imported": time.time()}
    models = Models(engine=engine, device="cpu")
    loaded = (models.denoiser, models.retrieval, models.planner, models.base())
    found["loaded"] = time.time()
    assert loaded
    with tempfile.TemporaryDirectory() as folder:
        speech, words = known_speech(Path(folder))
        request = Request(
            id="one", speech=speech, transcript=words, end_s=SECONDS, outputs=(str(Path(folder) / "one.npz"),)
        )
        found["cold"] = dict(generate_files(request, models).report.timings_s)
        found["first"], found["first_mb"], found["processor_s"] = time.time(), peak_mb(), time.process_time()
        network = timed(models.denoiser, "answer")
        takes = [dict(generate_files(request, models).report.timings_s) for _ in range(WARM)]
    found["warm"] = {stage: statistics.median(take[stage] for take in takes) for stage in takes[0]}
    found["network"] = (len(network) // WARM, sum(network) / WARM)
    found["peak_mb"] = peak_mb()
    print(json.dumps(found))


def known_speech(folder: Path) -> tuple[str, str]:
    """Return the demo's speech, and a file with the words of its first seconds."""
    from exges_core import assets

    words = json.loads(assets.DEMO_TRANSCRIPT.with_suffix(".json").read_text(encoding="utf-8"))["words"]
    path = folder / "words.json"
    path.write_text(json.dumps({"words": [each for each in words if each["end_s"] <= SECONDS]}))
    return str(assets.DEMO_SPEECH), str(path)


def timed(owner: object, name: str) -> list[float]:
    """Return a list that every later call of a method adds its seconds to."""
    seconds: list[float] = []
    method: Callable[..., Any] = getattr(owner, name)

    def measured(*arguments: object, **named: object) -> object:
        began = time.perf_counter()
        answer = method(*arguments, **named)
        seconds.append(time.perf_counter() - began)
        return answer

    object.__setattr__(owner, name, measured)
    return seconds


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
