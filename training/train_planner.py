"""Train the planner: ``python -m training.train_planner --data DIR --out FILE.safetensors --minutes 8``.

A small network learns from words and sound alone where speakers gesture, with which hand, how large and how long; what
it never sees is what the corpus knows of its own text (cues, focus, mood). Of all validations the best weights are kept
and then set to the validation takes' rate of strokes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch

from exges_core.planning.planner_model import save_planner
from training.command import start, writable
from training.loop.arguments import TrainingArguments, held_out
from training.loop.training_loop import LoopResult, fabric_for
from training.planner.rate import bias_for_rate, biases_of_styles
from training.planner.takes import PlannerTake, planner_hash, read_planner_takes
from training.planner.task import PlannerPreset, PlannerTask


@dataclass(frozen=True, kw_only=True)
class Arguments(TrainingArguments):
    """Train a planner; without `--steps`, for 40 passes over the takes at most (more only overfits)."""

    USUAL_MINUTES = 8.0


def train(arguments: Arguments) -> None:
    """Read the data, train, set the rate, write the planner.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume.
        OutputError: if state or weights cannot be written.
    """

    def read(split: str) -> list[PlannerTake]:
        return read_planner_takes(arguments.data, split, cache=arguments.cache, workers=arguments.workers)

    writable(arguments.out)
    preset, fabric, takes = PlannerPreset(), fabric_for(), read("train")
    task = PlannerTask(preset, takes, held_out(read), fabric, seed=arguments.seed)
    hours = sum(take.score.duration_s for take in takes) / 3600
    strokes = sum(len(take.score.strokes) for take in takes)
    size = sum(each.numel() for each in task.average.parameters())
    print(f"{len(takes)} takes, {hours:.2f} h, {strokes} strokes; {size} parameters", flush=True)
    most = math.ceil(preset.passes * len(takes) / preset.batch)
    result = arguments.run(task, fabric, arguments.loop(preset, takes, steps=most, every_s=12.0))
    if fabric.is_global_zero:
        facts = {"corpus_sha256": planner_hash(takes), "hours": round(hours, 3), "strokes": strokes}
        write(arguments, task, result, facts)


def write(arguments: Arguments, task: PlannerTask, result: LoopResult, of_data: Mapping[str, object]) -> None:
    """Set the rate and write the planner.

    Raises:
        OutputError: if it cannot be written.
    """
    # Without validation the training takes tell the rate, which is nearly as good: it is one number.
    found = bias_for_rate(task, task.held_out or task.takes[:20], seed=arguments.seed)
    biases = biases_of_styles(task, bias=found.bias, seed=arguments.seed)
    planner = task.planner(stroke_bias=found.bias, style_biases=biases)
    rates = {"strokes_per_min": found.strokes_per_min, "as_labelled": found.wanted_per_min}
    facts = {"preset": asdict(task.preset), **of_data}
    provenance = arguments.provenance("training.train_planner", result, **facts)
    provenance["metrics"] = {**result.metrics, **rates}
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
    print(arguments.written(result))


if __name__ == "__main__":
    torch.set_num_threads(1)  # so small a network is fastest on one
    start(train, Arguments, about=__doc__)
