"""Where a score leaves a hand alone, and where it lets it stay."""

import numpy as np

from exges_core.score.records import Score, Stroke
from exges_core.score.rests import calm_of, holding, resting

STROKE = Stroke(start_s=2.0, stroke_start_s=2.2, apex_s=2.6, hold_end_s=2.8, end_s=3.5, hand="left")


def test_a_hand_rests_but_near_its_own_gestures() -> None:
    found = resting(Score(strokes=(STROKE,), duration_s=6.0), 180)
    assert found[:, 1].all()
    assert np.flatnonzero(~found[:, 0]).tolist() == list(range(60 - 9, 105 + 9 + 1))


def test_without_strokes_both_hands_rest_throughout() -> None:
    assert resting(Score(strokes=(), duration_s=6.0), 180).all()


def test_a_hand_holds_from_a_moment_after_its_apex_to_the_holds_end() -> None:
    score = Score(strokes=(STROKE,), duration_s=6.0)
    found = holding(score, 180)
    assert not found[:, 1].any()
    assert np.flatnonzero(found[:, 0]).tolist() == list(range(81, 84))
    assert not (calm_of(score, 180).is_resting & found).any()


def test_a_hold_that_the_take_cuts_off_ends_with_it() -> None:
    assert holding(Score(strokes=(STROKE,), duration_s=2.75), 82)[:, 0].sum() == 1
