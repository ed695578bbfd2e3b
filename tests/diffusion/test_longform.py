"""Takes of any length: one motion whatever the batch, pinned entries exact, no seams, no pops."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.control.masks import GROUPS, Observed, channels_of_groups, combine, nothing
from exges_core.diffusion.config import SCORE_CHANNELS
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.longform import LongformConfig, Sampling, generate, stream
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.noise import take_noise
from exges_core.errors import Cancelled, InputError
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS
from exges_core.motion.rotations import quat_from_rot6d, quat_from_rotvec, rot6d_from_quat
from exges_core.protocol import Progress

Sound = Callable[[int], np.ndarray]
NOTHING_TO_ROUNDING = 2e-5


def observe(
    is_group: np.ndarray, generator: np.random.Generator, *, is_hard: bool = True, size: float = 0.3
) -> Observed:
    is_observed = channels_of_groups(is_group)
    quats = quat_from_rotvec(generator.normal(0, size, (len(is_group), 55, 3)))
    target = generator.normal(0, 0.1, is_observed.shape).astype(np.float32)
    target[:, :ROTATION_CHANNELS] = rot6d_from_quat(quats).reshape(len(is_group), -1)
    confidence = np.ones(len(is_group), np.float32)
    return Observed(is_observed=is_observed, target=target, is_hard=is_observed & is_hard, confidence=confidence)


@pytest.mark.parametrize("frames", [1, 9, 63, 64, 65, 200])
@pytest.mark.parametrize("sampler", ["dpmpp", "ddim", "ddpm"])
def test_every_length_gives_every_frame(model: LoadedDenoiser, sound: Sound, frames: int, sampler: str) -> None:
    found = generate(model, sound(frames), nothing(frames), Sampling(style=None, seed=1, sampler=sampler, steps=3))
    assert found.shape == (frames, MOTION_CHANNELS)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_seed_is_a_motion_at_any_batch_size(model: LoadedDenoiser, sound: Sound) -> None:
    audio = sound(300)
    found = [
        generate(
            model, audio, nothing(300), Sampling(style="ada", seed=seed, config=LongformConfig(windows_per_batch=size))
        )
        for seed, size in ((7, 8), (7, 8), (7, 1), (8, 8))
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], found[2], atol=NOTHING_TO_ROUNDING)
    assert np.abs(found[0] - found[3]).max() > 1e-3


def test_a_longer_take_begins_with_the_same_noise() -> None:
    short, long = take_noise(300, seed=3, stream=-1), take_noise(1000, seed=3, stream=-1)
    np.testing.assert_array_equal(short, long[:300])
    assert abs(float(long.std()) - 1) < 0.01
    other = take_noise(300, seed=3, stream=0)
    assert abs(np.corrcoef(short.ravel(), other.ravel())[0, 1]) < 0.02


class Perfect:
    """A network that knows the answer: whatever it sees, it returns the windows of one take."""

    def __init__(self, truth: np.ndarray, model: LoadedDenoiser) -> None:
        self.truth = torch.from_numpy(model.stats.normalise(truth))

    def __call__(self, x: torch.Tensor, _shown: object, audio: torch.Tensor, *_rest: object) -> torch.Tensor:
        start = audio[:, 0, 0].round().long()
        return self.truth[start[:, None] + torch.arange(x.shape[1])]


def test_a_perfect_denoiser_returns_the_take(
    model: LoadedDenoiser, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = generator.normal(0, 0.1, (331, MOTION_CHANNELS)).astype(np.float32)
    monkeypatch.setattr(type(model), "predict", lambda _self, *arguments: Perfect(truth, model)(*arguments))
    audio = np.repeat(np.arange(331, dtype=np.float32)[:, None], 84, axis=1)
    for sampler in ("dpmpp", "ddim", "ddpm"):
        found = generate(model, audio, nothing(331), Sampling(style=None, seed=1, sampler=sampler, steps=4))
        np.testing.assert_allclose(found, truth, atol=1e-5)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rate=st.sampled_from([0.002, 0.05, 0.5]),
    kind=st.sampled_from(["keys", "frames", "runs"]),
)
def test_hard_entries_are_bit_equal(model: LoadedDenoiser, seed: int, rate: float, kind: str) -> None:
    generator = np.random.default_rng(seed)
    shape = {"keys": (90, GROUPS), "frames": (90, 1), "runs": (1, GROUPS)}[kind]
    is_group = np.broadcast_to(generator.random(shape) < rate, (90, GROUPS)).copy()
    observed = observe(is_group, generator)
    audio = generator.standard_normal((90, 84)).astype(np.float32)
    found = generate(model, audio, observed, Sampling(style=None, seed=seed, steps=2))
    np.testing.assert_array_equal(found[observed.is_hard], observed.target[observed.is_hard])
    lengths = np.linalg.norm(
        quat_from_rot6d(found[:, :ROTATION_CHANNELS].astype(np.float64).reshape(90, 55, 6)), axis=-1
    )
    np.testing.assert_allclose(lengths, 1)


def test_a_soft_pose_shapes_the_motion_and_leaves_no_key(
    model: LoadedDenoiser, sound: Sound, generator: np.random.Generator
) -> None:
    is_group = np.zeros((128, GROUPS), bool)
    is_group[60, 3:22] = True
    soft, audio = observe(is_group, generator, is_hard=False), sound(128)
    free = generate(model, audio, nothing(128), Sampling(style=None, seed=1))
    shaped = generate(model, audio, soft, Sampling(style=None, seed=1))
    unsure = generate(model, audio, replace(soft, confidence=np.zeros(128, np.float32)), Sampling(style=None, seed=1))
    seen = soft.is_observed
    assert np.abs(shaped - free)[seen].mean() > 1e-4
    assert not np.array_equal(shaped[seen], soft.target[seen])
    np.testing.assert_array_equal(unsure, free)


def test_hard_lies_over_soft(model: LoadedDenoiser, sound: Sound, generator: np.random.Generator) -> None:
    whole, arm = np.zeros((70, GROUPS), bool), np.zeros((70, GROUPS), bool)
    whole[30] = True
    arm[30, 18] = True
    soft, hard = observe(whole, generator, is_hard=False), observe(arm, generator)
    found = generate(model, sound(70), combine(soft, hard), Sampling(style=None, seed=1))
    np.testing.assert_array_equal(found[hard.is_hard], hard.target[hard.is_hard])


def test_guidance_of_one_is_no_guidance_and_two_is_some(model: LoadedDenoiser, sound: Sound) -> None:
    audio = sound(64)
    found = {
        scale: generate(model, audio, nothing(64), Sampling(style=None, seed=1, guidance=scale)) for scale in (1.0, 2.0)
    }
    assert np.abs(found[1.0] - found[2.0]).max() > 1e-4


def test_a_style_changes_the_motion_and_an_unknown_one_is_nobody(model: LoadedDenoiser, sound: Sound) -> None:
    audio = sound(64)
    ada, nobody, unknown = (
        generate(model, audio, nothing(64), Sampling(style=style, seed=1)) for style in ("ada", None, "somebody else")
    )
    assert np.abs(ada - nobody).max() > 1e-4
    np.testing.assert_array_equal(nobody, unknown)


def test_progress_rises_to_one_and_can_cancel(model: LoadedDenoiser, sound: Sound) -> None:
    seen: list[Progress] = []
    generate(
        model,
        sound(300),
        nothing(300),
        Sampling(style=None, seed=1, steps=4, config=LongformConfig(windows_per_batch=3)),
        on_progress=seen.append,
    )
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) >= 8

    def cancel(_progress: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        generate(model, sound(64), nothing(64), Sampling(style=None, seed=1), on_progress=cancel)


@pytest.mark.parametrize(
    "wrong",
    [{"sampler": "euler"}, {"steps": 0}, {"steps": 1001}, {"observed": nothing(63)}],
    ids=lambda each: str(list(each)),
)
def test_what_cannot_be_done_is_refused(model: LoadedDenoiser, sound: Sound, wrong: dict) -> None:
    observed = wrong.get("observed", nothing(64))
    asked = {name: value for name, value in wrong.items() if name != "observed"}
    with pytest.raises(InputError, match="expected"):
        generate(model, sound(64), observed, Sampling(style=None, seed=0, **asked))


SMALL_SECTIONS = LongformConfig(windows_per_batch=4, batches_per_section=2, halo_batches=1)


@pytest.mark.parametrize("frames", [1100, 1500])
@pytest.mark.parametrize("sampler", ["dpmpp", "ddpm"])
def test_sections_are_bit_for_bit_the_take_at_once(
    model: LoadedDenoiser, sound: Sound, generator: np.random.Generator, frames: int, sampler: str
) -> None:
    is_group = np.zeros((frames, GROUPS), bool)
    is_group[5::97, 18] = True
    observed, audio = observe(is_group, generator), sound(frames)
    whole = LongformConfig(windows_per_batch=4, batches_per_section=1000)
    found = [
        generate(model, audio, observed, Sampling(style="ada", seed=4, sampler=sampler, steps=3, config=config))
        for config in (SMALL_SECTIONS, whole)
    ]
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("sampler", ["dpmpp", "ddpm"])
def test_a_range_costs_its_own_windows_and_is_what_the_whole_take_would_make_of_it(
    model: LoadedDenoiser, sound: Sound, generator: np.random.Generator, sampler: str
) -> None:
    frames, part = 1500, slice(700, 760)
    is_group = np.ones((frames, GROUPS), bool)
    is_group[part] = False
    known = observe(is_group, generator, size=0.05)
    ajar = replace(known, is_observed=known.is_observed.copy())
    ajar.is_observed[[0, -1], 0] = False  # now something is left to make in the first window and in the last
    config = LongformConfig(windows_per_batch=1, batches_per_section=1000)
    # In one step a window learns from its neighbours; of known frames that is how their feet stand, nothing else. And
    # the posture is that of all keys.
    sampling = Sampling(style="ada", seed=4, sampler=sampler, steps=1, keeps_posture=False, config=config)
    seen: dict[str, list[Progress]] = {"part": [], "whole": []}
    audio = sound(frames)
    made = generate(model, audio, known, sampling, on_progress=seen["part"].append)
    whole = generate(model, audio, ajar, sampling, on_progress=seen["whole"].append)
    np.testing.assert_array_equal(made[part], whole[part])
    np.testing.assert_array_equal(made[known.is_hard], known.target[known.is_hard])
    assert len(seen["part"]) < 0.3 * len(seen["whole"])


def test_more_steps_than_halo_windows_change_nothing_to_speak_of(model: LoadedDenoiser, sound: Sound) -> None:
    audio = sound(700)
    whole = LongformConfig(windows_per_batch=4, batches_per_section=1000)
    found = [
        generate(model, audio, nothing(700), Sampling(style=None, seed=4, sampler="ddim", steps=30, config=config))
        for config in (SMALL_SECTIONS, whole)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=NOTHING_TO_ROUNDING)


def test_a_stream_gives_every_frame_once_and_in_order(model: LoadedDenoiser, sound: Sound) -> None:
    seen: list[Progress] = []
    pieces = list(
        stream(
            model,
            sound(1101),
            nothing(1101),
            Sampling(style=None, seed=4, steps=2, config=SMALL_SECTIONS),
            on_progress=seen.append,
        )
    )
    assert len(pieces) > 2
    assert [start for start, _ in pieces] == list(np.cumsum([0, *(len(piece) for _, piece in pieces)])[:-1])
    assert sum(len(piece) for _, piece in pieces) == 1101
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_noise_of_a_section_is_the_takes(generator: np.random.Generator) -> None:
    whole = take_noise(2000, seed=3, stream=5)
    for start in generator.integers(0, 1500, 5).tolist():
        np.testing.assert_array_equal(take_noise(400, seed=3, stream=5, start=start), whole[start : start + 400])


@pytest.fixture(scope="module", name="scored")
def scored_fixture(model: LoadedDenoiser) -> LoadedDenoiser:
    """The same network, that also hears a score."""
    config = replace(model.config, has_score=True)
    network = Denoiser(config).eval().requires_grad_(False)
    network.load_state_dict(network.state_dict() | model.network.state_dict())
    generator = torch.Generator().manual_seed(9)
    assert network.score is not None
    network.score[2].weight.copy_(0.3 * torch.randn(network.score[2].weight.shape, generator=generator))
    return replace(model, config=config, network=network)


def _score(frames: int, generator: np.random.Generator) -> np.ndarray:
    score = generator.standard_normal((frames, SCORE_CHANNELS)).astype(np.float32)
    score[:, -1] = 1.0
    return score


def test_no_score_is_what_a_network_without_one_makes(
    model: LoadedDenoiser, scored: LoadedDenoiser, sound: Sound
) -> None:
    audio, sampling = sound(90), Sampling(style=None, seed=1, steps=3)
    plain = generate(model, audio, nothing(90), sampling)
    assert np.array_equal(generate(scored, audio, nothing(90), sampling), plain)


def test_a_score_and_its_guidance_change_the_motion(
    model: LoadedDenoiser, scored: LoadedDenoiser, sound: Sound, generator: np.random.Generator
) -> None:
    audio, sampling = sound(90), Sampling(style=None, seed=1, steps=3)
    score = _score(90, generator)
    plain = generate(scored, audio, nothing(90), sampling)
    with_score = generate(scored, audio, nothing(90), sampling, score=score)
    pushed = generate(scored, audio, nothing(90), replace(sampling, score_guidance=2.0), score=score)
    both = generate(scored, audio, nothing(90), replace(sampling, score_guidance=2.0, guidance=1.5), score=score)
    for one, other in ((plain, with_score), (with_score, pushed), (pushed, both)):
        assert np.abs(one - other).mean() > 1e-4
    assert np.array_equal(generate(model, audio, nothing(90), sampling, score=score), plain)


def test_a_score_of_another_length_is_refused(
    scored: LoadedDenoiser, sound: Sound, generator: np.random.Generator
) -> None:
    with pytest.raises(InputError, match=r"score of shape \(90, 29\)"):
        generate(scored, sound(90), nothing(90), Sampling(style=None, seed=1), score=_score(90, generator)[:, 1:])
