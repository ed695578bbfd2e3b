"""Training the planner: a rule learnt from words alone, resuming as if uninterrupted, the commands."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from praatio import textgrid
from praatio.utilities.constants import Interval

from exges_core.audio.features import ENERGY, LOG_F0, MEL_CHANNELS, VOICEDNESS
from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.errors import InputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.planning.planner import plan
from exges_core.planning.planner_model import load_planner
from exges_core.score.records import Score, Stroke
from exges_core.speech.words import Word
from training.loop.training_loop import LoopConfig, fabric_for, run
from training.planner.evaluation import Arguments as Evaluation
from training.planner.evaluation import evaluate
from training.planner.figures import Planned, figures, habits, paired, resting
from training.planner.rate import bias_for_rate, biases_of_styles
from training.planner.samples import AS_IT_IS, Shaking, counted, matches, sample_of, shaken
from training.planner.sheet import sheet
from training.planner.takes import PlannerTake, read_planner_takes
from training.planner.task import PlannerPreset, PlannerTask
from training.train_planner import Arguments, train

ASKED = {"huge": ("right", "large"), "small": ("left", "narrow")}
OTHERS = ("we", "saw", "house", "garden", "and", "then", "there", "was", "walking")
SECONDS = 20.0


def take_of(number: int) -> PlannerTake:
    """Return a take in which "huge" is said with the right hand and "small" with the left, and nothing else is."""
    drawn = np.random.default_rng([7, number])
    words: list[Word] = []
    strokes: list[Stroke] = []
    prosody = np.zeros((round(30 * SECONDS), 4), np.float16)
    prosody[:, ENERGY - MEL_CHANNELS] = -3.0
    for place, at_s in enumerate(np.arange(0.6, SECONDS - 1.0, 0.45).tolist()):
        asks = place % 5 == 3
        text = str(drawn.choice(list(ASKED) if asks else OTHERS))
        words.append(Word(text=text, start_s=at_s, end_s=at_s + 0.4))
        frames = slice(round(30 * at_s), round(30 * at_s) + 9)
        prosody[frames, ENERGY - MEL_CHANNELS] = np.sin(np.linspace(0.2, 3.0, 9))
        prosody[frames, LOG_F0 - MEL_CHANNELS], prosody[frames, VOICEDNESS - MEL_CHANNELS] = 0.6, 0.9
        if asks:
            hand, kind = ASKED[text]
            a, b = at_s - 0.2, at_s + 0.3
            size = 1.5 if hand == "right" else 0.5
            strokes.append(
                Stroke(
                    start_s=a - 0.3,
                    stroke_start_s=a,
                    apex_s=b,
                    hold_end_s=b,
                    end_s=b + 0.3,
                    hand=hand,  # pyright: ignore[reportArgumentType]
                    kind=kind,
                    size=size,
                    word=place,
                )
            )
    score = Score(strokes=tuple(strokes), duration_s=SECONDS, origin="labels")
    return PlannerTake(id=f"1_ada_0_{number}_{number}", speaker="ada", words=tuple(words), prosody=prosody, score=score)


def task_of(takes: int, **changes: object) -> PlannerTask:
    preset = replace(PlannerPreset(batch=8, variants=2, warmup_steps=2), **changes)  # pyright: ignore[reportArgumentType]
    made = [take_of(number) for number in range(takes + 2)]
    return PlannerTask(preset, made[:-2], made[-2:], fabric_for(), seed=5, bins=4)


def steps(task: PlannerTask, count: int, path: Path | None = None, *, is_resumed: bool = False) -> None:
    config = LoopConfig(seed=5, steps=count, state_path=path, is_rate_constant=True, validate_every_s=1e9)
    run(task, task.fabric, config, is_resumed=is_resumed, say=lambda _line: None)


def test_it_learns_from_the_words_where_which_hand_and_how_large() -> None:
    task = task_of(16, ema=0.9, passes=40.0)
    steps(task, 40)
    found = bias_for_rate(task, task.held_out, seed=0)
    assert found.strokes_per_min == pytest.approx(found.wanted_per_min, rel=0.15)
    of_styles = biases_of_styles(task, bias=found.bias, seed=0)
    planner, unheard = task.planner(stroke_bias=found.bias, style_biases=of_styles), take_of(99)
    assert len(of_styles) == len(planner.styles) == 1
    heard = [(len(plan(planner, t.words, t.features, style="ada", seed=0).strokes), t) for t in task.takes[:8]]
    assert sum(n for n, _ in heard) == pytest.approx(sum(len(t.score.strokes) for _, t in heard), rel=0.2)
    score = plan(planner, unheard.words, unheard.features, style="ada", seed=0)
    right = paired(Planned(score=score), unheard.score)
    assert right.on_word >= 0.8 * right.acted
    assert right.hands + right.kinds >= 1.8 * right.within_02_s
    near = [replace(word, text={"huge": "enormous"}.get(word.text, word.text)) for word in unheard.words]
    again = plan(planner, near, unheard.features, style="ada", seed=0)
    strange = {number for number, word in enumerate(near) if word.text == "enormous"}
    assert strange
    assert len(strange & {each.word for each in again.strokes}) > 0.6 * len(strange)


def test_resumed_training_is_the_uninterrupted_one(tmp_path: Path) -> None:
    # Rates that fall with the whole training's length would differ: the first part ends sooner here.
    whole, first, rest = (task_of(4, passes=1e9) for _ in range(3))
    steps(whole, 3, tmp_path / "whole.state")
    steps(first, 2, tmp_path / "part.state")
    steps(rest, 3, tmp_path / "part.state", is_resumed=True)
    for one, other in zip(whole.average.parameters(), rest.average.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_each_part_is_kept_from_when_it_was_best() -> None:
    task = task_of(4)
    task.validate()
    before = {name: value.clone() for name, value in task.best.items()}
    steps(task, 2)
    task.best_loss = {"whether": -1.0, "which": 1e9}
    kept = {name: value.clone() for name, value in task.best.items()}
    task.validate()
    for name, value in task.best.items():
        assert torch.equal(value, kept[name] if name.startswith("whether.") else task.average.state_dict()[name])
    assert any(not torch.equal(before[name], value) for name, value in task.best.items())


def test_shaken_takes_keep_their_strokes_on_their_words() -> None:
    take = take_of(1)
    generator = np.random.default_rng(0)
    tokens, strokes, origin = shaken(take, Shaking(jitter_s=0.02, lost=0.2, tempo=0.05), generator=generator)
    assert 0 < len(tokens) < len(take.words)
    assert (np.diff(tokens.start_s) >= 0).all()
    matched = matches(tokens, strokes, origin)
    exact = [token for token, number in matched.items() if origin[token] == strokes[number].word]
    assert len(exact) >= 0.9 * sum(stroke.word in origin for stroke in strokes)
    wordless, strokes, origin = shaken(take, Shaking(wordless=1.0), generator=generator)
    assert set(wordless.texts) == {""}
    assert len(matches(wordless, strokes, origin)) >= 0.8 * len(strokes)


def test_a_take_does_not_hear_its_own_habits() -> None:
    task, take = task_of(2), task_of(2).takes[0]
    own = sample_of(take, task.codes, AS_IT_IS, generator=np.random.default_rng(0))
    as_if_new = sample_of(replace(take, id="new"), task.codes, AS_IT_IS, generator=np.random.default_rng(0))
    asked = own.has_stroke > 0
    assert (own.odds[asked] < as_if_new.odds[asked]).all()
    without_words = [replace(stroke, word=None) for stroke in take.score.strokes]
    bare = replace(take, score=replace(take.score, strokes=tuple(without_words)))
    assert counted(bare, task.codes.known, task.codes.kinds) == counted(take, task.codes.known, task.codes.kinds)


def test_settled_strokes_are_not_to_be_predicted() -> None:
    take, task = take_of(1), task_of(2)
    plain = sample_of(take, task.codes, AS_IT_IS, generator=np.random.default_rng(0))
    assert (plain.counts == 1).all()
    assert plain.has_stroke.sum() == len(take.score.strokes)
    settled = sample_of(take, task.codes, Shaking(settled=1.0), generator=np.random.default_rng(2))
    hidden = settled.counts == 0
    assert hidden.any()
    assert settled.has_stroke[hidden].all()


def folder_of(place: Path, *, with_events: bool = True, turn_rad: float = 0.3) -> Path:
    for name in ("smplxflame_30", "wave16k", "textgrid", "events"):
        (place / name).mkdir(parents=True, exist_ok=True)
    drawn = np.random.default_rng(9)
    rows = ["id,type"]
    for number, split in enumerate(("train", "train", "train", "val")):
        take, frames = take_of(number), round(30 * SECONDS)
        at = np.arange(frames)[:, None, None] / 30
        rotvec = turn_rad * np.sin(2 * np.pi * drawn.uniform(0.3, 1.0, (1, 55, 3)) * at)
        write_npz(
            place / "smplxflame_30" / f"{take.id}.npz",
            MotionClip(
                local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=np.zeros((frames, 3)), frame_rate_hz=30.0
            ),
        )
        samples = 0.01 * drawn.standard_normal(round(16_000 * SECONDS)).astype(np.float32)
        write_waveform(place / "wave16k" / f"{take.id}.wav", Waveform(samples=samples))
        events = [
            {
                "lexeme": stroke.kind,
                "hand": stroke.hand,
                "word_index": stroke.word,
                **dict(zip(_PHASES, stroke.times_s, strict=True)),
            }
            for stroke in take.score.strokes
        ]
        if with_events:
            (place / "events" / f"{take.id}.json").write_text(json.dumps({"gesture_events": events}))
        tier = textgrid.IntervalTier("words", [Interval(w.start_s, w.end_s, w.text) for w in take.words], 0.0, SECONDS)
        grid = textgrid.Textgrid()
        grid.addTier(tier)
        path = place / "textgrid" / f"{take.id}.TextGrid"
        grid.save(str(path), format="long_textgrid", includeBlankSpaces=True)
        rows.append(f"{take.id},{split}")
    (place / "train_test_split.csv").write_text("\n".join(rows))
    return place


_PHASES = ("preparation_s", "stroke_start_s", "stroke_end_s", "hold_end_s", "end_s")


def test_the_commands_train_a_planner_and_measure_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out, cache = folder_of(tmp_path / "data"), tmp_path / "planner.safetensors", tmp_path / "cache"
    train(Arguments(data=data, out=out, steps=2, seed=3, cache=cache))
    planner = load_planner(out)
    assert planner.kinds == ("large", "narrow")
    assert planner.styles == ("ada",)
    assert "huge" in planner.known.words
    assert planner.provenance["steps"] == 2
    assert planner.provenance["seed"] == 3
    assert "strokes a minute" in capsys.readouterr().out
    found = evaluate(Evaluation(data=data, model=out, anew=data, draws=2, show=1, cache=cache))
    assert found["acted anew"]["F1 within 0.2 s"] == (1.0, 0.0)
    assert found["acted anew"]["hand right"] == (1.0, 0.0)
    assert found["acted anew"]["meetings less chance"][0] > 0.5
    assert found["another take's plan"]["F1 same word"] == (0.0, 0.0)
    assert "HUGE" in capsys.readouterr().out


def test_without_labels_the_strokes_are_those_of_the_motion(tmp_path: Path) -> None:
    takes = read_planner_takes(folder_of(tmp_path / "data", with_events=False), "train")
    strokes = [stroke for take in takes for stroke in take.score.strokes]
    assert strokes
    assert all(stroke.kind is None and stroke.word is None for stroke in strokes)


def test_a_folder_without_strokes_is_refused(tmp_path: Path) -> None:
    data = folder_of(tmp_path / "data", with_events=False, turn_rad=0.0)
    with pytest.raises(InputError, match="takes with strokes"):
        read_planner_takes(data, "train")
    with pytest.raises(InputError, match="no folder"):
        read_planner_takes(tmp_path / "corpus.shards", "train")


def test_figures_tell_right_from_wrong() -> None:
    acted = take_of(2).score
    same = figures(paired(Planned(score=acted), acted))
    assert [same[name] for name in ("F1 within 1 s", "F1 within 0.2 s", "F1 same word", "hand right")] == [1.0] * 4
    mirrored = replace(
        acted,
        strokes=tuple(replace(each, hand="left" if each.hand == "right" else "right") for each in acted.strokes),
    )
    assert figures(paired(Planned(score=mirrored), acted))["hand right"] == 0.0
    moved = figures(paired(Planned(score=acted).shifted(1.1), acted))
    assert moved["F1 within 0.2 s"] < 0.2
    assert moved["meetings less chance"] < 0.2 < same["meetings less chance"]
    ranked = Planned(score=acted, rankings=tuple(("large",) for _ in acted.strokes))
    share = sum(each.kind == "large" for each in acted.strokes) / len(acted.strokes)
    assert figures(paired(ranked, acted))["kind in first five"] == pytest.approx(share)


def test_habits_are_counted() -> None:
    score = take_of(2).score
    found = habits([score, score])
    assert found["strokes a minute"] == pytest.approx(3 * len(score.strokes))
    assert found["median, s"] == pytest.approx(5 * 0.45)
    assert found["both"] == 0.0
    busy_s = 1.1 * sum(each.hand == "left" for each in score.strokes)
    assert resting(score, "left") == pytest.approx(1 - busy_s / SECONDS)


def test_a_sheet_names_the_words_of_both_scores() -> None:
    take = take_of(2)
    lines = sheet(take.words, replace(take.score, strokes=take.score.strokes[:1]), take.score)
    assert len(lines) == 1 + len(take.score.strokes)
    assert lines[1].count("1.50" if take.score.strokes[0].hand == "right" else "0.50") >= 2
    assert all("-" in line for line in lines[2:])
