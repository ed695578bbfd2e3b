"""Press again, get another: which seed a take gets, the lock, three takes at once."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("seeds", standin, str(ROOT), source=True)


def test_a_typed_seed_is_used_and_pressed_again_another_is_drawn(found: dict[str, Any]) -> None:
    assert found["typed"] == 7
    assert len({7, *found["again"]}) == 3
    assert all(0 <= seed < 1_000_000 for seed in found["again"])  # legible in a narrow sidebar
    assert found["moves_differently"]
    assert found["typed_anew"] == 123


def test_while_something_has_changed_the_seed_stays(found: dict[str, Any]) -> None:
    assert found["setting_changed"] == [123, True]
    assert found["key_set"] == [7, True]
    assert found["take_edited"] == [True, True]


def test_the_lock_and_reuse_settings_make_the_same_take_again(found: dict[str, Any]) -> None:
    assert found["locked"] == [7, True]
    assert found["reused"] == [7, True, 7, True]
    can_press, why = found["locked_variations"]
    assert not can_press
    assert "locked" in why


def test_a_deleted_take_does_not_come_back_and_other_speech_has_its_own(found: dict[str, Any]) -> None:
    assert found["deleted"] == [True, True]
    assert found["other_speech"]
    assert found["earlier_version"]


def test_a_range_gets_another_seed_each_time(found: dict[str, Any]) -> None:
    assert found["range"] == 3
    assert found["range_variations"] == [True, 3]


def test_three_variations_differ_and_can_be_flipped_and_undone_one_by_one(found: dict[str, Any]) -> None:
    assert found["variations"] == ["FINISHED"]
    assert found["said"].startswith("3 of 3 variations are ready: ExGes take ")
    assert found["said"].count("The sound is quiet.") == 1
    assert found["three"][0] == 321
    assert len(set(found["three"])) == found["three_move"] == 3
    assert found["shown_and_compared"] == [True, True]
    assert found["panel_shows"]
    assert found["flipped"]
    assert found["undone"] == [[3, True], [2, False], [1, False]]
    assert found["redone"] == 3


def test_what_is_finished_stays_when_the_rest_is_cancelled(found: dict[str, Any]) -> None:
    assert found["cancelled"] == [1, "Cancelled", 1, 5555]
    assert found["progress"] == [True, True, "Take 2 of 3"]
    assert found["folders_left"] == []


def test_what_is_finished_stays_when_the_engine_dies(found: dict[str, Any]) -> None:
    assert found["died"] == [["FINISHED"], 1]
    said, is_bad_news = found["died_said"]
    assert said.startswith("1 of 3 variations is ready: ExGes take ")
    assert "the process exited with code 9" in said
    assert is_bad_news
    assert "got noise" in found["refused"]


def test_the_lock_is_drawn_and_saved(found: dict[str, Any]) -> None:
    assert found["drawn"] == 1
    assert found["saved"]


def test_the_command_line_uses_the_seed_it_is_given(found: dict[str, Any]) -> None:
    assert found["command_line"] == [7, 7]
    assert found["panel_stays"] == 5555
