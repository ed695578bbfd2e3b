"""Plans that hold whatever was learnt: playable, repeatable, nested in vividness, true to what a person has settled."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exges_core import assets
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.errors import CheckpointError, InputError
from exges_core.planning.drawing import draw, draw_times, encoded
from exges_core.planning.planner import drawn_strokes, plan
from exges_core.planning.planner_model import LoadedPlanner, load_planner, save_planner
from exges_core.planning.tokens import tokens_of
from exges_core.score.records import Score, Stroke, check
from exges_core.speech.words import Word

Speech = tuple[tuple[Word, ...], np.ndarray]
SEEDS = range(4)
GIVEN = (
    Stroke(start_s=8.0, stroke_start_s=8.3, apex_s=8.9, hold_end_s=9.4, end_s=10.0, hand="both", is_locked=True),
    Stroke(start_s=15.2, stroke_start_s=15.5, apex_s=16.2, hold_end_s=16.2, end_s=17.0, hand="left", kind="point"),
    Stroke(start_s=20.0, stroke_start_s=20.0, apex_s=21.0, hold_end_s=21.0, end_s=21.0, hand="right", kind="mine"),
)


def who(score: Score) -> set[tuple[object, ...]]:
    return {(stroke.word, stroke.hand, stroke.kind) for stroke in score.strokes}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("has_words", [True, False])
def test_a_plan_can_be_played_and_is_the_same_again(
    untrained: Callable[..., LoadedPlanner], speech: Speech, seed: int, has_words: bool
) -> None:
    planner, words = untrained(seed), speech[0] if has_words else ()
    score = plan(planner, words, speech[1], style="ada", seed=seed)
    check(score, kinds=planner.kinds, words=len(words))
    assert len(score.strokes) > 5
    assert score.duration_s == pytest.approx(30.0)
    assert (score.origin, score.sound) == ("planner", "")
    assert score == plan(planner, words, speech[1], style="ada", seed=seed)
    assert score != plan(planner, words, speech[1], style="ada", seed=seed + 1)
    assert all((stroke.word is not None) == has_words for stroke in score.strokes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_more_vivid_plan_has_the_strokes_of_a_calmer_one_and_further_ones(
    untrained: Callable[..., LoadedPlanner], speech: Speech, seed: int
) -> None:
    planner = untrained(seed, bias=-1.0)
    steps = [0.0, 0.3, 0.6, 1.0, 1.4, 2.0]
    scores = [plan(planner, *speech, style=None, seed=seed, vividness=step) for step in steps]
    assert scores[0].strokes == ()
    for calm, vivid in itertools.pairwise(scores):
        assert who(calm) <= who(vivid)
    counts = [len(score.strokes) for score in scores]
    assert counts[1] < counts[3] < counts[5]
    sizes = [{stroke.word: stroke.size for stroke in score.strokes} for score in scores]
    assert all(sizes[5][word] > size for word, size in sizes[1].items())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("vividness", [0.0, 0.5, 1.0, 2.0])
def test_what_a_person_settled_stays_and_the_rest_gives_way(
    untrained: Callable[..., LoadedPlanner], speech: Speech, seed: int, vividness: float
) -> None:
    score = plan(untrained(seed), *speech, style=None, seed=seed, vividness=vividness, given=GIVEN[::-1])
    check(score)
    assert set(GIVEN) <= set(score.strokes)
    assert vividness > 0 or score.strokes == GIVEN
    own = [stroke for stroke in score.strokes if stroke not in GIVEN]
    same_hand = [(a, b) for a in own for b in GIVEN if "both" in (a.hand, b.hand) or a.hand == b.hand]
    assert not any(a.stroke_start_s < b.apex_s and b.start_s < a.apex_s for a, b in same_hand)


def test_the_rest_knows_of_what_is_settled(untrained: Callable[..., LoadedPlanner], speech: Speech) -> None:
    free = plan(untrained(1), *speech, style=None, seed=3)
    bound = plan(untrained(1), *speech, style=None, seed=3, given=GIVEN)
    behind = [stroke for stroke in free.strokes if stroke.start_s > 17.5]
    assert [s for s in bound.strokes if s.start_s > 17.5 and s not in GIVEN] != behind
    before = [stroke for stroke in free.strokes if stroke.end_s < 6.0]
    assert [stroke.word for stroke in bound.strokes if stroke.end_s < 6.0] == [stroke.word for stroke in before]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_stroke_lies_in_a_silent_range(untrained: Callable[..., LoadedPlanner], speech: Speech, seed: int) -> None:
    silent = ((0.0, 3.0), (10.0, 14.5), (29.0, 30.0))
    score = plan(untrained(seed), *speech, style=None, seed=seed, vividness=2.0, silent_s=silent)
    assert score.strokes
    for start_s, end_s in silent:
        assert all(each.end_s <= start_s + 1e-9 or each.start_s >= end_s - 1e-9 for each in score.strokes)


def test_an_unknown_style_is_anybody(untrained: Callable[..., LoadedPlanner], speech: Speech) -> None:
    planner = untrained(2)
    anybody = plan(planner, *speech, style=None, seed=1)
    assert plan(planner, *speech, style="nobody", seed=1) == anybody
    assert plan(planner, *speech, style="karl", seed=1) != anybody


def test_a_style_has_a_rate_of_its_own(untrained: Callable[..., LoadedPlanner], speech: Speech) -> None:
    plain = untrained(2)
    tuned = replace(plain, config=replace(plain.config, style_biases=(0.0, -4.0)))
    for style in (None, "ada"):
        assert plan(tuned, *speech, style=style, seed=1) == plan(plain, *speech, style=style, seed=1)
    calm, lively = (plan(each, *speech, style="karl", seed=1) for each in (tuned, plain))
    assert len(calm.strokes) < len(lively.strokes)


def test_without_kinds_strokes_have_none(untrained: Callable[..., LoadedPlanner], speech: Speech) -> None:
    score = plan(untrained(1, kinds=()), *speech, style=None, seed=1, given=GIVEN[1:2])
    assert {stroke.kind for stroke in score.strokes} == {None, "point"}


def test_it_ranks_kinds_and_draws_the_likely_ones(untrained: Callable[..., LoadedPlanner], speech: Speech) -> None:
    planner, tokens = untrained(3), tokens_of(*speech)
    drawn = drawn_strokes(planner, tokens, style=None, seed=5)
    assert all(sorted(each.ranking) == [0, 1, 2] for each in drawn)
    planned = {stroke.word for stroke in plan(planner, *speech, style=None, seed=5).strokes}
    assert planned <= {int(tokens.word[each.token]) for each in drawn}


def test_a_narrower_spread_places_the_same_strokes_nearer_to_where_they_are_expected(
    untrained: Callable[..., LoadedPlanner], speech: Speech
) -> None:
    planner, (words, features) = untrained(5), speech
    tokens = tokens_of(words, features)
    coded = encoded(planner, tokens, 0)
    strokes = draw(planner, tokens, coded, seed=(1,), is_closed=np.zeros(len(tokens), np.bool_))
    places = {
        spread: np.array(
            [
                time["middle"]
                for time in draw_times(
                    replace(planner, config=replace(planner.config, middle_spread=spread)), tokens, coded, strokes, ()
                )
            ]
        )
        for spread in (0.0, 0.2, 1.0)
    }
    assert len(strokes) > 5
    expected = places[0.0]
    assert np.ptp(places[1.0] - expected) > 0.1
    assert np.allclose(places[0.2] - expected, 0.2 * (places[1.0] - expected))


@pytest.mark.parametrize("frames", [0, 1, 2, 40])
def test_silence_gets_no_gesture(untrained: Callable[..., LoadedPlanner], frames: int) -> None:
    score = plan(untrained(0), (), np.zeros((frames, 84), np.float32), style=None, seed=0)
    assert (score.strokes, score.duration_s) == ((), pytest.approx(frames / 30))


def test_a_real_voice_without_words_gets_gestures_while_it_speaks(untrained: Callable[..., LoadedPlanner]) -> None:
    features = audio_features(read_waveform(assets.DEMO_SPEECH))
    tokens = tokens_of((), features)
    assert 2.0 < len(tokens) / tokens.duration_s < 6.0
    assert plan(untrained(0), (), features, style=None, seed=0).strokes


@pytest.mark.parametrize("vividness", [-0.1, 2.1, float("nan")])
def test_vividness_has_bounds(untrained: Callable[..., LoadedPlanner], speech: Speech, vividness: float) -> None:
    with pytest.raises(InputError, match="vividness"):
        plan(untrained(0), *speech, style=None, seed=0, vividness=vividness)


def test_settled_strokes_that_cannot_be_played_are_named(
    untrained: Callable[..., LoadedPlanner], speech: Speech
) -> None:
    late = Stroke(start_s=29.0, stroke_start_s=29.5, apex_s=33.0, hold_end_s=33.0, end_s=33.0)
    with pytest.raises(InputError, match=r"29\.00 to 33\.00"):
        plan(untrained(0), *speech, style=None, seed=0, given=[late])


def test_a_written_planner_plans_the_same(
    untrained: Callable[..., LoadedPlanner], speech: Speech, tmp_path: Path
) -> None:
    planner = untrained(4)
    weights = {name: value.half().float() for name, value in planner.network.state_dict().items()}
    planner.network.load_state_dict(weights)
    path = tmp_path / "planner.safetensors"
    names = {"kinds": planner.kinds, "styles": planner.styles, "words": planner.known.words}
    save_planner(
        path, planner.config, weights, **names, habits=planner.habits, edges=planner.edges, provenance={"seed": 4}
    )
    read = load_planner(path)
    assert (read.config, read.kinds, read.styles, read.provenance) == (
        planner.config,
        planner.kinds,
        planner.styles,
        {"seed": 4},
    )
    ours, theirs = (plan(each, *speech, style="ada", seed=1) for each in (planner, read))
    assert who(ours) == who(theirs)
    for one, other in zip(ours.strokes, theirs.strokes, strict=True):
        assert one.times_s == pytest.approx(other.times_s, abs=1e-3)


def test_weights_that_do_not_fit_are_refused(untrained: Callable[..., LoadedPlanner], tmp_path: Path) -> None:
    planner, path = untrained(4), tmp_path / "planner.safetensors"
    names = {"kinds": planner.kinds, "styles": planner.styles, "words": planner.known.words[:-1]}
    save_planner(
        path,
        planner.config,
        planner.network.state_dict(),
        **names,
        habits=planner.habits,
        edges=planner.edges,
        provenance={},
    )
    with pytest.raises(CheckpointError, match="planner weights"):
        load_planner(path)
    with pytest.raises(CheckpointError, match="weights file"):
        load_planner(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="denoiser"):
        load_planner(assets.DENOISER)
