import os
from pathlib import Path

import pytest

from exges_core.errors import OutputError
from exges_core.files import replacing, require_places, write_json


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_nested_files_fail_together_and_under_their_true_name(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"/a\.txt: .*disk is full"), replacing(tmp_path / "a.txt") as outer:  # noqa: PT012
        with replacing(outer) as inner:
            inner.write_text("whole")
        raise OSError(28, "disk is full")
    assert list(tmp_path.iterdir()) == []


def test_json_keeps_letters_of_any_language(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "a.json", {"text": "größer"})
    assert "größer" in (tmp_path / "new" / "a.json").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_to_is_told_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.npz").mkdir()
    require_places([tmp_path / "new" / "folder" / "a.npz", tmp_path / "file", None])
    with pytest.raises(OutputError, match=r"folder\.npz: expected a place to write to, got a folder of that name"):
        require_places([tmp_path / "folder.npz"])
    with pytest.raises(OutputError, match=r"a\.npz: .*got a file in place of its folder \(file\)"):
        require_places([tmp_path / "file" / "more" / "a.npz"])


def test_a_folder_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not (path == tmp_path and mode == os.W_OK))  # root may all
    with pytest.raises(OutputError, match="got a folder that may not be written to"):
        require_places([tmp_path / "new" / "a.npz"])
