"""The human in Blender: she has all of ARKit's shapes, every vertex has its bone, and a take moves body and face."""

from pathlib import Path
from typing import Any

import pytest

from exges_core.face.names import ARKIT_NAMES

pytestmark = pytest.mark.blender
WITH_FACE = ("Body", "Brows", "Eyes", "Lashes", "Teeth", "Tongue")


@pytest.fixture(scope="module")
def found(run_steps: Any, human_path: Path) -> dict[str, Any]:
    return run_steps("human", str(human_path), source=True)


def test_the_example_is_the_human_if_she_came_along_and_asks_for_a_face(found: dict[str, Any]) -> None:
    name, bones, meshes = found["example"]
    assert (name, bones) == ("Example Character", 53)
    assert meshes == sorted(
        f"Example Character {each}" for each in (*WITH_FACE, "Hair", "Shoes", "Sweater", "Trousers")
    )
    assert found["asks_for_face"]
    assert found["ends"] == []
    assert found["colours"] == []


@pytest.mark.parametrize("character", ["on_example", "on_rigify"])
def test_a_take_moves_body_and_face(found: dict[str, Any], character: str) -> None:
    on = found[character]
    assert on["played"] == sorted(ARKIT_NAMES)
    assert on["missing"] == []
    assert on["left_alone"] == []
    assert on["bodyless"] == []
    assert 0.012 < on["chin_m"] < 0.05
    assert on["hand_m"] > 0.15
    assert on["lid_m"] > 0.006
    assert len(on["faces"]) == len(WITH_FACE)
    assert min(on["faces"].values()) >= 5
    assert max(on["faces"].values()) == 51
    # From 4.4 on one Action holds all, in slots; before, each mesh has its own.
    if on["slots"] is not None:
        assert (on["actions"], on["slots"]) == (1, 1 + len(WITH_FACE))
    else:
        assert on["actions"] == 1 + len(WITH_FACE)


def test_her_rigify_rig_has_no_face_bones_that_would_move_nothing(found: dict[str, Any]) -> None:
    assert found["face_bones"] == []


def test_a_damaged_file_leaves_nothing_half_made(found: dict[str, Any]) -> None:
    said, more = found["damaged"]
    assert "the human character" in said
    assert more == 0
