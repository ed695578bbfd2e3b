"""The standing pose of a character whose rest shows none, in Blender: buttons, file, take."""

from typing import Any

import pytest

pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("standing", source=True)


def test_a_tilted_rest_moves_as_the_straight_rig_once_its_pose_is_the_standing_pose(
    found: dict[str, Any],
) -> None:
    assert found["pressed"] == ["FINISHED"]
    assert found["with_degrees"] < 0.1
    assert found["without_degrees"] > 15.0, "the case is too easy to show anything"


def test_the_animators_pose_reads_back(found: dict[str, Any]) -> None:
    assert found["read_back_degrees"] < 0.1


def test_it_is_saved_with_the_file_and_forgotten_on_request(found: dict[str, Any]) -> None:
    assert found["saved_degrees"] < 1e-3
    assert not found["can_forget_nothing"]
    assert found["forgotten"] == ["FINISHED"]
    assert found["is_gone"]


def test_takes_gesture_about_the_pose_of_the_moment_until_it_is_forgotten(found: dict[str, Any]) -> None:
    assert found["posture_pressed"] == ["FINISHED"]
    assert found["posture_joints"] > 40
    assert found["posture_degrees"] < 0.1
    assert found["posture_forgotten"]
