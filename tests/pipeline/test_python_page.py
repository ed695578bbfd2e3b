"""The examples of docs/python.md run as they stand, one after another."""

import re
from pathlib import Path
from typing import Any

import pytest
import soundfile

from exges_core import assets

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    soundfile.write(tmp_path / "talk.wav", samples[rate_hz : 3 * rate_hz], rate_hz)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for text in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(text, PAGE.name, "exec"), names)
    assert (tmp_path / "talk.bvh").is_file()
    assert [each.report.seed for each in names["takes"]] == [1, 2]
    assert names["made"].clip.frames == 90
