"""How fast one speech becomes motion, stage by stage: `python -m benchmarks.generation SPEECH [--runs N] [--asr none]`.

The first run is cold (weights are loaded); the others are warm. RTF is seconds of work without recognition per second
of speech, as in the report.
"""

from __future__ import annotations

import resource
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro
from tyro.conf import Positional

from exges_core import assets
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.protocol import Request


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to run."""

    speech: Annotated[Positional[Path], tyro.conf.arg(metavar="SPEECH")] = assets.DEMO_SPEECH
    runs: int = 4
    asr: str = "none"
    steps: int | None = None


def main(options: Benchmark) -> None:
    """Print one row per run."""
    models = Models()
    print(f"{options.speech.name}, device {models.device}, {torch.get_num_threads()} threads, asr {options.asr}")
    with tempfile.TemporaryDirectory() as folder:
        for run in range(options.runs):
            request = Request(
                id=str(run),
                speech=str(options.speech),
                outputs=(str(Path(folder) / "motion.npz"), str(Path(folder) / "motion.bvh")),
                asr=options.asr,
                steps=options.steps,
            )
            report = generate_files(request, models).report
            stages = "  ".join(f"{name} {seconds:6.3f}" for name, seconds in report.timings_s.items())
            print(f"{'cold' if run == 0 else 'warm'}  {stages}  s   RTF {report.rtf:.4f}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mb:.0f} MB")


if __name__ == "__main__":
    main(tyro.cli(Benchmark))
