"""What an animator does with takes, with the real engine: keyed poses, a range anew, gestures, words, reload."""

import sys
from typing import Any

import pytest

pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("takes", sys.executable, "8", source=True)


def test_three_keyed_poses_survive_exactly_and_without_a_pop(found: dict[str, Any]) -> None:
    assert found["operator"] == ["FINISHED"]
    assert found["worst_degrees"] < 0.1
    assert found["own_keys_kept"]
    assert found["pop"] < 2.0  # fastest frame within two of a key against the 99th percentile of the whole take


def test_words_are_markers_that_come_and_go_as_one_set(found: dict[str, Any]) -> None:
    assert found["markers"] == found["words"] > 10
    assert found["markers_left"] == ["mine"]


def test_a_gesture_is_previewed_on_the_upper_body_and_everything_goes_back(found: dict[str, Any]) -> None:
    assert found["segments"] > 2
    assert found["preview_turned"] > 10
    assert found["preview_legs"] < 2.0
    assert found["preview_back"]
    assert found["preview_frame"] == 30


def test_a_take_goes_into_a_base_of_ones_own(found: dict[str, Any]) -> None:
    assert found["add_to_base"] == ["FINISHED"]
    assert found["base"]
    assert found["working_folders"] == []


def test_a_range_is_made_anew_and_every_other_key_stays_bit_for_bit(found: dict[str, Any]) -> None:
    assert found["range_operator"] == ["FINISHED"]
    assert found["outside_same"]
    assert found["inside_differs"] > 1.0
    assert found["inside_key_degrees"] < 0.1
    assert found["seam_degrees"] < 1.5 * found["usual_degrees"]


def test_pins_bans_and_silences_are_obeyed_and_compared(found: dict[str, Any]) -> None:
    assert found["pinned"]
    assert found["silent"]
    assert found["banned"]
    assert {"Seed", "Pin", "Ban", "No Gesture", "Made again", "Made from"} == set(found["differences"])


def test_a_key_set_inside_a_take_is_the_animators_own(found: dict[str, Any]) -> None:
    assert found["edited_degrees"] < 0.1


def test_fewer_keys_are_fewer(found: dict[str, Any]) -> None:
    assert found["fewer_keys"] < 0.4


def test_takes_and_settings_survive_saving_and_go_when_deleted(found: dict[str, Any]) -> None:
    assert found["compared"]
    assert found["flipped"]
    assert found["reloaded"]
    assert found["settings_reloaded"] == [99, "FEWER", 3, True]
    assert found["report_reloaded"] == found["segments"]
    assert found["pose_reloaded"]
    assert found["left"] == [0, True]


def test_three_variations_hear_the_words_once(found: dict[str, Any]) -> None:
    assert found["variations"] == ["FINISHED"]
    assert found["variation_seeds"][0] == 5
    assert len(set(found["variation_seeds"])) == 3
    assert found["words_kept"] == 1
    first, *later = found["hearing_s"]
    assert max(later) < 0.5 * first
    assert found["same_words"] == 1
    assert min(found["variations_differ"]) > 1.0
