"""Drawn strokes are made to fit one hand after the other, however near they are drawn."""

from itertools import pairwise

import numpy as np

from exges_core.planning.fitting import SHORTEST_S, fitted
from exges_core.score.records import HANDS, Score, Stroke, check


def drawn(middle_s: float, length_s: float, hand: int) -> Stroke:
    start_s, apex_s = middle_s - length_s / 2, middle_s + length_s / 2
    return Stroke(
        start_s=start_s - 0.05, stroke_start_s=start_s, apex_s=apex_s, hold_end_s=apex_s, end_s=apex_s + 0.1,
        hand=HANDS[hand],
    )  # fmt: skip


def test_a_stroke_that_is_lengthened_stays_before_the_next_one() -> None:
    first, second = drawn(1.0, 0.02, HANDS.index("left")), drawn(1.03, 0.02, HANDS.index("both"))
    kept = fitted([first, second], [], (), 6.0)
    check(Score(strokes=tuple(kept), duration_s=6.0))
    assert [each.hand for each in kept] == ["left", "both"]
    assert kept[0].apex_s <= kept[1].start_s


def test_strokes_that_are_drawn_on_top_of_one_another_can_be_played() -> None:
    generator = np.random.default_rng(4)
    for _ in range(300):
        middles = np.sort(generator.uniform(0.3, 5.7, 12))
        strokes = [
            drawn(float(at), float(length), int(hand))
            for at, length, hand in zip(
                middles, generator.uniform(0.01, 0.5, 12), generator.integers(0, 3, 12), strict=True
            )
        ]
        settled = Stroke(
            start_s=2.8, stroke_start_s=2.9, apex_s=3.2, hold_end_s=3.2, end_s=3.3, hand="both", is_locked=True
        )
        kept = fitted(strokes, [settled], [(1.0, 1.4)], 6.0)
        check(Score(strokes=tuple(kept), duration_s=6.0))
        assert settled in kept
        for side in ("left", "right"):
            own = sorted((each for each in kept if each.uses(side)), key=lambda each: each.middle_s)
            assert all(one.apex_s <= other.start_s + 1e-6 for one, other in pairwise(own))
        assert all(each.apex_s - each.stroke_start_s > SHORTEST_S - 1e-5 for each in kept)
