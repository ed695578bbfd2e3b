"""Train FGD's encoder: ``python -m training.train_evaluator --data DIR --out FILE.safetensors --minutes 20``.

An auto-encoder of gestures learns to give back what it was shown; the encoder alone is written. Of all validations the
weights with the smallest reconstruction error on the validation split are kept.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import tyro

from exges_core.errors import ExgesError, InputError
from training.data.recordings import corpus_hash, read_arrays
from training.data.takes import TakeArrays
from training.evaluator.task import EvaluatorPreset, EvaluatorTask, save_evaluator
from training.loop.training_loop import LoopConfig, fabric_for, run
from training.provenance import command_line


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Train an evaluator on a folder in BEAT2's layout, or on a file of shards made of one.

    Attributes:
        data: the folder or file; its splits train and val are read.
        out: weights to write; the resumable state is kept beside them.
        minutes: of training, data reading not counted; with `steps`, whichever ends first.
        steps: of training.
        seed: of everything that is drawn.
        cache: where features of the data are kept between runs.
        logs: folder for TensorBoard.
        workers: processes that compute features.
        device: cpu or cuda; under torchrun, of every process.
        bf16: mixed precision; its rounding shows in the velocity error.
        resume: go on from the state beside `out`.
    """

    data: Path
    out: Path
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    cache: Path | None = None
    logs: Path | None = None
    workers: int = 1
    device: Literal["cpu", "cuda"] = "cpu"
    bf16: bool = False
    resume: bool = False


def held_out(arguments: Arguments) -> list[TakeArrays]:
    """Return the validation takes, or none where the folder has no such split."""
    try:
        return read_arrays(arguments.data, "val", cache=arguments.cache, workers=arguments.workers)
    except InputError as error:
        print(f"no validation: {error}")
        return []


def train(arguments: Arguments) -> None:
    """Read the data, train, write the encoder.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume.
        OutputError: if state or weights cannot be written.
    """
    preset = EvaluatorPreset()
    fabric = fabric_for(device=arguments.device, is_bf16=arguments.bf16, log_folder=arguments.logs)
    takes = read_arrays(arguments.data, "train", cache=arguments.cache, workers=arguments.workers)
    task = EvaluatorTask(preset, takes, held_out(arguments), fabric, seed=arguments.seed)
    frames, data = task.source.frames, corpus_hash(takes)
    print(f"{len(takes)} takes, {frames / 108_000:.2f} h", flush=True)
    config = LoopConfig(
        seed=arguments.seed,
        minutes=arguments.minutes,
        steps=arguments.steps,
        warmup_steps=preset.warmup_steps,
        last_rate_share=preset.last_rate_share,
        state_path=arguments.out.with_suffix(".state"),
        log_folder=arguments.logs,
        validate_every_s=120.0,
        save_every_s=120.0,
    )
    result = run(task, fabric, config, is_resumed=arguments.resume, say=lambda line: print(line, flush=True))
    if fabric.is_global_zero:
        provenance = {
            "command": command_line("training.train_evaluator", sys.argv[1:]),
            "preset": asdict(preset),
            "seed": arguments.seed,
            "corpus_sha256": data,
            "corpus_frames": frames,
            "steps": result.steps,
            "minutes": round(result.seconds / 60, 2),
            "metrics": dict(result.metrics),
        }
        save_evaluator(arguments.out, task, provenance)
        print(f"wrote {arguments.out} after {result.steps} steps in {result.seconds / 60:.1f} min")


if __name__ == "__main__":
    try:
        train(tyro.cli(Arguments))
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
