"""A take's face on shape keys: the right curves, own keys obeyed, ranges, what cannot move, what goes meanwhile."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender
SAME = 1e-6
KEY_FRAMES = 60


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("face", standin, str(ROOT), source=True)


def test_without_a_face_there_is_the_body_and_one_line_that_says_so(found: dict[str, Any]) -> None:
    (told,) = found["no_face"]
    assert "no shape keys and no face bones" in told
    assert "jaw" in told
    assert "locked" in told
    assert "Lost/target_0, Lost/target_1, Lost/target_2 and 2 more: its name was lost in an import" in told
    assert "body only" in told
    assert found["no_face_slots"] == 0


def test_without_shape_keys_the_jaw_turns_and_meets_own_keys(found: dict[str, Any]) -> None:
    first, keyed, later = found["jaw_bone"]
    assert [first, later] == pytest.approx(found["jaw_wanted"], abs=0.01)
    assert keyed == pytest.approx(16.1, abs=0.01)
    assert found["by_bones"] == [False, 1]


def test_every_mesh_of_the_character_plays_by_its_own_names(found: dict[str, Any]) -> None:
    assert found["seen"]["found"] == [
        "Avatar: 14 keys, Oculus visemes",
        "Head: 52 keys, ARKit",
        "Lashes: 1 keys, ARKit",
        "Teeth: 3 keys, ARKit",
    ]
    assert found["curves"] == {"Avatar": 14, "Head": 52, "Lashes": 1, "Teeth": 3}
    assert found["avatar_moves"] > 0.1
    assert found["body_moves"]


def test_a_take_is_one_action_with_slots_or_has_an_action_for_each_mesh(found: dict[str, Any]) -> None:
    one, several = ["KEY"] * 4 + ["OBJECT"], ["", " · Avatar", " · Head", " · Lashes", " · Teeth"]
    assert found["whole"] in (one, several)
    assert found["types"]


def test_values_are_the_curves_in_each_slider_s_own_range(found: dict[str, Any]) -> None:
    assert found["jaw_off"] < SAME
    assert found["teeth_off"] < 10.0 * SAME


def test_driven_and_linked_keys_are_left_alone_and_said(found: dict[str, Any]) -> None:
    assert found["driven_rests"] == 0.0
    for said in (found["seen"]["alone"], found["warnings"]):
        assert any("Lashes/eyeBlinkLeft: a driver moves it" in each for each in said)
        assert any("Beard: its mesh is linked" in each for each in said)
    assert found["override"] == [False, True]
    assert len(found["warnings"]) == 2  # what is at rest by its name is nothing to warn of


def test_the_face_goes_with_the_take_that_is_shown(found: dict[str, Any]) -> None:
    assert found["second_off"] < SAME
    assert found["tracks"] == [True, False]
    assert found["first_again"] < SAME
    moved, smile = found["without_face"]
    assert moved == 0.0
    assert smile == pytest.approx(0.3)


def test_takes_that_are_removed_leave_nothing_behind(found: dict[str, Any]) -> None:
    removed = found["removed"]
    assert removed["actions"] == []
    assert not any(removed["tracks"])
    assert removed["smile"] == pytest.approx(0.3)
    assert removed["jaw"] == 0.0


def test_own_keys_are_met_and_blended_about(found: dict[str, Any]) -> None:
    assert max(found["hard_off"]) < SAME
    assert found["hard_far"] < SAME
    assert found["hard_step"] < 0.25
    assert found["free"] < SAME
    plain, drawn = found["soft"]
    assert drawn == pytest.approx(plain + 0.5 * (1.0 - plain), abs=1e-3)
    assert found["ignored"] < 0.95
    assert found["own_below"]


def test_keys_set_inside_a_take_are_kept_and_stay_the_animators(found: dict[str, Any]) -> None:
    assert max(found["edited"]) < SAME
    assert found["edited_type"] == KEY_FRAMES - 1


def test_fewer_keys_hold_every_value(found: dict[str, Any]) -> None:
    assert found["thin_off"] <= 0.01
    assert found["thin_own"] < SAME
    dense, thin = found["thin_keys"]
    assert dense == KEY_FRAMES
    assert thin < 0.5 * dense
    assert found["rest_keys"] == 2


def test_outside_of_a_range_every_key_stays(found: dict[str, Any]) -> None:
    assert found["range"] == [True, True]
    assert max(found["range_seen"]) == 0.0
    assert min(found["range_moved"]) > 0.3
    assert max(found["range_step"]) < 0.2


def test_a_face_comes_into_a_range_and_leaves_it_and_stays_where_none_is_made(found: dict[str, Any]) -> None:
    before, inside, after = found["face_in_range"]
    assert before == after == 0.0
    assert inside > 0.1
    assert found["kept_face"] == 0.0


def test_keys_and_meshes_that_go_meanwhile_are_left_out_and_said(found: dict[str, Any]) -> None:
    (told,) = found["gone"]
    assert "Head/mouthPucker" in told
    assert "Teeth/JawOpen" in told
    assert not found["gone_curves"]
    assert found["gone_plays"] > 0.5
