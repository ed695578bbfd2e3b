"""Train a denoiser: ``python -m training.train_diffusion --data DIR --out FILE.safetensors --minutes M --seed S``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import tyro

from exges_core.diffusion.model import load_denoiser
from exges_core.errors import ExgesError, InputError
from training.data.recordings import corpus_hash, read_arrays
from training.data.takes import TakeArrays
from training.diffusion.presets import DIFFUSION
from training.diffusion.task import DenoisingTask, save_denoiser
from training.loop.training_loop import LoopConfig, fabric_for, run
from training.provenance import command_line


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Train a denoiser on a folder in BEAT2's layout, or on a file of shards made of one.

    Attributes:
        data: the folder or file.
        out: weights to write; the resumable state is kept beside them.
        minutes: of training, data reading not counted; with `steps`, whichever ends first.
        steps: of training.
        seed: of everything that is drawn.
        preset: default (two CPU cores, about an hour), paper, or an ablation of the default (`presets.ABLATIONS`).
        cache: where features of the data are kept between runs.
        logs: folder for TensorBoard.
        copies: of every training take with varied speech, beside the take itself (`data.augment_presets`).
        workers: processes that compute features.
        device: cpu or cuda; under torchrun, of every process.
        bf16: mixed precision; faster wherever the processor knows it.
        resume: go on from the state beside `out`.
        init: weights to start from: fine-tuning keeps their size and normalisation; new styles start as the null style,
            and weights without a linear prior get one if the preset has it.
        curriculum: go through the curriculum of masks again in spite of `init`.
        rate_share: of the preset's learning rate; 0.3 or so for fine-tuning.
    """

    data: Path
    out: Path
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    preset: Literal[
        "default", "paper", "no-score", "no-control", "no-mask-channel", "no-part-mask", "no-curriculum", "regression"
    ] = "default"
    cache: Path | None = None
    logs: Path | None = None
    copies: int = 0
    workers: int = 1
    device: Literal["cpu", "cuda"] = "cpu"
    bf16: bool = True
    resume: bool = False
    init: Path | None = None
    curriculum: bool = False
    rate_share: float = 1.0


def held_out(arguments: Arguments) -> list[TakeArrays]:
    """Return the validation takes, or none where the folder has no such split."""
    try:
        return read_arrays(arguments.data, "val", cache=arguments.cache, workers=arguments.workers)
    except InputError as error:
        print(f"no validation: {error}")
        return []


def train(arguments: Arguments) -> None:
    """Read the data, train, write the weights."""
    preset = DIFFUSION[arguments.preset]
    preset = replace(preset, learning_rate=arguments.rate_share * preset.learning_rate)
    init = None if arguments.init is None else load_denoiser(arguments.init, is_bf16=False)
    if init is not None and not arguments.curriculum:  # what it has learned already was the curriculum
        preset = replace(preset, masking=replace(preset.masking, curriculum_share=0.0))
    fabric = fabric_for(device=arguments.device, is_bf16=arguments.bf16, log_folder=arguments.logs)
    takes = read_arrays(
        arguments.data,
        "train",
        cache=arguments.cache,
        workers=arguments.workers,
        copies=arguments.copies,
        seed=arguments.seed,
    )
    task = DenoisingTask(preset, takes, held_out(arguments), fabric, seed=arguments.seed, init=init)
    print(f"{len(takes)} takes, {task.source.frames / 108_000:.2f} h, styles {', '.join(task.styles)}", flush=True)
    config = LoopConfig(
        seed=arguments.seed,
        minutes=arguments.minutes,
        steps=arguments.steps,
        warmup_steps=preset.warmup_steps,
        last_rate_share=preset.last_rate_share,
        is_rate_constant=preset.is_rate_constant,
        state_path=arguments.out.with_suffix(".state"),
    )
    result = run(task, fabric, config, is_resumed=arguments.resume, say=lambda line: print(line, flush=True))
    if fabric.is_global_zero:
        provenance = {
            "command": command_line("training.train_diffusion", sys.argv[1:]),
            "preset": arguments.preset,
            "seed": arguments.seed,
            "init": None if init is None else {"name": init.name, "sha256": init.sha256, **init.provenance},
            "corpus_sha256": corpus_hash(takes),
            "corpus_frames": task.source.frames,
            "copies": arguments.copies,
            "steps": result.steps,
            "minutes": round(result.seconds / 60, 2),
            "metrics": dict(result.metrics),
        }
        save_denoiser(arguments.out, task, provenance)
        print(f"wrote {arguments.out} after {result.steps} steps in {result.seconds / 60:.1f} min")


if __name__ == "__main__":
    try:
        train(tyro.cli(Arguments))
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
