"""The training of the judge: the command from a folder, resuming as if uninterrupted, the best weights kept."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.errors import CheckpointError, InputError
from exges_core.metrics.listening.judge import JudgeConfig, load_judge
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from training.data.takes import TakeArrays
from training.judge.task import JudgePreset, JudgeTask, pairs_of
from training.loop.training_loop import LoopConfig, fabric_for, run
from training.train_judge import Arguments, train

SMALL = JudgePreset(network=JudgeConfig(width=8, layers=1, embedding=4, window_frames=64), batch=4, warmup_steps=1)


def task_of(make_take: Callable[..., TakeArrays]) -> JudgeTask:
    drawn = np.random.default_rng(3)
    pairs = pairs_of([make_take(str(name), 200, generator=drawn) for name in range(3)], SMALL.network)
    return JudgeTask(SMALL, pairs, pairs[:2], fabric_for(), seed=5)


def steps(task: JudgeTask, path: Path, count: int, *, is_resumed: bool = False) -> None:
    config = LoopConfig(seed=5, steps=count, state_path=path, is_rate_constant=True, validate_every_s=1e9)
    run(task, task.fabric, config, is_resumed=is_resumed, say=lambda _line: None)


def test_resumed_training_is_the_uninterrupted_one(make_take: Callable[..., TakeArrays], tmp_path: Path) -> None:
    whole, first, rest = (task_of(make_take) for _ in range(3))
    steps(whole, tmp_path / "whole.state", 4)
    steps(first, tmp_path / "part.state", 2)
    steps(rest, tmp_path / "part.state", 4, is_resumed=True)
    for one, other in zip(whole.average.parameters(), rest.average.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_validation_keeps_the_best_and_changes_nothing(make_take: Callable[..., TakeArrays], tmp_path: Path) -> None:
    task = task_of(make_take)
    steps(task, tmp_path / "a.state", 2)
    found = task.validate()
    assert found == task.validate()
    assert found["best"] <= found["loss"]
    assert 0.0 <= found["auc"] <= 1.0


def folder_of(place: Path, *, seconds: float) -> Path:
    drawn = np.random.default_rng(9)
    for number in range(3):
        frames = round(30 * seconds)
        at = np.arange(frames)[:, None, None] / 30
        rotvec = 0.3 * np.sin(2 * np.pi * drawn.uniform(0.3, 1.0, (1, 55, 3)) * at)
        clip = MotionClip(
            local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=np.zeros((frames, 3)), frame_rate_hz=30.0
        )
        (place / "smplxflame_30").mkdir(parents=True, exist_ok=True)
        (place / "wave16k").mkdir(exist_ok=True)
        write_npz(place / "smplxflame_30" / f"1_ada_0_{number}_{number}.npz", clip)
        samples = drawn.standard_normal(round(16_000 * seconds))
        write_waveform(
            place / "wave16k" / f"1_ada_0_{number}_{number}.wav", Waveform(samples=samples.astype(np.float32))
        )
    return place


def test_the_command_writes_a_judge_of_what_it_is_asked_to_see(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folder_of(tmp_path / "data", seconds=10.0)
    train(Arguments(data=data, out=tmp_path / "judge.safetensors", steps=1, sees="paths"))
    judge = load_judge(tmp_path / "judge.safetensors")
    assert judge.config.sees == "paths"
    assert judge.motion_mean.shape == (17,)
    assert (judge.provenance["steps"], judge.provenance["corpus_frames"]) == (1, 900)
    assert "no validation" in capsys.readouterr().out
    with pytest.raises(CheckpointError, match="training state"):
        train(Arguments(data=data, out=tmp_path / "other.safetensors", steps=1, resume=True))


def test_takes_shorter_than_a_window_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"two takes of 8\.5 s"):
        train(Arguments(data=folder_of(tmp_path, seconds=5.0), out=tmp_path / "judge.safetensors", steps=1))
