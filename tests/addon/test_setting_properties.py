"""A generation setting is written once, in `exges_core.settings`: Blender's panel, requests, takes and options have it.

Every test is over all fields; what a field would need beside itself would fail here.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from exges_core.settings import FaceSettings, GenerationSettings, GestureChoice, about
from tests.test_settings import options, other

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender
CHOSEN = {name: other(name) for name in about(GenerationSettings) if name != "fps"}
"""A value for each setting that is not its default, but the frame rate, which is the scene's."""
OF_THE_PANEL = [name for name in CHOSEN if name not in {*about(GestureChoice), "busy"}]


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(values))


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    spelt = [part for name, value in CHOSEN.items() for part in options(name, value)]
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("settings", standin, str(ROOT), json.dumps(CHOSEN), json.dumps(spelt), source=True)


def test_untouched_properties_ask_for_the_defaults_at_the_scenes_frame_rate(found: dict[str, Any]) -> None:
    assert found["panel"]["untouched"] == as_json({**asdict(GenerationSettings()), "fps": 24.0})


@pytest.mark.parametrize("name", OF_THE_PANEL)
def test_a_property_reaches_the_request(found: dict[str, Any], name: str) -> None:
    assert found["panel"][name] == as_json(CHOSEN)[name]


@pytest.mark.parametrize("name", OF_THE_PANEL)
def test_a_setting_is_drawn_once_with_its_help_as_tooltip(found: dict[str, Any], name: str) -> None:
    assert found["drawn"][name] == 1
    assert found["tooltips"][name] == about(GenerationSettings)[name].help.removesuffix(".")


def test_a_take_remembers_all_and_gives_all_back(found: dict[str, Any]) -> None:
    together = found["together"]
    assert {name: found["remembered"][name] for name in together} == together
    assert {name: found["reset"][name] for name in together} != together
    assert {name: found["reused"][name] for name in together} == together
    assert len(found["differences"]) == len(together)


def test_without_a_face_nothing_is_asked_of_it(found: dict[str, Any]) -> None:
    assert found["faceless"] == {name: getattr(FaceSettings(), name) for name in about(FaceSettings)}


def test_a_strength_of_0_comes_back_as_0(found: dict[str, Any]) -> None:
    assert found["strength_0"] == [True, 0.0, False]


def test_the_command_line_and_batches_take_every_setting(found: dict[str, Any]) -> None:
    assert (found["cli"], found["batch"], found["marked"]) == (0, 0, True)
    expected = as_json({**CHOSEN, "fps": 24.0})
    assert found["cli_remembered"] == expected
    assert found["batch_remembered"] == expected
    assert found["out_of_range"] == 2


def test_files_of_the_last_version_open_with_their_values(found: dict[str, Any]) -> None:
    by_hand, as_it_came = found["opened"]["ByHand"], found["opened"]["AsItCame"]
    assert by_hand == {
        **as_it_came,
        **{"seed": 7, "speaker": "ada", "energy": "vivid", "vividness": 0.6, "use_score": False},
        **{"intensity": 1.25, "retrieval_strength": 0.0, "retrieval_joints": "hands", "use_retrieval": False},
    }
    assert as_it_came == as_json({name: getattr(GenerationSettings(seed=3), name) for name in OF_THE_PANEL})
    assert found["migrated_once"]
    assert found["locked_seeds"] == []


def test_no_property_of_the_last_version_has_another_name_now(found: dict[str, Any]) -> None:
    assert set(LAST_VERSION.split()) <= set(found["stored"])


LAST_VERSION = """
source strip sound_start sound_end speaker_object audio start_frame transcript transcript_text speaker_tier recogniser
heard seed speaker energy is_fine intensity retrieval_strength retrieval_joints use_retrieval use_keys keeps_path
only_bones bones keyed overrides preset wishes wishes_for part travel bake tolerance_deg as_active_action compared
vividness use_score score score_out
"""
