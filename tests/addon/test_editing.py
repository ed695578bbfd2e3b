"""Takes as one edits them: Euler keys, a take in the active Action and back, own keys set on top."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("editing", standin, str(ROOT), source=True)


def test_euler_keys_show_the_same_motion_and_never_jump(found: dict[str, Any]) -> None:
    assert found["euler_paths"] == ["rotation_euler"]
    assert found["euler_modes"] == []
    assert found["euler_own_order"] == "ZXY"
    assert found["euler_degrees"] < 0.01
    assert found["euler_step"] < 90.0


def test_fewer_euler_keys_stay_within_the_tolerance(found: dict[str, Any]) -> None:
    assert found["fewer_euler"]
    assert 0.01 < found["fewer_degrees"] < 0.5
    assert found["fewer_share"] < 0.6


def test_each_take_puts_its_own_rotation_modes_on(found: dict[str, Any]) -> None:
    is_as_before, off = found["shown_again"]
    assert is_as_before
    assert off < 1e-3
    off, is_as_before = found["exported"]
    assert off < 0.01
    assert is_as_before


def test_a_range_stays_in_the_form_of_its_take(found: dict[str, Any]) -> None:
    assert found["range_outside"]
    assert found["range_step"] < 90.0
    assert max(found["led_over"]) < 1e-5


def test_bones_with_keys_of_ones_own_keep_their_mode_and_all_go_back(found: dict[str, Any]) -> None:
    assert found["own_mode"] == [True, False]
    assert found["bones_again"]
    assert found["all_back"]
    assert found["only_one_back"]


def test_a_take_is_edited_in_the_active_action_and_goes_back(found: dict[str, Any]) -> None:
    edit = found["edit"]
    assert edit["active"]
    assert edit["slot"]
    assert not edit["selected"]
    assert edit["object"]
    assert edit["shown"]
    assert edit["same"] == 0.0
    assert edit["again"] == "The take is being edited already"
    assert found["reloaded"] == [True, 0.0]
    back = found["back"]
    assert back["own"]
    assert back["own_same"]
    assert back["elsewhere"] == 0.0
    assert back["edited"] > 5.0
    assert back["strip"] == [1.0, 200.0]
    assert back["why_not"] == "No take is being edited"
    assert found["undone"]
    assert found["redone"][0]


def test_everything_else_can_be_done_while_a_take_is_edited(found: dict[str, Any]) -> None:
    meanwhile = found["meanwhile"]
    assert meanwhile["generate"] == [True, 1]
    assert meanwhile["own_below"]
    assert meanwhile["show"] == meanwhile["flip"] == meanwhile["range"] == [True, True]
    assert meanwhile["export"]
    assert meanwhile["delete"] == [True, 1]
    assert "is an active Action, not a strip" in found["active_already"]


@pytest.mark.parametrize("bake", ["EVERY", "FEWER"])
def test_a_key_on_top_is_told_and_blended_on_request(found: dict[str, Any], bake: str) -> None:
    on_top = found[f"on_top_{bake}"]
    assert on_top["quiet"] == [True, False]
    assert on_top["frozen"] < 1e-6  # one key holds the arm for the whole timeline
    assert on_top["hidden"] == [["left_elbow"], 30, 30, True, True]
    assert "left_elbow hide the take on all frames" in " ".join(on_top["texts"])
    tolerance = 0.01 if bake == "EVERY" else 0.5
    assert on_top["at_key"] < tolerance
    assert on_top["away"] < (0.001 if bake == "EVERY" else tolerance)
    assert on_top["others"] < 0.001
    assert on_top["step"] < 0.2
    assert on_top["own_same"]
    assert on_top["own_key_in_take"] == [30.0]
    assert on_top["old_stays"]
    assert on_top["now"]


def test_an_undo_takes_good_news_back_and_needs_no_new_look_at_the_bones(found: dict[str, Any]) -> None:
    assert found["said_after_undo"] == ""
    assert found["said_after_redo"] == "The engine ended."
    assert found["map_outlives_undo"], "Generate would be grey until they have been looked at"
