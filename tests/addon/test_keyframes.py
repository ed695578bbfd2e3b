"""Motion on real rigs in real Blender: what is evaluated is what was generated."""

from typing import Any

import pytest

pytestmark = pytest.mark.blender
DEGREES = 0.5
RIGS = ["smplx", "rigify", "modes_24000_1001"]


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("fcurves", source=True)


@pytest.mark.parametrize("rig", RIGS)
def test_the_evaluated_pose_equals_the_canonical_motion(found: dict[str, Any], rig: str) -> None:
    degrees = found[rig]["degrees"]
    assert len(degrees) == found[rig]["mapped"] >= 53
    assert max(degrees.values()) < DEGREES, sorted(degrees.items(), key=lambda item: -item[1])[:5]


@pytest.mark.parametrize("rig", RIGS)
def test_keys_are_generated_continuous_on_whole_frames_from_the_start(found: dict[str, Any], rig: str) -> None:
    take = found[rig]
    assert take["key_types"] == ["GENERATED"]
    assert take["whole"]
    assert take["first"] == 11
    assert take["last"] == 11 + (39 if "24" not in rig else 31)
    assert take["smallest_dot"] > 0.9


@pytest.mark.parametrize("rig", RIGS)
def test_a_take_is_one_slotted_action_that_knows_its_settings(found: dict[str, Any], rig: str) -> None:
    take = found[rig]
    assert take["slots"] in (1, None)  # None: Blender 4.2 has no slots
    assert take["groups"]
    assert take["settings"]["seed"] == 5
    assert len(take["takes"]) == 1


def test_switches_go_with_the_limb_that_they_switch(found: dict[str, Any]) -> None:
    parts = found["rigify"]["switch_parts"]
    sided = {"upper_arm_parent.L": "left arm", "upper_arm_parent.R": "right arm"}
    limbs = {**sided, "thigh_parent.L": "legs", "thigh_parent.R": "legs"}
    expected = {
        f'pose.bones["{bone}"]["{name}"]': part for bone, part in limbs.items() for name in ("IK_FK", "FK_limb_follow")
    }
    assert parts == expected | {f'pose.bones["torso"]["{name}_follow"]': "head" for name in ("neck", "head")}


@pytest.mark.parametrize("rig", RIGS)
def test_nothing_of_the_users_changes_and_removing_leaves_nothing(found: dict[str, Any], rig: str) -> None:
    take = found[rig]
    assert take["scene_same"]
    assert take["muted"] == [True, False]
    assert take["left_over"] == 0
    assert take["switches_back"]
    assert take["pose_back"]
    assert take["other_plays"]
