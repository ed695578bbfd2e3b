"""The first minute: nothing to choose where one thing is meant, an example, offers that change nothing unasked."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("first_minute", str(Path(__file__).with_name("standin_worker.py")), str(ROOT), source=True)


def test_set_up_says_what_it_takes_before_the_click(found: dict[str, Any]) -> None:
    said = " ".join(found["no_engine"])
    assert "to download" in said
    assert "GB on disk" in said
    assert found["size_cpu"] == "CPU: about 420 MB to download, 1.7 GB on disk"
    assert found["size_cuda"] == "CUDA: about 3.3 GB to download, 6.5 GB on disk"
    assert found["size_wheels"] == "CPU: nothing to download, 1.7 GB on disk"


def test_progress_tells_the_time_left_and_when_it_is_too_short(found: dict[str, Any]) -> None:
    assert found["times"] == [
        "1:01",
        "4 min left",
        "slower, over 4 min left",
        "40 s left",
        "1 s left",
        "slower, over 30 s left",
    ]
    assert "Downloading torch" in found["creating"]
    assert any(text.startswith("25% · ") for text in found["creating"])


def test_the_armature_that_is_meant_needs_no_click(found: dict[str, Any]) -> None:
    assert found["none"] == ["", "No armature in this scene: add a character"]
    assert found["only_one"] == "One"
    assert found["several"] == ["", "No character: choose its armature"]
    assert found["one_seen"] == "One"
    assert found["active"] == "Two"
    assert found["of_its_mesh"] == "One"
    assert found["nothing_written"]
    assert "No sound strip in the sequencer" in found["no_sound"]


def test_three_steps_tick_themselves_in_a_fresh_file(found: dict[str, Any]) -> None:
    assert found["steps"] == [[False, False, False], [True, False, False], [True, True, True]]
    for text in ("First Steps", "Pick a character", "Pick a sound", "Press Generate"):
        assert text in found["fresh"]
    assert "Press Space in the 3D View to watch" not in found["fresh"]
    assert "Press Space in the 3D View to watch" in found["walked"]
    assert found["hidden"] == [False, False]


def test_an_example_is_a_character_a_voice_and_a_take_at_one_click(found: dict[str, Any]) -> None:
    assert len(found["made"]) == 1
    assert found["without_engine"] == ["Example Character", [True, True, False], True]


def test_an_example_is_added_chosen_mapped_and_ready(found: dict[str, Any]) -> None:
    assert found["example"] == ["Example Character", True, 53]
    assert found["example_lacks"] == [[], {}]
    assert found["example_x"] == pytest.approx(1.9), "not inside the cube that a new file starts with"
    assert found["weights"] == pytest.approx([1.0, 1.0], abs=1e-5)
    assert found["soles"] == pytest.approx(0.0, abs=0.005)
    assert found["heard"] == (["Example Speech"] if found["has_sound"] else [])
    assert all(found["packed"])
    assert found["words"] == "Hello"
    assert found["example_ready"] == ""


def test_the_end_and_the_sync_are_offered_after_a_take_and_gone_when_done_or_declined(found: dict[str, Any]) -> None:
    assert found["kept"], "what a button worked with stays chosen"
    last, end = found["last"]
    assert last == end
    assert last > 20
    assert found["unchanged"] == [20, "NONE"]
    assert found["end_declined"] is None
    assert found["extended"] == [last, None, False]
    assert found["sync"] == [found["has_sound"], False, True, False]


def test_what_a_batch_writes_carries_its_speech_once(found: dict[str, Any]) -> None:
    code, said = found["batch"]
    assert code == 0
    if found["has_sound"]:
        assert found["carried"] == [[7, 1, True], [40, 2, True]]
        assert "reads no sound" not in said
    else:  # this Blender cannot have strips, and says so
        assert found["carried"] == []
        assert said.count("reads no sound") == 3
    assert found["registered"]
