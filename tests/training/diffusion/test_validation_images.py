"""Sample strips: pictures of held-out windows reach TensorBoard, and looking changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from exges_core.diffusion.config import DenoiserConfig
from training.data.takes import TakeArrays
from training.diffusion.presets import DEFAULT
from training.diffusion.task import DenoisingTask
from training.diffusion.validation_images import CELL, POSES
from training.loop.training_loop import LoopConfig, fabric_for, run


def tiny_task(make_take: Callable[..., TakeArrays], logs: Path) -> DenoisingTask:
    generator = np.random.default_rng(0)
    sizes = DenoiserConfig(latent=32, layers=1, heads=2, feed_forward=32, window_frames=32)
    preset = replace(DEFAULT, denoiser=sizes, batch=2)
    takes = [make_take("1", 70, generator=generator), make_take("2", 40, generator=generator, speaker="bob")]
    return DenoisingTask(preset, takes[:1], takes, fabric_for(log_folder=logs), seed=1)


def test_a_run_logs_strips_of_held_out_windows(tmp_path: Path, make_take: Callable[..., TakeArrays]) -> None:
    task = tiny_task(make_take, tmp_path)
    run(task, task.fabric, LoopConfig(seed=1, steps=2), say=lambda _line: None)
    logger = task.fabric.logger
    logger.finalize("success")  # type: ignore[attr-defined]
    events = EventAccumulator(str(tmp_path), size_guidance={"images": 0})
    events.Reload()
    assert events.Tags()["images"] == [f"samples/window {number}" for number in range(3)]
    image = events.Images("samples/window 0")[0]
    assert image.step == 2
    assert image.width > POSES * CELL.width
    assert image.height > 3 * CELL.height


def test_looking_changes_nothing(tmp_path: Path, make_take: Callable[..., TakeArrays]) -> None:
    task = tiny_task(make_take, tmp_path)
    before = [each.clone() for each in task.average.parameters()]
    first, second = task.pictures(), task.pictures()
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert all(torch.equal(old, new) for old, new in zip(before, task.average.parameters(), strict=True))
    # Two different windows must not look alike, nor must a strip of the truth be one of noise.
    assert not np.array_equal(first["window 0"], first["window 2"])
