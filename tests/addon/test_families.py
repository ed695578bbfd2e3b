"""Every family as Blender itself evaluates a take on it: exact bones, and poses that read back."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rig.families import FAMILIES
from rig.families.openpose import POSES

pytestmark = pytest.mark.blender
WORLD_DEGREES = 0.5
ROUND_TRIP_DEGREES = 0.1


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("families", source=True)


@pytest.mark.parametrize("name", [*FAMILIES, "rigify"])
def test_a_take_turns_every_bone_as_its_joint_and_reads_back(found: dict[str, Any], name: str) -> None:
    take = found[name]
    # Lowered collars and the last bone of a two-bone finger say nothing about a T-pose: they keep the rig's own rest.
    degrees = {
        joint: angle
        for joint, angle in take["degrees"].items()
        if not joint.endswith("collar") and not (joint.endswith("2") and f"{joint[:-1]}3" not in take["degrees"])
    }
    assert len(degrees) >= 18
    assert max(degrees.values()) < WORLD_DEGREES, sorted(degrees.items(), key=lambda item: -item[1])[:5]
    assert take["round_trip_degrees"] < ROUND_TRIP_DEGREES


def test_sliders_put_blenrigs_fk_in_charge_and_go_back(found: dict[str, Any]) -> None:
    rig = found["blenrig"]
    assert rig["family"] == "BlenRig 6 biped"
    without = rig["degrees_without_switches"]
    assert min(without[f"{side}_{joint}"] for side in ("left", "right") for joint in ("shoulder", "elbow", "hip")) > 10
    assert without["neck"] > 10
    assert rig["sliders_left"] == rig["sliders_meant"]


@pytest.mark.parametrize("pose", POSES)
def test_a_rig_of_three_roots_goes_as_one(found: dict[str, Any], pose: str) -> None:
    rig = found[f"openpose_{pose}"]
    assert rig["family"] == "MPFB OpenPose"
    degrees = {joint: angle for joint, angle in rig["degrees"].items() if not joint.endswith("collar")}
    assert len(degrees) == 13
    assert max(degrees.values()) < WORLD_DEGREES
    assert rig["round_trip_degrees"] < ROUND_TRIP_DEGREES
    assert rig["went_m"] > 0.1
    assert rig["apart_m"] < 1e-5
    assert rig["parts"] == ["root", "root", "root", "trunk"]
