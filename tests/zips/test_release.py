"""A release of made-up wheels: the folder a site serves, and the command that makes it."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

import build_addon
from tools.packaging import blender_tool, release
from tools.packaging.extension import Ingredients, build_light
from tools.packaging.pinning import lines_for
from tools.packaging.targets import TARGETS, chosen


@pytest.fixture(scope="module")
def folder(ingredients: Ingredients, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if blender_tool.tool() is None:
        pytest.skip("bpy is not installed (extra 'blender'; Python 3.11): it writes the repository's index")
    out = tmp_path_factory.mktemp("release") / "release"
    out.mkdir()
    (out / "of-the-last-one.zip").write_bytes(b"old")
    release.write_release(ingredients, out)
    return out


def test_a_release_holds_every_zip_the_light_one_beside_them_and_our_wheel(folder: Path) -> None:
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        "SHA256SUMS",
        "exges-9.9.9-py3-none-any.whl",
        "exges-9.9.9.zip",
        "repository/index.json",
        *(f"repository/exges-9.9.9-{each.suffix}.zip" for each in TARGETS),
    }


def test_the_index_offers_each_zip_to_its_platform_and_python_alone(folder: Path) -> None:
    text = (folder / "repository" / "index.json").read_text(encoding="utf-8")
    data = json.loads(text)["data"]
    offered = {(*each["platforms"], *each["python_versions"]): each for each in data}
    assert offered.keys() == {(each.platform, each.python_version) for each in TARGETS}
    for each in data:
        archive = folder / "repository" / each["archive_url"].removeprefix("./")
        assert each["archive_hash"] == f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    assert [each["archive_url"] for each in data] == sorted(each["archive_url"] for each in data)


def test_the_checksums_are_those_of_every_file(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sums.keys() == files.keys() - {"SHA256SUMS"}
    assert all(hashlib.sha256(files[name].read_bytes()).hexdigest() == digest for name, digest in sums.items())


def test_a_repository_without_one_of_its_zips_is_refused(folder: Path, tmp_path: Path) -> None:
    one = next((folder / "repository").glob("*linux*py311.zip"))
    (tmp_path / one.name).write_bytes(one.read_bytes())
    release.write_index(tmp_path, "9.9.9", chosen("linux-x64", "3.11"))
    with pytest.raises(ValueError, match=r"linux_x64-py313\.zip"):
        release.write_index(tmp_path, "9.9.9", chosen("linux-x64", "all"))


def test_the_command_refuses_without_wheels_and_names_the_first_one(
    ingredients: Ingredients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, empty = str(ingredients.own_wheel), tmp_path / "empty"
    empty.mkdir()
    options = ["--platform", "windows-x64", "--python", "3.13", "--wheels", str(empty), "--wheel", own]
    assert build_addon.main([*options, "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "expected the wheel onnxruntime-1.23.2-cp313-cp313-win_amd64.whl (tag cp313-cp313-win_amd64)" in told
    assert "got of onnxruntime nothing" in told
    assert not list(tmp_path.rglob("*.zip"))


def test_the_command_builds_the_light_zip_unasked_and_looks_into_it(
    ingredients: Ingredients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_addon.main(["--wheel", str(ingredients.own_wheel), "--out", str(tmp_path)]) == 0
    path = tmp_path / "exges-9.9.9.zip"
    assert path.read_bytes() == build_light(ingredients.own_wheel, tmp_path / "again").read_bytes()
    assert (tmp_path / ingredients.own_wheel.name).is_file()
    assert build_addon.main(["--inspect", str(path)]) == 0
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("wheels/exges-9.9.8-py3-none-any.whl", ingredients.own_wheel.read_bytes())
    assert build_addon.main(["--inspect", str(path)]) == 1
    said = capsys.readouterr().out
    assert "all as it should be" in said
    assert "WRONG: exges-9.9.8-py3-none-any.whl is not pinned for it" in said


def test_light_and_a_platform_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as told:
        build_addon.main(["--light", "--platform", "all"])
    assert told.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_lines_for_the_table_are_those_of_every_target(ingredients: Ingredients) -> None:
    package = next(each for each in ingredients.packages if each.name == "made-up-stable")
    options, targets = ("--no-index", "--find-links", str(ingredients.folder.path)), (TARGETS[0], TARGETS[-1])
    wheels = [package.wheel_for(target) for target in targets]
    assert len(wheels) == 2
    expected = sorted(f'"{each.file}" = "{each.sha256}"' for each in wheels)
    assert lines_for("made-up-stable==2.0", *options, targets=targets) == expected
    with pytest.raises(ValueError, match=r"a wheel of made-up-stable==3\.0"):
        lines_for("made-up-stable==3.0", *options, targets=targets)
