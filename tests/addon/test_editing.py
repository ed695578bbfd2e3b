"""Takes as one edits them: Euler keys, a take in the active Action and back, own keys set on top."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("editing", standin, str(ROOT), source=True)


def test_euler_keys_show_the_same_motion_and_never_jump(found: dict[str, Any]) -> None:
    assert found["euler_paths"] == ["rotation_euler"]
    assert found["euler_modes"] == []
    assert found["euler_own_order"] == "ZXY"
    assert found["euler_degrees"] < 0.01
    assert found["euler_step"] < 90.0


def test_fewer_euler_keys_stay_within_the_tolerance(found: dict[str, Any]) -> None:
    assert found["fewer_euler"]
    assert 0.01 < found["fewer_degrees"] < 0.5
    assert found["fewer_share"] < 0.6


def test_each_take_puts_its_own_rotation_modes_on(found: dict[str, Any]) -> None:
    is_as_before, off = found["shown_again"]
    assert is_as_before
    assert off < 1e-3
    off, is_as_before = found["exported"]
    assert off < 0.01
    assert is_as_before


def test_a_range_stays_in_the_form_of_its_take(found: dict[str, Any]) -> None:
    assert found["range_outside"]
    assert found["range_step"] < 90.0


def test_bones_with_keys_of_ones_own_keep_their_mode_and_all_go_back(found: dict[str, Any]) -> None:
    assert found["own_mode"] == [True, False]
    assert found["bones_again"]
    assert found["all_back"]
    assert found["only_one_back"]
