"""A score asked for on the command line and in manifests: what is typed is what the engine is asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from exges_core import assets
from exges_core.batch.manifests import missing_files, read_manifest
from exges_core.cli.main import Generate, parsed
from exges_core.cli.score import PlanScore
from exges_core.errors import InputError
from exges_core.protocol import Plan, Request


def generation(*options: str) -> Request:
    command = parsed(["generate", "a.wav", "-o", "a.npz", *options])
    assert isinstance(command, Generate)
    return command.request()


def plan(*options: str) -> Plan:
    command = parsed(["score", "a.wav", "-o", "s.json", *options])
    assert isinstance(command, PlanScore)
    return command.job()


def test_a_generation_is_planned_unless_something_else_is_said() -> None:
    asked = generation()
    assert (asked.score, asked.score_out, asked.use_score, asked.vividness) == (None, None, True, 1.0)
    assert not generation("--no-score").use_score
    assert generation("--vividness", "0").vividness == 0.0


def test_files_are_meant_from_where_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = generation("--score", "s.json", "--score-out", "deep/t.json")
    assert (asked.score, asked.score_out) == (str(tmp_path / "s.json"), str(tmp_path / "deep" / "t.json"))
    job = plan("--score", "old.json", "--transcript", "a.srt", "--library", "mine", "--library", "default")
    assert (job.speech, job.score_out) == (str(tmp_path / "a.wav"), str(tmp_path / "s.json"))
    assert (job.score, job.transcript) == (str(tmp_path / "old.json"), str(tmp_path / "a.srt"))
    assert job.library == (str(tmp_path / "mine"), str(assets.LIBRARY))


def test_a_plan_takes_what_a_generation_takes() -> None:
    options = ["--seed", "7", "--speaker", "ada", "--vividness", "1.5", "--asr", "none", "--no-retrieval"]
    options += ["--pin", "0=3", "--ban", "4", "--no-gesture", "1", "--no-gesture", "2", "--speaker-tier", "Kim"]
    asked, job = generation(*options), plan(*options)
    for name in ("seed", "speaker", "vividness", "asr", "use_retrieval", "pins", "bans", "no_gesture", "speaker_tier"):
        assert getattr(asked, name) == getattr(job, name) != getattr(plan(), name)


@pytest.mark.parametrize(
    "wrong", [["--vividness", "much"], ["--score"], ["--no-score", "x.json"], ["--no-no-score"]], ids=" ".join
)
def test_what_cannot_be_parsed_is_refused(wrong: list[str]) -> None:
    with pytest.raises(InputError, match=r"^exges generate"):
        generation(*wrong)


def read(folder: Path, *lines: dict[str, Any]) -> tuple[Request, ...]:
    texts = [json.dumps({"id": f"take{n}", "audio": "a.wav", **line}) for n, line in enumerate(lines)]
    (folder / "m.jsonl").write_text("\n".join(texts))
    lines = read_manifest(folder / "m.jsonl", folder / "out", device="cpu")
    return tuple(line.request for line in lines)


def test_a_manifest_asks_the_same_with_files_beside_it(tmp_path: Path) -> None:
    first, second, third = read(
        tmp_path,
        {"score": "s.json", "score_out": "out/a.score.json"},
        {"vividness": 0, "score_out": None},
        {"use_score": False},
    )
    assert (first.score, first.score_out) == (str(tmp_path / "s.json"), str(tmp_path / "out" / "a.score.json"))
    assert (second.vividness, second.score_out, second.use_score) == (0, None, True)
    assert not third.use_score
    (tmp_path / "a.wav").touch()
    assert missing_files(first) == (f"score {tmp_path / 's.json'}",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([{"vividness": "much"}], 'line 1: vividness "much"; it must be a number'),
        ([{"vividness": 3}], "line 1: vividness: expected 0 to 2, got 3"),
        ([{"use_score": "no"}], 'line 1: use_score "no"; it must be true or false'),
        ([{"score": 3}], "line 1: score 3; it must be a text or null"),
        ([{"scores": "s.json"}], "line 1: unknown key 'scores', is 'score' meant?"),
        ([{"use_score": False, "score": "s.json"}], "line 1: --no-score and --score"),
        ([{"score_out": "out/take0.json"}], "expected a file of its own for the score"),
        ([{"score_out": "x.json"}, {"score_out": "./x.json"}], "line 2: score_out is already used in line 1"),
    ],
    ids=str,
)
def test_a_manifest_says_what_is_wrong_before_any_work(tmp_path: Path, lines: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, *lines)
    assert said in str(caught.value)
