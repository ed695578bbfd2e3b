"""Many takes in shared calls are the takes made alone; memory that runs out makes calls smaller, once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pytest
import torch
from diffusion.test_longform import observe

from exges_core.control.masks import GROUPS, nothing
from exges_core.diffusion.batches import Batches
from exges_core.diffusion.config import SCORE_CHANNELS
from exges_core.diffusion.longform import LongformConfig, Sampling, generate
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.diffusion.together import Wanted, generate_together
from exges_core.errors import InputError

Sound = Callable[[int], np.ndarray]
NOTHING_TO_ROUNDING = 2e-5
FEW = LongformConfig(windows_per_batch=4, batches_per_section=2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched(Predictor):
    """A network that tells how many windows it is asked about, and has room for so many alone."""

    inner: Predictor
    room: int = 10**6
    calls: list[int] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    is_like_bytes: bool = False

    @property
    def correlation(self) -> np.ndarray | None:
        return self.inner.correlation

    @property
    def is_exact(self) -> bool:
        return not self.is_like_bytes

    def answer(self, asked: Asked) -> np.ndarray:
        if len(asked.x) > self.room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self.calls.append(len(asked.x))
        return self.inner.answer(asked)

    def release(self) -> None:
        self.released.append(len(self.calls))


def watched(model: LoadedDenoiser, *, room: int = 10**6, is_like_bytes: bool = False) -> Watched:
    names = ("config", "stats", "styles", "name", "sha256", "provenance")
    facts = {name: getattr(model, name) for name in names}
    return Watched(inner=model, room=room, is_like_bytes=is_like_bytes, **facts)


@pytest.fixture
def takes(sound: Sound, generator: np.random.Generator) -> list[Wanted]:
    """Return takes of all kinds: short, long, keyed, known in part, scored, guided, of other styles and samplers."""
    asked = partial(Sampling, style=None, config=FEW, steps=2)
    keys = np.zeros((150, GROUPS), bool)
    keys[[20, 90], :9] = True
    half = np.zeros((400, GROUPS), bool)
    half[:260] = True
    strokes = generator.standard_normal((120, SCORE_CHANNELS)).astype(np.float32)
    return [
        Wanted(audio_features=sound(64), observed=nothing(64), sampling=asked(seed=1)),
        Wanted(audio_features=sound(150), observed=observe(keys, generator), sampling=asked(seed=2, style="ada")),
        Wanted(audio_features=sound(900), observed=nothing(900), sampling=asked(seed=3)),
        Wanted(audio_features=sound(9), observed=nothing(9), sampling=asked(seed=4, style="bob")),
        Wanted(audio_features=sound(400), observed=observe(half, generator, is_hard=False), sampling=asked(seed=5)),
        Wanted(audio_features=sound(120), observed=nothing(120), sampling=asked(seed=6), score=strokes),
        Wanted(audio_features=sound(200), observed=nothing(200), sampling=asked(seed=7, guidance=1.5)),
        Wanted(audio_features=sound(80), observed=nothing(80), sampling=asked(seed=8, sampler="ddpm", steps=3)),
        Wanted(audio_features=sound(90), observed=nothing(90), sampling=asked(seed=9, sampler="ddpm", steps=3)),
    ]


def alone(model: Predictor, take: Wanted) -> np.ndarray:
    return generate(model, take.audio_features, take.observed, take.sampling, score=take.score)


def test_together_is_alone_to_rounding(model: LoadedDenoiser, takes: list[Wanted]) -> None:
    made = generate_together(model, takes)
    for found, take in zip(made, takes, strict=True):
        np.testing.assert_allclose(found, alone(model, take), atol=NOTHING_TO_ROUNDING)
    assert generate_together(model, []) == []


def test_a_network_that_is_told_the_score_gives_the_same_together(sound: Sound, takes: list[Wanted]) -> None:
    from exges_core import assets
    from exges_core.diffusion.model import load_denoiser

    shipped = load_denoiser(assets.DENOISER, is_bf16=False)
    few = [replace(takes[place], sampling=replace(takes[place].sampling, steps=2)) for place in (0, 1, 5)]
    for found, take in zip(generate_together(shipped, few), few, strict=True):
        np.testing.assert_allclose(found, alone(shipped, take), atol=5e-5)


def test_calls_are_full(model: LoadedDenoiser, sound: Sound) -> None:
    short = [
        Wanted(audio_features=sound(64), observed=nothing(64), sampling=Sampling(style=None, seed=seed, steps=2))
        for seed in range(10)
    ]
    watcher = watched(model)
    generate_together(watcher, short, batches=Batches(4))
    assert watcher.calls == [4, 4, 2] * 2
    in_bytes = watched(model, is_like_bytes=True)
    generate_together(in_bytes, short, batches=Batches(4))
    assert in_bytes.calls == [1] * 20


def test_memory_that_runs_out_makes_calls_smaller_once(model: LoadedDenoiser, takes: list[Wanted]) -> None:
    tight, batches = watched(model, room=3), Batches(12)
    made = generate_together(tight, takes[:4], batches=batches)
    assert max(tight.calls) == 3
    assert len(tight.released) == 1
    assert batches.warning is not None
    assert "ran out with 12 windows at once; made with 3" in batches.warning
    for found, take in zip(made, takes, strict=False):
        np.testing.assert_allclose(found, alone(model, take), atol=NOTHING_TO_ROUNDING)


def test_one_take_that_does_not_fit_does_the_same(model: LoadedDenoiser, sound: Sound) -> None:
    audio, batches = sound(900), Batches(8)
    sampling = Sampling(style=None, seed=1, steps=2)
    found = generate(watched(model, room=4), audio, nothing(900), sampling, batches=batches)
    np.testing.assert_allclose(found, generate(model, audio, nothing(900), sampling), atol=NOTHING_TO_ROUNDING)
    assert batches.windows == 2


def test_memory_that_runs_out_again_is_told_and_other_errors_are_not_touched(
    model: LoadedDenoiser, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Wanted(audio_features=sound(900), observed=nothing(900), sampling=Sampling(style=None, seed=1, steps=2))
    with pytest.raises(InputError, match=r"ran out again.*--device cpu"):
        generate_together(watched(model, room=1), [take], batches=Batches(8))

    def broken(_self: Watched, _asked: Asked) -> np.ndarray:
        raise RuntimeError("something else")

    monkeypatch.setattr(Watched, "answer", broken)
    with pytest.raises(RuntimeError, match="something else"):
        generate_together(watched(model), [take])
