"""Scores as files: what is written comes back, and whatever is wrong in one is told in a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from exges_core.errors import InputError, OutputError
from exges_core.protocol import Plan, Request
from exges_core.score.asking import check_asked
from exges_core.score.files import MOST, as_json, doubts, read_score, to_milliseconds, write_score
from exges_core.score.records import Score, Stroke

WORDS = ("so", "this", "is", "enormous", "isn't", "it")
STROKES = (
    Stroke(start_s=0.2, stroke_start_s=0.4, apex_s=0.75, hold_end_s=0.9, end_s=1.4, hand="left", size=0.8, word=1),
    Stroke(
        start_s=1.0,
        stroke_start_s=1.2,
        apex_s=1.6,
        hold_end_s=1.6,
        end_s=2.4,
        hand="both",
        size=1.5,
        kind="huge",
        clip=12,
        word=3,
        is_locked=True,
    ),
)
SCORE = Score(strokes=STROKES, duration_s=3.0, sound="5eed", origin="planner")
TIMES = {"start_s": 0.2, "stroke_start_s": 0.4, "apex_s": 0.75, "hold_end_s": 0.9, "end_s": 1.4}


def read(path: Path, **known: Any) -> Score:
    return read_score(path, **{"duration_s": 3.0, "sound": "5eed", **known})


def refused(path: Path, text: str | bytes, **known: Any) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read(path, **{"kinds": {"huge", "beat"}, "clips": 20, "words": 6, **known})
    said = str(caught.value)
    assert path.name in said
    assert "\n" not in said
    assert len(said) < 600
    return said


def with_stroke(**changed: Any) -> str:
    second = {**TIMES, **{name: time + 1.5 for name, time in TIMES.items()}, **changed}
    return json.dumps({"format": 1, "strokes": [TIMES, {k: v for k, v in second.items() if v is not ...}]})


@pytest.mark.parametrize("words", [(), WORDS, WORDS * 20])
def test_a_written_score_comes_back(tmp_path: Path, words: tuple[str, ...]) -> None:
    write_score(tmp_path / "new" / "s.json", SCORE, words=words)
    assert read(tmp_path / "new" / "s.json", kinds={"huge"}, clips=13, words=6) == SCORE
    text = (tmp_path / "new" / "s.json").read_text(encoding="utf-8")
    assert json.loads(text) == as_json(SCORE, words)
    (line,) = [each for each in text.splitlines() if '"kind": "huge"' in each]
    assert json.loads(line) == as_json(SCORE, words)["strokes"][1]
    assert (json.loads(line)["text"] == "enormous") == bool(words)


def test_no_stroke_is_a_score(tmp_path: Path) -> None:
    write_score(tmp_path / "s.json", Score(strokes=(), duration_s=3.0))
    assert read(tmp_path / "s.json").strokes == ()


def test_a_score_in_milliseconds_is_the_one_its_file_gives(tmp_path: Path) -> None:
    third = Stroke(
        start_s=1 / 3, stroke_start_s=0.4, apex_s=0.4 + 1 / 7, hold_end_s=0.9, end_s=1.0, size=2 / 3, clip=3, word=0
    )
    rounded = to_milliseconds(Score(strokes=(third,), duration_s=10 / 3))
    (stroke,) = rounded.strokes
    assert (rounded.duration_s, *stroke.times_s) == (3.333, 0.333, 0.4, 0.543, 0.9, 1.0)
    assert (stroke.size, stroke.clip, stroke.word, stroke.is_locked) == (0.667, 3, 0, False)
    write_score(tmp_path / "s.json", rounded)
    assert read(tmp_path / "s.json") == rounded
    assert to_milliseconds(rounded) == rounded


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_score_written_by_hand_needs_times_alone(tmp_path: Path, encoding: str) -> None:
    later = {name: time + 1 for name, time in TIMES.items()}
    values = {"format": 1, "strokes": [later, {**TIMES, "hand": "left", "text": "größer"}]}
    (tmp_path / "s.json").write_text(json.dumps(values, ensure_ascii=False, indent=2), encoding=encoding)
    score = read(tmp_path / "s.json")
    assert score == Score(strokes=(Stroke(**TIMES, hand="left"), Stroke(**later)), duration_s=3.0, origin="person")
    assert doubts(score, duration_s=3.0, sound="5eed") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got an empty file"),
        (" \n", "got an empty file"),
        ("strokes: none", "expected JSON"),
        (b"\xff\xd8\xff\xe0 JFIF", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ('{"format": 1, "format": 1, "strokes": []}', "the key 'format' twice"),
        ("[]", "expected an object with strokes, got []"),
        ('"s"', "expected an object with strokes"),
        ("{}", "expected 'format', got none"),
        ('{"format": 1}', "expected 'strokes', got none"),
        ('{"strokes": []}', "expected 'format', got none"),
        ('{"format": 2, "strokes": []}', "expected format 1, got 2"),
        ('{"format": true, "strokes": []}', "expected format to be a whole number, got true"),
        ('{"format": 1, "strokes": {}}', "expected strokes to be a list of strokes, got {}"),
        ('{"format": 1, "stroke": []}', "got 'stroke', is 'strokes' meant?"),
        ('{"format": 1, "strokes": [], "words": ["a", 3]}', "expected words to be a list of texts"),
        ('{"format": 1, "strokes": [], "duration_s": "3"}', "expected duration_s to be a number"),
        ('{"format": 1, "strokes": [], "duration_s": 0}', "a duration_s above 0 and up to 1e+06 s, got 0"),
        ('{"format": 1, "strokes": [], "duration_s": NaN}', "a duration_s above 0 and up to 1e+06 s, got NaN"),
        ('{"format": 1, "strokes": [], "duration_s": 1e999}', "a duration_s above 0 and up to 1e+06 s, got Infinity"),
        ('{"format": 1, "strokes": [], "sound": 7}', "expected sound to be a text"),
        ('{"format": 1, "strokes": [], "origin": "luck"}', "an origin of labels, motion, planner, person"),
        ('{"format": 1, "strokes": [7]}', "stroke 0: expected an object, got 7"),
        ('{"format": 1, "strokes": [' + ",".join(["0"] * (MOST + 1)) + "]}", "expected at most 100000 strokes"),
        (b" " * (64 * 2**20 + 1), "at most 64 MiB, got 64 MiB"),
    ],
    ids=lambda each: each[:40] if isinstance(each, str) else "bytes",
)
def test_a_file_that_is_no_score_is_told(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refused(tmp_path / "bad.json", text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"colour": "red"}, "stroke 1: expected only"),
        ({"apex": 1.0}, "got 'apex', is 'apex_s' meant?"),
        ({"end_s": ...}, "stroke 1: expected start_s, stroke_start_s, apex_s, hold_end_s, end_s, got no end_s"),
        ({"start_s": "1.7"}, 'stroke 1: expected start_s to be a number, got "1.7"'),
        ({"start_s": None}, "expected start_s to be a number, got null"),
        ({"start_s": True}, "expected start_s to be a number, got true"),
        ({"hand": None}, "expected hand to be a text, got null"),
        ({"size": [1]}, "expected size to be a number, got [1]"),
        ({"kind": 3}, "expected kind to be a text or null, got 3"),
        ({"clip": 1.5}, "expected clip to be a whole number or null, got 1.5"),
        ({"word": -1}, "stroke 1: expected a number of a word, from 0, got -1"),
        ({"clip": 10**40}, "expected a number of a clip"),
        ({"is_locked": 1}, "expected is_locked to be true or false, got 1"),
        ({"apex_s": float("nan")}, "stroke 1: expected a finite apex_s up to 1e+06, got NaN"),
        ({"end_s": float("inf")}, "stroke 1: expected a finite end_s up to 1e+06, got Infinity"),
        ({"end_s": 10**400}, "stroke 1: expected a finite end_s"),
        ({"size": -(10**400)}, "stroke 1: expected a finite size"),
        ({"size": float("nan")}, "stroke 1: expected a finite size up to 1e+06, got NaN"),
        ({"kind": "x" * 1000}, "stroke 1: expected a kind of at most 80 letters"),
        ({"size": 1e5}, "stroke 1 (right, 1.70 to 2.90 s): expected a size from 0 to 4"),
        ({"end_s": 1e300}, "stroke 1: expected a finite end_s up to 1e+06, got 1e+300"),
        ({"hand": "third"}, 'stroke 1: expected a hand of left, right, both, got "third"'),
        ({"kind": "wave"}, "kind of stroke 1 (right, 1.70 to 2.90 s): expected a known kind"),
        ({"clip": 20}, "clip of stroke 1 (right, 1.70 to 2.90 s): expected a clip from 0 to 19"),
        ({"word": 6}, "word of stroke 1 (right, 1.70 to 2.90 s): expected a word from 0 to 5"),
        ({"apex_s": 1.8}, "stroke 1 (right, 1.70 to 2.90 s): expected start_s <= stroke_start_s <= apex_s"),
        ({"end_s": 3.1}, "stroke 1 (right, 1.70 to 3.10 s): expected times from 0 to 3.00 s"),
        ({"start_s": 0.5}, "stroke 1 (right, 0.50 to 2.90 s) starts before stroke 0 (right, 0.20 to 1.40 s)"),
        ({**dict.fromkeys(TIMES, 2.0)}, "expected a stroke that takes time, got none"),
    ],
    ids=str,
)
def test_a_stroke_that_cannot_be_made_is_named(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    assert said in refused(tmp_path / "bad.json", with_stroke(**changed))


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: expected a score file, got nothing"):
        read(tmp_path / "none.json")
    with pytest.raises(InputError, match="got a folder"):
        read(tmp_path)
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="a place to write to"):
        write_score(tmp_path / "taken" / "s.json", SCORE)


def test_a_score_of_another_speech_is_told_and_refused_where_it_does_not_fit(tmp_path: Path) -> None:
    write_score(tmp_path / "s.json", SCORE)
    assert doubts(read(tmp_path / "s.json"), duration_s=3.01, sound="5eed") == ()
    score = read(tmp_path / "s.json", sound="another", duration_s=2.5)
    (warning,) = doubts(score, duration_s=2.5, sound="another")
    assert "another speech (of 3.00 s, this one 2.50 s)" in warning
    (warning,) = doubts(score, duration_s=2.5, sound="")
    assert "for a speech of 3.00 s, this one has 2.50 s" in warning
    said = refused(tmp_path / "s.json", (tmp_path / "s.json").read_bytes(), duration_s=2.0, sound="another")
    assert "stroke 1 (both, 1.00 to 2.40 s): expected times from 0 to 2.00 s" in said
    assert said.endswith("may miss the words.")
    assert "the score was made for another speech" in said


def request(**asked: Any) -> Request:
    return Request(id="a", speech="/a.wav", outputs=("/out/a.npz",), report="/out/a.json", **asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"vividness": -0.1}, "vividness: expected 0 to 2, got -0.1"),
        ({"vividness": 2.5}, "got 2.5"),
        ({"vividness": float("nan")}, "got nan"),
        ({"use_score": False, "score": "/s.json"}, "--no-score and --score /s.json"),
        ({"use_score": False, "score_out": "/s.json"}, "--no-score and --score-out /s.json"),
        ({"use_score": False, "vividness": 0.5}, "--no-score and --vividness 0.5"),
        ({"score": "/s.json", "vividness": 0.0}, "--vividness 0: expected strokes to plan"),
        ({"score_out": "/out/a.json"}, "/out/a.json: expected a file of its own"),
        ({"score_out": "/out/x/../a.npz"}, "expected a file of its own"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_refused_before_any_work(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_asked(request(**asked))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "asked",
    [{}, {"vividness": 0.0}, {"vividness": 2}, {"use_score": False}, {"score": "/s", "score_out": "/s"}],
    ids=str,
)
def test_what_can_be_asked_for_is_not_refused(asked: dict[str, Any]) -> None:
    check_asked(request(**asked))


def test_a_plan_has_the_same_range() -> None:
    check_asked(Plan(id="a", speech="/a.wav", score_out="/s.json", vividness=2.0))
    with pytest.raises(InputError, match="vividness"):
        check_asked(Plan(id="a", speech="/a.wav", score_out="/s.json", vividness=2.01))
