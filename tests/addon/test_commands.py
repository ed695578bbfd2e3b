"""`blender -c exges` through the bpy module: exit codes, one sentence per refusal, batches that go on."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("commands", str(Path(__file__).with_name("standin_worker.py")), str(ROOT), source=True)


def test_one_take_is_saved_where_asked_with_the_settings_asked_for(found: dict[str, Any]) -> None:
    assert found["generate"][0] == 0
    assert len(found["generate_takes"]) == 1
    assert found["generate_settings"] == [4, False, True]


def test_the_command_line_offers_what_a_take_can_be_asked_for(found: dict[str, Any]) -> None:
    code, text = found["help"]
    assert code == 0
    for option in ("--strip", "--start-frame", "--no-retrieval", "--no-keys", "--active-action", "--speaker", "--seed"):
        assert option in text


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("blocked", "could not be saved"),
        ("no_engine", "was moved or deleted"),
        ("no_preferences", "No engine: no Python is chosen"),
        ("no_manifest", "expected a manifest"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_2(found: dict[str, Any], case: str, words: str) -> None:
    code, text = found[case]
    assert code == 2
    assert words in text
    assert text.count("\n") == 1
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("no_json", ["line 1: no JSON"]),
        ("unknown_key", ["line 1: unknown key 'sceen', is 'scene' meant?"]),
        ("unknown_setting", ["line 1: unknown setting 'sead', is 'seed' meant?"]),
        ("wrong_type", ['line 1: seed "one"; it must be a whole number']),
        (
            "out_of_range",
            [
                "line 1: vividness 9; it must be 0 to 2",
                'line 1: finish_without ["feet", "hands"]; it must be one of smoothing, limits, ground, feet',
            ],
        ),
        ("both_speeches", ["line 1: both an audio and a strip"]),
        (
            "short_idle",
            [
                "line 1: idle 1.5; it must be 2 to 300 s",
                "line 1: both an idle and audio",
                "line 1: an idle has no setting 'vividness'",
            ],
        ),
        ("endless_idle", ["line 1: idle true; it must be 2 to 300 s"]),
        ("twice", ["line 2: the same as"]),
        (
            "several",
            ["line 1: no 'armature'", "line 3: start_frame 1.5, which is no whole number", "line 4: 7 instead"],
        ),
    ],
)
def test_all_faulty_lines_are_told_at_once(found: dict[str, Any], case: str, told: list[str]) -> None:
    code, text = found[case]
    assert code == 2
    assert "Traceback" not in text
    lines = [line.strip() for line in text.splitlines() if line.startswith("  line ")]
    assert len(lines) == len(told)
    assert all(line.startswith(words) for line, words in zip(lines, told, strict=True))


def test_a_batch_puts_lines_of_one_file_together_and_a_bad_line_stops_no_other(found: dict[str, Any]) -> None:
    code, text = found["batch"]
    assert code == 2
    assert [line.split(":")[0] for line in text.splitlines() if not line.startswith(("Info", "Saved"))] == [
        "anna",
        "lost",
        "bert",
    ]
    assert len(found["batch_takes"]) == 2
    assert found["scene_untouched"] == []
    assert [(each["id"], each["exit_code"]) for each in found["status"]] == [("anna", 0), ("lost", 2), ("bert", 0)]
    assert "out of memory" in found["status"][1]["text"]
    assert found["status"][2]["take"] in found["batch_takes"]


def test_what_is_done_is_not_done_again(found: dict[str, Any]) -> None:
    assert found["again"][1].count("done before") == 2
    assert found["again_takes"] == found["batch_takes"]


def test_a_batch_killed_before_it_noted_a_take_does_not_make_it_twice(found: dict[str, Any]) -> None:
    assert found["resumed"][0] == 0
    assert found["resumed_takes"] == found["batch_takes"]


def test_an_engine_that_dies_costs_its_line_only(found: dict[str, Any]) -> None:
    code, text = found["dies"]
    assert code == 2
    assert "out of memory" in text
    assert not found["dies_left"]


def test_scenes_characters_and_sounds_are_looked_for_before_anything_is_made(found: dict[str, Any]) -> None:
    code, text = found["lost"]
    assert code == 2
    assert "1 fault, nothing was made" in text
    assert "line 2: no sound file" in text
    assert found["lost_left"] == []
    code, text = found["missing"]
    assert code == 2
    told = dict(line.strip().split(": ", 1) for line in text.splitlines() if line.startswith("  line "))
    assert told["line 1"].startswith("no file ")
    assert told["line 1"].endswith("gone.blend")
    assert told["line 2"] == "no scene 'Nowhere' in the file, which has 'Stage'"
    assert told["line 3"].startswith("No armature 'Nobody' in this file; it has 'Anna', 'Bert'")
    assert told["line 4"] == "no armature: 'Light' is of type light"
    assert told["line 5"].startswith("No sound strip in the sequencer of scene 'Stage'")
    assert told["line 6"].startswith("No sound strip 'Speech' in the sequencer of scene 'Stage'")
    assert told["line 7"] == "no armature: 'Cart' is of type empty"


def test_lines_without_a_scene_mean_the_file_that_was_open_first(found: dict[str, Any]) -> None:
    assert found["mixed"][0] == 0
    assert found["mixed_takes"] == [1, 1]


def test_types_of_settings_are_checked(found: dict[str, Any]) -> None:
    assert all(found["fits"])
