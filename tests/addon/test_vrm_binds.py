"""Binds of a .vrm in Blender: read as the VRM add-on keeps them, on and off, whatever became of meshes and keys.

That add-on is not here: steps/vrm_binds.py registers property groups of the same layout in its place.
"""

from typing import Any

import pytest

pytestmark = pytest.mark.blender
BOUND = {"k.01": "vrm:A", "k.02": "vrm:I", "k.03": "vrm:blink", "k.04": "vrm:surprised", "k.05": "browInnerUp"}
WHOLE = {**{f"Face/{key}": target for key, target in BOUND.items()}, "Teeth/t.1": "vrm:A"}


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("vrm_binds", source=True)


def test_keys_of_odd_names_play_what_the_file_binds(found: dict[str, Any]) -> None:
    assert found["without"] == {}
    assert found["vrm0"] == WHOLE
    assert found["alone"] == ["Face/k.06: no mood of ours"]


def test_the_mouth_opens_on_a_and_shuts_on_m_on_every_mesh(found: dict[str, Any]) -> None:
    (opened, narrow), teeth = found["open"]
    assert opened > 0.6
    assert narrow < 0.3
    assert teeth == [opened, 0.0]
    assert found["shut"] == [0.0, 0.0]


def test_binds_are_read_while_the_vrm_add_on_is_off(found: dict[str, Any]) -> None:
    assert found["off"] == [True, 9, True, True]


def test_binds_outlast_a_mesh_s_name_and_nothing_else_that_goes(found: dict[str, Any]) -> None:
    renamed = {place.replace("Face/", "Renamed/"): target for place, target in WHOLE.items()}
    assert found["renamed_mesh"] == renamed
    assert found["renamed_key"] == {place: each for place, each in renamed.items() if place != "Renamed/k.01"}
    assert found["removed_mesh"] == {place: each for place, each in renamed.items() if place != "Teeth/t.1"}


def test_the_animator_s_choice_goes_before_a_bind(found: dict[str, Any]) -> None:
    assert found["chosen"]["Renamed/k.01"] == "vrm:O"
    assert "Renamed/k.03" not in found["chosen"]
    assert found["chosen"]["Renamed/k.02"] == "vrm:I"


def test_weights_and_several_keys_of_an_expression_count(found: dict[str, Any]) -> None:
    place = "A twin"  # the first by name of two objects that share a mesh
    assert found["vrm1"] == {
        f"{place}/{key}": target
        for key, target in {"k.02": "vrm:A", "k.08": "vrm:O", "k.06": "vrm:blinkLeft", "k.07": "tongueOut"}.items()
    }
    assert dict(found["parts"]) == {"k.02": [["vrm:A", 1.0], ["vrm:O", 0.5]], "k.08": [["vrm:O", 1.0]]}
    both, rounded = found["rounded"]
    assert rounded > 0.3
    assert both >= 0.5 * rounded - 1e-3


def test_the_other_version_counts_where_the_file_s_own_binds_nothing(found: dict[str, Any]) -> None:
    assert {place.split("/")[1]: each for place, each in found["other"].items()} == BOUND
    assert found["read_s"] < 0.02


def test_data_of_another_form_are_skipped(found: dict[str, Any]) -> None:
    assert found["hostile"].pop("Named") == [1, 5, True]
    assert set(found["hostile"]) == {"Text", "Number", "Numbers", "Empty", "Shallow", "Lists", "Binds", "Loose"}
    assert all(each == [0, 5, False] for each in found["hostile"].values())
