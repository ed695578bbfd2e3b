"""A take made slice by slice, so that Blender stays alive: whole or not there at all, whatever comes between."""

import threading
import time
from typing import Any

import pytest

from blender_addon.scene import cooperative


def counting(steps: int, log: list[int]) -> cooperative.Work[str]:
    try:
        for number in range(steps):
            log.append(number)
            yield None
        yield from cooperative.aside(lambda: log.append(-1))
    finally:
        log.append(-2)
    return "done"


def test_all_at_once_and_by_a_timer_are_the_same() -> None:
    at_once, driven = list[int](), list[int]()
    assert cooperative.now(counting(3, at_once)) == "done"
    driver = cooperative.Driver(counting(3, driven))
    while not driver.step(budget_s=0.0):
        pass
    assert driver.result == "done"
    assert at_once == driven == [0, 1, 2, -1, -2]
    assert driver.longest_s > 0.0


def test_a_tick_ends_when_its_time_is_used_up_and_when_a_thread_works() -> None:
    log, gate = list[int](), threading.Event()
    driver = cooperative.Driver(counting(2, log))
    assert not driver.step(budget_s=0.0)
    assert log == [0]
    waiting = cooperative.Driver(cooperative.aside(gate.wait))
    assert not waiting.step()
    gate.set()
    while not waiting.step():
        time.sleep(0.001)
    assert waiting.result is True


def test_a_work_that_is_given_up_tidies_up() -> None:
    log: list[int] = []
    driver = cooperative.Driver(counting(3, log))
    driver.step(budget_s=0.0)
    driver.close()
    assert log == [0, -2]


def test_what_a_thread_raises_is_raised_where_it_can_be_answered() -> None:
    def fails() -> None:
        raise ValueError("no")

    def answered() -> cooperative.Work[str]:
        try:
            yield from cooperative.aside(fails)
        except ValueError as error:
            return str(error)
        return ""

    assert cooperative.now(answered()) == "no"


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("cooperative", source=True)


@pytest.mark.blender
def test_panels_do_not_wait_for_the_bone_map(found: dict[str, Any]) -> None:
    assert found["seen_first"]
    assert found["seen_then"]
    assert not found["timer_left"]


@pytest.mark.blender
def test_given_up_at_any_slice_nothing_stays(found: dict[str, Any]) -> None:
    assert found["prepared"]
    assert all(found["prepare_given_up"])
    assert all(found["apply_given_up"])
    assert found["removed_is_before"]


@pytest.mark.blender
def test_an_unfinished_take_is_nobodys_and_an_undo_only_costs_time(found: dict[str, Any]) -> None:
    assert found["half_has_no_user"]
    assert found["whole_after_undo"]
    assert "Body" in found["gone"]
    assert found["gone_is_before"]


@pytest.mark.blender
def test_the_take_passes_the_key_and_fewer_keys_stay_within_the_tolerance(found: dict[str, Any]) -> None:
    assert found["controls"] == 1
    assert found["at_key"] < 1e-5
    assert found["sparse_share"] < 0.5
    assert found["columns"] < 0.5
    assert found["shared_by_the_arm"]
    assert 0.1 < found["sparse_off"] <= 0.5 + 1e-3


@pytest.mark.blender
def test_a_range_leaves_every_other_key_bit_for_bit(found: dict[str, Any]) -> None:
    assert [is_same for is_same, _ in found["ranges"]] == [True] * 3
    assert min(moved for _, moved in found["ranges"]) > 0.01


@pytest.mark.blender
def test_a_new_take_has_no_key_selected_and_selected_keys_can_be_made_anew_again(found: dict[str, Any]) -> None:
    assert found["selected"] == 0
    assert found["selected_again"] == [15, 35]


@pytest.mark.blender
@pytest.mark.parametrize("button", ["show", "generate", "remove"])
def test_a_strip_that_is_tweaked_is_left_first(found: dict[str, Any], button: str) -> None:
    assert found[f"tweak_{button}"] == [True, False, True]


@pytest.mark.blender
def test_sound_mixed_in_pieces_is_the_sound_mixed_at_once(found: dict[str, Any]) -> None:
    if "mixed" not in found:
        pytest.skip("this Blender was built without Audaspace")
    longer, off = found["mixed"]
    assert longer < 2000
    assert off < 0.05
    assert found["pieces_left"] == []
