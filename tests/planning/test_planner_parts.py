"""Tokens, bins, unknown words, memory and fitting: the parts of the planner, each by itself."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from exges_core.audio.features import ENERGY
from exges_core.planning.bins import bin_of, drawn, edges_of, is_atomic, median_of, value_of
from exges_core.planning.fitting import fitted
from exges_core.planning.known_words import UNKNOWN, KnownWords
from exges_core.planning.memory import GAPS, MEMORY, Made, gaps_of, memory_of, spread
from exges_core.planning.tokens import SCALARS, spelling, tokens_of
from exges_core.planning.word_habits import WordHabits
from exges_core.score.records import Score, Stroke, check
from exges_core.speech.words import Word

Speech = tuple[tuple[Word, ...], np.ndarray]


def stroke(at_s: float, *, hand: str = "right", half_s: float = 0.3, after_s: float = 0.0) -> Stroke:
    """Return a stroke about a middle."""
    ends = (at_s - half_s, at_s - half_s, at_s + half_s, at_s + half_s, at_s + half_s + after_s)
    names = ("start_s", "stroke_start_s", "apex_s", "hold_end_s", "end_s")
    return Stroke(**dict(zip(names, ends, strict=True)), hand=hand)  # pyright: ignore[reportArgumentType]


def test_a_word_is_a_token_whatever_its_punctuation(speech: Speech) -> None:
    words, features = speech
    plain = tokens_of(words, features)
    written = tokens_of([replace(word, text=f"\u201c{word.text.title()},") for word in words], features)
    assert plain.texts == written.texts == tuple(word.text for word in words)
    np.testing.assert_array_equal(plain.scalars, written.scalars)
    assert spelling("Don\u2019t!") == "don't"
    assert plain.scalars.shape == (len(words), SCALARS)
    assert np.isfinite(plain.scalars).all()
    assert (plain.start_s <= plain.anchor_s).all()
    assert (plain.anchor_s <= plain.end_s).all()


def test_clauses_end_at_pauses(speech: Speech) -> None:
    words, features = speech
    tokens = tokens_of(words, features)
    for number, word in enumerate(words):
        last = number
        while last + 1 < len(words) and words[last + 1].start_s - words[last].end_s < 0.22:
            last += 1
        assert tokens.clause_end_s[number] == pytest.approx(words[last].end_s), word


def test_a_louder_recording_is_the_same_speech(speech: Speech) -> None:
    words, features = speech
    louder = features.copy()
    louder[:, ENERGY] += 0.4
    np.testing.assert_allclose(tokens_of(words, louder).scalars, tokens_of(words, features).scalars, atol=1e-4)


def test_without_words_its_syllables_are_heard(spoken: Callable[..., Speech]) -> None:
    words, features = spoken(40.0, seed=3)
    tokens = tokens_of((), features)
    middles = np.array([(word.start_s + word.end_s) / 2 for word in words])
    found = np.abs(np.subtract.outer(middles, (tokens.start_s + tokens.end_s) / 2)).min(axis=1) < 0.15
    assert found.mean() > 0.9
    assert 0.9 < len(tokens) / len(words) < 1.1
    assert set(tokens.texts) == {""}


def test_words_outside_the_sound_are_left_out(speech: Speech) -> None:
    words, features = speech
    assert len(tokens_of(words, features[:300])) == sum(word.start_s < 10.0 - 1 / 30 for word in words)


def test_an_unknown_word_is_taken_for_known_ones_near_it() -> None:
    known = KnownWords(["the", "huge", "house", "left"])
    rows, weights = known.rows(["huge", "enormous", "qqq", "", "the"])
    assert (rows[0, 0], weights[0, 0]) == (2, 1.0)
    assert 2 in rows[1][weights[1] > 0]
    assert rows[[2, 3], 0].tolist() == [UNKNOWN, UNKNOWN]
    assert (rows[4, 0], weights[4, 0]) == (1, 1.0)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-6)


def test_set_aside_a_word_is_never_taken_for_itself() -> None:
    words = ["the", "huge", "enormous", "big", "house", "left", "giant", "home"]
    rows, weights = KnownWords(words).strange_rows()
    assert all(row not in rows[row][weights[row] > 0] for row in range(1, len(words) + 1))
    assert {words[row - 1] for row in rows[3][weights[3] > 0]} & {"huge", "big", "giant"}


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_values_come_back_from_their_bins(share: float) -> None:
    generator = np.random.default_rng(1)
    values = np.where(generator.uniform(size=4000) < share, 0.0, generator.gamma(2.0, 0.3, 4000) + 0.01)
    edges = edges_of(values, 12)
    bins = bin_of(values, edges)
    assert len(edges) == 13
    assert is_atomic(edges) == (share > 0)
    again = np.array([value_of(int(number), 0.5, edges) for number in bins])
    inside = (values == 0) | ((values >= edges[int(share > 0)]) & (values <= edges[-1]))
    width = np.diff(edges)[bins]
    assert (np.abs(again - values)[inside] <= width[inside] / 2 + 1e-9).all()
    assert (again[values == 0] == 0).all()


def test_a_chance_picks_in_proportion_and_says_where() -> None:
    assert drawn(np.array([0.2, 0.5, 0.3]), 0.1) == (0, pytest.approx(0.5))
    assert drawn(np.array([0.2, 0.5, 0.3]), 0.45) == (1, pytest.approx(0.5))
    assert drawn(np.array([0.2, 0.5, 0.3]), 1.0)[0] == 2


def test_half_of_what_is_likely_lies_below_the_median() -> None:
    edges = np.array([0.0, 1.0, 2.0, 4.0])
    assert median_of(np.array([0.25, 0.5, 0.25]), edges) == pytest.approx(1.5)
    assert median_of(np.array([0.1, 0.1, 0.8]), edges) == pytest.approx(2.75)


def test_memory_tells_times_apart_and_has_its_size() -> None:
    past = [Made(1.0, 0, 2, 0.1), Made(2.0, 2, 1, -0.3)]
    assert memory_of(2.6, past, 4.0).shape == (MEMORY,)
    assert memory_of(0.5, [], None).shape == (MEMORY,)
    seen = {tuple(memory_of(time_s, past, None).round(4)) for time_s in (2.3, 2.6, 3.0, 4.0, 7.0)}
    assert len(seen) == 5
    assert gaps_of(1.0, None, 0.4, 2.0).shape == (GAPS,)
    np.testing.assert_allclose(spread([0.01, 0.7, 100.0]).reshape(3, -1).sum(axis=1), 1.0)


def test_strokes_that_run_into_one_another_share_the_time() -> None:
    first, second = fitted([stroke(2.0, half_s=0.5), stroke(2.6, half_s=0.5)], [], (), 10.0)
    assert first.apex_s == second.stroke_start_s == pytest.approx(2.3)
    check(Score(strokes=(first, second), duration_s=10.0))


def test_other_hands_are_left_alone_and_retractions_give_way() -> None:
    left, right = stroke(2.0, hand="left", half_s=0.5, after_s=3.0), stroke(2.6, hand="right", half_s=0.5)
    assert fitted([left, right], [], (), 10.0) == [left, right]
    both = fitted([left, replace(right, hand="both")], [], (), 10.0)
    assert both[0].end_s == both[1].start_s


def test_settled_strokes_and_walls_are_not_crossed() -> None:
    settled = stroke(3.0)
    found = fitted([stroke(2.5, after_s=1.0), stroke(3.05), stroke(3.6)], [settled], ((3.9, 5.0),), 10.0)
    assert found[1] == settled
    assert found[0].end_s == settled.start_s
    assert [round(each, 2) for each in (found[2].start_s, found[2].end_s)] == [3.3, 3.9]
    assert len(found) == 3


def test_habits_tell_which_words_call_a_stroke_and_of_which_kind() -> None:
    habits = WordHabits.none(4, 2)
    habits.count([1] * 30 + [2] * 30 + [3] * 30, [(1, 0)] * 25 + [(2, 1)] * 2 + [(3, None)] * 3)
    rows, weights = np.array([[1, 0], [2, 0], [3, 0], [1, 2], [0, 0]]), np.eye(2)[[0, 0, 0, 0, 0]]
    weights[3] = 0.5
    odds, shares = habits.of(rows, weights, np.array([True] * 4 + [False]))
    assert odds[0] > 1.0 > 0.0 > odds[1]
    assert odds[1] < odds[3] < odds[0]
    assert odds[4] == pytest.approx(0.0, abs=1e-6)
    assert np.exp(shares).sum(axis=1) == pytest.approx(1.0, abs=1e-3)
    assert np.exp(shares[[0, 3], 0]) == pytest.approx([1.0, 0.92], abs=0.01)
    assert shares[1, 1] > shares[2, 1]


def test_a_takes_own_habits_can_be_taken_off() -> None:
    one, other = WordHabits.none(3, 2), WordHabits.none(3, 2)
    one.count([1, 1, 2], [(1, 0)])
    other.count([2, 0], [(2, 1), (0, None)])
    both = WordHabits.none(3, 2)
    both.count([1, 1, 2, 2, 0], [(1, 0), (2, 1), (0, None)])
    rest = both.without(other)
    for name in ("met", "moved", "kinds"):
        np.testing.assert_array_equal(getattr(rest, name), getattr(one, name))
