"""Table 2: windows are sampled as the product would, baselines differ only in what they say."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from exges_core.control.masks import GROUPS
from exges_core.control.posture import foreign_posture
from exges_core.diffusion import longform
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.schedule import cosine_schedule
from training.evaluation.control_table import (
    KEYS_ALONE,
    ControlSystem,
    control_rows,
    delivered,
    falls,
    interpolated,
    verdicts,
)
from training.evaluation.material import KnownTake
from training.evaluation.variants import as_regression, with_inpainting
from training.evaluation.windows import TrueWindows, cut_windows, given_frames, observed_poses, sample_windows


@pytest.fixture(scope="module")
def windows(takes: list[KnownTake]) -> TrueWindows:
    return cut_windows(takes, 64)


def test_windows_lie_end_to_end_and_are_spread_when_limited(takes: list[KnownTake], windows: TrueWindows) -> None:
    assert windows.take.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert windows.styles[3] == "bob"
    np.testing.assert_array_equal(windows.audio[1], takes[0].audio[64:128])
    few = cut_windows(takes, 64, most=3)
    assert few.take.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(few.motion[2], windows.motion[8])
    with pytest.raises(ValueError, match="no take has 9000 frames"):
        cut_windows(takes, 9000)


@pytest.mark.parametrize("sampler", ["dpmpp", "ddpm"])
@pytest.mark.parametrize(("count", "offset"), [(0, 0.0), (2, 0.0), (2, 5.0)], ids=["free", "poses", "foreign poses"])
def test_a_window_is_what_the_product_would_make_of_it(
    denoiser: LoadedDenoiser, windows: TrueWindows, sampler: str, count: int, offset: float
) -> None:
    windows = replace(windows, motion=windows.motion + np.float32(offset) * denoiser.stats.std)
    given = given_frames(64, count)
    found = sample_windows(denoiser, windows, given, seed=3, sampler=sampler, steps=4)
    for number in (0, 5):
        mask = observed_poses(windows.motion[number], given)
        style, seed = windows.styles[number], 3 + number
        audio = windows.audio[number]
        expected = longform.generate(
            denoiser, audio, mask, longform.Sampling(style=style, seed=seed, sampler=sampler, steps=4)
        )
        assert not offset or foreign_posture(mask, denoiser.stats) is not None
        pinned = delivered(found[number : number + 1], windows.motion[number : number + 1], given)[0]
        np.testing.assert_allclose(pinned, expected, atol=2e-4)


def test_given_frames_divide_the_window() -> None:
    assert [given_frames(128, count).tolist() for count in (0, 1, 3)] == [[], [64], [32, 64, 95]]


def test_inpainting_shows_the_network_noise_alone(denoiser: LoadedDenoiser) -> None:
    """The clean target must reach the network at its own noise level, and no mask with it."""
    x = torch.randn(2, 64, 337, generator=torch.Generator().manual_seed(0))
    groups = torch.zeros(2, 64, GROUPS, dtype=torch.bool)
    groups[:, 10] = True
    audio, style = torch.zeros(2, 64, 84), torch.zeros(2, dtype=torch.long)
    heard = torch.ones(2, dtype=torch.bool)
    found = with_inpainting(denoiser).predict(x, groups, audio, 600, style, heard)
    schedule = cosine_schedule(1000)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(600))
    shown = x.clone()
    shown[:, 10, :333] = (schedule.alpha(600) * x + schedule.sigma(600) * noise)[:, 10, :333]
    expected = denoiser.predict(shown, torch.zeros_like(groups), audio, 600, style, heard)
    torch.testing.assert_close(found, expected)
    told = denoiser.predict(x, groups, audio, 600, style, heard)
    assert not torch.allclose(found, told, atol=1e-3)


def test_regression_answers_whatever_the_noise(denoiser: LoadedDenoiser, windows: TrueWindows) -> None:
    model, given = as_regression(denoiser), given_frames(64, 1)
    first = sample_windows(model, windows, given, seed=0, steps=1)
    np.testing.assert_array_equal(first, sample_windows(model, windows, given, seed=77, steps=1))
    noisy = sample_windows(denoiser, windows, given, seed=0, steps=1)
    assert not np.allclose(first, noisy, atol=1e-3)


def test_a_network_without_mask_input_hears_of_no_mask(
    make_denoiser: Callable[..., LoadedDenoiser], windows: TrueWindows
) -> None:
    blind = make_denoiser(has_mask_input=False)
    x, audio = torch.randn(1, 64, 337), torch.zeros(1, 64, 84)
    arguments = (audio, 100, torch.zeros(1, dtype=torch.long), torch.ones(1, dtype=torch.bool))
    nothing = torch.zeros(1, 64, GROUPS, dtype=torch.bool)
    torch.testing.assert_close(blind.predict(x, ~nothing, *arguments), blind.predict(x, nothing, *arguments))


def test_interpolation_passes_through_the_poses_and_holds_the_ends() -> None:
    truth = np.random.default_rng(0).standard_normal((2, 9, 337)).astype(np.float32)
    found = interpolated(truth, np.array([2, 6]))
    np.testing.assert_allclose(found[:, [2, 6]], truth[:, [2, 6]], rtol=1e-6)
    np.testing.assert_allclose(found[:, 4], truth[:, [2, 6]].mean(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found[:, 0], found[:, 2])
    np.testing.assert_array_equal(found[:, 8], found[:, 6])
    assert np.ptp(interpolated(truth, np.zeros(0, np.int64)), axis=(0, 1)).max() == 0.0


def test_the_table_has_every_row_and_tells_what_falls(denoiser: LoadedDenoiser, windows: TrueWindows) -> None:
    systems = [
        ControlSystem(name="ours", model=denoiser, steps=2),
        ControlSystem(name="inpainting", model=with_inpainting(denoiser), steps=2),
        ControlSystem(name=KEYS_ALONE, model=None),
    ]
    lines: list[str] = []
    rows = control_rows(systems, windows, seed=0, given=(0, 1, 3), say=lines.append)
    assert [(row.system, row.given) for row in rows] == [(s.name, n) for s in systems for n in (0, 1, 3)]
    assert len(lines) == 9
    by_key = {(row.system, row.given): row.errors for row in rows}
    assert by_key["ours", 0]["own_mpjpe_mm"] == by_key["inpainting", 0]["own_mpjpe_mm"]  # nothing to tell apart
    assert "own_key_mpjpe_mm" not in by_key["ours", 0]
    alone = by_key[KEYS_ALONE, 3]
    assert alone["own_key_mpjpe_mm"].value < 0.01
    assert alone["own_mpjpe_mm"] == alone["delivered_mpjpe_mm"]
    assert alone["delivered_mpjpe_mm"].low <= alone["delivered_mpjpe_mm"].value <= alone["delivered_mpjpe_mm"].high
    # Poses that are exact in the window bring it nearer to the truth than the untrained network was.
    assert by_key["ours", 3]["delivered_mpjpe_mm"].value < by_key["ours", 3]["own_mpjpe_mm"].value
    assert falls(rows, KEYS_ALONE, "delivered_mpjpe_mm") is True
    assert falls(rows[:2], "ours", "own_mpjpe_mm") is None
    found = verdicts(rows, "ours")["own_mpjpe_mm"]
    assert set(found) == {"falls", "below inpainting"}
    ours, other = ([by_key[name, n]["own_mpjpe_mm"].value for n in (1, 3)] for name in ("ours", "inpainting"))
    assert found["below inpainting"] == all(a < b for a, b in zip(ours, other, strict=True))
    assert set(rows[0].as_json()) >= {"system", "given", "own_mpjpe_mm", "delivered_pa_mpjpe_mm"}
