"""Characters as people have them: on parents, scaled, locked, with IK of their own, travelling, exported."""

from typing import Any

import pytest

pytestmark = pytest.mark.blender
DEGREES = 0.5
LENGTH_M = 1e-4


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("rigging", source=True)


@pytest.mark.parametrize("name", ["own", "parent", "mirrored"])
def test_uneven_scale_is_refused_and_told_apart(found: dict[str, Any], name: str) -> None:
    refusal = found["refusals"][name]
    assert "expected one scale for all axes" in refusal
    assert "Apply" in refusal
    assert ("mirrored" in refusal) == (name == "mirrored")


def test_even_scale_in_several_steps_is_fine(found: dict[str, Any]) -> None:
    assert found["refusals"]["even"] == ""


@pytest.mark.parametrize("travel", ["root", "object"])
def test_root_bone_and_object_travel_as_the_hips_do(found: dict[str, Any], travel: str) -> None:
    ways = found["travels"]
    assert ways["hips_range_m"] > 0.5
    assert ways[travel] < LENGTH_M
    assert ways["place_back"] < LENGTH_M


def test_locked_channels_get_no_keys_and_the_hand_makes_up_for_it(found: dict[str, Any]) -> None:
    locked = found["locks"]
    assert [name.rsplit(":", 1)[-1] for name in locked["forearm"]] == ["LeftForeArm.rotation_euler.1"]
    assert locked["neck"] == []
    assert [name[-1] for name in locked["hips"]] == ["0", "2"]
    assert locked["held"] == pytest.approx([0.02, -0.03], abs=1e-6)
    assert locked["hand_degrees"] < DEGREES


def test_a_location_in_the_parents_axes_lands_in_the_same_place(found: dict[str, Any]) -> None:
    assert found["global_location_m"] < LENGTH_M


def test_ik_of_ones_own_is_keyed_off_with_the_take_and_on_again_without(found: dict[str, Any]) -> None:
    arm = found["own_ik"]
    assert arm["hand_degrees"] < DEGREES
    assert arm["influence_with"] == 0.0
    assert len(arm["keyed"]) == 1
    assert arm["influence_without"] == pytest.approx(0.75)
    assert arm["limit"] == 1.0


def test_rigify_feet_stand_while_the_hips_sway(found: dict[str, Any]) -> None:
    feet = found["feet"]
    for side in ("L", "R"):
        assert feet[f"kept.{side}"] < 0.002 < 0.01 < feet[f"exact.{side}"]


@pytest.mark.parametrize("suffix", [".fbx", ".glb"])
@pytest.mark.parametrize("character", ["mixamo", "ExGes human"])
def test_an_exported_take_comes_back_where_it_was(found: dict[str, Any], character: str, suffix: str) -> None:
    name = next(name for name in found["exports"] if name.startswith(character) and name.endswith(suffix))
    back = found["exports"][name]
    assert back["off_m"] < 0.002
    assert back["frames"] == 24
    assert back["scene_same"]
    assert back["plays"]


@pytest.mark.parametrize("character", ["mixamo", "ExGes human"])
def test_a_take_as_bvh_is_the_motion_that_was_put_on_the_character(found: dict[str, Any], character: str) -> None:
    name = next(name for name in found["exports"] if name.startswith(character) and name.endswith(".bvh"))
    back = found["exports"][name]
    assert back["degrees"] < DEGREES
    assert [back["frames"], back["hz"]] == [24, 30.0]


def test_an_export_that_cannot_be_says_why(found: dict[str, Any]) -> None:
    assert "no such" in found["exports"]["no_take"]
    assert ".fbx or .glb or .gltf" in found["exports"]["no_format"]


def test_the_meshes_a_character_wears_are_read_where_they_are_at_rest(found: dict[str, Any]) -> None:
    skins = found["skins"]
    assert skins["bare"], "an armature alone has no mesh"
    assert skins["owners"] == skins["wanted_owners"], "the heaviest bone has a vertex; a group that is no bone none"
    assert skins["vertices"] == 16, "what is hidden in renders is left out"
    assert skins["shirt_m"] < LENGTH_M
    assert skins["cup_m"] < LENGTH_M, "read at rest, however the hand is posed"
    assert skins["volume_m3"] == pytest.approx(0.4**3, rel=1e-3), "a mirrored mesh still faces outwards"
