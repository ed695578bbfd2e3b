"""The judge: what it sees, what its figure means, that it learns from true pairs, and what the shipped one knows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core import assets
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, InputError
from exges_core.metrics.listening.judge import (
    MOTION_CHANNELS,
    JudgeConfig,
    JudgeNetwork,
    LoadedJudge,
    judged_motion,
    load_judge,
    own_against_exchanged,
    save_judge,
)
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip, home_anchor
from training.data.takes import TakeArrays
from training.judge.task import JudgePreset, JudgeTask, matching_loss, pairs_of
from training.loop.training_loop import LoopConfig, fabric_for, run

Made = tuple[list[MotionClip], list[np.ndarray]]
SMALL = JudgeConfig(width=16, layers=2, embedding=8, window_frames=128)


@pytest.fixture(scope="module")
def made(
    instants: Callable[[int, float], np.ndarray], swinging: Callable[..., MotionClip], voice: Callable[..., Waveform]
) -> Made:
    """Return eight takes of half a minute whose strokes are where their voice is accented."""
    times = [instants(seed, 30.0) for seed in range(8)]
    return [swinging(each, 30.0) for each in times], [audio_features(voice(each, 30.0)) for each in times]


def arrays(made: Made, part: slice) -> list[TakeArrays]:
    return [
        TakeArrays(
            id=str(place),
            speaker="ada",
            split="train",
            motion=features_from_clip(clip, home_anchor(clip)).astype(np.float16),
            audio=sound.astype(np.float16),
        )
        for place, (clip, sound) in enumerate(zip(made[0][part], made[1][part], strict=True))
    ]


@pytest.fixture(scope="module")
def trained(made: Made, tmp_path_factory: pytest.TempPathFactory) -> LoadedJudge:
    """Return a small judge trained on five of the takes for some seconds."""
    preset = JudgePreset(network=SMALL, batch=10, learning_rate=1e-2, warmup_steps=5, dropout=0.0)
    task = JudgeTask(
        preset,
        pairs_of(arrays(made, slice(5)), SMALL),
        pairs_of(arrays(made, slice(5, 8)), SMALL),
        fabric_for(),
        seed=0,
    )
    run(task, task.fabric, LoopConfig(seed=0, steps=90, warmup_steps=5), say=lambda _line: None)
    path = tmp_path_factory.mktemp("judge") / "judge.safetensors"
    save_judge(path, SMALL, task.best, task.mean, task.std, {"steps": 90})
    return load_judge(path)


def test_it_learns_to_tell_the_own_sound_of_takes_it_never_met(trained: LoadedJudge, made: Made) -> None:
    clips, sounds = made[0][5:], made[1][5:]
    assert np.mean(own_against_exchanged(trained, clips, sounds)) > 0.9
    exchanged = np.mean(own_against_exchanged(trained, clips, [sounds[1], sounds[2], sounds[0]]))
    assert 0.2 < exchanged < 0.7
    late = [
        MotionClip(
            local_quat_wxyz=np.roll(clip.local_quat_wxyz, 20, axis=0),
            root_position_m=clip.root_position_m,
            frame_rate_hz=30.0,
        )
        for clip in clips
    ]
    assert np.mean(own_against_exchanged(trained, late, sounds)) < 0.75


def test_what_stands_still_or_is_judged_alone_fits_nobody(trained: LoadedJudge, made: Made) -> None:
    clips, sounds = made
    still = [
        MotionClip(
            local_quat_wxyz=np.repeat(clip.local_quat_wxyz[:1], clip.frames, axis=0),
            root_position_m=np.repeat(clip.root_position_m[:1], clip.frames, axis=0),
            frame_rate_hz=30.0,
        )
        for clip in clips[:3]
    ]
    np.testing.assert_array_equal(own_against_exchanged(trained, still, sounds[:3]), 0.5)
    assert np.isnan(own_against_exchanged(trained, clips[:1], sounds[:1])).all(), "nobody to exchange with"
    short = own_against_exchanged(trained, [clips[0].cut(0, 100), *clips[1:3]], sounds[:3])
    assert np.isnan(short[0])
    assert np.isfinite(short[1:]).all()


@pytest.mark.parametrize("sees", ["strokes", "paths"])
def test_it_sees_no_place_in_the_room_and_no_more_than_it_says(sees: str, made: Made) -> None:
    clip = made[0][0]
    seen = judged_motion(clip, sees)  # type: ignore[arg-type]
    assert seen.shape == (clip.frames, MOTION_CHANNELS[sees])  # type: ignore[index]
    moved = MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz, root_position_m=clip.root_position_m + 3.0, frame_rate_hz=30.0
    )
    np.testing.assert_allclose(judged_motion(moved, sees), seen, atol=1e-4)  # type: ignore[arg-type]


def test_who_moves_how_far_cannot_tell_a_pair(generator: np.random.Generator) -> None:
    torch.manual_seed(0)
    network = JudgeNetwork(SMALL).eval()
    for tower in (network.motion, network.sound):
        torch.nn.init.zeros_(tower.leave.weight)
    motion, sound = torch.ones(3, 128, 2), torch.ones(3, 128, 84)
    assert not network(motion, sound).any(), "what never changes says nothing"


def test_a_perfect_matcher_has_no_loss_and_a_blind_one_that_of_chance() -> None:
    assert float(matching_loss(torch.eye(8), torch.tensor(4.0))) < 1e-6
    assert float(matching_loss(torch.zeros(8, 8), torch.tensor(2.0))) == pytest.approx(np.log(8), rel=1e-5)


def test_takes_shorter_than_a_window_teach_nothing(made: Made) -> None:
    with pytest.raises(InputError, match="two takes"):
        pairs_of(arrays(made, slice(1)), SMALL)


def test_the_shipped_judge_is_small_and_hears_strokes_that_lead_their_accents(
    made: Made, instants: Callable[[int, float], np.ndarray], swinging: Callable[..., MotionClip]
) -> None:
    judge = load_judge(assets.JUDGE)
    assert assets.JUDGE.stat().st_size < 400_000
    assert judge.config.sees == "strokes"
    assert judge.provenance["metrics"]["auc"] > 0.9
    assert str(judge.provenance["command"]).startswith("python -m training.train_judge")
    early, late = ([swinging(instants(seed, 30.0) + off_s, 30.0) for seed in range(8)] for off_s in (-0.15, 0.5))
    assert np.mean(own_against_exchanged(judge, early, made[1])) > 0.9, "hands are fastest just before the accent"
    assert np.mean(own_against_exchanged(judge, late, made[1])) < 0.7


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(CheckpointError, match="judge"):
        load_judge(Path(assets.EVALUATOR))
