"""The training of FGD's encoder: it learns, it resumes as if uninterrupted, what it writes is what it kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.errors import CheckpointError
from exges_core.metrics.evaluator import load_evaluator, rotation_rows
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import ROTATION_CHANNELS, Anchor, clip_from_features
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec, rot6d_from_quat
from training.data.takes import TakeArrays
from training.evaluator.task import (
    AutoEncoder,
    EvaluatorPreset,
    EvaluatorTask,
    reconstruction_losses,
    rows_from_columns,
    save_evaluator,
)
from training.loop.task import draws_of
from training.loop.training_loop import LoopConfig, LoopResult, fabric_for, run
from training.train_evaluator import Arguments
from training.train_evaluator import train as train_command

MakeTake = Callable[..., TakeArrays]
HOME = Anchor(ground_xz_m=(0.0, 0.0), heading_rad=0.0)
SMALL = EvaluatorPreset(window_frames=32, batch=2, warmup_steps=1)


def make_task(preset: EvaluatorPreset, make_take: MakeTake, generator: np.random.Generator) -> EvaluatorTask:
    takes = [make_take("1", 90, generator=generator), make_take("2", 40, generator=generator)]
    return EvaluatorTask(preset, takes, takes[:1], fabric_for(), seed=5)


def train(task: EvaluatorTask, path: Path, steps: int, *, is_resumed: bool = False) -> LoopResult:
    config = LoopConfig(seed=5, steps=steps, state_path=path, is_rate_constant=True, validate_every_s=1e9)
    return run(task, task.fabric, config, is_resumed=is_resumed, say=lambda _line: None)


def weights(task: EvaluatorTask) -> torch.Tensor:
    return torch.cat([each.detach().flatten() for each in (*task.network.parameters(), *task.average.parameters())])


def test_columns_become_the_rows_that_the_encoder_reads(generator: np.random.Generator) -> None:
    quats = quat_from_rotvec(generator.normal(size=(5, 55, 3)))
    columns = torch.from_numpy(rot6d_from_quat(quats).reshape(1, 5, ROTATION_CHANNELS)).float()
    np.testing.assert_allclose(rows_from_columns(columns)[0].numpy(), rotation_rows(quats), atol=1e-6)


def test_losses_are_of_rows_and_their_differences() -> None:
    truth = torch.zeros(1, 6, 330)
    drift = torch.arange(6.0)[None, :, None].expand(1, 6, 330)
    found = reconstruction_losses(drift, truth, replace(SMALL, velocity=3.0, acceleration=5.0))
    assert {name: float(value) for name, value in found.items()} == {
        "rows": 2.5,
        "velocity": 1.0,
        "acceleration": 0.0,
        "loss": 5.5,
    }


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, make_take: MakeTake) -> None:
    def fresh() -> EvaluatorTask:
        return make_task(SMALL, make_take, np.random.default_rng(1))

    whole, first, second = fresh(), fresh(), fresh()
    train(whole, tmp_path / "whole.state", 5)
    train(first, tmp_path / "parts.state", 3)
    result = train(second, tmp_path / "parts.state", 5, is_resumed=True)
    assert result.steps == 5
    assert torch.equal(weights(second), weights(whole))
    assert not torch.equal(weights(first), weights(whole))


def test_one_batch_is_learned(generator: np.random.Generator, make_take: MakeTake) -> None:
    take = make_take("1", 32, generator=generator)
    preset = replace(SMALL, learning_rate=2e-3)
    task = EvaluatorTask(preset, [take], [], fabric_for(), seed=0)
    found = [float(task.train_step(draws_of(0, step, 0.0), rate_scale=1.0)["rows"]) for step in range(36)]
    assert np.mean(found[-4:]) < 0.5 * found[0]


def test_validating_changes_no_training_and_keeps_the_best(
    make_take: MakeTake, generator: np.random.Generator, tmp_path: Path
) -> None:
    task = make_task(SMALL, make_take, generator)
    train(task, tmp_path / "a.state", 2)
    before, kept = weights(task).clone(), {name: value.clone() for name, value in task.best.items()}
    assert task.validate() == task.validate()
    assert torch.equal(weights(task), before)
    with torch.no_grad():
        for each in task.average.parameters():
            each.add_(1.0)  # ruined
    assert task.validate()["loss"] > task.best_loss
    assert all(torch.equal(task.best[name], value) for name, value in kept.items())


def test_what_is_written_embeds_as_what_was_kept(
    make_take: MakeTake, generator: np.random.Generator, tmp_path: Path
) -> None:
    task = make_task(SMALL, make_take, generator)
    train(task, tmp_path / "a.state", 2)
    path = tmp_path / "evaluator.safetensors"
    save_evaluator(path, task, {"seed": 5})
    loaded = load_evaluator(path)
    clip = clip_from_features(make_take("3", 64, generator=generator).motion.astype(np.float32), HOME, 30.0)
    kept = AutoEncoder()
    kept.load_state_dict(task.best)
    with torch.no_grad():
        expected = kept.eval().encoder(torch.from_numpy(rotation_rows(clip.local_quat_wxyz))[None])[0]
    np.testing.assert_allclose(loaded.embed(clip), expected.numpy(), atol=5e-3)  # float16 weights
    assert loaded.provenance == {"seed": 5}
    assert not any("mask" in name or "decoder" in name for name in names_in(path))


def names_in(path: Path) -> list[str]:
    with safe_open(path, framework="numpy") as file:
        return list(file.keys())


def test_the_command_trains_on_a_folder(tmp_path: Path, generator: np.random.Generator) -> None:
    folder = tmp_path / "data"
    for part in ("smplxflame_30", "wave16k"):
        (folder / part).mkdir(parents=True)
    rotvec = 0.2 * np.sin(np.arange(80)[:, None, None] / 9 + generator.uniform(0, 6, (55, 3)))
    clip = MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=np.tile([0, 0.9, 0], (80, 1)), frame_rate_hz=30.0
    )
    write_npz(folder / "smplxflame_30" / "1_ada_0_1_1.npz", clip)
    sound = Waveform(samples=generator.normal(0, 0.05, 80 * 16_000 // 30).astype(np.float32))
    write_waveform(folder / "wave16k" / "1_ada_0_1_1.wav", sound)
    out = tmp_path / "evaluator.safetensors"
    train_command(Arguments(data=folder, out=out, steps=1, logs=tmp_path / "logs"))
    loaded = load_evaluator(out)
    assert loaded.provenance["steps"] == 1
    assert loaded.provenance["corpus_frames"] == 80
    assert loaded.embed(clip).shape == (4, 240)
    assert list((tmp_path / "logs").glob("events.*"))
    with pytest.raises(CheckpointError, match="seed 1"):
        train_command(Arguments(data=folder, out=out, steps=2, seed=1, resume=True))
