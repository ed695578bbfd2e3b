"""Zips with the engine, built from made-up wheels: what is in them, that they come out the same, what is refused."""

import dataclasses
import os
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from zips.made_up import BINARY_TAGS, MODEL_FILES, digest, write_table, write_wheel

from exges_core.errors import InputError
from tools.packaging import extension, notices
from tools.packaging.archive import write_zip
from tools.packaging.extension import Ingredients, build_for, build_light
from tools.packaging.fetching import WheelFolder, wheels_for
from tools.packaging.inspection import inspect
from tools.packaging.pins import read_pins
from tools.packaging.targets import TARGETS, Target, chosen

(WINDOWS,) = chosen("windows-x64", "3.11")
(LINUX,) = chosen("linux-x64", "3.13")


@pytest.fixture(scope="module")
def linux_files(ingredients: Ingredients, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with zipfile.ZipFile(build_for(LINUX, ingredients, tmp_path_factory.mktemp("linux"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.suffix)
def test_a_zip_holds_the_wheels_of_its_platform_and_python_and_names_them(
    target: Target, ingredients: Ingredients, tmp_path: Path
) -> None:
    path = build_for(target, ingredients, tmp_path)
    with zipfile.ZipFile(path) as archive:
        listed = tomllib.loads(archive.read("blender_manifest.toml").decode())
        names = set(archive.namelist())
        model = {name: archive.read(f"models/made-up/{name}") for name in MODEL_FILES}
    machine, python = BINARY_TAGS[target.platform], "".join(map(str, target.python))
    wheels = [
        "./wheels/exges-9.9.9-py3-none-any.whl",
        "./wheels/made_up_pure-0.1-py3-none-any.whl",
        f"./wheels/made_up_runtime-1.2.3-cp{python}-cp{python}-{machine}.whl",
        f"./wheels/made_up_stable-2.0-cp310-abi3-{machine}.whl",
    ]
    assert path.name == f"exges-9.9.9-{target.platform.replace('-', '_')}-py{python}.zip"
    assert (listed["wheels"], listed["platforms"], listed["version"]) == (wheels, [target.platform], "9.9.9")
    assert {name for name in names if name.endswith(".whl")} == {name.removeprefix("./") for name in wheels}
    assert model == MODEL_FILES
    assert inspect(path, ingredients.packages, ingredients.model).faults == ()


def test_wheels_are_carried_unmodified(ingredients: Ingredients, linux_files: dict[str, bytes]) -> None:
    carried = [name for name in linux_files if name.startswith("wheels/made_up")]
    assert len(carried) == 3
    for name in carried:
        assert linux_files[name] == (ingredients.folder.path / Path(name).name).read_bytes()


def test_the_same_input_gives_the_same_bytes(ingredients: Ingredients, tmp_path: Path) -> None:
    first = build_for(LINUX, ingredients, tmp_path / "first").read_bytes()
    copied = tmp_path / "copied"
    shutil.copytree(ingredients.folder.path, copied)
    for each in copied.iterdir():
        os.utime(each, (1, 1))
    elsewhere = dataclasses.replace(ingredients, folder=WheelFolder(path=copied, may_download=False))
    assert build_for(LINUX, elsewhere, tmp_path / "second").read_bytes() == first


def test_the_light_zip_holds_our_own_wheel_alone(ingredients: Ingredients, tmp_path: Path) -> None:
    path = build_light(ingredients.own_wheel, tmp_path)
    found = inspect(path, ingredients.packages, ingredients.model)
    assert (path.name, found.target, found.faults) == ("exges-9.9.9.zip", None, ())
    assert found.wheels == ("exges-9.9.9-py3-none-any.whl",)


def test_notices_tell_of_every_package_with_its_licences_text(linux_files: dict[str, bytes]) -> None:
    text = linux_files[notices.FILE].decode()
    for title in ("exges 9.9.9", "made_up_pure 0.1", "made_up_runtime 1.2.3", "Made-up (speech model)"):
        assert f"\n{title}\nLicence: " in text
    assert text.count("/licenses/LICENSE\n\nDo.\n") == 5


def test_it_refuses_to_build_without_wheels_and_says_which_their_tag_and_what_there_is(
    ingredients: Ingredients, tmp_path: Path
) -> None:
    folder = tmp_path / "wheels"
    shutil.copytree(ingredients.folder.path, folder)
    (folder / "made_up_runtime-1.2.3-cp311-cp311-win_amd64.whl").unlink()
    (folder / "made_up_pure-0.1-py3-none-any.whl").unlink()
    with pytest.raises(InputError) as told:
        wheels_for(WINDOWS, ingredients.packages, WheelFolder(path=folder, may_download=False))
    first, second = str(told.value).splitlines()
    assert "the wheel made_up_runtime-1.2.3-cp311-cp311-win_amd64.whl (tag cp311-cp311-win_amd64)" in first
    assert "windows_x64-py311" in first
    assert "got of made-up-runtime made_up_runtime-1.2.3-cp311-cp311-macosx_10_9_x86_64.whl, " in first
    assert "made_up_runtime-1.2.3-cp313-cp313-win_amd64.whl" in first
    assert "the wheel made_up_pure-0.1-py3-none-any.whl" in second
    assert "got of made-up-pure nothing" in second


def test_it_refuses_a_wheel_that_is_not_the_pinned_one(ingredients: Ingredients, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    shutil.copytree(ingredients.folder.path, folder)
    write_wheel(folder, "made_up_pure", "0.1", "py3-none-any", text="Do not.")
    with pytest.raises(InputError, match=r"expected the pinned made_up_pure-0.1-py3-none-any.whl, sha256"):
        wheels_for(WINDOWS, ingredients.packages, WheelFolder(path=folder, may_download=False))


def test_it_refuses_a_target_that_no_pinned_wheel_is_for(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "made_up_runtime", "1.2.3", "cp313-cp313-win_amd64")
    packages = read_pins(write_table(tmp_path / "wheels.toml", {"made-up-runtime": [wheel]}))
    with pytest.raises(InputError) as told:
        wheels_for(WINDOWS, packages, WheelFolder(path=tmp_path, may_download=False))
    assert "a wheel of made-up-runtime for cp311-cp311-win_amd64" in str(told.value)
    assert wheel.name in str(told.value)


def test_of_several_wheels_that_run_there_the_closest_is_taken(tmp_path: Path) -> None:
    tags = ("py3-none-any", "cp310-abi3-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_17_x86_64")
    wheels = [write_wheel(tmp_path, "made_up", "1", tag) for tag in tags]
    (package,) = read_pins(write_table(tmp_path / "wheels.toml", {"made-up": wheels}))
    assert package.wheel_for(LINUX).file.endswith("cp313-cp313-manylinux_2_17_x86_64.whl")
    (mac,) = chosen("macos-arm64", "3.13")
    assert package.wheel_for(mac).file.endswith("py3-none-any.whl")


def test_pip_brings_exactly_the_pinned_wheels(
    ingredients: Ingredients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(ingredients.folder.path))
    folder = WheelFolder(path=tmp_path / "fetched", may_download=True)
    found = wheels_for(WINDOWS, ingredients.packages, folder)
    assert sorted(each.path.name for each in found) == sorted(each.name for each in folder.path.iterdir())
    assert {each.path.name.split("-", 2)[2] for each in found} == {
        "cp311-cp311-win_amd64.whl",
        "cp310-abi3-win_amd64.whl",
        "py3-none-any.whl",
    }
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))
    with pytest.raises(InputError, match=r"pip download: expected made-up-runtime==1.2.3, .* got ERROR: No matching"):
        wheels_for(LINUX, ingredients.packages, folder)


@pytest.mark.parametrize(
    ("wheel", "table", "fault"),
    [
        ({"licence": "GPL-2.0-only"}, {"licence": "GPL-2.0-only"}, "combined with, got GPL-2.0-only"),
        ({"licence": "LicenseRef-Proprietary"}, {}, "expected MIT, as wheels.toml says, got LicenseRef-Proprietary"),
        ({"licence": "Home-page: https://example.org"}, {}, "got no licence in its metadata"),
        ({}, {"inside": ("GPL-2.0-only",)}, "combined with, got GPL-2.0-only"),
        ({"text": None}, {}, "expected a licence's text in the wheel, got none"),
    ],
    ids=["not combinable", "another than pinned", "none", "inside", "no text"],
)
def test_it_refuses_what_may_not_be_carried(
    wheel: dict[str, str], table: dict[str, object], fault: str, ingredients: Ingredients, tmp_path: Path
) -> None:
    made = write_wheel(tmp_path, "made_up", "1", "py3-none-any", **wheel)  # pyright: ignore[reportArgumentType]
    (package,) = read_pins(write_table(tmp_path / "wheels.toml", {"made-up": [made]}))
    folder = WheelFolder(path=tmp_path, may_download=False)
    shutil.copy2(ingredients.folder.path / "made_up_model-1.0-py3-none-any.whl", tmp_path)
    packages = [dataclasses.replace(package, **table)]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError) as told:
        build_for(WINDOWS, dataclasses.replace(ingredients, packages=packages, folder=folder), tmp_path)
    assert fault in str(told.value)
    assert not list(tmp_path.glob("*.zip"))


@pytest.mark.parametrize(
    "licence", ["License: The MIT License (MIT)", "Classifier: License :: OSI Approved :: MIT License"]
)
def test_older_ways_to_say_a_licence_are_read(licence: str, ingredients: Ingredients, tmp_path: Path) -> None:
    made = write_wheel(tmp_path, "made_up", "1", "py3-none-any", licence=licence, text=None)
    packages = read_pins(write_table(tmp_path / "wheels.toml", {"made-up": [made]}, more='copyright = "(c) Somebody"'))
    bundled = wheels_for(WINDOWS, packages, WheelFolder(path=tmp_path, may_download=False))
    carrier = ingredients.folder.path / "made_up_model-1.0-py3-none-any.whl"
    text = notices.text(ingredients.own_wheel, bundled, ingredients.model, carrier)
    assert "(c) Somebody\n\nPermission is hereby granted" in text


Change = Callable[[dict[str, bytes]], object]
RUNTIME = "wheels/made_up_runtime-1.2.3-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
OLDER = RUNTIME.replace("cp313", "cp311")
CHANGES: dict[str, tuple[Change, str]] = {
    "a wheel is missing": (lambda files: files.pop(RUNTIME), "no made_up_runtime-1.2.3-cp313"),
    "a wheel is another": (
        lambda files: files.update({RUNTIME: files["wheels/made_up_pure-0.1-py3-none-any.whl"]}),
        "holds made_up_pure 0.1",
    ),
    "a wheel's name lies": (lambda files: files.update({OLDER: files.pop(RUNTIME)}), "is tagged cp313-cp313-manylinux"),
    "for another Python": (lambda files: files.update({OLDER: files.pop(RUNTIME)}), "does not run on linux_x64-py313"),
    "a wheel too many": (lambda files: files.update({OLDER: files[RUNTIME]}), "is not pinned for it"),
    "no engine": (lambda files: files.pop("wheels/exges-9.9.9-py3-none-any.whl"), "0 wheels of exges 9.9.9"),
    "half a model": (
        lambda files: files.update({"models/made-up/encoder.ort": b"enc"}),
        "Made-up: another encoder.ort",
    ),
    "no model": (lambda files: files.pop("models/made-up/tokenizer.bin"), "Made-up: no tokenizer.bin"),
    "no notices": (lambda files: files.pop(notices.FILE), "does not tell of models/made-up/"),
    "no add-on": (lambda files: files.pop("commands.py"), "no commands.py, or another"),
    "another platform": (
        lambda files: files.update(
            {"blender_manifest.toml": files["blender_manifest.toml"].replace(b'"linux-x64"', b'"windows-x64"')}
        ),
        "the manifest is for ['windows-x64'], not ['linux-x64']",
    ),
    "a name in the manifest": (
        lambda files: files.update(
            {"blender_manifest.toml": files["blender_manifest.toml"].replace(b"pure-0.1", b"pure-0.2")}
        ),
        "the manifest names other wheels",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_an_inspection_finds_what_is_wrong(
    case: str, linux_files: dict[str, bytes], ingredients: Ingredients, tmp_path: Path
) -> None:
    change, fault = CHANGES[case]
    files = dict(linux_files)
    change(files)
    path = tmp_path / "exges-9.9.9-linux_x64-py313.zip"
    write_zip(files, path)
    faults = inspect(path, ingredients.packages, ingredients.model).faults
    assert any(fault in each for each in faults), faults


def test_an_inspection_needs_a_zip_of_the_extension_under_its_own_name(
    ingredients: Ingredients, tmp_path: Path
) -> None:
    nothing = tmp_path / "exges.zip"
    nothing.write_bytes(b"no zip")
    with pytest.raises(InputError, match="expected a zip of the extension"):
        inspect(nothing, ingredients.packages, ingredients.model)
    renamed = build_light(ingredients.own_wheel, tmp_path).rename(tmp_path / "mine.zip")
    assert "its name is none of" in inspect(renamed, ingredients.packages, ingredients.model).faults[0]


def test_the_table_takes_each_package_once_and_wheels_of_it_alone(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "made_up", "1", "py3-none-any")
    table = write_table(tmp_path / "wheels.toml", {"made-up": [wheel]})
    twice = table.read_text(encoding="utf-8") * 2
    for text, fault in (
        (twice, "got made-up more than once"),
        (twice.replace('"made-up"', '"other"'), "wheels of other with their sha256"),
        (table.read_text(encoding="utf-8").replace(digest(wheel.read_bytes()), "1234"), "= '1234'"),
        (table.read_text(encoding="utf-8").replace("py3-none-any", "py3"), "the name of a wheel"),
    ):
        table.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as told:
            read_pins(table)
        assert fault in str(told.value)


def test_a_zip_brings_the_human_where_this_code_has_made_her(
    ingredients: Ingredients, human_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extension, "built_path", lambda: human_path)
    path = build_light(ingredients.own_wheel, tmp_path / "with")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("character/human.npz") == human_path.read_bytes()
        assert b"CC0" in archive.read("character/human.txt")
    assert inspect(path, ingredients.packages, ingredients.model).faults == ()
    stale = tmp_path / "human.npz"
    with np.load(human_path) as whole:
        np.savez_compressed(stale, **{**whole, "made_by": np.array("other code")})
    for other in (stale, tmp_path / "nowhere.npz"):
        monkeypatch.setattr(extension, "built_path", lambda other=other: other)
        with zipfile.ZipFile(build_light(ingredients.own_wheel, tmp_path / "without")) as archive:
            assert not any("human." in name and name.endswith((".npz", ".txt")) for name in archive.namelist())


def test_a_damaged_human_in_a_zip_is_seen(ingredients: Ingredients, tmp_path: Path) -> None:
    path = build_light(ingredients.own_wheel, tmp_path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    write_zip({**files, "character/human.npz": b"no human"}, path)
    assert inspect(path, ingredients.packages, ingredients.model).faults == ("character/human.npz is damaged",)
