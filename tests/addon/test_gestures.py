"""What the tab says of gestures, and how a preview ends."""

import sys
from typing import Any

import pytest

pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("gestures", sys.executable, source=True)


def test_candidates_are_called_by_their_names_and_a_likelier_one_says_why_it_is_not_used(found: dict[str, Any]) -> None:
    assert found["drawn"] == [
        *("0:00.0 that big", "45%  That big", "", "", ""),
        *("54%  Small beat, left hand", "", "", "", "likelier, but shares fewer words"),
        *("30%  Small beat, right hand", "", "", ""),
        *("20%  'some other words'", "", "", ""),  # of a take of an earlier version
        "",
    ]


def test_a_ban_looks_like_one_and_can_be_taken_back_where_the_gesture_is_listed_no_more(found: dict[str, Any]) -> None:
    assert "banned: Small beat, left hand" in found["banned"]
    assert "54%  Small beat, left hand" not in found["banned"]
    assert "likelier, but shares fewer words" not in found["banned"]
    assert {"0 pinned, 0 without, 1 banned", "Small beat, left hand"} <= set(found["banned_elsewhere"])
    assert found["allowed"]


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        ("click", ["FINISHED", "PASS_THROUGH"]),
        ("key", ["FINISHED", "PASS_THROUGH"]),
        ("release", ["PASS_THROUGH"]),
        ("zoom", ["PASS_THROUGH"]),
        ("escape", ["FINISHED"]),
    ],
)
def test_a_preview_ends_with_the_next_click_which_does_its_own_work(
    found: dict[str, Any], event: str, ending: list[str]
) -> None:
    ends = "FINISHED" in ending
    assert found["modal"][event] == [ending, ends, 33 if ends else 50, [None] if ends else []]


def test_one_of_a_thing_is_said_as_one(found: dict[str, Any]) -> None:
    assert found["counted"] == ["0 poses", "1 pose", "2 poses"]


def test_the_bone_map_is_grouped_by_limb_in_the_rigs_words(found: dict[str, Any]) -> None:
    texts = found["map"]
    start = texts.index("Left Arm · 4 of 4")
    assert texts[start : start + 9] == [
        "Left Arm · 4 of 4",
        *("Left Shoulder", "left_collar", "Left Upper Arm", "left_shoulder"),
        *("Left Forearm", "left_elbow", "Left Hand", "left_wrist"),
    ]
