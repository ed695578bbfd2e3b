"""Train the judge of listening: ``python -m training.train_judge --data DIR --out FILE.safetensors --minutes 4``.

A matcher learns to tell a motion's own sound from another's on true takes. It judges whatever is trained here, so give
it a corpus that nothing else is trained on (another seed). Of all validations the best weights are kept.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from exges_core.errors import ExgesError, InputError
from exges_core.metrics.listening.judge import JudgeConfig, Sees, save_judge
from training.data.recordings import corpus_hash, read_arrays
from training.judge.task import JudgePreset, JudgeTask, Pair, pairs_of
from training.loop.training_loop import LoopConfig, fabric_for, run
from training.provenance import command_line


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Train a judge on a folder in BEAT2's layout, or on a file of shards made of one.

    Attributes:
        data: the folder or file; its splits train and val are read.
        out: weights to write; the resumable state is kept beside them.
        sees: the instants of strokes alone, or the paths of wrists and head.
        minutes: of training, data reading not counted; with `steps`, whichever ends first.
        steps: of training.
        seed: of everything that is drawn.
        cache: where features of the data are kept between runs.
        workers: processes that compute features.
        resume: go on from the state beside `out`.
    """

    data: Path
    out: Path
    sees: Sees = "strokes"
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    cache: Path | None = None
    workers: int = 1
    resume: bool = False

    def __post_init__(self) -> None:
        """Default to four minutes."""
        if self.minutes is None and self.steps is None:
            object.__setattr__(self, "minutes", 4.0)


def held_out(arguments: Arguments, config: JudgeConfig) -> list[Pair]:
    """Return the validation pairs, or none where the folder has no such split."""
    try:
        return pairs_of(read_arrays(arguments.data, "val", cache=arguments.cache, workers=arguments.workers), config)
    except InputError as error:
        print(f"no validation: {error}")
        return []


def train(arguments: Arguments) -> None:
    """Read the data, train, write the judge.

    Raises:
        InputError: if the data cannot be used.
        CheckpointError: if there is nothing to resume.
        OutputError: if state or weights cannot be written.
    """
    preset = JudgePreset(network=JudgeConfig(sees=arguments.sees))
    network = preset.network
    takes = read_arrays(arguments.data, "train", cache=arguments.cache, workers=arguments.workers)
    frames = sum(take.frames for take in takes)
    print(f"{len(takes)} takes, {frames / 108_000:.2f} h", flush=True)
    task = JudgeTask(preset, pairs_of(takes, network), held_out(arguments, network), fabric_for(), seed=arguments.seed)
    config = LoopConfig(
        seed=arguments.seed,
        minutes=arguments.minutes,
        steps=arguments.steps,
        warmup_steps=preset.warmup_steps,
        last_rate_share=preset.last_rate_share,
        state_path=arguments.out.with_suffix(".state"),
        validate_every_s=20.0,
    )
    fabric = task.fabric
    result = run(task, fabric, config, is_resumed=arguments.resume, say=lambda line: print(line, flush=True))
    provenance = {
        "command": command_line("training.train_judge", sys.argv[1:]),
        "preset": asdict(preset),
        "seed": arguments.seed,
        "corpus_sha256": corpus_hash(takes),
        "corpus_frames": frames,
        "steps": result.steps,
        "minutes": round(result.seconds / 60, 2),
        "metrics": dict(result.metrics),
    }
    if fabric.is_global_zero:
        save_judge(arguments.out, network, task.best, task.mean, task.std, provenance)
        print(f"wrote {arguments.out} after {result.steps} steps in {result.seconds / 60:.1f} min")


if __name__ == "__main__":
    try:
        train(tyro.cli(Arguments))
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
