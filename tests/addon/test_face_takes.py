"""Takes with a face as one goes on with them: undo, files, layers, editing, mirror images, export, copies."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender
SAME = 1e-6


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("face_takes", standin, str(ROOT), source=True)


def test_one_undo_takes_body_and_face_away_and_one_redo_brings_both_back(found: dict[str, Any]) -> None:
    assert found["made"] < SAME
    assert found["undone"] == [0, [], 0.0]
    is_shown, head, teeth = found["redone"]
    assert is_shown
    assert max(head, teeth) < SAME


def test_a_preview_shows_over_a_take_and_goes_without_a_trace(found: dict[str, Any]) -> None:
    is_shown, head, teeth = found["preview"]
    assert is_shown
    assert head == teeth == pytest.approx(0.62)
    assert found["preview_seen"] > 1.6005
    assert found["preview_back"]
    assert found["loaded"] < SAME  # saved while a preview was shown


def test_takes_that_are_no_strips_keep_their_faces_in_a_file(found: dict[str, Any]) -> None:
    off, is_active = found["active"]
    assert is_active
    assert off < SAME
    assert found["back"] < SAME
    assert found["renamed"] < SAME
    assert found["removed_active"] == []


def test_the_face_is_a_layer_that_is_added_and_joined(found: dict[str, Any]) -> None:
    assert found["rows"][0] == "face"
    assert found["split"] < SAME
    assert "on 2 meshes" in found["animated"]
    assert found["added"] == ["ADD"]
    assert max(found["added_seen"]) < SAME
    *off, is_split = found["joined"]
    assert max(off) < SAME
    assert not is_split


def test_the_face_is_a_layer_that_is_weakened_faded_and_switched_off(found: dict[str, Any]) -> None:
    assert found["level"] < SAME
    assert found["off"] == [0.0, 0.0, 0.0]
    assert found["off_brow"] == [0.25, 0.25]  # as it was before the take
    assert found["fade"][0] == 0.0
    assert found["fade"][1] < SAME


def test_what_lies_below_a_face_in_layers_is_nobodys_own_and_goes_with_them(found: dict[str, Any]) -> None:
    (strips, actions), own, is_digest_the_same = found["below"]
    assert strips == actions == ["The good one · Head Before", "The good one · Teeth Before"]
    assert own == []
    assert is_digest_the_same
    assert found["own_below"] == [0.0, 1, 0.25]  # jawOpen of the teeth alone: the head's has keys of one's own below
    assert found["joined_below"] == found["removed_below"] == [[], []]
    assert found["mirrored_below"] == 2


def test_shape_keys_are_edited_with_the_take(found: dict[str, Any]) -> None:
    assert found["edit"][:2] == [True, True]
    assert found["edited"][:2] == [False, True]
    assert max(found["edit"][2], found["edited"][2]) < SAME


def test_own_keys_over_a_take_go_below_it_come_back_and_are_blended_in(found: dict[str, Any]) -> None:
    assert found["hiding"]
    assert found["put_below"] < SAME
    assert found["taken_back"] == 0.0
    met, far, step = found["blended"]
    assert met < SAME
    assert far < SAME
    assert step < 0.2


def test_the_mirror_image_swaps_left_and_right(found: dict[str, Any]) -> None:
    *off, apart = found["mirrored"]
    assert max(off) < SAME
    assert apart > 0.1


def test_files_for_other_programs_have_the_face(found: dict[str, Any]) -> None:
    assert "weights" in found["gltf"]
    assert found["fbx"] > 8
    off, has_active = found["exported"]
    assert off < SAME
    assert not has_active


def test_a_copy_of_the_scene_keeps_the_face_when_the_original_loses_the_take(found: dict[str, Any]) -> None:
    assert found["copied"] < SAME
    assert "still plays on" in found["taken_off"]
    assert found["still"] < SAME
    off, strips_below = found["still_split"]
    assert off < SAME
    assert strips_below == 2
    assert found["left"] == [[], []]
