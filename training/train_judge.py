"""Train the judge of listening: ``python -m training.train_judge --data DIR --out FILE.safetensors --minutes 4``.

A matcher learns to tell a motion's own sound from another's on true takes. It judges whatever is trained here, so give
it a corpus that nothing else is trained on (another seed). Of all validations the best weights are kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from exges_core.metrics.listening.judge import JudgeConfig, Sees, save_judge
from training.command import start, writable
from training.data.recordings import corpus_hash, read_arrays
from training.data.takes import TakeArrays, hours_of
from training.judge.task import JudgePreset, JudgeTask, pairs_of
from training.loop.arguments import TrainingArguments, held_out
from training.loop.training_loop import fabric_for


@dataclass(frozen=True, kw_only=True)
class Arguments(TrainingArguments):
    """Train a judge.

    Attributes:
        sees: the instants of strokes alone, or the paths of wrists and head.
    """

    USUAL_MINUTES = 4.0

    sees: Sees = "strokes"


def train(arguments: Arguments) -> None:
    """Read the data, train, write the judge.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume.
        OutputError: if state or weights cannot be written.
    """

    def read(split: str) -> list[TakeArrays]:
        return read_arrays(arguments.data, split, cache=arguments.cache, workers=arguments.workers)

    writable(arguments.out)
    preset, fabric, takes = JudgePreset(network=JudgeConfig(sees=arguments.sees)), fabric_for(), read("train")
    network = preset.network
    print(f"{len(takes)} takes, {hours_of(takes):.2f} h", flush=True)
    watched = held_out(lambda split: pairs_of(read(split), network))
    task = JudgeTask(preset, pairs_of(takes, network), watched, fabric, seed=arguments.seed)
    result = arguments.run(task, fabric, arguments.loop(preset, takes, every_s=20.0))
    if fabric.is_global_zero:
        frames = sum(take.frames for take in takes)
        facts = {"preset": asdict(preset), "corpus_sha256": corpus_hash(takes), "corpus_frames": frames}
        provenance = arguments.provenance("training.train_judge", result, **facts)
        save_judge(arguments.out, network, task.best, task.mean, task.std, provenance)
        print(arguments.written(result))


if __name__ == "__main__":
    start(train, Arguments, about=__doc__)
