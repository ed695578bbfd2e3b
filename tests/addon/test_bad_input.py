"""Bad input is refused with a sentence and changes nothing; sounds, maps and shared Actions are what they should be."""

import sys
from typing import Any

import pytest

pytestmark = pytest.mark.blender
SAID = {
    "no_engine": "No engine",
    "engine_deleted": "Python is missing",
    "no_armature": "No armature",
    "not_chosen": "No character",
    "no_sound": "No sound strip",
    "no_file": "No sound file",
    "file_missing": "nowhere.wav",
    "file_name_too_long": "No sound file",
    "too_short": "0.10 s",
    "half_fps": "0.5",
    "many_fps": "500",
    "over_an_hour": "61 min 40 s",
    "range_backwards": "before it begins",
    "no_speaker": "No Speaker object",
    "none_selected": "No sound strip is selected",
    "strip_file_missing": "gone.wav",
    "no_preview_range": "No preview range",
    "no_markers": "No markers",
    "no_keys": "No keys of two frames are selected",
    "range_without_speech": "frames 1 to 96",
    "bone_twice": "'head' for head and left_elbow",
    "uneven_scale": "one scale",
    "all_locked": "locked",
    "edit_mode": "Edit Mode",
    "no_pose": "No pose of 'New'",
    "defect": "A defect in ExGes, see the console for all of it (IndexError: list index out of range)",
    "deep_preset": "Preset: 'deep' cannot be read (lists or objects too deep inside each other). Save it again.",
    "broken_settings": "Broken: expected 'exges_take' as ExGes wrote it, got lists or objects too deep",
    "broken_report": "Broken: expected 'exges_report' as ExGes wrote it, got lists or objects too deep",
    "linked": "linked",
    "linked_operator": "library override",
    "system_override": "not editable",
}
NEED_SOUND = {"over_an_hour", "strip_file_missing"}
NO_SOUND = "this Blender was built without Audaspace: it reads no sound strips"


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("bad_input", sys.executable, source=True)


@pytest.mark.parametrize("case", SAID)
def test_the_button_gives_its_reason_and_nothing_runs_or_changes(found: dict[str, Any], case: str) -> None:
    if case in NEED_SOUND and not found["has_sound"]:
        pytest.skip(NO_SOUND)
    reason = found["reasons"][case]
    assert SAID[case] in reason
    assert not {"RAN", "CHANGED", "TRACEBACK"} & set(reason.split())


def test_what_can_be_used_has_no_reason(found: dict[str, Any]) -> None:
    assert set(found["reasons"]) == set(SAID) - (set() if found["has_sound"] else NEED_SOUND)
    assert (found["fine"], found["fps_240"], found["override"]) == ("", "", "")
    assert found["override_writes"] == 12


def test_a_button_is_never_grey_without_its_reason(found: dict[str, Any]) -> None:
    assert found["defect_greys"]
    assert "A defect in ExGes, see the console for all of it (IndexError" in found["defect_said"]
    assert (found["linked_now"], found["fine_again"]) == ("", "")
    assert found["drawn_again"] == [False, True]  # what is only remembered is looked for again a second later
    drawn, pressed = found["agree"]
    assert drawn == pressed
    assert "500" in drawn


def test_a_plain_strip_is_a_stretch_of_its_file_and_anything_else_is_mixed(found: dict[str, Any]) -> None:
    if not found["has_sound"]:
        pytest.skip(NO_SOUND)
    assert found["plain"]
    assert not found["plain_when_softer"]
    assert found["stretch"] == [1.0, 4.0, True]
    assert found["packed"]
    start, seconds, mixed_s = found["both"]
    assert start == 25
    assert mixed_s == pytest.approx(seconds, abs=0.06)
    assert found["mutes_kept"] == [False, False, 1, 250]


def test_a_speaker_begins_with_its_strip_and_plays_at_its_pitch(found: dict[str, Any]) -> None:
    if not found["has_sound"]:
        pytest.skip(NO_SOUND)
    start, seconds, mixed_s = found["speaker"]
    assert start == 31
    assert seconds == pytest.approx(2.0)
    assert mixed_s == pytest.approx(2.0, abs=0.05)
    assert found["speaker_left"] == [0, 0]


def test_seconds_follow_23_976_frames_exactly(found: dict[str, Any]) -> None:
    if not found["has_sound"]:
        pytest.skip(NO_SOUND)
    assert found["ntsc_seconds"] == pytest.approx(96 * 1.001 / 24)


def test_a_corrected_map_is_saved_and_loaded_on_another_character(found: dict[str, Any]) -> None:
    assert found["loaded"] == {"left_middle3": ""}
    assert found["own_settings"] == [True, True]
    assert found["any_names"] == 53


def test_what_cannot_be_read_of_a_preset_or_a_property_changes_nothing(found: dict[str, Any]) -> None:
    assert found["loaded_still"] == found["loaded"]
    assert (found["chosen_of_broken"], found["numbering_of_broken"], found["sound_of_broken"]) == ({}, None, "")


def test_an_action_that_others_play_too_is_only_taken_off(found: dict[str, Any]) -> None:
    assert "still plays on Twin" in found["removed"]
    assert found["twin_keeps"]
    assert found["body_takes"] == 0
    # Without slots (4.2) one Action's keys belong to all who play it.
    assert found["own_of_shared"] == ([10] if found["has_slots"] else [10, 20])
