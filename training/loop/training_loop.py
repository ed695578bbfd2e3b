"""The training loop around any task: time, learning rate, logs, checkpoints, resume; Lightning Fabric underneath.

Started by ``torchrun`` it runs data-parallel; started plainly it runs in one process. Everything a step draws comes
from generators seeded by (seed, step), and every process takes its share of it: the step number IS the state of
randomness, so a resumed run draws what an uninterrupted one would have drawn, with any number of processes. Only what
layers drop out differs. The first process alone keeps the time, logs and saves. What is trained lives in a `Task`.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Protocol, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.loggers.logger import Logger
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from torch import Tensor

from exges_core.errors import Cancelled, CheckpointError, InputError, OutputError, message
from exges_core.tensors import manual_seed
from training.loop.stopping import Stopping, set_aside, stopped_text
from training.loop.task import Illustrated, Share, State, Task, draws_of

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """How long a run lasts, and how often it logs, validates and saves.

    Attributes:
        seed: of everything that is drawn.
        minutes, steps: the training ends with whichever comes first; at least one is given.
        warmup_steps, last_rate_share, is_rate_constant: the learning rate's course.
        settings: what a state must agree in to be resumed (preset, data), as texts by name.
        state_path: where the resumable state is kept, or None.
        log_every_s, validate_every_s, save_every_s: in seconds; the first steps are always logged.
    """

    seed: int
    minutes: float | None = None
    steps: int | None = None
    warmup_steps: int = 200
    last_rate_share: float = 0.02
    is_rate_constant: bool = False
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    state_path: Path | None = None
    log_every_s: float = 15.0
    validate_every_s: float = 300.0
    save_every_s: float = 300.0

    def __post_init__(self) -> None:
        if self.minutes is None and self.steps is None:
            raise ValueError("LoopConfig: give minutes, steps or both")


@dataclass(frozen=True, kw_only=True)
class LoopResult:
    """How a run ended; `seconds` includes the earlier parts of a resumed run."""

    steps: int
    seconds: float
    metrics: Mapping[str, float]


def fabric_for(*, device: str = "cpu", is_bf16: bool = False, log_folder: Path | None = None) -> Fabric:
    """Set up Lightning Fabric for this process: one device, or every process that ``torchrun`` started."""
    world, local = (int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    loggers: list[Logger] = (
        [] if log_folder is None else [TensorBoardLogger(root_dir=log_folder, name=None, version="")]
    )
    fabric = Fabric(
        accelerator=device,
        devices=local,
        num_nodes=world // local,
        strategy="ddp" if world > 1 else "auto",
        precision="bf16-mixed" if is_bf16 else "32-true",
        loggers=loggers,
    )
    fabric.launch()
    return fabric


def rate_scale(config: LoopConfig, step: int, progress: float) -> float:
    """Return the share of the highest learning rate: linear warm-up, then a cosine down over the whole training."""
    if config.is_rate_constant:
        return 1.0
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    low = config.last_rate_share
    return warm * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def run(task: Task, fabric: Fabric, config: LoopConfig, *, is_resumed: bool = False, say: Say = print) -> LoopResult:
    """Train until time or steps are up; log, validate and save on the way, and once more at the end.

    Ctrl-C (or SIGTERM) ends it after the step it is in, with its state saved. A state that another training left at
    `state_path` is renamed before it is replaced.

    Raises:
        CheckpointError: if resuming without a usable state, or with one of other settings.
        OutputError: if the state cannot be written.
        InputError: if the loss is no longer a finite number; the last saved state stays.
        Cancelled: if it was asked to stop.
    """
    with Stopping() as stopping:
        return _Run(task, fabric, config, say, stopping).go(is_resumed)


class _Pictures(Protocol):
    """What TensorBoard's writer offers; Lightning leaves it without a type."""

    def add_image(self, tag: str, picture: object, step: int, *, dataformats: str) -> None:
        """Log a picture."""
        ...


class _Run:
    def __init__(self, task: Task, fabric: Fabric, config: LoopConfig, say: Say, stopping: Stopping) -> None:
        self.task, self.fabric, self.config, self.stopping = task, fabric, config, stopping
        self.say: Say = say if fabric.is_global_zero else (lambda _line: None)
        self.step, self.before_s, self.started_s = 0, 0.0, time.monotonic()
        self.metrics: Mapping[str, float] = {}
        self.last_s: dict[str, float] = {"log": 0.0, "validate": 0.0, "save": 0.0}
        self.first_step = 0
        self.share = Share(rank=fabric.global_rank, count=fabric.world_size)
        self.now_s, self.is_stopped, self.is_own = 0.0, False, False

    @property
    def seconds(self) -> float:
        return self.before_s + time.monotonic() - self.started_s

    def progress(self) -> float:
        shares = [
            done / limit
            for done, limit in (
                (self.now_s / 60, self.config.minutes),
                (float(self.step), self.config.steps),
            )
            if limit
        ]
        return max(shares)

    def _agree(self) -> None:
        """Take the first process's time and wish to stop: they differ, and one would wait for another for ever."""
        now_s, is_stopped = self.fabric.broadcast((self.seconds, self.stopping.is_asked))
        self.now_s, self.is_stopped = float(now_s), bool(is_stopped)

    def go(self, is_resumed: bool) -> LoopResult:
        if is_resumed:
            self._resume()
        self._agree()
        self.last_s = dict.fromkeys(self.last_s, self.now_s)
        self.first_step = self.step
        while not self.is_stopped and (progress := self.progress()) < 1.0:
            draws = draws_of(self.config.seed, self.step, progress, self.share)
            # Dropout knows no other source; processes drop out different things of different rows.
            manual_seed(self.config.seed * 1_000_003 + self.step + self.share.rank * 7_919)
            logs = self.task.train_step(draws, rate_scale=rate_scale(self.config, self.step, progress))
            self._check(logs)
            self.step += 1
            self._agree()
            if self.step <= 3 or self._is_due("log", self.config.log_every_s):
                self._log(logs, progress)
            if self._is_due("validate", self.config.validate_every_s):
                self._validate()
            if self._is_due("save", self.config.save_every_s):
                self._save()
        if self.is_stopped:
            self._save()
            raise Cancelled(stopped_text(self.step, self.config.state_path))
        self._validate()
        self._save()
        return LoopResult(steps=self.step, seconds=self.seconds, metrics=self.metrics)

    def _is_due(self, what: str, every_s: float) -> bool:
        if self.now_s - self.last_s[what] < every_s:
            return False
        self.last_s[what] = self.now_s
        return True

    def _check(self, logs: Mapping[str, Tensor | float]) -> None:
        """Stop before weights that are no numbers are validated, shipped or saved over good ones."""
        if math.isfinite(loss := float(logs["loss"])):
            return
        do = "Lower the learning rate, or look for a broken take."
        do += f" {self.config.state_path} is the last good state." if self.is_own else ""
        where = f"step {self.step + 1}"
        raise InputError(message(expected="a loss that is a finite number", got=f"{loss}", where=where, do=do))

    def _log(self, logs: Mapping[str, Tensor | float], progress: float) -> None:
        numbers = self._of_all({name: float(value) for name, value in logs.items()})
        self.fabric.log_dict({f"train/{name}": value for name, value in numbers.items()}, step=self.step)
        text = "  ".join(f"{name} {value:.4f}" for name, value in numbers.items())
        pace = (self.seconds - self.before_s) / max(1, self.step - self.first_step)
        self.say(f"step {self.step:6d}  {progress:6.1%}  {pace:.3f} s/step  {text}")

    def _of_all(self, numbers: dict[str, float]) -> dict[str, float]:
        """Return the means over all processes, which are those of the whole batch."""
        if self.share.count == 1:
            return numbers
        own = torch.tensor(list(numbers.values()), device=self.fabric.device)
        mean = cast("Callable[..., Tensor]", self.fabric.all_reduce)(own, reduce_op="mean")
        return {name: float(value) for name, value in zip(numbers, mean, strict=True)}

    def _validate(self) -> None:
        self.metrics = self.task.validate()
        if self.metrics:
            self.fabric.log_dict({f"validation/{name}": value for name, value in self.metrics.items()}, step=self.step)
            text = "  ".join(f"{name} {value:.4f}" for name, value in self.metrics.items())
            self.say(f"step {self.step:6d}  validation  {text}")
        self._show()

    def _show(self) -> None:
        """Log sample pictures; in one process, for all validate but only one logs."""
        if not (self.fabric.is_global_zero and self.fabric.loggers and isinstance(self.task, Illustrated)):
            return
        for name, picture in self.task.pictures().items():
            for logger in self.fabric.loggers:
                if isinstance(logger, TensorBoardLogger):
                    cast("_Pictures", logger.experiment).add_image(
                        f"samples/{name}", picture, self.step, dataformats="HWC"
                    )

    def _save(self) -> None:
        path = self.config.state_path
        if path is None or not self.fabric.is_global_zero:
            return
        content = {"step": self.step, "seconds": self.seconds, "seed": self.config.seed, "task": self.task.state()}
        content["settings"] = dict(self.config.settings)
        temporary = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(content, temporary)
            if not self.is_own and (older := set_aside(path)):
                self.say(f"{path} was another training's; it is {older.name} now")
            os.replace(temporary, path)
            self.is_own = True
        except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
            temporary.unlink(missing_ok=True)
            raise OutputError(
                message(expected="room for the training state", got=str(error), where=str(path), do="Free space.")
            ) from error

    def _resume(self) -> None:
        path = self.config.state_path
        if path is None or not path.is_file():
            raise CheckpointError(
                message(expected="a training state", got="nothing", where=str(path), do="Start without --resume.")
            )
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except (UnpicklingError, RuntimeError, OSError, EOFError, LookupError, ValueError) as error:
            got, do = f"unreadable ({type(error).__name__})", "Start without --resume."
            raise CheckpointError(message(expected="a training state", got=got, where=str(path), do=do)) from error
        self._check_settings(content, path)
        try:
            self.step, self.before_s = int(content["step"]), float(content["seconds"])
            self.task.restore(content["task"])
        except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
            got = f"another one ({' '.join(str(error).split())[:200] or type(error).__name__})"
            raise _other_state(path, "a state of this training", got) from error
        self.is_own = True
        self.started_s = time.monotonic()
        self.say(f"resumed at step {self.step} after {self.before_s / 60:.1f} min")

    def _check_settings(self, content: object, path: Path) -> None:
        """Refuse a state that is not this training's, before anything of it is taken."""
        if not isinstance(content, dict) or not {"step", "seconds", "seed", "task"} <= content.keys():
            raise _other_state(path, "a training state", "something else")
        content = cast("State", content)
        if content["seed"] != self.config.seed:
            raise _other_state(path, f"a state of seed {self.config.seed}", f"seed {content['seed']}")
        found, own = dict(content.get("settings", {})), dict(self.config.settings)  # older states tell none
        if found and (differing := sorted(key for key in {*found, *own} if found.get(key) != own.get(key))):
            raise _other_state(path, "a state of this training", f"one of other {', '.join(differing)}")


def _other_state(path: Path, expected: str, got: str) -> CheckpointError:
    do = "Resume with the data and options it was started with, or start anew without --resume."
    return CheckpointError(message(expected=expected, got=got, where=str(path), do=do))
