"""A release's repository as Blender sees it: of its index's zips it takes the one for this platform and Python."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from zips.made_up import MODEL_FILES, write_ingredients

from tools.packaging import release
from tools.packaging.targets import PYTHONS, TARGETS

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64", "arm64"}, reason="no zip is for this machine"),
]


def machine() -> str:
    return "arm64" if platform.machine() == "arm64" else "x64"


@pytest.fixture(scope="module")
def found(
    run_steps: Callable[..., Any], extension_zip: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The real add-on and engine, made-up wheels and model, two platforms for both Pythons."""
    folder = tmp_path_factory.mktemp("repository")
    (own_wheel,) = extension_zip.parent.glob("exges-*.whl")
    ingredients = write_ingredients(folder / "ingredients", own_wheel)
    here = {"Linux": "linux-x64", "Windows": "windows-x64", "Darwin": f"macos-{machine()}"}[platform.system()]
    other = "linux-x64" if here != "linux-x64" else "windows-x64"
    targets = [each for each in TARGETS if each.platform in {here, other}]
    release.write_release(ingredients, folder / "release", targets)
    index = folder / "release" / "repository" / "index.json"
    report = run_steps("repository", index.as_uri())
    shutil.rmtree(folder)
    return report


def test_it_installs_from_the_index_and_is_enabled(found: dict[str, Any]) -> None:
    assert found["synchronised"] == ["FINISHED"]
    assert found["installed"] == ["FINISHED"]
    assert found["enabled"]


def test_the_wheels_that_came_are_this_pythons_and_this_platforms(found: dict[str, Any]) -> None:
    assert tuple(found["python"]) in PYTHONS.values()
    python, system = "cp{}{}".format(*found["python"]), {"Linux": "manylinux", "Windows": "win", "Darwin": "macosx"}
    here = system[platform.system()]
    assert set(found["packages"]) == {"exges", "made_up_pure", "made_up_runtime", "made_up_stable"}
    assert f"\nTag: {python}-{python}-{here}" in found["packages"]["made_up_runtime"]
    assert f"\nTag: cp310-abi3-{here}" in found["packages"]["made_up_stable"]


def test_the_speech_model_and_the_notices_lie_in_the_extensions_folder(found: dict[str, Any]) -> None:
    assert {f"models/made-up/{name}" for name in MODEL_FILES} <= set(found["files"])
    assert "THIRD_PARTY_NOTICES.txt" in found["files"]
