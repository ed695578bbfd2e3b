"""Manifests as editors and scripts write them; all that is wrong is told at once."""

import json
from pathlib import Path

import pytest

from exges_core.batch import run_batch
from exges_core.batch.manifests import missing_files, read_manifest
from exges_core.errors import InputError
from exges_core.pipeline.models import Models
from exges_core.protocol import Idle

LINES = [{"id": "a", "audio": "a.wav"}, {"id": "b", "audio": "b.wav", "seed": 3}]
PLAIN = "\n".join(map(json.dumps, LINES)) + "\n"


def read(path: Path, data: bytes) -> list[tuple[str, str, int]]:
    path.write_bytes(data)
    found = [line.request for line in read_manifest(path, path.parent / "out", device="cpu")]
    return [(request.id, Path(request.speech).name, request.seed) for request in found]


def said(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_manifest(path, path.parent / "out", device="cpu")
    return str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("}\n", "},\n\n").encode(),
        json.dumps(LINES).encode(),
        json.dumps(LINES, indent=2).encode("utf-8-sig"),
        ("[\n" + PLAIN.replace("}\n", "},\n") + "]\n").encode(),
        PLAIN.rstrip().encode(),
    ],
    ids=["plain", "mark", "utf-16", "utf-16-be", "windows", "mac", "commas", "list", "indented", "open list", "no end"],
)
def test_every_way_to_write_the_lines_is_read(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path / "m.jsonl", data) == [("a", "a.wav", 0), ("b", "b.wav", 3)]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ({"audio": "a.wav", "keep_outside_s": [2, 4]}, "--keep-outside: expected a motion to keep, got none"),
        ({"audio": "a.wav", "base_start_s": 2}, "--base-start: expected a motion to keep, got none"),
        ({"audio": "a.wav", "pins": ["0=5"], "use_retrieval": False}, "expected retrieval, for a pinned gesture"),
        ({"audio": "a.wav", "rig": "mixamo", "format": "npz"}, "--rig: expected a .bvh output for the rig"),
        ({"audio": "a.wav", "guidance": float("nan")}, "guidance: expected 0 to 10, got nan"),
        ({"audio": "out/x.json"}, "expected a file of its own for the report, got the file of the speech"),
        ({"idle": 1}, "seconds: expected a length from 2 to 300 s, got 1 s"),
        ({"idle": 8, "rig": "mixamo", "format": "npz"}, "--rig: expected a .bvh output for the rig"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_told_before_any_work(tmp_path: Path, line: dict[str, object], wrong: str) -> None:
    lines = [{"id": "good", "audio": "a.wav"}, {"id": "x", **line}]
    told = said(tmp_path / "m.jsonl", "\n".join(map(json.dumps, lines)))
    assert "1 fault" in told
    assert "line 2: " in told
    assert wrong in told


def test_all_faults_are_told_at_once_each_with_what_is_wrong_first(tmp_path: Path) -> None:
    lines = [
        '{"id": "good", "audio": "a.wav"}',
        '{"id": "one", "audio": "a.wav", "transcipt": "a.srt"}',
        '{"id": "two", "speech": "a.wav"}',
        '{"id": "three", "audio": "a.wav", "seed": 1.5, "keep_outside_s": [4], "format": "fbx"}',
        '{"id": "four", "audio": "a.wav"',
        '["a", 7]',
        '{"id": "GOOD", "audio": "b.wav"}',
        '{"id": "../up", "audio": ""}',
        '{"id": "five", "audio": "a.wav", "seed": 1, "seed": 2}',
        '{"id": "six", "audio": "a.wav", "colour": "red"}',
    ]
    text = said(tmp_path / "m.jsonl", "\n".join(lines))
    assert text.splitlines() == [
        f"{tmp_path / 'm.jsonl'}: 14 faults, nothing was made",
        "  line 2: unknown key 'transcipt', is 'transcript' meant?",
        "  line 3: unknown key 'speech', is 'audio' meant?",
        "  line 3: no 'audio'",
        '  line 4: format "fbx"; it must be bvh or npz or csv',
        "  line 4: seed 1.5; it must be a whole number",
        "  line 4: keep_outside_s [4]; it must be a list of 2 numbers or null",
        "  line 5: no JSON: expecting ',' delimiter at column 1 of line 6",
        '  line 6: "a" instead of an object',
        "  line 6: 7 instead of an object",
        "  line 7: id 'GOOD' is already used in line 1; results are named after it",
        '  line 8: id "../up", which is no file name',
        '  line 8: audio "", which is no file name',
        "  line 9: the key 'seed' twice",
        "  line 10: unknown key 'colour'",
        "Correct them and run again.",
    ]


def test_a_line_may_ask_for_an_idle(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(
        '{"id": "wait", "idle": 8, "seed": 3, "closes": true, "rig": "mixamo", '
        '"posture": "stand.json", "lean_deg": 5}\n'
    )
    (made,) = read_manifest(tmp_path / "m.jsonl", tmp_path / "out", device="cpu")
    assert made.request == Idle(
        id="wait",
        seconds=8.0,
        seed=3,
        closes=True,
        rig="mixamo",
        posture=str(tmp_path / "stand.json"),
        lean_deg=5,
        outputs=(str(tmp_path / "out" / "wait.bvh"),),
        report=str(tmp_path / "out" / "wait.json"),
        device="cpu",
    )
    assert missing_files(made.request) == (f"posture {tmp_path / 'stand.json'}",)


def test_faults_of_idles_are_told(tmp_path: Path) -> None:
    lines = [
        '{"id": "a", "idle": "long"}',
        '{"id": "b", "idle": 8, "transcript": "a.srt"}',
        '{"id": "c", "idle": 8, "fps": 0.1}',
        '{"idle": null}',
    ]
    text = said(tmp_path / "m.jsonl", "\n".join(lines)).splitlines()
    assert text[1:3] == [
        '  line 1: idle "long"; it must be its length in seconds',
        "  line 2: unknown key 'transcript' for an idle",
    ]
    assert text[3].startswith("  line 3: fps: expected 1 to 240, got 0.1")
    assert text[4] == "  line 4: no 'id' and no 'idle'"


def test_a_long_list_of_faults_is_cut(tmp_path: Path) -> None:
    lines = said(tmp_path / "m.jsonl", "\n".join('{"id": "a"}' for _ in range(50))).splitlines()
    assert len(lines) == 1 + 20 + 2
    assert lines[-2] == "  and 30 more"


def test_a_broken_object_over_many_lines_is_one_fault(tmp_path: Path) -> None:
    text = json.dumps(LINES, indent=1).replace('"a.wav"', "a.wav")
    assert said(tmp_path / "m.json", text).splitlines()[1:-1] == [
        "  line 2: no JSON: expecting value at column 12 of line 4"
    ]


@pytest.mark.parametrize("text", ["id,audio,seed\na,a.wav,1\n", "- id: a\n  audio: a.wav\n", "a.wav\n"])
def test_other_formats_are_told_what_a_line_is(tmp_path: Path, text: str) -> None:
    error = said(tmp_path / "m.csv", text)
    assert f"line 1: expected JSON, got none ({text.splitlines()[0]!r})" in error
    assert '{"id": "take1", "audio": "take1.wav"}' in error


@pytest.mark.parametrize("text", ["", "\n\n", "[]"])
def test_an_empty_manifest_is_refused(tmp_path: Path, text: str) -> None:
    assert "line 1: expected takes, got none" in said(tmp_path / "m.jsonl", text)


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu")
    with pytest.raises(InputError, match="Check the path"):
        read_manifest(tmp_path / "none.jsonl", tmp_path, device="cpu")


def test_missing_files_are_told_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "there.wav").touch()
    lines = [
        {"id": "a", "audio": "gone[1].wav", "transcript": "gone.srt", "controls": "keys.json"},
        {"id": "b", "audio": "there.wav", "base_motion": "old.npz", "rig": "hero.bvh", "library": ["mine", "default"]},
        {"id": "c", "audio": "there.wav", "rig": "mixamo"},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    requests = [line.request for line in read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu")]
    found = {each.id: missing_files(each) for each in requests}
    assert found == {
        "a": tuple(
            f"{key} {tmp_path / name}"
            for key, name in (("audio", "gone[1].wav"), ("transcript", "gone.srt"), ("controls", "keys.json"))
        ),
        "b": (f"base_motion {tmp_path / 'old.npz'}", f"rig {tmp_path / 'hero.bvh'}", f"library {tmp_path / 'mine'}"),
        "c": (),
    }
    heard: list[str] = []
    ending = run_batch(tmp_path / "m.jsonl", tmp_path / "out", models=Models(device="cpu"), say=heard.append)
    assert ending.failed == 3
    assert heard[0] == f"a: failed: missing {', '.join(found['a'])}"
    assert heard[1].startswith("b: failed: missing base_motion")
    assert heard[2].startswith(f"c: failed: {tmp_path / 'there.wav'}")  # a sound without sound


def test_a_face_that_nobody_asked_for_is_told_with_its_line(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "audio": "a.wav", "format": "csv"},
        {"id": "b", "audio": "a.wav", "face_sad": 0.5},
        {"id": "c", "idle": 3, "format": "csv"},
        {"id": "d", "audio": "a.wav", "format": "csv", "face": True, "face_sad": 0.5},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu")
    first, second, third = [line for line in str(caught.value).splitlines() if line.startswith("  line")]
    assert "expected a face, for a .csv, got none" in first
    assert "--face-sad: expected a face, got none" in second
    assert "expected an output ending in .bvh or .npz" in third
    (tmp_path / "m.jsonl").write_text(json.dumps(lines[3]))
    (line,) = read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu")
    assert line.request.outputs == (str((tmp_path / "d.csv").resolve()),)
