"""The preferences in a bare Blender, from the zip: nothing goes online unasked, every refusal is a sentence."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any, extension_zip: Path) -> dict[str, Any]:
    return run_steps("environment", str(extension_zip))


def test_a_light_zip_has_the_built_in_engine_greyed_and_switching_keeps_settings(found: dict[str, Any]) -> None:
    assert found["engine"] == ["OWN", "No engine: press Set Up"]
    why, can_generate, refused = found["builtin"]
    assert "came without the built-in engine" in why
    assert not can_generate
    assert why in refused
    assert found["switched_back"] == [True, "cpu", ""]


def test_without_online_access_only_a_folder_of_wheels_makes_an_environment(found: dict[str, Any]) -> None:
    assert found["online"] is False
    assert found["poll_offline"] is False
    assert "allow it in Preferences" in found["reason_offline"]
    assert found["reason_with_wheels"] == ""


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no_wheels_in_folder", "No wheels (*.whl) in"),
        ("no_python", "Choose another Python under Create With"),
        ("check", "If it was moved or deleted, choose another Python"),
        ("examined", "Choose another Python"),
        ("log", "There is no log yet"),
        ("cache_blocked", "cannot be created"),
    ],
)
def test_a_refusal_is_a_sentence(found: dict[str, Any], case: str, words: str) -> None:
    assert words in found[case]
    assert "Traceback" not in found[case]


def test_the_environment_goes_into_the_extensions_own_folder_by_blenders_python(found: dict[str, Any]) -> None:
    assert "user_default" in found["root"]
    assert found["root"].endswith("environment")
    assert found["wheel"]
    assert found["python"]
    assert found["buttons"] == ["check"]


def test_working_files_go_to_the_cache_folder_and_dead_ones_are_cleared(found: dict[str, Any]) -> None:
    assert found["work"] == [True, True, True, False]
    assert set(found["engine_environment"]) == {"XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "EXGES_CACHE"}


def test_while_blender_renders_a_job_gives_way_and_no_longer(found: dict[str, Any]) -> None:
    assert found["rendering"] == [[True], False, []]
    before, after = found["handlers"]
    assert [was - now for was, now in zip(before, after, strict=True)] == [1, 1, 1, 1, 1]


def test_disabling_ends_what_runs(found: dict[str, Any]) -> None:
    assert found["running"] == [True, True]
