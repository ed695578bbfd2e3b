import numpy as np
import pytest

from exges_core.metrics.retrieval import (
    expected_calibration_error,
    label_accuracy,
    median_rank,
    ranks,
    recall_at,
    reliability,
)


def naive_rank(row: np.ndarray, match: np.ndarray) -> int:
    """Sort with wrong items first among equals and look where the first right one is."""
    order = sorted(range(len(row)), key=lambda item: (-row[item], match[item]))
    return next(place for place, item in enumerate(order) if match[item])


@pytest.mark.parametrize("distinct", [3, 1000])
def test_ranks_equal_a_sorted_list(generator: np.random.Generator, distinct: int) -> None:
    similarity = generator.integers(0, distinct, (40, 25)).astype(np.float64)
    is_match = generator.random((40, 25)) < 0.1
    is_match[np.arange(40), generator.integers(0, 25, 40)] = True
    expected = [naive_rank(row, match) for row, match in zip(similarity, is_match, strict=True)]
    found = ranks(similarity, is_match)
    assert found.tolist() == expected
    for count in (1, 5, 25):
        assert recall_at(found, count) == np.mean([rank < count for rank in expected])
    assert median_rank(found) == np.median(expected) + 1


def test_a_constant_embedding_is_the_worst_and_not_the_best() -> None:
    found = ranks(np.ones((5, 5)), np.eye(5, dtype=np.bool_))
    assert recall_at(found, 1) == 0.0
    assert median_rank(found) == 5.0


def test_labels_count_any_acceptable_item() -> None:
    similarity = np.array([[0.9, 0.8, 0.1], [0.1, 0.2, 0.9]])
    is_right = np.array([[False, True, False], [True, False, False]])
    assert label_accuracy(similarity, is_right, 1) == 0.0
    assert label_accuracy(similarity, is_right, 2) == 0.5
    assert label_accuracy(similarity, is_right, 3) == 1.0


def test_true_probabilities_are_reliable_and_boasts_are_not(generator: np.random.Generator) -> None:
    probability = generator.random(40_000)
    is_match = generator.random(40_000) < probability
    assert expected_calibration_error(reliability(probability, is_match)) < 0.02
    assert expected_calibration_error(reliability(np.full(40_000, 0.99), is_match)) > 0.4
