"""Files that somebody else holds while they are put in place, as a virus scanner does on Windows; simulated."""

import os
from pathlib import Path

import pytest

from exges_core import files
from exges_core.errors import OutputError


class _Scanner:
    """Holds the file for the first few renames."""

    def __init__(self, times: int, winerror: int) -> None:
        self.times, self.winerror, self.rename = times, winerror, os.replace

    def replace(self, source: Path, target: Path) -> None:
        if self.times > 0:
            self.times -= 1
            error = PermissionError(13, "The process cannot access the file")
            error.winerror = self.winerror
            raise error
        self.rename(source, target)


@pytest.mark.parametrize(("times", "winerror", "is_written"), [(3, 32, True), (99, 5, False), (1, 1, False)])
def test_a_fresh_file_that_is_held_is_put_in_place_a_little_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, winerror: int, is_written: bool
) -> None:
    monkeypatch.setattr(files.os, "replace", _Scanner(times, winerror).replace)
    monkeypatch.setattr(files.time, "sleep", lambda _s: None)
    if is_written:
        files.write_json(tmp_path / "a.json", {"a": 1})
    else:
        with pytest.raises(OutputError, match="cannot access the file"):
            files.write_json(tmp_path / "a.json", {"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == (["a.json"] if is_written else [])
