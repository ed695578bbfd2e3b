"""Busy and seated in Blender: evaluated feet and hands stay where the own animation has them, the rest gestures."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.blender
LENGTH_M = 1e-3


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("held", sys.executable, str(Path(__file__).resolve().parents[2]), source=True)


@pytest.mark.parametrize("name", ["seated", "fewer"])
def test_feet_and_the_held_hand_stay_on_every_frame(found: dict[str, Any], name: str) -> None:
    assert found[name]["feet"] < LENGTH_M
    assert found[name]["left"] < LENGTH_M
    assert found["free"]["feet"] > 0.05
    assert found["free"]["left"] > 0.05


def test_what_is_free_moves(found: dict[str, Any]) -> None:
    assert found["seated"]["head moves"] > 0.05
    assert found["seated"]["right moves"] > 0.05


def test_a_hand_is_held_for_a_range_alone(found: dict[str, Any]) -> None:
    assert found["range"]["left inside"] < LENGTH_M
    assert found["range"]["left"] > 0.05
    assert found["range"]["feet"] < LENGTH_M


def test_pelvis_and_feet_stay_where_the_trunk_leans_less_to_reach(found: dict[str, Any]) -> None:
    assert found["far"]["feet"] < 0.1 * LENGTH_M
    assert found["far"]["left"] < 0.1 * LENGTH_M


def test_an_arm_that_its_own_ik_stretches_is_said(found: dict[str, Any]) -> None:
    within, beyond = found["told"]
    assert not within
    share = re.fullmatch(
        r"held left arm: your own animation stretches it to (\d+) % of its length \(most on frame \d+\); "
        "its hand is held as far as the arm reaches unstretched",
        beyond[0],
    )
    assert share
    assert 115 <= int(share[1]) <= 130


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tail", "expected one of lower_body"),
        ("left_arm:1-20", "expected a range within frames 11 to 82, got 1 to 20"),
        ("left_arm:30-900", "expected a range within frames 11 to 82, got 30 to 900"),
        ("left_arm:40-30", "ends after it begins"),
    ],
)
def test_what_cannot_be_held_is_refused_in_a_sentence(found: dict[str, Any], text: str, told: str) -> None:
    assert told in found["refused"][text]


def test_the_panel_asks_for_what_its_list_holds(found: dict[str, Any]) -> None:
    assert set(found["seated_button"]) == {"FINISHED"}
    assert found["added_held"] == ["left_arm", True], "the lower body is held already"
    assert found["asked"] == ["lower_body", "left_arm:30-83"]
    assert found["left_over"] == ["left_arm"]
    assert found["reused"] == ["FINISHED", "lower_body", "left_arm"]
