"""What torchrun starts for `test_processes`: `two_processes.py FOLDER`, run by each of two processes.

First two steps of retrieval, then a denoiser of six steps in which the second process fails at the fifth.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from lightning_fabric import Fabric
from retrieval.sets import random_set
from torch import Tensor

from exges_core.diffusion.config import DenoiserConfig
from exges_core.errors import InputError
from exges_core.motion.features import MOTION_CHANNELS
from exges_core.retrieval.config import RetrievalConfig
from training.command import start
from training.data.takes import TakeArrays
from training.diffusion.presets import DIFFUSION, DiffusionPreset
from training.diffusion.task import DenoisingTask
from training.loop.processes import ALONE, Processes
from training.loop.task import Draws
from training.loop.training_loop import LoopConfig, fabric_for, run
from training.retrieval.presets import RETRIEVAL_MODEL_TINY, RETRIEVAL_TRAINING_TINY
from training.retrieval.training_step import make_state, train_step

FAILS_AT = 4
STEPS = 6
NETWORK = DenoiserConfig(latent=16, layers=1, heads=2, feed_forward=32, window_frames=32, prior_rank=8, has_score=True)
MODEL: RetrievalConfig = replace(RETRIEVAL_MODEL_TINY, dropout=0.0)


def preset() -> DiffusionPreset:
    whole = DIFFUSION["default"]
    return replace(whole, denoiser=NETWORK, batch=8, warmup_steps=2)


def takes() -> list[TakeArrays]:
    """Return takes of which some are shorter than a window: what counts differs from process to process."""
    return [_take(number, frames) for number, frames in enumerate((12, 20, 24, 28, 31, 36))]


def _take(number: int, frames: int) -> TakeArrays:
    generator = np.random.default_rng(number)
    rest = np.array([1, 0, 0, 0, 1, 0] * 55 + [0] * (MOTION_CHANNELS - 330))
    motion, audio = generator.normal(scale=0.2, size=(frames, MOTION_CHANNELS)), generator.normal(size=(frames, 84))
    return TakeArrays(
        id=f"{number}",
        speaker=("ada", "bob")[number % 2],
        split="train",
        motion=(rest + motion).astype(np.float16),
        audio=audio.astype(np.float16),
    )


def denoiser(fabric: Fabric) -> DenoisingTask:
    return DenoisingTask(preset(), takes(), [], fabric, seed=3)


def config(state: Path | None) -> LoopConfig:
    return LoopConfig(seed=3, steps=STEPS, state_path=state, save_every_s=0.0, log_every_s=0.0, validate_every_s=1e9)


class Failing:
    """A task of which one process cannot go on."""

    def __init__(self, task: DenoisingTask, rank: int) -> None:
        self.task, self.rank = task, rank
        self.state, self.restore, self.validate = task.state, task.restore, task.validate

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        if draws.step == FAILS_AT and self.rank == 1:
            raise InputError("expected a disk that can be read, got none")
        return self.task.train_step(draws, rate_scale=rate_scale)


def retrieval_losses(processes: Processes = ALONE) -> list[float]:
    """Return losses and the size of the weights after three steps of retrieval with batches of 8."""
    data = random_set(np.random.default_rng(0), 32)
    state = make_state(MODEL, RETRIEVAL_TRAINING_TINY, data, seed=1, device="cpu")
    found: list[float] = []
    for step in range(3):
        pairs = data.pairs(np.arange(8) + 8 * step, jitter_frames=0, generator=np.random.default_rng(0))
        losses = train_step(state, pairs, RETRIEVAL_TRAINING_TINY, progress=0.1, seed=step, processes=processes)
        found += losses.values()
    weights = torch.cat([each.detach().flatten() for each in state.trained().values()])
    queue = state.queue.state()
    return [*found, float(weights.abs().sum()), float(queue["audio"].abs().sum()), *queue["identity"].tolist()]


@dataclass(frozen=True, kw_only=True)
class Options:
    folder: Annotated[Path, tyro.conf.Positional]


def main(options: Options) -> None:
    fabric = fabric_for()
    found = retrieval_losses(Processes(fabric))
    (options.folder / f"retrieval-{fabric.global_rank}.json").write_text(json.dumps(found))
    task = Failing(denoiser(fabric), fabric.global_rank)
    run(task, fabric, config(options.folder / "denoiser.state"), say=lambda line: sys.stdout.write(f"SAID {line}\n"))


if __name__ == "__main__":
    start(main, Options, is_parallel=True)
