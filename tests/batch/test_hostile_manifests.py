"""Manifests that would write elsewhere, or break whoever reads them: refused before anything is made."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from exges_core.batch import run_batch
from exges_core.batch.ledger import Ledger
from exges_core.batch.manifests import read_manifest
from exges_core.errors import InputError


def said_of(folder: Path, *lines: dict[str, Any]) -> list[str]:
    """Return the faults that are told of a manifest's lines; whoever runs it has nothing written."""
    path, out = folder / "m.jsonl", folder / "out"
    path.write_text("\n".join(map(json.dumps, lines)))
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError) as caught:
        run_batch(path, out)
    assert sorted(folder.rglob("*")) == before
    text = str(caught.value)
    assert text.isprintable() or "\n" in text
    text.encode()  # any terminal can show it
    return [line for line in text.splitlines() if line.startswith("  line")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("..", "no file name"),
        (".", "no file name"),
        ("", "no file name"),
        ("   ", "no file name"),
        ("../up", "no file name"),
        ("a/../../b", "no file name"),
        ("/etc/passwd", "no file name"),
        ("C:\\take", "no file name"),
        ("..\\up", "no file name"),
        ("take:stream", "no file name"),
        ("a\nb", "no file name"),
        ("a\0b", "with a NUL character"),
        ("\ud800", "no file name"),
        (["a"], "no file name"),
        (True, "no file name"),
        (".hidden", "hidden or unfinished"),
        (".exges-batch", "hidden or unfinished"),
        ("take.part", "hidden or unfinished"),
        ("CON", "Windows keeps"),
        ("nul.take", "Windows keeps"),
        ("com1", "Windows keeps"),
        ("Summary", "the batch's own summary"),
        ("a" * 181, "longer than 180 bytes"),
        ("ü" * 91, "longer than 180 bytes"),
        ("x" * 1_000_000, "longer than 180 bytes"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_id_that_no_result_can_be_named_after(tmp_path: Path, name: object, why: str) -> None:
    (fault,) = said_of(tmp_path, {"id": name, "audio": "a.wav"})
    assert why in fault
    assert len(fault) < 300


@pytest.mark.parametrize("name", ["take 1", "übung", "台詞", "a.b", "x" * 180, 17, "lock", "con-1", "auxiliary"])
def test_an_id_that_all_systems_take(tmp_path: Path, name: str | int) -> None:
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": name, "audio": "a.wav"}))
    (line,) = read_manifest(tmp_path / "m.jsonl", tmp_path / "out", device="cpu")
    assert line.request.outputs == (str(tmp_path / "out" / f"{name}.bvh"),)


@pytest.mark.parametrize(("first", "second"), [("take", "TAKE"), ("straße", "STRASSE"), ("é", "e\u0301")])
def test_ids_that_are_one_file_somewhere(tmp_path: Path, first: str, second: str) -> None:
    (fault,) = said_of(tmp_path, {"id": first, "audio": "a.wav"}, {"id": second, "audio": "a.wav"})
    assert "is already used in line 1" in fault


@pytest.mark.parametrize(
    "score",
    ["../s.json", "s.json", "/tmp/s.json", "out/../s.json", "out/.exges-batch/a.json", "out/summary.json"],
)
def test_a_score_outside_is_refused(tmp_path: Path, score: str) -> None:
    (fault,) = said_of(tmp_path, {"id": "a", "audio": "a.wav", "score_out": score})
    assert "inside --out" in fault


def test_a_score_may_not_be_another_takes_result(tmp_path: Path) -> None:
    takes = {"id": "a", "audio": "a.wav"}, {"id": "b", "audio": "a.wav", "score_out": "out/A.json"}
    for lines in (takes, takes[::-1]):
        (fault,) = said_of(tmp_path, *lines)
        assert fault.startswith("  line 2: ")
        assert "each take needs its own" in fault


@pytest.mark.parametrize("key", ["audio", "transcript", "controls", "rig", "score_out", "library"])
@pytest.mark.parametrize("value", ["a\0b", "a/" + "b" * 300, "c" * 1_000_000, "\ud800.wav"], ids=lambda v: ascii(v)[:9])
def test_a_path_that_no_file_can_have(tmp_path: Path, key: str, value: str) -> None:
    (fault,) = said_of(tmp_path, {"id": "a", "audio": "a.wav", key: value})
    assert key in fault
    assert "file name" in fault or "no name of a file" in fault  # a NUL is told by the reader of JSON
    assert len(fault) < 300


def test_a_line_of_a_million_characters_takes_no_time(tmp_path: Path) -> None:
    begun_s = time.perf_counter()
    (fault,) = said_of(tmp_path, {"id": "a", "audio": "a.wav", "k" * 1_000_000: 1})
    assert "unknown key" in fault
    assert len(fault) < 300
    deep = '{"id": "a", "audio": ' + "[" * 1_000_000
    (tmp_path / "m.jsonl").write_text(deep)
    with pytest.raises(InputError):
        read_manifest(tmp_path / "m.jsonl", tmp_path / "out", device="cpu")
    assert time.perf_counter() - begun_s < 5.0


def test_a_link_that_leads_out_is_refused_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other.txt"
    out.mkdir()
    other.write_text("mine")
    (out / "a.bvh").symlink_to(other)
    (fault,) = said_of(tmp_path, {"id": "a", "audio": "a.wav"})
    assert "a.bvh in --out is a link that leads out of it" in fault
    assert other.read_text() == "mine"
    (out / "a.bvh").unlink()
    (out / "deep").symlink_to(tmp_path, target_is_directory=True)
    (fault,) = said_of(tmp_path, {"id": "a", "audio": "a.wav", "score_out": "out/deep/s.json"})
    assert "score_out" in fault


def test_a_link_in_place_of_the_batchs_own_folder_is_refused(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    out.mkdir()
    other.mkdir()
    (out / ".exges-batch").symlink_to(other, target_is_directory=True)
    (tmp_path / "m.jsonl").write_text('{"id": "a", "audio": "a.wav"}')
    with pytest.raises(InputError, match="got a link"):
        run_batch(tmp_path / "m.jsonl", out)
    assert list(other.iterdir()) == []


def test_out_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk", target_is_directory=True)
    (tmp_path / "m.jsonl").write_text('{"id": "a", "audio": "a.wav"}')
    (line,) = read_manifest(tmp_path / "m.jsonl", tmp_path / "out", device="cpu")
    assert line.request.outputs == (str(tmp_path / "disk" / "a.bvh"),)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '{"id": 3}', "[" * 100_000, '{"id": "a", "results": {"../../x": 1}}', "\0"],
    ids=lambda text: text[:12],
)
def test_a_record_that_is_none_is_no_record(tmp_path: Path, text: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.folder.mkdir()
    (ledger.folder / "a.json").write_text(text)
    assert ledger.record_of("a") is None
