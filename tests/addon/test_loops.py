"""Idle Loop and Mirror Take in Blender, with the real engine: seams, strips that play on, exact mirror images."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("loops", sys.executable, str(ROOT), source=True)


def test_an_idle_begins_at_the_current_frame_and_its_strip_plays_on_to_the_end_of_the_scene(
    found: dict[str, Any],
) -> None:
    assert found["pressed"] == ["FINISHED"]
    assert found["range"] == [21, 121]
    assert found["strip"] == [21, 421, 4]
    assert found["settings"] == {"seed": 7, "idle_frames": 100, "fps": 24.0, "first_frame": 21}


def test_on_the_character_there_is_no_seam(found: dict[str, Any]) -> None:
    assert max(found["seam"]) <= 1.0
    assert max(found["turns_apart"]) < 1e-6
    assert found["moves"] > 0.02


def test_it_stands_as_the_panel_says(found: dict[str, Any]) -> None:
    own, bent, remembered = found["knees"]
    assert own < 30.0
    assert 45.0 < bent < 55.0
    assert remembered == 50.0


def test_as_active_action_few_keys_cycle_for_ever(found: dict[str, Any]) -> None:
    assert found["cycles"]
    assert found["few_keys"]
    assert found["active_turns_apart"] < 1e-6
    assert max(found["active_seam"][:2]) <= 1.0  # the acceleration of Bezier curves jumps at every key


def test_pressed_again_there_is_another_idle(found: dict[str, Any]) -> None:
    assert found["again"] == [True, True]


def test_a_mirrored_take_is_a_new_one_that_does_on_the_left_what_the_other_does_on_the_right(
    found: dict[str, Any],
) -> None:
    assert found["mirrored"] == ["FINISHED"]
    assert found["image_is_new"]
    assert found["image_off"] < 1e-5
    assert found["differs"] > 0.02
    assert found["image_repeats"] < 1e-6
    assert found["type"] == ["GENERATED"]


def test_mirrored_twice_is_the_take_itself(found: dict[str, Any]) -> None:
    assert found["twice_off"] < 1e-6
    assert found["said"] == [True, False]


def test_what_cannot_be_is_said(found: dict[str, Any]) -> None:
    assert found["too_short"] == "An idle takes 2 to 300 seconds: choose another length"
    assert "a take whose root or object travels cannot be mirrored" in found["refused"]
    assert "100 frames" in found["drawn"]


def test_a_batch_makes_the_idle_that_the_button_makes(found: dict[str, Any]) -> None:
    assert found["batch"] == 0
    assert found["batch_same"] == [True, True, True]
    assert found["batch_later"] == [300, 400]
    assert found["batch_again"] == 0
