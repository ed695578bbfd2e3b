"""The plan of a speech alone: file, report, seeds, given strokes, silences; by the worker and the command line."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from rich.console import Console

from exges_core import assets, protocol, worker
from exges_core.audio.fingerprint import fingerprint
from exges_core.audio.waveform import read_waveform
from exges_core.cli.main import parsed
from exges_core.errors import Cancelled, InputError
from exges_core.pipeline.models import Models
from exges_core.planning.planner_config import QUANTITIES, PlannerConfig
from exges_core.planning.planner_model import load_planner, save_planner
from exges_core.planning.planner_network import PlannerNetwork
from exges_core.planning.word_habits import WordHabits
from exges_core.protocol import Failure, OnProgress, Plan, Progress, Request, Result, ignore_progress
from exges_core.score.files import as_json, read_score, write_score
from exges_core.score.records import check

SECONDS = 6
Ask = Callable[..., Result]


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shipped planner, or where there is none an untrained one that gestures on half of the words."""
    if assets.PLANNER.is_file():
        return assets.PLANNER
    kinds, words = ("beat_small", "size_big"), ("hello", "huge")
    config = PlannerConfig(words=len(words), kinds=len(kinds), styles=1, width=16, layers=2, stroke_scale=0.0)
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("planner") / "planner.safetensors"
    edges = {name: np.linspace(-0.5, 0.5, config.bins + 1) for name in QUANTITIES}
    weights = PlannerNetwork(config).state_dict()
    habits = WordHabits.none(len(words) + 1, len(kinds))
    save_planner(
        path, config, weights, kinds=kinds, styles=("ada",), words=words, habits=habits, edges=edges, provenance={}
    )
    return path


@pytest.fixture(scope="module")
def models(planner: Path) -> Models:
    return Models(device="cpu", planner=planner)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo's first seconds, and their words beside them as .json."""
    folder = tmp_path_factory.mktemp("speech")
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    soundfile.write(folder / "a.wav", samples[: SECONDS * rate_hz], rate_hz)
    words = json.loads(assets.DEMO_SPEECH.with_suffix(".json").read_text(encoding="utf-8"))["words"]
    (folder / "a.json").write_text(json.dumps([each for each in words if each["end_s"] < SECONDS]))
    return folder / "a.wav"


@pytest.fixture(scope="module")
def ask(models: Models, speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return a function that plans the speech into a new folder's `s.json`; the same twice only if it is `anew`."""
    made: dict[str, Result] = {}

    def run(*, anew: bool = False, **asked: Any) -> Result:
        key = str(asked)
        if anew or key not in made:
            made[key] = planned(job(speech, tmp_path_factory.mktemp("plan") / "s.json", **asked), models)
        return made[key]

    return run


def job(speech: Path, target: Path, **asked: Any) -> Plan:
    values: dict[str, Any] = {"transcript": str(speech.with_suffix(".json")), "vividness": 2.0, "use_retrieval": False}
    return Plan(id="one", speech=str(speech), score_out=str(target), **{**values, **asked})


def planned(asked: Plan, models: Models, on_progress: OnProgress = ignore_progress) -> Result:
    return worker.result_of(asked, models, on_progress)


def strokes(result: Result) -> list[dict[str, Any]]:
    return result.report["score"]["strokes"]


def test_a_plan_is_a_file_that_can_be_played_and_a_report_that_says_the_same(
    ask: Ask, models: Models, speech: Path
) -> None:
    result = ask(seed=1)
    (name,) = result.outputs
    texts = [each["text"] for each in result.report["words"]]
    sound = fingerprint(read_waveform(speech))
    score = read_score(
        Path(name), duration_s=float(SECONDS), sound=sound, kinds=models.planner.kinds, clips=0, words=len(texts)
    )
    check(score, kinds=models.planner.kinds, clips=0, words=len(texts))
    assert len(score.strokes) >= 2
    assert (score.sound, score.duration_s, score.origin) == (sound, SECONDS, "planner")
    assert as_json(score, texts) == result.report["score"]
    assert json.loads(Path(name).read_text(encoding="utf-8")) == result.report["score"]
    assert all(each["text"] == texts[each["word"]] for each in strokes(result))
    assert (result.report["seed"], result.report["vividness"], result.report["speaker"]) == (1, 2.0, None)
    assert result.report["model"]["sha256"] == models.planner.sha256
    assert result.report["warnings"] == []
    assert sum(result.report["timings_s"][name] for name in ("features", "score")) < 5.0


def test_one_seed_is_one_score_and_another_seed_another(ask: Ask) -> None:
    first, again, other = ask(seed=1), ask(seed=1, anew=True), ask(seed=2)
    assert Path(first.outputs[0]).read_bytes() == Path(again.outputs[0]).read_bytes()
    assert strokes(first) != strokes(other)


def test_without_vividness_there_is_no_stroke(ask: Ask) -> None:
    assert strokes(ask(vividness=0.0)) == []
    assert len(strokes(ask(vividness=0.7, seed=1))) <= len(strokes(ask(seed=1)))


def test_a_part_of_the_sound_is_planned_in_its_own_time(ask: Ask, speech: Path, tmp_path: Path) -> None:
    (tmp_path / "part.json").write_text(json.dumps([{"text": "huge", "start_s": 0.5, "end_s": 0.9}]))
    result = ask(start_s=2.0, end_s=4.0, transcript=str(tmp_path / "part.json"))
    assert result.report["score"]["duration_s"] == 2.0
    assert result.report["score"]["sound"] == fingerprint(read_waveform(speech).cut(2.0, 4.0))


def test_locked_strokes_stay_and_the_others_are_planned_anew(ask: Ask, tmp_path: Path) -> None:
    before = ask(seed=1)
    score = read_score(Path(before.outputs[0]), duration_s=float(SECONDS))
    kept = replace(score.strokes[1], size=1.234, is_locked=True)
    write_score(tmp_path / "mine.json", replace(score, strokes=(score.strokes[0], kept), sound="another"))
    after = ask(seed=5, score=str(tmp_path / "mine.json"))
    texts = [each["text"] for each in after.report["words"]]
    assert [each for each in strokes(after) if each["is_locked"]] == as_json(replace(score, strokes=(kept,)), texts)[
        "strokes"
    ]
    assert strokes(before)[0] not in strokes(after)
    (warning,) = after.report["warnings"]
    assert "made for another speech" in warning


def test_a_given_score_of_which_nothing_stays_is_said(ask: Ask) -> None:
    before = ask(seed=1)
    after = ask(seed=2, score=before.outputs[0])
    (warning,) = after.report["warnings"]
    assert "no stroke is locked" in warning
    assert strokes(after) == strokes(ask(seed=2))


def test_a_segment_without_gesture_gets_no_stroke(ask: Ask) -> None:
    free = ask(seed=1)
    segment = free.report["segments"][1]
    silent = ask(seed=1, no_gesture=(1,))

    def inside(result: Result) -> int:
        return sum(segment["start_s"] < each["apex_s"] < segment["end_s"] for each in strokes(result))

    assert inside(silent) == 0
    assert inside(free) > 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"vividness": 2.1}, "vividness: expected"),
        ({"speaker": "nobody"}, "--speaker"),
        ({"no_gesture": (99,)}, "--no-gesture: expected a segment"),
        ({"score": "none.json"}, "expected a score file, got nothing"),
        ({"transcript": "none.srt"}, "none.srt"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    models: Models, speech: Path, tmp_path: Path, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        planned(job(speech, tmp_path / "s.json", **asked), models)
    assert list(tmp_path.iterdir()) == []


def test_a_score_with_a_clip_nobody_has_is_refused(ask: Ask, models: Models, tmp_path: Path) -> None:
    score = read_score(Path(ask(seed=1).outputs[0]), duration_s=float(SECONDS))
    far = replace(score.strokes[0], clip=len(models.base()), is_locked=True)
    write_score(tmp_path / "mine.json", replace(score, strokes=(far,)))
    with pytest.raises(InputError, match=r"mine\.json: clip of stroke 0 .* expected a clip from 0 to"):
        ask(score=str(tmp_path / "mine.json"), use_retrieval=True)


def test_a_plan_can_be_cancelled_at_every_step(models: Models, speech: Path, tmp_path: Path) -> None:
    stages: list[str] = []

    def cancelling(step: Progress) -> None:
        stages.append(step.stage)
        if step.stage == "score":
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        planned(job(speech, tmp_path / "s.json"), models, on_progress=cancelling)
    assert stages[-2:] == ["features", "score"]
    assert list(tmp_path.iterdir()) == []


def answered(asked: protocol.Job, models: Models) -> list[protocol.Message]:
    said = io.StringIO()
    worker.answer(asked, models, worker.Channel(io.StringIO(), said))
    return [protocol.decode(line) for line in said.getvalue().splitlines()]


def test_the_worker_answers_a_plan(models: Models, speech: Path, tmp_path: Path) -> None:
    *steps, result = answered(job(speech, tmp_path / "s.json", seed=4), models)
    assert isinstance(result, Result)
    assert (result.id, list(result.outputs)) == ("one", [str(tmp_path / "s.json")])
    assert {each.stage for each in steps} >= {"features", "score", "done"}  # type: ignore[union-attr]
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == result.report["score"]
    failure = answered(job(speech, tmp_path / "t.json", vividness=-1.0), models)[-1]
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.exit_code) == ("InputError", 2)


def test_the_command_line_prints_a_line_a_stroke(
    planner: Path, speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Models, "planner", load_planner(planner))
    said = io.StringIO()
    line = ["score", str(speech), "-o", str(tmp_path / "s.json"), "--transcript", str(speech.with_suffix(".json"))]
    parsed([*line, "--vividness", "2", "--seed", "1"]).run(Console(file=said, soft_wrap=True))
    found = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["strokes"]
    *lines, last = said.getvalue().splitlines()
    assert last == f"{len(found)} strokes in 6.0 s: {tmp_path / 's.json'}"
    assert [each.split()[:5] for each in lines] == [
        [str(n), *(f"{each[name]:.2f}" for name in ("start_s", "apex_s", "end_s")), each["hand"]]
        for n, each in enumerate(found)
    ]
    assert all(f'"{each["text"]}"' in line for each, line in zip(found, lines, strict=True))


def test_a_generation_and_a_plan_are_not_mixed_up() -> None:
    assert isinstance(protocol.decode(protocol.encode(Plan(id="a", speech="a", score_out="s"))), Plan)
    assert isinstance(protocol.decode(protocol.encode(Request(id="a", speech="a", outputs=()))), Request)
