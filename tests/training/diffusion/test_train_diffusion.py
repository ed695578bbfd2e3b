"""The training of the denoiser as a whole: it learns, it resumes as if uninterrupted, its weights load."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.model import load_denoiser
from exges_core.diffusion.schedule import cosine_schedule
from exges_core.errors import CheckpointError
from training.data.takes import TakeArrays
from training.diffusion.masking import MaskingConfig
from training.diffusion.presets import ABLATIONS, DEFAULT, DiffusionPreset
from training.diffusion.task import DenoisingTask, save_denoiser
from training.diffusion.training_step import draw_timesteps
from training.loop.task import draws_of
from training.loop.training_loop import LoopConfig, LoopResult, fabric_for, rate_scale, run

MakeTake = Callable[..., TakeArrays]

TINY = replace(
    DEFAULT,
    denoiser=DenoiserConfig(latent=32, layers=1, heads=2, feed_forward=64, window_frames=32),
    batch=4,
    learning_rate=3e-3,
    warmup_steps=2,
)


@pytest.fixture
def task(generator: np.random.Generator, make_take: MakeTake) -> DenoisingTask:
    return make_task(TINY, make_take, generator)


def make_task(preset: DiffusionPreset, make_take: MakeTake, generator: np.random.Generator) -> DenoisingTask:
    takes = [make_take("1", 90, generator=generator), make_take("2", 20, generator=generator, speaker="bob")]
    return DenoisingTask(preset, takes, takes[:1], fabric_for(), seed=5)


def train(task: DenoisingTask, path: Path, steps: int, *, is_resumed: bool = False) -> LoopResult:
    # A constant rate and a finished curriculum: the course then does not depend on where a run was cut.
    config = LoopConfig(seed=5, steps=steps, state_path=path, is_rate_constant=True)
    return run(task, task.fabric, config, is_resumed=is_resumed, say=lambda _line: None)


def weights(task: DenoisingTask) -> torch.Tensor:
    return torch.cat([each.detach().flatten() for each in (*task.network.parameters(), *task.average.parameters())])


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, make_take: MakeTake) -> None:
    preset = replace(
        TINY,
        masking=MaskingConfig(curriculum_share=0.0, seed_share=0.2),
        denoiser=replace(TINY.denoiser, dropout=0.1),
    )

    def fresh() -> DenoisingTask:
        return make_task(preset, make_take, np.random.default_rng(1))

    whole, first, second = fresh(), fresh(), fresh()
    train(whole, tmp_path / "whole.state", 8)
    train(first, tmp_path / "parts.state", 5)
    result = train(second, tmp_path / "parts.state", 8, is_resumed=True)
    assert result.steps == 8
    assert torch.equal(weights(second), weights(whole))
    assert not torch.equal(weights(first), weights(whole))


def test_resuming_needs_a_state_of_the_same_seed(task: DenoisingTask, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="a training state"):
        train(task, tmp_path / "none.state", 1, is_resumed=True)
    train(task, tmp_path / "a.state", 1)
    with pytest.raises(CheckpointError, match="seed 5"):
        run(task, task.fabric, LoopConfig(seed=6, steps=2, state_path=tmp_path / "a.state"), is_resumed=True)


def test_one_batch_is_learned(generator: np.random.Generator, make_take: MakeTake) -> None:
    """With everything but a little of it hidden, a fixed batch's loss must fall by far."""
    preset = replace(
        TINY, denoiser=replace(TINY.denoiser, latent=64, layers=2), masking=MaskingConfig(control_share=0.0), ema=0.9
    )
    take = make_take("1", 32, generator=generator)
    task = DenoisingTask(preset, [take], [], fabric_for(), seed=0)
    found = [float(task.train_step(draws_of(0, step % 4, 0.5), rate_scale=1.0)["x0"]) for step in range(160)]
    assert np.mean(found[-8:]) < 0.15 * np.mean(found[:4])


def test_validating_changes_nothing(task: DenoisingTask) -> None:
    before = weights(task).clone()
    first, second = task.validate(), task.validate()
    assert first == second
    given = ("", "keyed_", "scored_")
    assert {f"{name}{what}" for name in given for what in ("loss", "mpjpe_mm")} == set(first)
    assert torch.equal(weights(task), before)


def test_saved_weights_load_and_predict_alike(task: DenoisingTask, tmp_path: Path) -> None:
    train(task, tmp_path / "a.state", 3)
    path = tmp_path / "a.safetensors"
    save_denoiser(path, task, {"seed": 5})
    loaded = load_denoiser(path, is_bf16=False)
    assert loaded.styles == ("ada", "bob")
    assert (loaded.style_index("bob"), loaded.style_index("nobody"), loaded.style_index(None)) == (2, 0, 0)
    assert loaded.provenance == {"seed": 5}
    np.testing.assert_array_equal(loaded.stats.mean, task.features.mean)
    half = {name: each.half().float() for name, each in task.average.state_dict().items()}
    assert all(torch.equal(half[name], each) for name, each in loaded.network.state_dict().items())
    x, audio = torch.randn(2, 32, 337), torch.randn(2, 32, 84)
    nothing, zero = torch.zeros(2, 32, 56, dtype=torch.bool), torch.zeros(2, dtype=torch.long)
    found = loaded.predict(x, nothing, audio, 10, zero, torch.ones(2, dtype=torch.bool))
    assert found.shape == x.shape
    assert torch.isfinite(found).all()


def test_the_learning_rate_warms_up_and_falls() -> None:
    config = LoopConfig(seed=0, minutes=1, warmup_steps=10)
    course = [rate_scale(config, step, step / 100) for step in range(101)]
    assert course[0] == pytest.approx(0.1, abs=0.01)
    assert max(course) == pytest.approx(course[9], abs=0.02)
    assert course[-1] == pytest.approx(0.02)


def test_fine_tuning_starts_where_the_weights_left_off(
    task: DenoisingTask, tmp_path: Path, make_take: MakeTake, generator: np.random.Generator
) -> None:
    train(task, tmp_path / "a.state", 6)
    save_denoiser(tmp_path / "a.safetensors", task, {})
    trained = load_denoiser(tmp_path / "a.safetensors", is_bf16=False)
    takes = [
        make_take("3", 60, generator=generator, speaker="bob"),
        make_take("4", 60, generator=generator, speaker="zoe"),
    ]
    tuned = DenoisingTask(TINY, takes, [], fabric_for(), seed=6, init=trained)
    assert tuned.styles == ("bob", "zoe")
    assert np.array_equal(tuned.features.mean, trained.stats.mean)
    table, before = tuned.average.style.weight, trained.network.style.weight
    assert torch.equal(table[1], before[trained.style_index("bob")])
    assert torch.equal(table[2], before[0])
    assert torch.equal(tuned.average.head.weight, trained.network.head.weight)
    train(tuned, tmp_path / "b.state", 2)
    assert not torch.equal(tuned.average.head.weight, trained.network.head.weight)


def test_weights_without_a_prior_grow_one(tmp_path: Path, make_take: MakeTake) -> None:
    """The body is carried over, the head starts at nothing: the first answer is the filter's."""
    old = make_task(TINY, make_take, np.random.default_rng(1))
    train(old, tmp_path / "a.state", 3)
    save_denoiser(tmp_path / "a.safetensors", old, {})
    init = load_denoiser(tmp_path / "a.safetensors", is_bf16=False)
    preset = replace(TINY, denoiser=replace(TINY.denoiser, prior_rank=16, latent=128))
    takes = [
        make_take("1", 90, generator=np.random.default_rng(1), speaker="cy"),
        make_take("2", 40, generator=np.random.default_rng(2), speaker="bob"),
    ]
    new = DenoisingTask(preset, takes, [], fabric_for(), seed=5, init=init)
    assert (new.config.latent, new.config.prior_rank, new.styles) == (32, 16, ("bob", "cy"))
    fresh, known = new.average, init.network
    assert torch.equal(fresh.encoder[0].joined.weight, known.encoder[0].joined.weight)
    assert torch.equal(fresh.style.weight, known.style.weight[[0, 2, 0]])
    x, shown = torch.randn(1, 32, 337), torch.zeros(1, 32, 56)
    at, style, heard = torch.tensor([400]), torch.tensor([1]), torch.tensor([True])
    assert fresh.prior is not None
    estimate = fresh.prior(x, torch.zeros_like(x, dtype=torch.bool), at)[0]
    assert torch.allclose(fresh(x, shown, torch.zeros(1, 32, 84), at, style, heard), estimate, atol=1e-6)
    columns = fresh.fuse.weight[:, : 2 * (2 * 337 + 56 + 84)].view(32, 2, -1)
    before = known.fuse.weight[:, : 2 * (337 + 56 + 84)].view(32, 2, -1)
    assert torch.equal(columns[:, :, :337], before[:, :, :337])
    assert torch.equal(columns[:, :, 674:], before[:, :, 337:])
    assert not columns[:, :, 337:674].any()


def test_a_regression_sees_nothing_but_what_is_observed(make_take: MakeTake, generator: np.random.Generator) -> None:
    task = make_task(replace(TINY, is_regression=True), make_take, generator)
    seen: list[tuple[torch.Tensor, ...]] = []
    task.network.register_forward_pre_hook(lambda _network, given: seen.append(given))
    task.train_step(draws_of(0, 7, 0.9), rate_scale=1.0)
    x, shown, _, timestep = seen[0][:4]
    assert (timestep == 999).all()
    is_hidden = shown[..., :55].repeat_interleave(6, dim=-1) == 0
    assert x[..., :330][is_hidden].abs().max() < 1e-3
    assert x[..., :330][~is_hidden].abs().max() > 0.1


@pytest.mark.parametrize("name", [*ABLATIONS])
def test_every_ablation_differs_from_the_default_in_one_thing(name: str) -> None:
    changed = {
        field.name for field in fields(DEFAULT) if getattr(DEFAULT, field.name) != getattr(ABLATIONS[name], field.name)
    }
    assert len(changed) == 1


def test_timesteps_are_drawn_in_time_or_in_log_snr() -> None:
    def median(share: float) -> float:
        drawn = draw_timesteps(cosine_schedule(), 4000, share, generator=torch.Generator().manual_seed(0))
        assert (drawn.min() >= 0) & (drawn.max() <= 999)
        return float(drawn.float().median())

    assert median(0.0) == pytest.approx(500, abs=30)
    assert median(1.0) == pytest.approx(907, abs=15)  # log-SNR -2, the middle of the range
