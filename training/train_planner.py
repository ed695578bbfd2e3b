"""Train the planner: ``python -m training.train_planner --data DIR --out FILE.safetensors --minutes 8``.

A small network learns from words and sound alone where speakers gesture, with which hand, how large and how long; what
it never sees is what the corpus knows of its own text (cues, focus, mood). Of all validations the best weights are kept
and then set to the validation takes' rate of strokes.
"""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import tyro

from exges_core.errors import ExgesError, InputError
from exges_core.planning.planner_model import save_planner
from training.loop.training_loop import LoopConfig, LoopResult, fabric_for, run
from training.planner.rate import bias_for_rate, biases_of_styles
from training.planner.takes import PlannerTake, planner_hash, read_planner_takes
from training.planner.task import PlannerPreset, PlannerTask
from training.provenance import command_line


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Train a planner on a folder in BEAT2's layout.

    Attributes:
        data: the folder; its splits train and val are read.
        out: weights to write; the resumable state is kept beside them.
        minutes: of training at most, data reading not counted.
        steps: of training at most; None = as many as 40 passes over the takes need (more only overfits).
        seed: of everything that is drawn.
        cache: where what is read of the data is kept between runs.
        workers: processes that read it.
        resume: go on from the state beside `out`.
    """

    data: Path
    out: Path
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    cache: Path | None = None
    workers: int = 1
    resume: bool = False

    def __post_init__(self) -> None:
        """Default to eight minutes."""
        if self.minutes is None and self.steps is None:
            object.__setattr__(self, "minutes", 8.0)


def held_out(arguments: Arguments) -> list[PlannerTake]:
    """Return the validation takes, or none where the folder has no such split."""
    try:
        return read_planner_takes(arguments.data, "val", cache=arguments.cache, workers=arguments.workers)
    except InputError as error:
        print(f"no validation: {error}")
        return []


def train(arguments: Arguments) -> None:
    """Read the data, train, set the rate, write the planner.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume.
        OutputError: if state or weights cannot be written.
    """
    preset = PlannerPreset()
    takes = read_planner_takes(arguments.data, "train", cache=arguments.cache, workers=arguments.workers)
    watched = held_out(arguments)
    hours = sum(take.score.duration_s for take in takes) / 3600
    strokes = sum(len(take.score.strokes) for take in takes)
    fabric = fabric_for()
    task = PlannerTask(preset, takes, watched, fabric, seed=arguments.seed)
    size = sum(each.numel() for each in task.average.parameters())
    print(f"{len(takes)} takes, {hours:.2f} h, {strokes} strokes; {size} parameters", flush=True)
    config = LoopConfig(
        seed=arguments.seed,
        minutes=arguments.minutes,
        steps=arguments.steps or math.ceil(preset.passes * len(takes) / preset.batch),
        warmup_steps=preset.warmup_steps,
        last_rate_share=preset.last_rate_share,
        state_path=arguments.out.with_suffix(".state"),
        validate_every_s=12.0,
        save_every_s=60.0,
    )
    result = run(task, fabric, config, is_resumed=arguments.resume, say=lambda line: print(line, flush=True))
    if fabric.is_global_zero:
        write(
            arguments,
            task,
            result,
            {"corpus_sha256": planner_hash(takes), "hours": round(hours, 3), "strokes": strokes},
        )


def write(arguments: Arguments, task: PlannerTask, result: LoopResult, of_data: dict[str, object]) -> None:
    """Set the rate and write the planner.

    Raises:
        OutputError: if it cannot be written.
    """
    # Without validation the training takes tell the rate, which is nearly as good: it is one number.
    found = bias_for_rate(task, task.held_out or task.takes[:20], seed=arguments.seed)
    biases = biases_of_styles(task, bias=found.bias, seed=arguments.seed)
    planner = task.planner(stroke_bias=found.bias, style_biases=biases)
    provenance = {
        "command": command_line("training.train_planner", sys.argv[1:]),
        "preset": asdict(task.preset),
        "seed": arguments.seed,
        **of_data,
        "steps": result.steps,
        "minutes": round(result.seconds / 60, 2),
        "metrics": {**result.metrics, "strokes_per_min": found.strokes_per_min, "as_labelled": found.wanted_per_min},
    }
    codes = task.codes
    save_planner(
        arguments.out,
        planner.config,
        task.best,
        kinds=codes.kinds,
        styles=codes.styles,
        words=codes.known.words,
        habits=codes.habits,
        edges=codes.edges,
        provenance=provenance,
    )
    print(f"strokes a minute {found.strokes_per_min:.1f}, labelled {found.wanted_per_min:.1f}, bias {found.bias:+.3f}")
    print(f"wrote {arguments.out} after {result.steps} steps in {result.seconds / 60:.1f} min")


if __name__ == "__main__":
    torch.set_num_threads(1)  # so small a network is fastest on one
    try:
        train(tyro.cli(Arguments))
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
