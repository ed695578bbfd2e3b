"""Clips per second, one by one and with windows of several clips in one call: `python -m benchmarks.together --help`.

The first seconds of the demo's speech, again and again with another seed each; words and features are not counted. On
CUDA the device's utilisation is asked of the driver while it works.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import tyro

from exges_core import assets
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.pipeline.analyse import Speech, heard_in
from exges_core.pipeline.gesture import Gesture, gesture
from exges_core.pipeline.models import Models
from exges_core.pipeline.together import Asking, gestures
from exges_core.settings import GenerationSettings


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure.

    Attributes:
        clips: how many.
        seconds: of each.
        device: cpu or cuda.
        engine: auto, torch or onnx.
        exact: in float32; on a CPU without it, ONNX Runtime makes one clip after the other.
        windows: of a call when clips go together, several numbers.
        threads: CPU threads.
    """

    clips: int = 16
    seconds: float = 4.0
    device: str = "cpu"
    engine: str = "torch"
    exact: bool = True
    windows: tuple[int, ...] = (24, 96)
    threads: int = 1


def main(asked: Benchmark) -> None:
    """Measure and print."""
    torch.set_num_threads(asked.threads)
    samples = read_waveform(assets.DEMO_SPEECH).samples[: round(asked.seconds * 16_000)]
    speech = Speech.of(heard_in(Waveform(samples=samples), asr="none", source="demo"))
    models = Models(device=asked.device, engine=asked.engine, is_exact=asked.exact)
    one = Asking(speech=speech)
    wanted = [replace(one, settings=GenerationSettings(seed=seed)) for seed in range(asked.clips)]
    gesture(speech, models)
    print(f"{asked.clips} clips of {asked.seconds:g} s, {asked.engine} on {asked.device}, {asked.threads} thread(s)")
    print("| | clips per second | of that the network's part |\n|---|---:|---:|")
    _row("one by one", lambda: [gesture(each.speech, models, each.settings) for each in wanted])
    for windows in asked.windows:
        _row(f"together, {windows} windows a call", lambda size=windows: list(gestures(wanted, models, windows=size)))
    _row("one by one, again", lambda: [gesture(each.speech, models, each.settings) for each in wanted])


def _row(name: str, make: Callable[[], list[Gesture]]) -> None:
    began, began_cpu = time.perf_counter(), time.process_time()
    made = make()
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    network = sum(each.report.timings_s["diffusion"] for each in made)
    used = f", GPU {torch.cuda.utilization()} % at the end" if made[0].report.device == "cuda" else ""
    print(f"| {name} | {len(made) / wall:.2f} ({len(made) / cpu:.2f} per CPU second{used}) | {network / wall:.0%} |")


if __name__ == "__main__":
    main(tyro.cli(Benchmark, description=__doc__))
