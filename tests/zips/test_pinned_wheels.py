"""The real table of wheels serves every target, and says what the packages and Blender's own code say; no network."""

import importlib.util
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name

import exges_core
from tools.packaging import blender_tool, licences
from tools.packaging.licences import COMPATIBLE
from tools.packaging.pins import PinnedPackage, read_pins
from tools.packaging.targets import TARGETS, Target

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = read_pins()
BLENDERS_OWN = {"numpy"}
FOR_PEOPLE_AT_A_TERMINAL = {"tyro", "rich"}
OF_THE_OTHER_ENGINE = {"torch", "faiss-cpu", "librosa", "openai-whisper", "pillow", "roma", "scipy"}
NOT_AT_RUN_TIME = {
    "sounddevice",  # PocketSphinx's microphone
    "coloredlogs", "flatbuffers", "packaging", "protobuf", "sympy",  # ONNX Runtime's tools
}  # fmt: skip


@pytest.fixture(scope="module")
def blender() -> ModuleType:
    tool = blender_tool.tool()
    if tool is None:
        pytest.skip("bpy is not installed (extra 'blender'; Python 3.11): its own reading of wheels is not here")
    spec = importlib.util.spec_from_file_location("blender_ext", tool)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.suffix)
def test_every_package_has_a_wheel_for_every_target_of_one_version(target: Target) -> None:
    for package in PACKAGES:
        wheel = package.wheel_for(target)
        assert wheel.tags & set(target.tags)
        assert {each.version for each in package.wheels} == {wheel.version}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.suffix)
def test_blender_reads_from_the_names_what_a_zip_is_for(target: Target, blender: ModuleType) -> None:
    files = [f"./wheels/{package.wheel_for(target).file}" for package in PACKAGES]
    assert blender.pkg_manifest_validate_field_wheels(files, strict=True) is None
    assert blender.python_versions_from_wheels([*files, "exges-1.0-py3-none-any.whl"]) == {target.python}
    assert blender.paths_filter_wheels_by_platform(files, target.platform) == files


def test_the_table_holds_nothing_that_no_zip_takes() -> None:
    taken = {package.wheel_for(target).file for package in PACKAGES for target in TARGETS}
    assert {wheel.file for package in PACKAGES for wheel in package.wheels} == taken


def test_linux_wheels_run_where_blender_does_and_macos_wheels_on_macos_13() -> None:
    files = [wheel.file for package in PACKAGES for wheel in package.wheels]
    assert not [file for file in files if "musllinux" in file or "macosx_14" in file or "manylinux_2_3" in file]


def test_every_requirement_is_pinned_in_a_version_that_it_allows_or_named_here_as_left_out() -> None:
    versions = {package.name: package.wheels[0].version for package in PACKAGES}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {each.name: each for each in map(Requirement, project["dependencies"])}
    left_out = BLENDERS_OWN | FOR_PEOPLE_AT_A_TERMINAL | OF_THE_OTHER_ENGINE
    assert required.keys() - versions.keys() <= left_out
    assert not left_out & versions.keys()
    for name in required.keys() & versions.keys():
        assert required[name].specifier.contains(versions[name]), name


def test_all_licences_can_be_combined_with_the_extensions() -> None:
    assert {each for package in PACKAGES for each in (package.licence, *package.inside)} <= COMPATIBLE


def installed() -> Iterator[PinnedPackage]:
    for package in PACKAGES:
        try:
            if distribution(package.name).version == package.wheels[0].version:
                yield package
        except PackageNotFoundError:
            continue


@pytest.mark.parametrize("package", list(installed()), ids=lambda package: package.name)
def test_the_table_says_of_a_package_what_its_metadata_say(package: PinnedPackage) -> None:
    found = distribution(package.name)
    licences.check(package, found.metadata, package.name)  # pyright: ignore[reportArgumentType]
    lines = (found.read_text("WHEEL") or "").splitlines()
    tags = {tag for line in lines if line.startswith("Tag:") for tag in parse_tag(line.partition(":")[2].strip())}
    pinned = {tag for wheel in package.wheels for tag in wheel.tags}
    assert tags & pinned
    known = {canonicalize_name(each.name) for each in PACKAGES} | {"numpy"} | NOT_AT_RUN_TIME
    required = {Requirement(text) for text in found.requires or []}
    assert {each.name for each in required if each.marker is None or each.marker.evaluate({"extra": ""})} <= known


def test_the_version_stands_in_one_place_and_others_agree() -> None:
    manifest = tomllib.loads((ROOT / "blender_addon" / "blender_manifest.toml").read_text(encoding="utf-8"))
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert manifest["version"] == exges_core.__version__
    assert f"\nversion: {exges_core.__version__}\n" in citation
