"""The extension as a user gets it: the zip, installed in a bare Blender that has no torch."""

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.packaging.extension import human_files

ROOT = Path(__file__).resolve().parents[2]
ADDON = ROOT / "blender_addon"
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any, extension_zip: Path) -> dict[str, Any]:
    return run_steps("extension", str(extension_zip), str(Path(__file__).with_name("standin_worker.py")), str(ROOT))


def test_the_zip_names_its_wheel_exactly_and_holds_every_room_and_nothing_else(extension_zip: Path) -> None:
    with zipfile.ZipFile(extension_zip) as archive:
        names = archive.namelist()
        manifest = archive.read("blender_manifest.toml").decode()
    (wheel,) = [name for name in names if name.endswith(".whl")]
    assert f'wheels = ["./{wheel}"]' in manifest
    ours = {path.relative_to(ADDON).as_posix() for ending in ("*.py", "*.po") for path in ADDON.rglob(ending)}
    assert {"headless/commands.py", "ui/locale/ja_JP.po"} <= ours
    human = set(human_files())  # where she was made
    assert set(names) == ours | human | {wheel, "LICENSE", "blender_manifest.toml"}


def test_it_installs_and_enables_with_its_own_core_and_nothing_heavy(found: dict[str, Any]) -> None:
    assert found["enabled"]
    assert found["core_is_bundled"]
    assert found["heavy"] == []


def test_the_installed_extension_finds_its_languages(found: dict[str, Any]) -> None:
    assert found["bone_map"] == {"de_DE": "Knochenzuordnung", "ja_JP": "ボーン対応", "zh_HANS": "骨骼对应"}


def test_a_strip_is_mixed_down_trimmed_alone_at_its_own_rate(found: dict[str, Any]) -> None:
    if "mixdown" not in found:
        pytest.skip("this Blender was built without Audaspace: it reads no sound strips")
    channels, rate, seconds = found["mixdown"]
    assert (channels, rate) == (1, 44100)
    assert seconds == pytest.approx(3.0, abs=0.06)
    assert found["range_kept"] == [1, 250, False]


def test_generate_is_disabled_without_an_engine_and_check_introduces_one(found: dict[str, Any]) -> None:
    assert found["refused_without_engine"] is False
    assert found["checked"] == ["FINISHED"]


def test_the_operator_puts_a_take_at_the_strip_and_keeps_the_animators_keys(found: dict[str, Any]) -> None:
    assert found["operator"] == ["FINISHED"]
    assert found["take_range"][0] == 45
    assert found["take_settings"]["seed"] == 3
    assert found["own_keys"] == [1, 1, 1, 1]
    assert len(found["tracks"]) == 2


def test_an_animators_key_becomes_a_control_at_its_time(found: dict[str, Any]) -> None:
    (key,) = found["controls"]["keys"]
    assert key["time_s"] == pytest.approx((60 - 45) / 24)
    assert key["hard"]
    assert list(key["joints"]) == ["left_elbow"]
    assert key["joints"]["left_elbow"][0] == pytest.approx(0.8, abs=1e-5)


def test_failures_are_said_and_change_nothing(found: dict[str, Any]) -> None:
    assert "expected sound, got noise" in found["refuses"]
    assert "out of memory" in found["dies_inside"]
    assert found["unchanged_after_failures"]


def test_the_command_line_has_the_contracts_exit_codes(found: dict[str, Any]) -> None:
    assert (found["command"], found["command_wrong_name"], found["command_wrong_option"]) == (0, 2, 2)
    assert found["blend"]


def test_disabling_leaves_nothing_and_enabling_again_works(found: dict[str, Any]) -> None:
    assert found["left_behind"] == []
    assert found["again"]
    assert sys.version_info >= (3, 11)
