"""From one zip to a moving character without a network and without anything installed; nothing is written outside.

Needs a zip with the engine for the Python of this Blender (`python build_addon.py --platform linux-x64`), named by
EXGES_ZIP, and Linux' `unshare`, which takes the network away. EXGES_BLENDER_PYTHON chooses another bpy.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from exges_core import assets
from tests.addon.conftest import BLENDER_PYTHON, STEPS

ZIP = os.environ.get("EXGES_ZIP", "")
pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(not ZIP, reason="EXGES_ZIP names no zip with the engine (build_addon.py --platform linux-x64)"),
    pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare, which takes the network away, is Linux'"),
]
LIMIT_S = 180.0
"""So long it may take from the zip to a moving character."""
ENDED_WITH = {"userpref.blend", "recent-files.txt", "bookmarks.txt", "platform_support.txt", "recent-searches.txt"}
"""Blender's own files in its configuration folder."""


def files_in(folders: list[Path]) -> dict[str, tuple[int, int]]:
    """Every file below some folders -> when it was changed, and its size."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_size)
        for folder in folders
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def word_errors(heard: list[str], said: list[str]) -> float:
    """Edits from one list of words to the other, per word said."""
    row = list(range(len(said) + 1))
    for number, word in enumerate(heard, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(said, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (word != other))
    return row[-1] / len(said)


def plain(words: list[str]) -> list[str]:
    return re.findall(r"[a-z']+", " ".join(words).lower())


@pytest.fixture(scope="module")
def found(has_bpy: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    room = tmp_path_factory.mktemp("newcomer")
    home, temporary, profile = (room / name for name in ("home", "tmp", "blender"))
    for folder in (home, temporary, profile):
        folder.mkdir()
    report = tmp_path_factory.mktemp("report") / "found.json"
    environment = {
        **{"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary), "LANG": "C.UTF-8"},
        **{"BLENDER_USER_RESOURCES": str(profile), "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")},
    }
    where = "import bpy, numpy.fft, numpy.random; print(bpy.__file__, numpy.__file__, sep='\\n')"
    told = subprocess.run([BLENDER_PYTHON, "-P", "-c", where], capture_output=True, text=True, check=True)
    folders = [room, *(Path(each).parent for each in told.stdout.split("\n")[-3:] if each)]
    before = files_in(folders)
    offline = ("unshare", "--net", *(() if os.geteuid() == 0 else ("--map-root-user",)))
    command = (*offline, BLENDER_PYTHON, "-P", str(STEPS / "zero_setup.py"), str(report), ZIP)
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=room, env=environment, timeout=900
    )
    assert report.is_file(), f"{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
    after = files_in(folders)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    return {**json.loads(report.read_text(encoding="utf-8")), "changed": changed, "profile": profile, "room": room}


def test_there_is_no_network_and_the_built_in_engine_is_there_at_once(found: dict[str, Any]) -> None:
    assert not found["online"]
    assert found["engine"] == ["BUILTIN", "", ""]
    assert found["hello"][0] == "onnx"
    assert found["heavy"] == []
    assert 50 < found["shown_mb"] < 400


def test_one_click_makes_a_character_that_moves_and_the_next_one_another_take(found: dict[str, Any]) -> None:
    assert (found["example"], found["generate"], found["hear"]) == (["FINISHED"], ["FINISHED"], ["FINISHED"])
    assert found["first"][0] != found["second"][0]
    for key in ("first", "second", "third"):
        assert found[key][1] > 1.0, "metres that the wrists move in 22 s"


def test_the_words_are_right_known_or_heard(found: dict[str, Any]) -> None:
    truth = json.loads(assets.DEMO_SPEECH.with_suffix(".json").read_text(encoding="utf-8"))["words"]
    said = plain([each["text"] for each in truth])
    assert plain([each["text"] for each in found["first_words"]]) == said
    late = [abs(word["start_s"] - true["start_s"]) for word, true in zip(found["first_words"], truth, strict=True)]
    assert sorted(late)[len(late) // 2] < 0.05
    asr, heard = found["heard"]
    assert asr == "moonshine"
    assert word_errors(plain(heard), said) < 0.1
    assert word_errors(plain([each["text"] for each in found["third"][0]]), said) < 0.1


def test_it_takes_less_than_three_minutes_and_ends_with_the_add_on(found: dict[str, Any]) -> None:
    assert found["seconds"]["first_minute"] < LIMIT_S
    assert found["ended"]


def test_nothing_is_written_outside_the_extensions_folders(found: dict[str, Any]) -> None:
    extensions, settings = found["profile"] / "extensions", found["profile"] / "config"
    outside = {
        path
        for path in map(Path, found["changed"])
        if not path.is_relative_to(extensions) and not (path.parent == settings and path.name in ENDED_WITH)
    }
    assert outside == set()
