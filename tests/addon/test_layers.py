"""A take in layers over a walk of the animator's own: what shows, what is in the keys, what other buttons do then."""

from typing import Any

import pytest

pytestmark = pytest.mark.blender
PARTS = ["head", "trunk", "left arm", "right arm", "hands", "legs", "root"]


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("layers", source=True)


def test_a_split_take_looks_as_before_and_has_a_track_for_each_part(found: dict[str, Any]) -> None:
    assert found["split"] == ["FINISHED"]
    assert found["layers"] == [f"ExGes take 1 · {part.title()}" for part in PARTS]
    assert found["slots"]
    assert found["split_off"] < 1e-5
    assert found["part_of_switch"] == ["right arm"]  # a constraint that the take turns off goes with its limb


def test_the_own_action_hides_a_take_goes_below_it_and_back(found: dict[str, Any]) -> None:
    assert found["hidden_off"] < 1e-5
    said = [text for text in found["drawn_hidden"] if text.startswith("Your own keys on")]
    assert len(said) == 1
    assert found["put_below"] == ["FINISHED"]
    assert found["below_off"] < 1e-5
    is_active, off, has_its_keys = found["taken_back"]
    assert is_active
    assert off < 1e-5
    assert has_its_keys


def test_with_upper_body_only_the_legs_walk_on_to_the_millimetre(found: dict[str, Any]) -> None:
    assert found["feet_off_m"] < 1e-3
    assert found["legs_off"] < 1e-5
    assert found["arms_move"] > 1e-3
    assert found["trunk_level"] == 0.5
    assert "5 of 7 on" in found["drawn"]


def test_the_eye_of_a_part_switches_it_off_and_on_however_it_was_switched_off(found: dict[str, Any]) -> None:
    assert found["off"] == [True, False, False, True, True]
    assert found["drawn_properties"].count("is_off") == len(PARTS)


def test_influence_and_fades_lie_between_the_walk_and_the_take(found: dict[str, Any]) -> None:
    to_walk, to_take, apart = found["half"]
    assert apart > 10.0
    assert max(abs(to_walk - 0.5 * apart), abs(to_take - 0.5 * apart)) < 0.05 * apart
    assert min(found["fades"]) > 5.0
    assert found["fade_curve"] < 0.01
    off, is_animated, drawn = found["animated"]
    assert off < 1e-3
    assert is_animated
    assert drawn == 1
    assert found["as_before"] < 1e-5


def test_layers_add_and_go_back_to_the_same_keys(found: dict[str, Any]) -> None:
    assert found["added"] == [True] * len(PARTS)
    assert found["adds_to"] > 0.1
    assert found["switch_held"] == pytest.approx(0.0, abs=1e-6)
    assert found["back"]
    assert found["back_edited"] < 1e-6
    assert found["nothing_added"] < 1e-5


def test_quaternions_of_the_other_sign_blend_the_short_way(found: dict[str, Any]) -> None:
    to_walk, to_take, apart = found["other_sign"]
    assert apart > 10.0
    assert max(abs(to_walk - 0.5 * apart), abs(to_take - 0.5 * apart)) < 0.05 * apart
    assert found["sign_joined"]


def test_other_buttons_work_with_layers_or_say_what_to_do(found: dict[str, Any]) -> None:
    for name in ("export_bvh", "asset", "range"):
        assert "oin its layers first" in found[name], name
    assert "join its layers first" in found["to_base"]
    assert found["other_shown"] == [True, True]
    assert found["shown_again"] < 1e-5
    assert found["exported"] > 10_000
    assert found["export_leaves"] < 1e-5
    assert found["all_gone"] == [["Walk"], ["Walk"]]


def test_layers_are_saved_with_the_file(found: dict[str, Any]) -> None:
    off, parts, hands_are_off = found["reopened"]
    assert off < 1e-5
    assert parts == PARTS
    assert hands_are_off


def test_joined_a_take_is_what_it_was_but_for_what_was_edited(found: dict[str, Any]) -> None:
    assert found["joined"] == ["FINISHED"]
    assert found["changed"] == ['pose.bones["left_shoulder"].rotation_quaternion']
    assert found["tracks"] == ["Walk", "ExGes take 1"]
    assert found["actions"] == ["ExGes take 1", "Walk"]
    assert found["deleted"] == ["Walk"]
