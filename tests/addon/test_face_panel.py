"""The face in the tab: its switch, its map by hand and as presets, visemes on the face, phones as markers."""

from pathlib import Path
from typing import Any

import pytest

from exges_core.face.names import ARKIT_NAMES

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("face_panel", standin, str(ROOT), source=True)


def test_a_character_without_a_face_is_told_so_and_has_nothing_to_press(found: dict[str, Any]) -> None:
    reason, drawn = found["faceless"]
    assert reason == "No face: no shape keys or face bones were found"
    assert "none found" in drawn
    presses = found["faceless_presses"]
    assert reason in presses["preview_viseme"]
    assert "No shape keys" in presses["edit_face_key"]
    assert "No shape keys" in presses["save_face_map"]
    assert "No phones yet" in presses["add_phones"]


def test_keys_nobody_knows_lead_to_the_face_map(found: dict[str, Any]) -> None:
    assert "assign some in Face Map" in found["nameless"]


def test_the_map_lists_meshes_doubts_and_what_is_left_alone(found: dict[str, Any]) -> None:
    drawn = found["seen"]
    assert {f"Head · ARKit · {len(ARKIT_NAMES) - 2} keys", "Teeth · ARKit · 2 keys", "Left alone"} <= set(drawn)
    told = " ".join(drawn)
    assert "Head/cheekPuff: locked or muted" in told
    assert "Head/noseSneerLeft: a driver moves it" in told
    assert "ARKit" in found["summary"]


def test_a_key_is_assigned_silenced_and_reset_by_hand(found: dict[str, Any]) -> None:
    assert found["assigned"] == ["", "tongueOut"]
    assert found["silenced"] == ["", ""]
    assert {"Weird: tongueOut", "Head/mouthFunnel"} <= set(found["by_hand"])
    assert found["reset_one"] == ["", {"Head/Weird": "tongueOut"}]
    pressed, chosen, again = found["reset_all"]
    assert (pressed, chosen) == ("", {})
    assert "No shape key is assigned by hand" in again


def test_what_is_not_there_is_refused(found: dict[str, Any]) -> None:
    assert "no shape key 'Head/Nobody'" in found["wrong_key"]
    assert "no shape 'jawOpener'" in found["wrong_shape"]
    assert "no viseme 'Q'" in found["no_viseme"]


def test_bones_are_listed_and_shown_where_there_are_no_keys(found: dict[str, Any]) -> None:
    assert {"Bones", "jaw: jaw"} <= set(found["of_bones"])
    (missing,) = (each for each in found["of_bones"] if each.startswith("Nothing moves"))
    assert "Brows" in missing
    assert "Mouth" not in missing
    before, shown, after = found["turned"]
    assert max(abs(one - other) for one, other in zip(before, shown, strict=True)) > 0.03
    assert after == before


def test_a_preset_serves_a_face_with_the_same_keys(found: dict[str, Any]) -> None:
    assert found["saved"] == ["", ["my face"]]
    assert found["loaded"] == ["", {"Kopf/Weird": "tongueOut", "Kopf/mouthFunnel": ""}]
    assert "No face map is saved" in found["no_preset"]
    assert "exges-face-preset" in found["broken_preset"]
    pressed, chosen = found["strange_preset"]
    assert "no shape key that this face has" in pressed
    assert chosen == found["loaded"][1], "nothing changes"
    assert "no file name" in found["escaping_preset"]


def test_every_viseme_and_mood_shows_and_goes_at_the_next_press(found: dict[str, Any]) -> None:
    assert found["shown"] == {name: [True, name] for name in found["shown"]}
    head, teeth = found["opened"]
    assert head == teeth > 0.5


@pytest.mark.parametrize("how", ["toggled", "saved", "undone", "generated"])
def test_a_viseme_never_stays(found: dict[str, Any], how: str) -> None:
    assert found["put_back"][how]


def test_an_assignment_is_an_undo_step_of_its_own(found: dict[str, Any]) -> None:
    assert found["undone_assignment"] == {}


def test_phones_are_markers_of_their_own(found: dict[str, Any]) -> None:
    assert found["generated"] == ""
    assert found["phones"] == ["", "", ""]
    frames = found["first_frames"]
    phones = [[frame, name] for frame, name in zip(frames, ("W", "EH", "L", "HH", "AH", "HH"), strict=True)]
    words = [each for each in found["left"] if each[1] in {"well", "hello", "there"}]
    assert len(words) == 3
    assert found["marked"] == sorted([*phones, *words, [10, "HH"]])
    assert found["range"] == [10, 200], "neither words nor phones bound a range"
    assert found["removed"][0] == ""
    assert "There are no phone markers" in found["removed"][1]
    assert [10, "HH"] in found["left"]
    assert len(found["left"]) == 5


def test_drawing_reads_meshes_once_and_sees_new_names_a_moment_later(found: dict[str, Any]) -> None:
    assert found["reads"] == ["Head", "Teeth"]
    assert "Teeth · ARKit · 1 key" in found["renamed"]


def test_sentences_are_wrapped_with_and_without_spaces(found: dict[str, Any]) -> None:
    for text, lines in found["wrapped"].items():
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    japanese, english, word = found["wrapped"].values()
    assert len(japanese) == 3
    assert max(len(line) for line in japanese) <= 20
    assert not [line for line in japanese if line[0] in "：。」" or line[-1] == "「"]
    assert english == ["No face: no shape keys or face bones", "were found"]
    assert len(word) == 1
