"""The making of the engine's environment: real venv and pip where they are the subject, small wheels, no network."""

import argparse
import json
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from blender_addon.engine import environment
from blender_addon.engine.environment_builder import builder, machine, progress
from exges_core.errors import Cancelled, OutputError, WorkerError

DOCTOR = """
import json, sys
from pathlib import Path
found = {"findings": [{"name": "exges", "ok": True, "text": "9.9"}]}
Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(found))
"""
MakeRecipe = Callable[..., environment.Recipe]


def wheel(folder: Path, name: str, version: str, files: dict[str, str], requires: str = "") -> Path:
    """Write a small real wheel that pip installs."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    needs = f'Provides-Extra: torch\nRequires-Dist: {requires}; extra == "torch"\n' if requires else ""
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{each},,\n" for each in [*files, f"{info}/RECORD"]))
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> MakeRecipe:
    wheels = tmp_path / "Räder & wheels"
    wheels.mkdir()
    exges = wheel(
        tmp_path, "exges", "9.9", {"exges_core/__init__.py": "", "exges_core/cli/__main__.py": DOCTOR}, "torch>=2.4"
    )
    wheel(wheels, "torch", "2.9", {"torch/__init__.py": ""})

    def make(**changed: object) -> environment.Recipe:
        root = tmp_path / "Jörg's environment 動き"
        values = {"root": root, "python": sys.executable, "wheel": exges, "device": "cpu", "wheels": wheels, **changed}
        return environment.Recipe(**values)

    return make


def drive(creation: environment.Creation) -> list[str]:
    stages: list[str] = []
    while not creation.step():
        stages += [creation.stage] if creation.stage not in stages else []
        time.sleep(0.02)
    return stages


@pytest.fixture
def enough_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(builder.shutil, "disk_usage", lambda _path: usage._replace(free=10**12))


def test_an_environment_is_made_cancelled_refused_resumed_checked_and_deleted(
    recipe: MakeRecipe, tmp_path: Path
) -> None:
    first = environment.Creation(recipe())
    while first.stage != "environment":
        first.step()
        time.sleep(0.01)
    first.cancel()
    with pytest.raises(Cancelled, match="kept for the next attempt"):
        first.step()
    root = first.recipe.root
    assert not (root / "state.json").exists()

    (tmp_path / "empty").mkdir()
    with pytest.raises(WorkerError, match=r"does not exist for this Python.*log\.txt"):
        drive(environment.Creation(recipe(wheels=tmp_path / "empty")))
    assert json.loads((root / "state.json").read_text())["stage"] == "installing"

    again = environment.Creation(recipe())
    assert "install" in drive(again)
    python = Path(again.python)
    assert python == environment.python_in(root)
    assert python.is_file()
    assert (root / "venv").is_dir()
    assert environment.is_made(root, again.python)
    assert not environment.is_made(root, sys.executable)
    assert json.loads((root / "doctor.json").read_text())["findings"][0]["text"] == "9.9"
    assert "pip install --no-index" in (root / "log.txt").read_text(encoding="utf-8")

    whole = environment.Creation(recipe())
    assert "install" not in drive(whole), "what is whole is only checked"

    examination = environment.Examination(again.python)
    while not examination.step():
        time.sleep(0.01)
    assert examination.findings[0]["name"] == "exges"

    environment.remove(root)
    assert not (root / "venv").exists()


def test_an_examination_looks_for_models_where_the_engine_does(tmp_path: Path) -> None:
    python = tmp_path / "python"  # called as: -m exges_core.cli doctor --json FILE
    python.write_text('#!/bin/sh\nprintf \'{"findings": [{"name": "%s"}]}\' "$EXGES_CACHE" > "$5"\n')
    python.chmod(0o755)
    examination = environment.Examination(str(python), variables={"EXGES_CACHE": "/there"})
    while not examination.step():
        time.sleep(0.01)
    assert examination.findings == ({"name": "/there"},)


def test_a_builder_that_is_killed_is_told_and_goes_on_next_time(recipe: MakeRecipe) -> None:
    creation = environment.Creation(recipe())
    while creation.stage != "environment":
        creation.step()
        time.sleep(0.01)
    said = (creation.stage, creation.fraction, creation.text)
    for line in ("7", '"failed"', '["done"]', "null", "[" * 100_000):  # what a library may print, some of it JSON
        creation._take_in(line)
    assert (creation.stage, creation.fraction, creation.text) == said
    creation._process._process.kill()
    with pytest.raises(WorkerError, match=r"code -9.*to resume"):
        drive(creation)


def test_a_missing_or_unwritable_place_is_told(recipe: MakeRecipe, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="Choose another Python under Create With"):
        drive(environment.Creation(recipe(python=str(tmp_path / "python"))))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="another environment folder"):
        drive(environment.Creation(recipe(root=tmp_path / "file" / "inside")))


def attempt(recipe: environment.Recipe) -> builder.Builder:
    recipe.root.mkdir(parents=True, exist_ok=True)
    values = {"root": recipe.root, "wheel": recipe.wheel, "wheels": None, "device": recipe.device, "torch_index": ""}
    return builder.Builder(argparse.Namespace(**values))


def test_a_full_disk_is_refused_before_anything_is_downloaded(
    recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(builder.shutil, "disk_usage", lambda _path: usage._replace(free=10**9))
    with pytest.raises(builder.BuildError, match=r"expected 2\.5 GB of free disk, got 1\.0 GB"):
        attempt(recipe()).build()


@pytest.mark.usefixtures("enough_disk")
def test_windows_without_long_paths_refuses_a_long_folder(recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "long_paths_allowed", lambda: False)
    made = attempt(recipe())
    made.venv = Path("C:/Users/somebody/AppData/Roaming/Blender Foundation/Blender/4.5/extensions/.user/exges/venv")
    with pytest.raises(builder.BuildError, match="Windows takes 260"):
        made.check_place()


def test_the_default_folder_is_short_where_windows_needs_that() -> None:
    roaming = Path(
        "C:/Users/somebody/AppData/Roaming/Blender Foundation/Blender/4.5/extensions/.user/user_default/exges"
    )
    local = "C:/Users/somebody/AppData/Local"
    assert environment.default_root(roaming, long_paths=True, local=local) == roaming
    assert environment.default_root(roaming, long_paths=False, local=local) == Path(local) / "exges"
    assert len(str(Path(local) / "exges")) <= environment.ROOM_FOR_ROOT
    assert environment.default_root(Path("/short"), long_paths=False, local=local) == Path("/short")


@pytest.mark.parametrize("layout", ["Scripts/python.exe", "venv/Scripts/python.exe", "python.exe"])
def test_a_folder_is_as_good_as_its_python_on_windows(tmp_path: Path, layout: str) -> None:
    (tmp_path / layout).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / layout).write_text("")
    assert environment.python_in(tmp_path, is_windows=True) == tmp_path / layout
    assert machine.python_of(tmp_path, is_windows=True) == tmp_path / "Scripts" / "python.exe"


@pytest.mark.parametrize(
    ("system", "device", "wanted", "index"),
    [
        ("Linux", "cpu", "", machine.TORCH_INDEX + "cpu"),
        ("Linux", "cuda", "", ""),
        ("Windows", "cuda", "", machine.TORCH_INDEX + "cu128"),
        ("Windows", "cpu", "", ""),
        ("Darwin", "mps", "", ""),
        ("Linux", "cpu", "default", ""),
        ("Darwin", "mps", "file:///mirror", "file:///mirror"),
    ],
)
def test_torch_comes_from_where_its_build_is(system: str, device: str, wanted: str, index: str) -> None:
    assert machine.index_for(system, device, wanted) == index


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("socket.gaierror: [Errno 11001] getaddrinfo failed", "package index cannot be reached"),
        ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]", "not trusted"),
        ("PermissionError: [WinError 32] The process cannot access the file", "virus scanner"),
        ("The virtual environment was not created because ensurepip is not available.", "python3-venv"),
        ("ERROR: something new", "its output: ERROR: something new"),
    ],
)
def test_pips_failures_become_sentences(line: str, words: str) -> None:
    assert words in progress.reason_of(["Collecting torch", line])


def test_an_interrupted_download_is_begun_anew_only_for_what_is_missing(
    recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = attempt(recipe())
    made.remember("downloaded")
    assert made.stage() == "downloaded"
    made.device = "cuda"
    assert made.stage() == "", "another device needs other packages"
    (made.root / "state.json").write_text("{half")
    assert made.stage() == ""


def test_pip_is_led_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_TARGET", "PYTHONPATH", "PIP_USER"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PIP_CERT", "company.pem")
    clean = machine.clean_environment()
    assert not {"PIP_TARGET", "PYTHONPATH", "PIP_USER"} & set(clean)
    assert clean["PIP_CERT"] == "company.pem"


def test_only_our_own_folder_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    with pytest.raises(OutputError, match="ExGes did not create this environment"):
        environment.remove(tmp_path)
    assert (tmp_path / "venv").is_dir()


def test_letter_case_and_links_do_not_make_another_environment(tmp_path: Path) -> None:
    (tmp_path / "venv/bin").mkdir(parents=True)
    python = machine.python_of(tmp_path / "venv")
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text("")
    (tmp_path / "state.json").write_text('{"stage": "done"}')
    (tmp_path / "link").symlink_to(tmp_path / "venv")
    assert environment.is_made(tmp_path, str(tmp_path / "link" / python.relative_to(tmp_path / "venv")))
    assert not environment.is_made(tmp_path, os.devnull)


def test_a_checkout_has_no_wheel_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="Install the extension from its zip"):
        environment.bundled_wheel(tmp_path)
