"""Train FGD's encoder: ``python -m training.train_evaluator --data DIR --out FILE.safetensors --minutes 20``.

An auto-encoder of gestures learns to give back what it was shown; the encoder alone is written. Of all validations the
weights with the smallest reconstruction error on the validation split are kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from training.command import start, writable
from training.data.recordings import corpus_hash, read_arrays
from training.data.takes import TakeArrays, hours_of
from training.evaluator.task import EvaluatorPreset, EvaluatorTask, save_evaluator
from training.loop.arguments import DeviceArguments, held_out


@dataclass(frozen=True, kw_only=True)
class Arguments(DeviceArguments):
    """Train an evaluator; with `bf16`, rounding shows in the velocity error."""

    USUAL_MINUTES = 20.0


def train(arguments: Arguments) -> None:
    """Read the data, train, write the encoder.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume.
        OutputError: if state or weights cannot be written.
    """

    def read(split: str) -> list[TakeArrays]:
        return read_arrays(arguments.data, split, cache=arguments.cache, workers=arguments.workers)

    writable(arguments.out)
    preset, fabric = EvaluatorPreset(), arguments.fabric()
    with arguments.first_reads(fabric):
        takes, watched = read("train"), held_out(read, fabric.print)
    task = EvaluatorTask(preset, takes, watched, fabric, seed=arguments.seed)
    fabric.print(f"{len(takes)} takes, {hours_of(takes):.2f} h", flush=True)
    result = arguments.run(task, fabric, arguments.loop(preset, takes, every_s=120.0))
    if fabric.is_global_zero:
        facts = {"preset": asdict(preset), "corpus_sha256": corpus_hash(takes), "corpus_frames": task.source.frames}
        save_evaluator(arguments.out, task, arguments.provenance("training.train_evaluator", result, **facts))
        print(arguments.written(result))


if __name__ == "__main__":
    start(train, Arguments, about=__doc__, is_parallel=True)
