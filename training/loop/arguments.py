"""The options that every training command takes, and the provenance it writes into its weights."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol, TypeVar, cast, runtime_checkable

from lightning_fabric import Fabric

from exges_core.errors import InputError, message
from training.command import check_length, command_line, device_of
from training.loop.task import Task
from training.loop.training_loop import LoopConfig, LoopResult, fabric_for, run

Take = TypeVar("Take")


@runtime_checkable
class Course(Protocol):
    """What of a preset gives the learning rate its course."""

    @property
    def warmup_steps(self) -> int: ...  # noqa: D102 - as the class says

    @property
    def last_rate_share(self) -> float: ...  # noqa: D102


@runtime_checkable
class Named(Protocol):
    """What tells a take from another."""

    @property
    def id(self) -> str: ...  # noqa: D102 - as the class says

    @property
    def speaker(self) -> str: ...  # noqa: D102


def _digest(takes: Sequence[Named]) -> str:
    return hashlib.sha256("\n".join(f"{take.id} {take.speaker}" for take in takes).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class TrainingArguments:
    """Train on a folder in BEAT2's layout or a file of shards, its splits train and val.

    Attributes:
        data: the folder or file.
        out: weights to write; the resumable state is kept beside them.
        minutes: of training, reading not counted; with `steps`, whichever ends first.
        steps: of training.
        seed: of everything that is drawn.
        cache: where what was computed from the data is kept between runs.
        workers: processes that read the data.
        resume: go on from the state beside `out`.
    """

    USUAL_MINUTES: ClassVar[float]
    """How long it trains if neither `minutes` nor `steps` is given."""

    data: Path
    out: Path
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    cache: Path | None = None
    workers: int = 1
    resume: bool = False

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: if one is out of range.
        """
        check_length(minutes=self.minutes, steps=self.steps, seed=self.seed)
        if self.workers < 1:
            do = "Change the option."
            raise InputError(message(expected="1 or more", got=f"{self.workers}", where="--workers", do=do))

    def loop(
        self, course: Course, takes: Sequence[Named], *, steps: int | None = None, every_s: float = 300.0
    ) -> LoopConfig:
        """Return the loop's settings.

        Args:
            course: the preset.
            takes: what is trained on. With the preset, their names tell whether a state to resume is this training's;
                their features do not, for their last bits may differ on another machine.
            steps: the limit if the user sets none.
            every_s: seconds between validations and between saves.
        """
        is_open = self.minutes is None and self.steps is None
        return LoopConfig(
            seed=self.seed,
            minutes=self.USUAL_MINUTES if is_open else self.minutes,
            steps=self.steps or steps,
            warmup_steps=course.warmup_steps,
            last_rate_share=course.last_rate_share,
            settings={"preset": repr(course), "takes": _digest(takes)},
            state_path=self.out.with_suffix(".state"),
            validate_every_s=every_s,
            save_every_s=max(every_s, 60.0),
        )

    def run(self, task: Task, fabric: Fabric, config: LoopConfig) -> LoopResult:
        """Train, or go on training, and print the course of it.

        Raises:
            CheckpointError: if there is nothing to resume, or a state of another training.
            OutputError: if the state cannot be written.
            InputError: if the loss is no longer a finite number.
            Cancelled: if it was asked to stop; its state is saved.
        """
        return run(task, fabric, config, is_resumed=self.resume, say=lambda line: print(line, flush=True))

    def provenance(self, module: str, result: LoopResult, **facts: object) -> dict[str, object]:
        """Return what goes into the weights' header: the command, facts about data and preset, length and metrics."""
        return {
            "command": command_line(module, sys.argv[1:]),
            "seed": self.seed,
            **facts,
            "steps": result.steps,
            "minutes": round(result.seconds / 60, 2),
            "metrics": dict(result.metrics),
        }

    def written(self, result: LoopResult) -> str:
        """Return the last line of a training."""
        return f"wrote {self.out} after {result.steps} steps in {result.seconds / 60:.1f} min"


@dataclass(frozen=True, kw_only=True)
class DeviceArguments(TrainingArguments):
    """The same, on any device and watched in TensorBoard.

    Attributes:
        logs: folder for TensorBoard.
        device: cpu or cuda; under torchrun, of every process.
        bf16: mixed precision; faster wherever the processor knows it.
    """

    logs: Path | None = None
    device: Literal["cpu", "cuda"] = "cpu"
    bf16: bool = False

    def fabric(self) -> Fabric:
        """Return the plumbing for this process.

        Raises:
            InputError: if there is no such device.
        """
        return fabric_for(device=device_of(self.device), is_bf16=self.bf16, log_folder=self.logs)

    def first_reads(self, fabric: Fabric) -> AbstractContextManager[None]:
        """Let a machine's first process read, where there is a cache, and the others take it from there."""
        first = cast("Callable[..., AbstractContextManager[None]]", fabric.rank_zero_first)
        return nullcontext() if self.cache is None else first(local=True)


def held_out(read: Callable[[str], list[Take]], say: Callable[[str], object] = print) -> list[Take]:
    """Return the validation takes, or none, and say so, where the data has no such split."""
    try:
        return read("val")
    except InputError as error:
        say(f"no validation: {error}")
        return []
