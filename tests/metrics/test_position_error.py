import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from exges_core.errors import InputError
from exges_core.metrics.position_error import mpjpe_mm, pa_mpjpe_mm, procrustes
from exges_core.motion.skeleton import DEFAULT_SKELETON


def naive_mpjpe(predicted: np.ndarray, true: np.ndarray) -> list[float]:
    found = []
    for one, other in zip(predicted, true, strict=True):
        distances = [np.linalg.norm((a - one[0]) - (b - other[0])) for a, b in zip(one, other, strict=True)]
        found.append(1000 * float(np.mean(distances)))
    return found


def naive_pa(predicted: np.ndarray, true: np.ndarray) -> list[float]:
    found = []
    for one, other in zip(predicted, true, strict=True):
        x, y = one - one.mean(axis=0), other - other.mean(axis=0)
        turned = Rotation.align_vectors(y, x)[0].apply(x)
        scale = (turned * y).sum() / (x * x).sum()
        found.append(1000 * float(np.linalg.norm(scale * turned - y, axis=1).mean()))
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1.0))
def test_both_equal_their_naive_references(seed: int, noise: float) -> None:
    generator = np.random.default_rng(seed)
    true = generator.normal(size=(5, 12, 3))
    predicted = true + noise * generator.normal(size=true.shape)
    np.testing.assert_allclose(mpjpe_mm(predicted, true), naive_mpjpe(predicted, true), rtol=1e-9)
    np.testing.assert_allclose(pa_mpjpe_mm(predicted, true), naive_pa(predicted, true), rtol=1e-6)


def test_a_similarity_is_undone_and_a_shift_is_not_seen(generator: np.random.Generator) -> None:
    true = generator.normal(size=(7, 55, 3))
    turn = Rotation.random(7, rng=generator).as_matrix()
    scale = generator.uniform(0.3, 3, (7, 1, 1))
    predicted = scale * true @ turn + generator.normal(size=(7, 1, 3))
    np.testing.assert_allclose(pa_mpjpe_mm(predicted, true), 0.0, atol=1e-9)
    assert (mpjpe_mm(predicted, true) > 100).all()
    np.testing.assert_allclose(mpjpe_mm(true + 5.0, true), 0.0, atol=1e-9)


def test_known_distances() -> None:
    true = np.zeros((1, 4, 3))
    predicted = true.copy()
    predicted[0, 2] = [0.03, 0.0, 0.04]
    assert mpjpe_mm(predicted, true) == pytest.approx([50 / 4])


def test_a_mirrored_pose_is_not_turned_inside_out(generator: np.random.Generator) -> None:
    """A reflection would fit it exactly; a body cannot be reflected."""
    true = generator.normal(size=(3, 20, 3))
    mirrored = true * [-1, 1, 1]
    found = pa_mpjpe_mm(mirrored, true)
    assert (found > 100).all()
    np.testing.assert_allclose(found, naive_pa(mirrored, true), rtol=1e-6)


def test_the_fit_is_the_best_of_all(generator: np.random.Generator) -> None:
    true = generator.normal(size=(1, 10, 3))
    moved = true + 0.3 * generator.normal(size=true.shape)
    best = ((procrustes(moved, true) - true) ** 2).sum()
    for _ in range(50):
        turn = Rotation.from_rotvec(0.2 * generator.normal(size=3)).as_matrix()
        other = generator.uniform(0.8, 1.2) * procrustes(moved, true) @ turn + 0.1 * generator.normal(size=3)
        assert ((other - true) ** 2).sum() >= best


def test_flat_and_coinciding_joints_are_no_trouble() -> None:
    rest = DEFAULT_SKELETON.rest_positions_m()[None]
    flat = rest * [1, 1, 0]
    assert pa_mpjpe_mm(flat, flat) == pytest.approx([0.0], abs=1e-9)
    assert np.isfinite(pa_mpjpe_mm(np.zeros_like(rest), rest)).all()
    assert np.isfinite(pa_mpjpe_mm(rest, np.zeros_like(rest))).all()


def test_other_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="position error"):
        mpjpe_mm(np.zeros((2, 55, 3)), np.zeros((3, 55, 3)))
    with pytest.raises(InputError, match="position error"):
        pa_mpjpe_mm(np.zeros((2, 55, 3)), np.zeros((2, 22, 3)))
