"""Busy hands: what people may write, and what becomes of strokes that wanted them."""

from dataclasses import replace

import pytest

from exges_core.errors import InputError
from exges_core.protocol import Request
from exges_core.score.asking import check_asked
from exges_core.score.busy import busy_of, check_inside, with_free_hands
from exges_core.score.records import Score, Stroke

ONE = Stroke(start_s=2.0, stroke_start_s=2.2, apex_s=2.6, hold_end_s=2.8, end_s=3.2, hand="right")


def score(*strokes: Stroke) -> Score:
    return Score(strokes=strokes, duration_s=10.0)


def hands(of: Score) -> list[str]:
    return [each.hand for each in of.strokes]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("left_leg", "got 'left_leg'. Is 'left_arm' meant?"),
        ("tail:1-2", "expected one of lower_body, trunk, head, left_arm"),
        ("left_arm:6-2.5", "ends after it begins, got 6 to 2.5"),
        ("left_arm:2-", "PART:FROM-TO"),
        ("left_arm:1.2.3-4", "PART:FROM-TO"),
        ("", "PART:FROM-TO"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        busy_of([text])
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("span", ["8-12", "-1-4", "11-12"])
def test_a_span_outside_the_take_is_refused(span: str) -> None:
    check_inside(busy_of(["head", "left_arm:0-10"]), 10.0)
    with pytest.raises(InputError, match=r"busy left_arm: expected a span within 0 to 10\.00 s"):
        check_inside(busy_of([f"left_arm:{span}"]), 10.0)


def test_parts_that_only_a_motion_can_hold_want_one_and_a_motion_wants_parts() -> None:
    asked = Request(id="a", speech="a.wav", outputs=())
    check_asked(replace(asked, busy=("right_hand",)))
    check_asked(replace(asked, busy=("lower_body",), held="a.npz"))
    with pytest.raises(InputError, match="expected a motion for the lower_body, got none"):
        check_asked(replace(asked, busy=("lower_body",)))
    with pytest.raises(InputError, match=r"--held a\.npz: expected a busy part"):
        check_asked(replace(asked, held="a.npz"))


def test_the_free_hand_makes_what_a_busy_one_would() -> None:
    given = score(replace(ONE, hand="both", clip=3, kind="open"), replace(ONE, start_s=3.2, end_s=4.0, hand="left"))
    assert hands(with_free_hands(given, ())[0]) == ["both", "left"]
    found, doubts = with_free_hands(given, busy_of(["left_arm:2.5-6"]))
    assert hands(found) == ["right", "right"]
    assert found.strokes[0].clip is None
    assert doubts == ()
    assert hands(with_free_hands(given, busy_of(["left_arm:6-8"]))[0]) == ["both", "left"]


def test_a_stroke_is_dropped_where_the_free_hand_has_no_time_or_none_is_free() -> None:
    given = score(replace(ONE, hand="left"), replace(ONE, start_s=2.1))
    assert hands(with_free_hands(given, busy_of(["left_hand"]))[0]) == ["right"]
    assert with_free_hands(given, busy_of(["left_arm", "right_arm"]))[0].strokes == ()


def test_a_stroke_that_a_person_locked_is_told_of_or_refused() -> None:
    locked = score(replace(ONE, is_locked=True, clip=3))
    found, doubts = with_free_hands(locked, busy_of(["right_arm"]))
    assert hands(found) == ["left"]
    assert "made by the left hand, without its clip" in doubts[0]
    with pytest.raises(InputError, match="expected a free hand, got both busy"):
        with_free_hands(locked, busy_of(["right_arm", "left_arm"]))


def test_head_and_legs_keep_no_hand_from_its_strokes() -> None:
    given = score(ONE, replace(ONE, hand="left"))
    assert with_free_hands(given, busy_of(["head", "trunk", "lower_body"]))[0] == given
