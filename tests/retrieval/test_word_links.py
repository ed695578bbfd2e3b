import numpy as np
import pytest

from exges_core.retrieval.word_links import WordLinks

WORDS = ("fall", "fell", "tumble", "tumbled", "felt", "stone")
"""Rows: "fell" is a form of "fall" and a word of its own, "tumbled" a form alone, "felt" unknown."""
BASES = ((0,), (1, 0), (2,), (2,), (), (5,))


def links(**changes: np.ndarray) -> WordLinks:
    made = WordLinks.between(BASES, [{2: 0.5, 5: 0.01}, {}, {0: 0.25}, {}, {}, {}], least=0.02)
    return WordLinks.restored({**made.stored(), **changes})


def linked(word: str) -> dict[str, float]:
    made = links()
    found = made.strengths(WORDS.index(word), made.bases(range(len(WORDS))))
    return {other: float(strength) for other, strength in zip(WORDS, found, strict=True) if strength}


def test_forms_are_linked_as_their_base_and_with_it_fully() -> None:
    assert linked("tumble") == pytest.approx({"fall": 0.25, "fell": 0.25, "tumble": 1.0, "tumbled": 1.0}, abs=0.002)
    assert linked("tumbled") == linked("tumble")
    assert linked("fall") == pytest.approx({"fall": 1.0, "fell": 1.0, "tumble": 0.5, "tumbled": 0.5}, abs=0.002)


def test_a_form_that_is_a_word_of_its_own_is_its_base_in_part() -> None:
    assert linked("fell") == pytest.approx({"fall": 0.5, "fell": 1.0, "tumble": 0.25, "tumbled": 0.25}, abs=0.002)


def test_weak_links_and_words_without_a_base_are_left_out() -> None:
    assert linked("felt") == {}
    assert linked("stone") == {"stone": 1.0}
    assert links().count == 2


def test_what_is_stored_makes_the_same_links() -> None:
    made = links()
    stored = made.stored()
    again = WordLinks.restored(stored).stored()
    assert all(
        np.array_equal(stored[name], array) and stored[name].dtype == array.dtype for name, array in again.items()
    )
    assert max(array.dtype.itemsize for array in stored.values()) <= 2
    none = WordLinks.none(3)
    assert none.count == 0
    assert none.strengths(1, none.bases([0, 1, 2])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"links": np.array([2, 6], np.uint8)},
        {"links": np.array([2], np.uint8)},
        {"strengths": np.array([1], np.uint8)},
        {"base_steps": np.array([-1, 0, -1, 0, -1, 0], np.int32)},
        {"base_steps": np.zeros(5, np.int32)},
        {"link_counts": np.zeros(6, np.uint16)},
        {"link_counts": np.zeros(5, np.uint16)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"links|rows|base forms"):
        links(**changes)
