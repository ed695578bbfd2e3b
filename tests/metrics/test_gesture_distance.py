"""FGD's three covariance rules against the textbook with scipy, and its intervals and floors."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from exges_core.errors import InputError
from exges_core.metrics.frechet import frechet_gesture_distance
from exges_core.metrics.intervals import bootstrap_interval, frechet_floors
from exges_core.metrics.protocols import CLEAN, EMAGE_2024, EMAGE_2025, PROTOCOLS, protocol_named

CHANNELS = 6


def cloud(seed: int, clips: int = 4, shift: float = 0.0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    mix = generator.normal(size=(CHANNELS, CHANNELS))
    return [generator.normal(size=(generator.integers(20, 40), CHANNELS)) @ mix + shift for _ in range(clips)]


def textbook(one: list[np.ndarray], other: list[np.ndarray], *, inside: float, outside: float) -> float:
    first, second = np.concatenate(one), np.concatenate(other)
    eye = np.eye(CHANNELS)
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = np.real(sqrtm((c1 + inside * eye) @ (c2 + inside * eye)))
    shift = first.mean(axis=0) - second.mean(axis=0)
    return 10 * float(shift @ shift + np.trace(c1 + c2 + 2 * outside * eye) - 2 * np.trace(root))


def test_each_protocol_adds_its_jitter_where_it_says() -> None:
    one, other = cloud(0), cloud(1, shift=0.3)
    expected = {
        "emage-2024": textbook(one, other, inside=0.0, outside=0.0),
        "emage-2025": textbook(one, other, inside=1e-6, outside=0.0),
        "clean": textbook(one, other, inside=1e-6, outside=1e-6),
    }
    assert set(expected) == set(PROTOCOLS)
    for name, value in expected.items():
        assert frechet_gesture_distance(one, other, protocol_named(name)) == pytest.approx(value, rel=1e-9)
    assert len({round(value, 9) for value in expected.values()}) == 3


def test_a_singular_covariance_gets_the_jitter_in_2024() -> None:
    one, other = cloud(0), cloud(1)
    flat = [each * np.array([1, 1, 1, 1, 1, 0]) for each in one]
    expected = textbook(flat, other, inside=1e-6, outside=0.0)
    assert frechet_gesture_distance(flat, other, EMAGE_2024) == pytest.approx(expected, rel=1e-6)


def test_a_set_against_itself_is_nothing() -> None:
    one = cloud(5)
    assert frechet_gesture_distance(one, one, CLEAN) == pytest.approx(0.0, abs=1e-9)
    assert frechet_gesture_distance(one, one, EMAGE_2024) == pytest.approx(0.0, abs=1e-9)
    # 2 x 10 x 6 channels x 1e-6: the public tool's root has the jitter and its traces have not.
    assert frechet_gesture_distance(one, one, EMAGE_2025) == pytest.approx(-120e-6, rel=1e-3)


def test_a_shift_counts_ten_times_its_square() -> None:
    one = cloud(6)
    assert frechet_gesture_distance(one, [each + 0.5 for each in one]) == pytest.approx(10 * CHANNELS * 0.25)


def test_clips_and_frames_may_come_in_any_order() -> None:
    one, other = cloud(0), cloud(1)
    expected = frechet_gesture_distance(one, other)
    assert frechet_gesture_distance([each[::-1] for each in one[::-1]], other) == pytest.approx(expected)


def test_nothing_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="real clips"):
        frechet_gesture_distance([], cloud(0))
    with pytest.raises(InputError, match="generated clips"):
        frechet_gesture_distance(cloud(0), [])
    with pytest.raises(InputError, match="emage-2024"):
        protocol_named("emage")


def test_the_interval_of_a_mean_is_the_textbook_s(generator: np.random.Generator) -> None:
    values = generator.normal(3.0, 2.0, 200)
    low, high = bootstrap_interval(lambda clips: float(values[clips].mean()), 200, generator, resamples=2000)
    error = 1.96 * values.std() / np.sqrt(200)
    assert low == pytest.approx(values.mean() - error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + error, abs=0.15 * error)


def test_an_interval_repeats_with_its_generator_and_widens_with_confidence() -> None:
    values = np.random.default_rng(0).normal(size=30)

    def interval(confidence: float) -> tuple[float, float]:
        fresh = np.random.default_rng(1)
        return bootstrap_interval(lambda clips: float(values[clips].mean()), 30, fresh, 300, confidence)

    assert interval(0.9) == interval(0.9)
    assert interval(0.99)[0] < interval(0.5)[0] < interval(0.5)[1] < interval(0.99)[1]


def test_resamples_without_a_figure_are_left_out(generator: np.random.Generator) -> None:
    values = np.array([1.0, np.nan, 1.0])

    def first(clips: np.ndarray) -> float:
        return float(values[clips[0]])

    assert bootstrap_interval(first, 3, generator, 50) == (1.0, 1.0)
    with pytest.raises(InputError, match="at least one clip"):
        bootstrap_interval(lambda _clips: 0.0, 0, generator)


def test_floors_are_small_for_one_cloud_and_large_for_two(generator: np.random.Generator) -> None:
    alike, other = cloud(0, clips=12), [each + 2.0 for each in cloud(0, clips=12)]
    floors = frechet_floors(alike, alike, CLEAN, generator=generator)
    assert floors.held_out == pytest.approx(0.0, abs=1e-9)
    assert 0 < floors.halves < 10
    assert frechet_floors(alike, other, CLEAN, generator=generator).held_out == pytest.approx(240.0, rel=1e-6)
    with pytest.raises(InputError, match="two held-out clips"):
        frechet_floors(alike, alike[:1], CLEAN, generator=generator)
