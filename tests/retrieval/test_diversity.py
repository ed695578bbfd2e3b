import numpy as np
import pytest

from exges_core.retrieval.diversity import diverse

SCORES = np.array([0.5, 0.9, 0.89, 0.3, 0.88])
KINDS = np.eye(3)[[1, 0, 0, 2, 0]]


def test_without_weight_the_best_are_chosen_in_order() -> None:
    assert diverse(SCORES, KINDS, 3, 0.0).tolist() == [1, 2, 4]
    assert diverse(np.zeros(4), np.eye(4), 2, 0.0).tolist() == [0, 1]


def test_with_weight_other_kinds_are_offered_and_the_best_stays_first() -> None:
    assert diverse(SCORES, KINDS, 3, 0.7).tolist() == [1, 0, 3]
    assert diverse(SCORES, KINDS, 3, 0.45).tolist() == [1, 2, 0]


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_everything_is_listed_once_where_there_is_not_more(weight: float) -> None:
    found = diverse(SCORES, KINDS, 9, weight)
    assert found.tolist() == [1, 2, 4, 0, 3]
