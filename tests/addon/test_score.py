"""Strokes in Blender: vividness, score files in and out, in the panel, in takes, on the command line and in batches."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("score", standin, str(ROOT), source=True)


def test_what_is_set_is_what_is_asked_for(found: dict[str, Any]) -> None:
    assert found["plain"] == [1.0, True, None, None]
    assert found["limited"] == 2.0
    vividness, is_used, score, score_out = found["set"]
    assert (vividness, is_used, score) == (0.6, True, None)
    assert Path(score_out).parts[-3:] == ("Gesten & 動き", "scores", "first.json")


def test_a_take_remembers_its_strokes_and_writes_them(found: dict[str, Any]) -> None:
    assert found["first"] == ["", [0.6, True, "", "//scores/first.json"], True]
    assert found["written"] == 0.6


def test_a_score_file_is_played_and_vividness_gives_way_to_it(found: dict[str, Any]) -> None:
    vividness, is_used, score, score_out = found["from_file"]
    assert (vividness, is_used, score_out) == (1.0, True, None)
    assert score.endswith("mine.json")
    assert not score.startswith("//")
    assert found["second"] == ["", True]
    assert found["differences"] == {"Vividness": ["1", "0.6"], "Score File": ["//mine.json", "-"]}


def test_a_score_that_cannot_be_played_is_said(found: dict[str, Any]) -> None:
    assert "mine.json: stroke 0 (right, 0.20 to 0.10 s): expected start_s <= stroke_start_s" in found["backwards"]
    reason, can = found["gone"]
    assert reason == "No score file there: choose another one, or none"
    assert not can


def test_without_strokes_no_file_counts(found: dict[str, Any]) -> None:
    reason, asked, pressed, remembered = found["without"]
    assert (reason, pressed) == ("", "")
    assert asked == [1.0, False, None, None]
    assert remembered == [1.0, False, "", ""]
    assert found["no_score_in_report"]


def test_settings_come_back_from_a_take_and_from_the_file(found: dict[str, Any]) -> None:
    assert found["reused"] == [0.6, True, "", "//scores/first.json"]
    assert found["reloaded"] == [0.6, True, "//scores/first.json"]


def test_command_line_and_batches_ask_the_same(found: dict[str, Any]) -> None:
    assert found["cli"] == [0, True, True]
    assert found["cli_vivid"] == [0, [1.5, True, "", ""]]
    assert found["cli_without"] == [0, [1.0, False, "", ""]]
    assert found["batch"] == [0, True]
    assert found["left"] == []
