import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from exges_core.errors import InputError
from exges_core.metrics.frechet import Gaussian, frechet_distance, gaussian_of


def spread(seed: int, channels: int = 5) -> np.ndarray:
    mix = np.random.default_rng(seed).normal(size=(channels, channels))
    return mix @ mix.T


def test_one_dimension_has_a_closed_form() -> None:
    first = Gaussian(mean=np.array([1.0]), covariance=np.array([[4.0]]))
    second = Gaussian(mean=np.array([-2.0]), covariance=np.array([[0.25]]))
    assert frechet_distance(first, second) == pytest.approx(3.0**2 + (2.0 - 0.5) ** 2)


def test_commuting_covariances_have_a_closed_form() -> None:
    first = Gaussian(mean=np.zeros(3), covariance=np.diag([1.0, 4.0, 9.0]))
    second = Gaussian(mean=np.array([0.0, 1.0, 0.0]), covariance=np.diag([4.0, 4.0, 0.0]))
    assert frechet_distance(first, second) == pytest.approx(1.0 + 1.0 + 0.0 + 9.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_it_is_the_matrix_root_of_the_textbook(seed: int) -> None:
    one, two = spread(seed), spread(seed + 1)
    first, second = Gaussian(mean=np.zeros(5), covariance=one), Gaussian(mean=np.ones(5), covariance=two)
    expected = 5.0 + np.trace(one + two - 2 * np.real(sqrtm(one @ two)))
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first), rel=1e-9)
    assert frechet_distance(first, first) == pytest.approx(0.0, abs=1e-9 * np.trace(one))


def test_a_turn_of_both_changes_nothing() -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 5)))
    mean, one, two = np.arange(5.0), spread(1), spread(2)
    straight = frechet_distance(Gaussian(mean=mean, covariance=one), Gaussian(mean=0 * mean, covariance=two))
    turned = frechet_distance(
        Gaussian(mean=turn @ mean, covariance=turn @ one @ turn.T),
        Gaussian(mean=0 * mean, covariance=turn @ two @ turn.T),
    )
    assert turned == pytest.approx(straight, rel=1e-9)


def test_fewer_items_than_channels_are_no_trouble() -> None:
    generator = np.random.default_rng(0)
    few = generator.normal(size=(6, 40))
    assert frechet_distance(gaussian_of(few), gaussian_of(few)) == pytest.approx(0.0, abs=1e-8)
    shifted = frechet_distance(gaussian_of(few), gaussian_of(few + 2.0))
    assert shifted == pytest.approx(40 * 4.0, rel=1e-9)
    assert np.isfinite(frechet_distance(gaussian_of(few), gaussian_of(generator.normal(size=(3, 40)))))


def test_samples_of_one_cloud_come_near_zero_and_the_jitter_adds_to_the_diagonal() -> None:
    generator = np.random.default_rng(1)
    one, two = generator.normal(size=(20_000, 4)), generator.normal(size=(20_000, 4))
    assert 0.0 <= frechet_distance(gaussian_of(one), gaussian_of(two)) < 0.002
    np.testing.assert_allclose(
        gaussian_of(one, jitter=0.5).covariance - gaussian_of(one).covariance, 0.5 * np.eye(4), atol=1e-12
    )


def test_what_cannot_be_compared_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="two rows of finite features"):
        gaussian_of(np.zeros((1, 3)))
    with pytest.raises(InputError, match="two rows of finite features"):
        gaussian_of(np.full((4, 3), np.nan))
    with pytest.raises(InputError, match="2 channels on both sides"):
        frechet_distance(gaussian_of(np.eye(2)), gaussian_of(np.eye(3)))
